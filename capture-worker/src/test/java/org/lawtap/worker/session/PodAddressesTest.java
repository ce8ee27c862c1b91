package org.lawtap.worker.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.Packet;
import org.lawtap.worker.engine.CapturedFrame;

class PodAddressesTest {
    private static final long POD = 0x02_00_00_00_00_01L;
    private static final long OTHER = 0x02_00_00_00_00_02L;

    private final PodAddresses addresses = new PodAddresses(bytes(POD));

    @Test
    void concernsWhatIsAddressedToThePodToAGroupOrToAll() {
        assertThat(addresses.concerns(frame(POD, OTHER))).isTrue();
        assertThat(addresses.concerns(frame(0xff_ff_ff_ff_ff_ffL, OTHER))).isTrue();
        assertThat(addresses.concerns(frame(0x33_33_00_00_00_16L, OTHER))).isTrue();
    }

    @Test
    void doesNotConcernWhatABridgeFloodsForAnother() {
        assertThat(addresses.concerns(frame(OTHER, POD))).isFalse();
        assertThat(addresses.concerns(frame(POD, OTHER))).isTrue();
        assertThat(addresses.concerns(frame(OTHER, POD))).isFalse();
    }

    @Test
    void learnsTheAddressesThatThePodSendsFrom() {
        addresses.sent(frame(POD, OTHER));
        assertThat(addresses.concerns(frame(OTHER, POD))).isTrue();
    }

    @Test
    void keepsAllUntilAnAddressIsKnown() {
        PodAddresses unknown = new PodAddresses(ByteBuffer.allocate(0));
        assertThat(unknown.concerns(frame(OTHER, POD))).isTrue();
        unknown.sent(frame(OTHER, POD));
        assertThat(unknown.concerns(frame(OTHER, POD))).isFalse();
        assertThat(unknown.concerns(frame(POD, OTHER))).isTrue();
    }

    @Test
    void keepsWhatIsTooShortToTell() {
        assertThat(addresses.concerns(frame(ByteBuffer.allocate(5)))).isTrue();
        addresses.sent(frame(ByteBuffer.allocate(11)));
        assertThat(addresses.concerns(frame(ByteBuffer.allocate(6)))).isFalse();
    }

    @Test
    void learnsNoMoreThanItsLimitAndKnowsThePodsOwnAddressStill() {
        for (long i = 0; i < 100_000; i++) {
            addresses.sent(frame(OTHER, 0x02_00_10_00_00_00L + i));
        }
        assertThat(addresses.concerns(frame(POD, OTHER))).isTrue();
        assertThat(addresses.concerns(frame(0x02_00_10_00_00_00L + 99_999, OTHER)))
                .isFalse();
    }

    private static ByteBuffer bytes(long address) {
        ByteBuffer bytes = ByteBuffer.allocate(6);
        bytes.putShort((short) (address >> 32)).putInt((int) address);
        return bytes.flip();
    }

    private static CapturedFrame frame(long to, long from) {
        return frame(ByteBuffer.allocate(60).put(bytes(to)).put(bytes(from)).rewind());
    }

    private static CapturedFrame frame(ByteBuffer bytes) {
        CapturedFrame frame = new CapturedFrame();
        int length = bytes.remaining();
        frame.show(
                0, Packet.Direction.TO_POD, 0, 0, 0, length, MemorySegment.ofBuffer(bytes), bytes.position(), length);
        return frame;
    }
}
