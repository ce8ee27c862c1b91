package org.lawtap.worker.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lawtap.schemas.model.Packet.Direction;
import org.lawtap.worker.engine.CapturedFrame;

class OwnTrafficTest {
    private static final String NODE = "10.0.0.1";
    private static final String POD = "10.0.0.2";
    private static final int OWN_PORT = 40_000;
    private static final int SYN = 2;
    private static final int ACK = 16;
    private static final long SECOND_NS = 1_000_000_000L;

    private final Set<InetSocketAddress> sockets = new HashSet<>();
    private int readings;
    private final OwnTraffic own = new OwnTraffic(() -> {
        readings++;
        return Set.copyOf(sockets);
    });

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void knowsBothDirectionsOfItsOwnConnection(int tags) throws Exception {
        sockets.add(new InetSocketAddress(NODE, OWN_PORT));
        own.refresh(SECOND_NS);
        assertThat(own.concerns(tcp(Direction.TO_POD, NODE, OWN_PORT, POD, 9092, ACK, tags), SECOND_NS))
                .isTrue();
        assertThat(own.concerns(tcp(Direction.FROM_POD, POD, 9092, NODE, OWN_PORT, ACK, tags), SECOND_NS))
                .isTrue();
        assertThat(own.concerns(tcp(Direction.TO_POD, NODE, OWN_PORT + 1, POD, 9092, ACK, tags), SECOND_NS))
                .isFalse();
        assertThat(own.concerns(tcp(Direction.TO_POD, "10.0.0.9", OWN_PORT, POD, 9092, ACK, tags), SECOND_NS))
                .isFalse();
        assertThat(own.concerns(tcp(Direction.FROM_POD, POD, OWN_PORT, NODE, 9092, ACK, tags), SECOND_NS))
                .isFalse();
    }

    @Test
    void knowsIpv6() throws Exception {
        sockets.add(new InetSocketAddress("fd00::1", OWN_PORT));
        own.refresh(SECOND_NS);
        assertThat(own.concerns(tcp(Direction.TO_POD, "fd00::1", OWN_PORT, "fd00::2", 9092, ACK, 0), SECOND_NS))
                .isTrue();
        assertThat(own.concerns(tcp(Direction.FROM_POD, "fd00::2", 9092, "fd00::1", OWN_PORT, ACK, 0), SECOND_NS))
                .isTrue();
        assertThat(own.concerns(tcp(Direction.FROM_POD, "fd00::2", 9092, "fd00::3", OWN_PORT, ACK, 0), SECOND_NS))
                .isFalse();
    }

    @Test
    void knowsANewConnectionFromItsFirstPacket() throws Exception {
        own.refresh(SECOND_NS);
        sockets.add(new InetSocketAddress(NODE, OWN_PORT));
        assertThat(own.concerns(tcp(Direction.TO_POD, NODE, OWN_PORT, POD, 9092, SYN, 0), 2 * SECOND_NS))
                .isTrue();
        assertThat(own.concerns(tcp(Direction.FROM_POD, POD, 9092, NODE, OWN_PORT, SYN | ACK, 0), 2 * SECOND_NS))
                .isTrue();
    }

    @Test
    void aFloodOfSynsCostsFewReadings() throws Exception {
        for (int port = 1; port < 10_000; port++) {
            own.concerns(tcp(Direction.TO_POD, NODE, port, POD, 80, SYN, 0), SECOND_NS + port * 1000L);
        }
        assertThat(readings).isLessThan(5);
    }

    @Test
    void knowsTheLastPacketsAfterTheSocketIsClosedAndForgetsItsPortLater() throws Exception {
        sockets.add(new InetSocketAddress(NODE, OWN_PORT));
        own.refresh(SECOND_NS);
        sockets.clear();
        own.refresh(60 * SECOND_NS);
        CapturedFrame last = tcp(Direction.TO_POD, NODE, OWN_PORT, POD, 9092, ACK, 0);
        assertThat(own.concerns(last, 60 * SECOND_NS)).isTrue();
        own.refresh(300 * SECOND_NS);
        assertThat(own.concerns(last, 300 * SECOND_NS)).isFalse();
    }

    @Test
    void aPortThatAnotherProcessTakesOverIsNoLongerItsOwn() throws Exception {
        sockets.add(new InetSocketAddress(NODE, OWN_PORT));
        own.refresh(SECOND_NS);
        sockets.clear();
        assertThat(own.concerns(tcp(Direction.TO_POD, NODE, OWN_PORT, POD, 80, SYN, 0), 2 * SECOND_NS))
                .isFalse();
        assertThat(own.concerns(tcp(Direction.FROM_POD, POD, 80, NODE, OWN_PORT, ACK, 0), 2 * SECOND_NS))
                .isFalse();
    }

    @Test
    void keepsWhatItCantTell() throws Exception {
        sockets.add(new InetSocketAddress(NODE, OWN_PORT));
        own.refresh(SECOND_NS);
        byte[] whole = bytes(NODE, OWN_PORT, POD, 9092, ACK, 0);
        for (int length = 0; length < whole.length; length++) {
            assertThat(own.concerns(frame(Direction.TO_POD, whole, length), SECOND_NS))
                    .isFalse();
        }
        whole[23] = 17;
        assertThat(own.concerns(frame(Direction.TO_POD, whole, whole.length), SECOND_NS))
                .isFalse();
    }

    @Test
    void aFailedReadingKeepsWhatWasKnown() throws Exception {
        boolean[] fails = {false};
        OwnTraffic failing = new OwnTraffic(() -> {
            if (fails[0]) {
                throw new IOException("no");
            }
            return Set.of(new InetSocketAddress(NODE, OWN_PORT));
        });
        failing.refresh(SECOND_NS);
        fails[0] = true;
        failing.refresh(2 * SECOND_NS);
        assertThat(failing.concerns(tcp(Direction.TO_POD, NODE, OWN_PORT, POD, 1, ACK, 0), 2 * SECOND_NS))
                .isTrue();
    }

    private static CapturedFrame tcp(
            Direction direction, String from, int fromPort, String to, int toPort, int flags, int tags)
            throws UnknownHostException {
        byte[] bytes = bytes(from, fromPort, to, toPort, flags, tags);
        return frame(direction, bytes, bytes.length);
    }

    private static CapturedFrame frame(Direction direction, byte[] bytes, int length) {
        CapturedFrame frame = new CapturedFrame();
        frame.show(0, direction, 0, 0, 0, length, MemorySegment.ofArray(bytes), 0, length);
        return frame;
    }

    private static byte[] bytes(String from, int fromPort, String to, int toPort, int flags, int tags)
            throws UnknownHostException {
        byte[] source = InetAddress.getByName(from).getAddress();
        byte[] destination = InetAddress.getByName(to).getAddress();
        ByteBuffer frame = ByteBuffer.allocate(200);
        frame.put(new byte[12]);
        for (int i = 0; i < tags; i++) {
            frame.putShort((short) (i == 0 && tags == 2 ? 0x88a8 : 0x8100)).putShort((short) 5);
        }
        if (source.length == 4) {
            frame.putShort((short) 0x0800)
                    .put((byte) 0x45)
                    .put(new byte[8])
                    .put((byte) 6)
                    .putShort((short) 0);
        } else {
            frame.putShort((short) 0x86dd)
                    .putInt(0x60000000)
                    .putShort((short) 20)
                    .put((byte) 6)
                    .put((byte) 64);
        }
        frame.put(source).put(destination);
        frame.putShort((short) fromPort).putShort((short) toPort).putLong(0);
        frame.put((byte) 0x50).put((byte) flags).putShort((short) 0).putInt(0);
        byte[] bytes = new byte[frame.position()];
        frame.flip().get(bytes);
        return bytes;
    }
}
