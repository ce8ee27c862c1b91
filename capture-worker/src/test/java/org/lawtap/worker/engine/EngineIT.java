package org.lawtap.worker.engine;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lawtap.schemas.model.Packet;
import org.lawtap.worker.kernel.NetlinkLinks;
import org.lawtap.worker.kernel.PacketRing;
import org.lawtap.worker.kernel.TestNetwork;

/** Both engines on real veth pairs; needs root. */
class EngineIT {
    private static final long RING_BYTES = 32L << 20;
    private static final long DEADLINE_NS = 10_000_000_000L;

    @SuppressWarnings("ArrayRecordComponent") // compared field by field
    private record Got(Packet.Direction direction, int flags, int originalLength, byte[] bytes) {}

    @ParameterizedTest
    @EnumSource(Engine.Kind.class)
    void deliversEveryFrameByteForByteAndInOrder(Engine.Kind kind) throws Exception {
        try (TestNetwork network = TestNetwork.make("all", 65_535)) {
            network.up();
            List<byte[]> frames = mixedFrames();
            int index = network.hostIndex();
            List<Got> got = network.inNode(() -> {
                try (PacketSource source =
                        Engine.of(kind, RING_BYTES, RING_BYTES * 32).open("host0", index)) {
                    source.accept(null);
                    network.send(frames);
                    return drain(source, frames.size());
                }
            });
            assertThat(got).hasSameSizeAs(frames);
            for (int i = 0; i < frames.size(); i++) {
                assertThat(got.get(i).bytes()).as("frame %d", i).isEqualTo(frames.get(i));
                assertThat(got.get(i).originalLength()).isEqualTo(frames.get(i).length);
                assertThat(got.get(i).direction()).isEqualTo(Packet.Direction.FROM_POD);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Engine.Kind.class)
    void keepsNothingBeforeItAccepts(Engine.Kind kind) throws Exception {
        try (TestNetwork network = TestNetwork.make("drop", 1500)) {
            network.up();
            int index = network.hostIndex();
            PacketSource.Counts counts = network.inNode(() -> {
                try (PacketSource source =
                        Engine.of(kind, RING_BYTES, RING_BYTES * 32).open("host0", index)) {
                    network.send(List.of(frame(60, 1), frame(60, 2)));
                    source.accept(null);
                    network.send(List.of(frame(60, 3)));
                    List<Got> got = drain(source, 1);
                    assertThat(got).hasSize(1);
                    assertThat(got.getFirst().bytes()).isEqualTo(frame(60, 3));
                    return source.counts();
                }
            });
            assertThat(counts).isEqualTo(new PacketSource.Counts(1, 0));
        }
    }

    @ParameterizedTest
    @EnumSource(Engine.Kind.class)
    void narrowsByFilter(Engine.Kind kind) throws Exception {
        try (TestNetwork network = TestNetwork.make("filter", 1500)) {
            network.up();
            int index = network.hostIndex();
            network.inNode(() -> {
                try (PacketSource source =
                        Engine.of(kind, RING_BYTES, RING_BYTES * 32).open("host0", index)) {
                    source.accept("greater 200");
                    network.send(List.of(frame(60, 1), frame(300, 2), frame(100, 3)));
                    List<Got> got = drain(source, 1);
                    assertThat(got).hasSize(1);
                    assertThat(got.getFirst().bytes()).isEqualTo(frame(300, 2));
                    return null;
                }
            });
        }
    }

    @Test
    void theRingSeesTheFirstFrameOfALinkThatWasDownEachOfAHundredTimes() throws Exception {
        for (int i = 0; i < 100; i++) {
            try (TestNetwork network = TestNetwork.make("down", 1500)) {
                int index = network.hostIndex();
                byte[] first = frame(60, i);
                network.inNode(() -> {
                    try (PacketSource source =
                            Engine.of(Engine.Kind.RING, 1 << 20, RING_BYTES).open("host0", index)) {
                        source.accept(null);
                        network.up();
                        network.send(List.of(first));
                        assertThat(drain(source, 1))
                                .hasSize(1)
                                .allSatisfy(got -> assertThat(got.bytes()).isEqualTo(first));
                        return null;
                    }
                });
            }
        }
    }

    @Test
    void whatTheInterfaceCountedIsDeliveredOrDropped() throws Exception {
        try (TestNetwork network = TestNetwork.make("tiny", 1500)) {
            network.up();
            int index = network.hostIndex();
            network.inNode(() -> {
                try (NetlinkLinks links = NetlinkLinks.open();
                        PacketSource source = Engine.of(Engine.Kind.RING, 2L * PacketRing.BLOCK_BYTES, 1L << 30)
                                .open("host0", index)) {
                    source.accept(null);
                    long before = requireNonNull(links.find(index)).counters().packets();
                    List<byte[]> flood = new ArrayList<>();
                    for (int i = 0; i < 4000; i++) {
                        flood.add(frame(1400, i));
                    }
                    network.send(flood);
                    long passed = requireNonNull(links.find(index)).counters().packets() - before;
                    PacketSource.Counts counts = source.counts();
                    assertThat(counts.dropped()).isPositive();
                    assertThat(counts.received()).isEqualTo(passed).isEqualTo(4000);
                    assertThat(drain(source, (int) counts.toDeliver())).hasSize((int) counts.toDeliver());
                    return null;
                }
            });
        }
    }

    @Test
    void refusesAFilterThatIsNone() {
        assertThatThrownBy(() -> Filters.compile("tcp port banana"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("does not compile");
    }

    private static List<byte[]> mixedFrames() {
        List<byte[]> frames = new ArrayList<>();
        for (int size : new int[] {14, 15, 59, 60, 61, 64, 594, 1514, 9000, 65_000, 65_549}) {
            frames.add(frame(size, size));
        }
        frames.add(tagged(frame(100, 7), 0x8100, 42));
        frames.add(tagged(frame(100, 8), 0x88a8, 7));
        frames.add(tagged(tagged(frame(100, 9), 0x8100, 5), 0x88a8, 6));
        frames.add(tagged(frame(100, 10), 0x8100, 0));
        Random random = new Random(1);
        for (int i = 0; i < 300; i++) {
            frames.add(frame(60 + random.nextInt(1400), i));
        }
        return frames;
    }

    private static byte[] frame(int size, int seed) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        byte[] head = {0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, (byte) 0x88, (byte) 0xb5};
        System.arraycopy(head, 0, bytes, 0, head.length);
        return bytes;
    }

    private static byte[] tagged(byte[] frame, int tpid, int tci) {
        byte[] tagged = new byte[frame.length + 4];
        System.arraycopy(frame, 0, tagged, 0, 12);
        tagged[12] = (byte) (tpid >> 8);
        tagged[13] = (byte) tpid;
        tagged[14] = (byte) (tci >> 8);
        tagged[15] = (byte) tci;
        System.arraycopy(frame, 12, tagged, 16, frame.length - 12);
        return tagged;
    }

    private static List<Got> drain(PacketSource source, int count) throws Exception {
        List<Got> got = new ArrayList<>();
        long deadline = System.nanoTime() + DEADLINE_NS;
        while (got.size() < count && System.nanoTime() < deadline) {
            source.poll(
                    frame -> {
                        byte[] bytes = new byte[frame.length()];
                        frame.copyTo(bytes, 0);
                        got.add(new Got(frame.direction(), frame.flags(), frame.originalLength(), bytes));
                        return true;
                    },
                    100);
        }
        return got;
    }
}
