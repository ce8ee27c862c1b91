package org.lawtap.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.Packet.Direction;
import org.lawtap.worker.kernel.Link;
import org.lawtap.worker.kernel.Namespaces;
import org.lawtap.worker.kernel.Waiting;

/** Both engines side by side, in both directions, and their accounts. Needs root. */
final class EnginesIT {
    private static final long RING_BYTES = 32L << 20;
    private static final long TINY_RING_BYTES = 2L << 20;

    /** Rounds of waiting 5 ms at most; only a failing test uses them up. */
    private static final int ROUNDS_MAX = 2000;

    private static final long MILLISECOND_NS = 1_000_000;

    private final Namespaces namespaces = new Namespaces();
    private String node = "";
    private String pod = "";

    @BeforeEach
    void wire() throws Exception {
        node = namespaces.add("en");
        pod = namespaces.add("ep");
        namespaces.pair(node, "h0", pod);
    }

    @AfterEach
    void clean() throws Exception {
        namespaces.close();
    }

    private record Seen(Direction direction, int originalLength, String bytes) {}

    @Test
    void bothEnginesDeliverTheSamePackets() throws Exception {
        namespaces.up(node, "h0", pod);
        List<byte[]> frames = frames();
        namespaces.in(node, () -> {
            try (PacketSource ring = open(Engine.Kind.RING, RING_BYTES);
                    PacketSource pcap = open(Engine.Kind.PCAP4J, RING_BYTES)) {
                ring.accept(null);
                pcap.accept(null);
                namespaces.send(pod, "eth0", frames);
                namespaces.send(node, "h0", frames);

                List<Seen> byRing = collect(ring, 2 * frames.size());
                List<Seen> byPcap = collect(pcap, 2 * frames.size());
                assertThat(of(byRing, Direction.FROM_POD)).isEqualTo(texts(frames));
                assertThat(of(byRing, Direction.TO_POD)).isEqualTo(texts(frames));
                assertThat(byPcap).containsExactlyInAnyOrderElementsOf(byRing);
                assertThat(ring.counts()).isEqualTo(new PacketSource.Counts(2L * frames.size(), 0));
                assertThat(pcap.counts()).isEqualTo(ring.counts());
                // Each socket takes the time for itself where the kernel has not stamped the packet before.
                assertThat(timesNs(ring, pcap))
                        .allSatisfy(apart -> assertThat(apart).isLessThan(MILLISECOND_NS));
            }
            return 0;
        });
    }

    /** How far apart the two engines' times of the same packets are, of ten more packets. */
    private List<Long> timesNs(PacketSource ring, PacketSource pcap) throws Exception {
        for (int i = 0; i < 10; i++) {
            namespaces.send(pod, "eth0", List.of(frame(100 + i)));
        }
        List<Long> byRing = times(ring);
        List<Long> byPcap = times(pcap);
        assertThat(byRing).isSorted().hasSameSizeAs(byPcap).hasSize(10);
        List<Long> apart = new ArrayList<>();
        for (int i = 0; i < byRing.size(); i++) {
            apart.add(Math.abs(byRing.get(i) - byPcap.get(i)));
        }
        return apart;
    }

    private static List<Long> times(PacketSource source) throws IOException {
        List<Long> times = new ArrayList<>();
        for (int round = 0; round < ROUNDS_MAX && times.size() < 10; round++) {
            if (source.poll(frame -> times.add(frame.timeNs()), 100) == 0) {
                Waiting.forAny(List.of(), 5);
            }
        }
        return times;
    }

    @Test
    void theRingAccountsForEveryPacketThatDidNotFit() throws Exception {
        overflows(Engine.Kind.RING);
    }

    @Test
    void pcap4jAccountsForEveryPacketThatDidNotFit() throws Exception {
        overflows(Engine.Kind.PCAP4J);
    }

    private void overflows(Engine.Kind kind) throws Exception {
        namespaces.up(node, "h0", pod);
        namespaces.in(node, () -> {
            try (PacketSource source = open(kind, TINY_RING_BYTES)) {
                long before = Namespaces.link("h0").counters().tapped();
                source.accept(null);
                namespaces.send(pod, "eth0", Collections.nCopies(3000, frame(1400)));
                namespaces.send(node, "h0", Collections.nCopies(2000, frame(1400)));
                source.refuse();
                long delta = Namespaces.link("h0").counters().tapped() - before;
                PacketSource.Counts counts = source.counts();
                List<Seen> seen = collect(source, Math.toIntExact(counts.toDeliver()));
                assertThat(delta).isEqualTo(5000);
                assertThat(counts.received()).isEqualTo(delta);
                assertThat(counts.dropped()).isPositive();
                assertThat(seen.size() + counts.dropped()).isEqualTo(delta);
                assertThat(source.countsExactly()).isTrue();
            }
            return 0;
        });
    }

    @Test
    void nothingComesOutAfterARefusal() throws Exception {
        namespaces.up(node, "h0", pod);
        for (Engine.Kind kind : Engine.Kind.values()) {
            namespaces.in(node, () -> {
                try (PacketSource source = open(kind, RING_BYTES)) {
                    source.accept(null);
                    namespaces.send(pod, "eth0", List.of(frame(77)));
                    source.refuse();
                    namespaces.send(pod, "eth0", List.of(frame(78)));
                    assertThat(source.counts().toDeliver()).isEqualTo(1);
                    assertThat(collect(source, 1)).hasSize(1);
                }
                return 0;
            });
        }
    }

    @Test
    void aRemovedInterfaceLeavesItsPacketsAndCounts() throws Exception {
        namespaces.up(node, "h0", pod);
        namespaces.in(node, () -> {
            try (PacketSource source = open(Engine.Kind.RING, RING_BYTES)) {
                source.accept(null);
                namespaces.send(pod, "eth0", Collections.nCopies(10, frame(60)));
                namespaces.ip(node, "link del h0");
                assertThat(source.takeInterruption()).isTrue();
                source.refuse();
                assertThat(source.counts()).isEqualTo(new PacketSource.Counts(10, 0));
                assertThat(collect(source, 10)).hasSize(10);
            }
            return 0;
        });
    }

    private static PacketSource open(Engine.Kind kind, long ringBytes) throws IOException {
        Link link = Namespaces.link("h0");
        return Engine.of(kind, ringBytes, ringBytes * 32).open(link.name(), link.index());
    }

    private static List<Seen> collect(PacketSource source, int wanted) throws IOException {
        List<Seen> seen = new ArrayList<>();
        for (int round = 0; round < ROUNDS_MAX && seen.size() < wanted; round++) {
            int got = source.poll(
                    frame -> {
                        byte[] bytes = new byte[frame.length()];
                        frame.copyTo(bytes, 0);
                        seen.add(new Seen(frame.direction(), frame.originalLength(), hex(ByteBuffer.wrap(bytes))));
                        return true;
                    },
                    100);
            if (got == 0) {
                Waiting.forAny(source.descriptor() < 0 ? List.of() : List.of(source.descriptor()), 5);
            }
        }
        return seen;
    }

    private static List<String> of(List<Seen> seen, Direction direction) {
        return seen.stream()
                .filter(packet -> packet.direction() == direction)
                .map(Seen::bytes)
                .toList();
    }

    private static List<String> texts(List<byte[]> frames) {
        return frames.stream().map(frame -> hex(ByteBuffer.wrap(frame))).toList();
    }

    private static String hex(ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.duplicate().get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** Runts, ordinary ones, VLAN tags of both kinds, two tags, and the largest that the link carries. */
    private static List<byte[]> frames() {
        List<byte[]> frames = new ArrayList<>();
        for (int length = 14; length <= 60; length++) {
            frames.add(frame(length));
        }
        frames.add(frame(1514));
        frames.add(tagged(0x8100, 0x6064, 200));
        frames.add(tagged(0x88a8, 0x0fff, 200));
        frames.add(tagged(0x8100, 0x0000, 60));
        byte[] twice = tagged(0x88a8, 7, 300);
        ByteBuffer.wrap(twice)
                .putShort(16, (short) 0x8100)
                .putShort(18, (short) 9)
                .putShort(20, (short) 0x88b5);
        frames.add(twice);
        frames.add(frame(65_000));
        return frames;
    }

    private static byte[] tagged(int tpid, int tci, int length) {
        byte[] frame = frame(length);
        ByteBuffer.wrap(frame)
                .putShort(12, (short) tpid)
                .putShort(14, (short) tci)
                .putShort(16, (short) 0x88b5);
        return frame;
    }

    private static byte[] frame(int length) {
        byte[] frame = new byte[length];
        for (int i = 0; i < length; i++) {
            frame[i] = (byte) (i * 7 + length);
        }
        ByteBuffer.wrap(frame).putInt(0, 0x02000000).putInt(6, 0x02000000).putShort(12, (short) 0x88b5);
        return frame;
    }
}
