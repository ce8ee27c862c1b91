package org.lawtap.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.Packet;

class CapturedFrameTest {
    private static final int TPID = 0x8100;
    private static final int TCI = 0x0123;

    @Test
    void putsTheTagBackAtItsPlace() {
        byte[] bytes = frame(60, 0x88b5);
        CapturedFrame frame = shown(bytes, TPID, 60);
        assertThat(copy(frame)).isEqualTo(tagged(bytes));
        assertThat(frame.flags()).isEqualTo(Packet.VLAN_RESTORED);
        assertThat(frame.originalLength()).isEqualTo(64);
    }

    @Test
    void cutsAFrameToItsHeadersAndSaysSo() {
        byte[] bytes = frame(60, 0x88b5);
        CapturedFrame frame = shown(bytes, 0, 100);
        assertThat(frame.keepHeaders()).isEqualTo(100 - 14);
        assertThat(copy(frame)).isEqualTo(Arrays.copyOf(bytes, 14));
        assertThat(frame.originalLength()).isEqualTo(100);
        assertThat(frame.flags()).isEqualTo(Packet.CUT_BY_SCOPE);
    }

    @Test
    void countsTheTagThatWasPutBackAsHeader() {
        byte[] bytes = frame(60, 0x88b5);
        CapturedFrame frame = shown(bytes, TPID, 60);
        assertThat(frame.keepHeaders()).isEqualTo(60 - 14);
        assertThat(copy(frame)).isEqualTo(Arrays.copyOf(tagged(bytes), 18));
        assertThat(frame.flags()).isEqualTo(Packet.CUT_BY_SCOPE | Packet.VLAN_RESTORED);
    }

    @Test
    void doesNotSayThatAFrameOfHeadersAloneWasCut() {
        CapturedFrame frame = shown(frame(14, 0x88b5), 0, 14);
        assertThat(frame.keepHeaders()).isZero();
        assertThat(frame.flags()).isZero();
    }

    @Test
    void keepsNothingOfAFrameThatIsShorterThanItsLinkHeader() {
        for (int tpid : new int[] {0, TPID}) {
            for (int length = 0; length < 14 - (tpid == 0 ? 0 : 4); length++) {
                CapturedFrame frame = shown(new byte[length], tpid, 14);
                assertThat(frame.keepHeaders()).isEqualTo(frame.originalLength());
                assertThat(copy(frame)).isEmpty();
            }
        }
    }

    @Test
    void aCutOfOneFrameDoesNotReachTheNext() {
        byte[] bytes = frame(60, 0x88b5);
        CapturedFrame frame = shown(bytes, 0, 60);
        frame.keepHeaders();
        show(frame, bytes, 0, 60);
        assertThat(copy(frame)).isEqualTo(bytes);
        assertThat(frame.flags()).isZero();
    }

    private static byte[] frame(int length, int type) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i + 1);
        }
        bytes[12] = (byte) (type >> 8);
        bytes[13] = (byte) type;
        return bytes;
    }

    private static byte[] tagged(byte[] bytes) {
        byte[] tagged = new byte[bytes.length + 4];
        System.arraycopy(bytes, 0, tagged, 0, 12);
        tagged[12] = (byte) (TPID >> 8);
        tagged[13] = (byte) TPID;
        tagged[14] = (byte) (TCI >> 8);
        tagged[15] = (byte) TCI;
        System.arraycopy(bytes, 12, tagged, 16, bytes.length - 12);
        return tagged;
    }

    private static CapturedFrame shown(byte[] bytes, int tpid, int originalLength) {
        CapturedFrame frame = new CapturedFrame();
        show(frame, bytes, tpid, originalLength);
        return frame;
    }

    private static void show(CapturedFrame frame, byte[] bytes, int tpid, int originalLength) {
        frame.show(
                5,
                Packet.Direction.FROM_POD,
                0,
                tpid,
                tpid == 0 ? 0 : TCI,
                originalLength,
                MemorySegment.ofArray(bytes),
                0,
                bytes.length);
    }

    private static byte[] copy(CapturedFrame frame) {
        byte[] into = new byte[frame.length()];
        frame.copyTo(into, 0);
        return into;
    }
}
