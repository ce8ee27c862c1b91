package org.lawtap.worker.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.worker.command.Orders;
import org.lawtap.worker.engine.Engine;
import org.lawtap.worker.kernel.KernelException;
import org.lawtap.worker.kernel.Namespaces;
import org.lawtap.worker.kernel.Waiting;

/**
 * The equation of the ledger in seeded runs: small and large rings, a worker that stands still, floods, runts, jumbo frames, VLAN tags,
 * segmented TCP up to BIG TCP, links that go down and up, interfaces that vanish. Every packet that the interface counted is in the
 * log or in a class of loss, to the packet; and what is in the log is what was sent. Needs root.
 */
final class LedgerIT extends LoopScenes {
    private static final int SEEDS = Integer.getInteger("lawtap.ledger.seeds", 50);
    private static final long FIRST_SEED = Long.getLong("lawtap.ledger.from", 1);
    private static final List<Long> RINGS =
            List.of(64L << 10, 256L << 10, 1L << 20, 2L << 20, 8L << 20, 32L << 20, 64L << 20);
    private static final int BIG_TCP_BYTES = 500_000;
    private static final Map<String, Long> TOTALS = new TreeMap<>();

    static List<Long> seeds() {
        List<Long> seeds = new ArrayList<>();
        for (int i = 0; i < SEEDS; i++) {
            seeds.add(FIRST_SEED + i);
        }
        return seeds;
    }

    @AfterAll
    static void tell() {
        System.out.println("ledger of " + SEEDS + " runs: " + TOTALS);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void accountsForEveryPacket(long seed) throws Exception {
        Random random = new Random(seed);
        long ringBytes = RINGS.get(random.nextInt(RINGS.size()));
        loop(Engine.Kind.RING, ringBytes, loop -> {
            podWithASession(loop);
            addAddresses();
            AtomicBoolean stopped = new AtomicBoolean();
            List<CompletableFuture<Void>> traffic = new ArrayList<>();
            traffic.add(sender(pod, "eth0", random.nextLong(), stopped));
            traffic.add(sender(node, "h0", random.nextLong(), stopped));
            if (random.nextInt(3) == 0) {
                traffic.add(tcp(random.nextBoolean()));
            }
            long until = System.nanoTime() + 700_000_000L;
            while (System.nanoTime() < until) {
                switch (random.nextInt(6)) {
                    case 0 -> Waiting.forAny(List.of(), random.nextInt(250));
                    case 1 -> flap();
                    default -> work(loop, random.nextInt(100));
                }
            }
            boolean vanishes = random.nextInt(3) == 0;
            boolean rests = random.nextInt(3) > 0;
            if (rests && !vanishes) {
                stopped.set(true);
                settle(traffic, false);
                rest(loop);
            }
            if (vanishes) {
                namespaces.ip(pod, "link del eth0");
                until(loop, () -> ended() == log.opened().size());
            } else {
                loop.stop(new Command.Stop(Orders.NODE, now, start().capture(), StopReason.WARRANT_REVOKED));
            }
            stopped.set(true);
            settle(traffic, vanishes);
            check(vanishes, rests);
        });
    }

    private void check(boolean vanished, boolean rested) {
        long delivered = 0;
        for (SessionId session : log.sessions()) {
            List<Checkpoint> checkpoints = checkpoints(session);
            Checkpoint last = checkpoints.getLast();
            assertThat(last.endReason()).isNotNull();
            for (Checkpoint checkpoint : checkpoints) {
                assertThat(checkpoint.kernelReceived())
                        .as("what the socket received is delivered, dropped or out of scope, or still in the ring")
                        .isGreaterThanOrEqualTo(
                                checkpoint.delivered() + checkpoint.kernelDrop() + checkpoint.outOfScopeDiscarded());
            }
            assertThat(last.kernelReceived())
                    .isEqualTo(last.delivered() + last.kernelDrop() + last.outOfScopeDiscarded());
            assertThat(last.interfaceExact() || (!vanished && !rested))
                    .as(
                            "exact unless traffic went on while the session ended; vanished=%s rested=%s of %s: %s",
                            vanished, rested, log.sessions().size(), checkpoints)
                    .isTrue();
            if (last.interfaceExact()) {
                assertThat(last.unaccounted()).isZero();
            }
            count("sessions", 1);
            count("exact", last.interfaceExact() ? 1 : 0);
            count("delivered", last.delivered());
            count("kernelDrop", last.kernelDrop());
            count("truncated", last.truncated());
            count("unseenByTap", last.unseenByTap());
            delivered += last.delivered();
            assertThat(sequences(session)).isEqualTo(last.delivered());
        }
        assertThat(delivered).isEqualTo(log.packets().size());
    }

    private static void count(String name, long more) {
        TOTALS.merge(name, more, Long::sum);
    }

    private List<Checkpoint> checkpoints(SessionId session) {
        return log.events.stream()
                .filter(event -> event.session().equals(session) && event instanceof PacketEvent.Accounted)
                .map(event -> ((PacketEvent.Accounted) event).checkpoint())
                .toList();
    }

    /** How many packets of the session there are; their sequence must have no gap. */
    private long sequences(SessionId session) {
        long next = 0;
        for (PacketEvent.Batch batch : log.batches()) {
            if (batch.session().equals(session)) {
                for (Packet packet : batch.packets()) {
                    assertThat(packet.sequence()).isEqualTo(next);
                    assertThat(packet.originalLength())
                            .isGreaterThanOrEqualTo(packet.data().remaining());
                    next++;
                }
            }
        }
        return next;
    }

    private long ended() {
        return log.checkpoints().stream()
                .filter(checkpoint -> checkpoint.endReason() != null)
                .count();
    }

    private void addAddresses() throws Exception {
        Namespaces.run("ip", "netns", "exec", node, "sysctl", "-qw", "net.ipv6.conf.h0.disable_ipv6=0");
        Namespaces.run("ip", "netns", "exec", pod, "sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=0");
        namespaces.ip(node, "addr add fd09::1/64 dev h0 nodad");
        namespaces.ip(pod, "addr add fd09::2/64 dev eth0 nodad");
        namespaces.ip(node, "link set h0 gso_max_size " + BIG_TCP_BYTES + " gro_max_size " + BIG_TCP_BYTES);
        namespaces.ip(pod, "link set eth0 gso_max_size " + BIG_TCP_BYTES + " gro_max_size " + BIG_TCP_BYTES);
    }

    private void flap() throws Exception {
        namespaces.ip(node, "link set h0 down");
        namespaces.ip(node, "link set h0 up");
    }

    /** Until neither end of the pair has counted anything for some rounds: the kernel sends on its own, too, after a link came up. */
    private void rest(CaptureLoop loop) throws Exception {
        String before = "";
        int still = 0;
        for (int round = 0; still < 3 && round < ROUNDS_MAX; round++) {
            work(loop, 20);
            String now = counted();
            still = now.equals(before) ? still + 1 : 0;
            before = now;
        }
    }

    private String counted() throws Exception {
        return namespaces.in(node, () -> Files.readString(Path.of("/proc/thread-self/net/dev")));
    }

    private static void work(CaptureLoop loop, int ms) throws Exception {
        long until = System.nanoTime() + ms * 1_000_000L;
        while (System.nanoTime() < until) {
            if (loop.doWork() == 0) {
                Waiting.forAny(loop.descriptors(), Math.min(5, loop.waitMs()));
            }
        }
    }

    /** Sends bursts of all kinds of frames until it is told to stop, or can't any more. */
    private CompletableFuture<Void> sender(String namespace, String device, long seed, AtomicBoolean stopped) {
        return CompletableFuture.runAsync(() -> {
            Random random = new Random(seed);
            try {
                while (!stopped.get()) {
                    List<byte[]> burst = new ArrayList<>();
                    TimeUnit.MILLISECONDS.sleep(random.nextInt(20));
                    int frames = random.nextInt(4) == 0 ? 3000 : random.nextInt(50);
                    for (int i = 0; i < frames; i++) {
                        burst.add(frame(random));
                    }
                    try {
                        namespaces.send(namespace, device, burst);
                    } catch (KernelException e) {
                        // The link is down for a moment, or its queue is full.
                    }
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static byte[] frame(Random random) {
        int length = switch (random.nextInt(20)) {
            case 0 -> 14 + random.nextInt(46);
            case 1 -> 9000 + random.nextInt(1000);
            case 2 -> 65_000 + random.nextInt(500);
            default -> 60 + random.nextInt(1454);
        };
        ByteBuffer frame = ByteBuffer.allocate(length + 8);
        // To all, so that none is taken for another pod's.
        frame.putShort((short) 0xffff).putInt(-1).putShort((short) 0x0200).putInt(9);
        switch (random.nextInt(10)) {
            case 0 -> frame.putShort((short) 0x8100).putShort((short) random.nextInt(4096));
            case 1 ->
                frame.putShort((short) 0x88a8)
                        .putShort((short) 7)
                        .putShort((short) 0x8100)
                        .putShort((short) 9);
            default -> {}
        }
        frame.putShort((short) 0x88b5);
        return Arrays.copyOf(frame.array(), Math.max(frame.position(), length));
    }

    /** A TCP stream into or out of the pod, by processes of their own: the worker's own connections are not kept. */
    private CompletableFuture<Void> tcp(boolean intoPod) throws Exception {
        String server = intoPod ? pod : node;
        String client = intoPod ? node : pod;
        String address = intoPod ? "fd09::2" : "fd09::1";
        Process serves = java(server, "serve", address, "5001");
        assertThat(serves.inputReader().readLine()).isEqualTo("there");
        Process sends = java(client, "send", address, "5001", "400");
        return CompletableFuture.allOf(serves.onExit(), sends.onExit());
    }

    private Process java(String namespace, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                "ip",
                "netns",
                "exec",
                namespace,
                System.getProperty("java.home") + "/bin/java",
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                "target/test-classes",
                TcpBlast.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        processes.add(process);
        return process;
    }

    private void settle(List<CompletableFuture<Void>> traffic, boolean vanished) throws Exception {
        // A stream whose link went down may never end by itself.
        processes.forEach(Process::destroyForcibly);
        for (CompletableFuture<Void> one : traffic) {
            try {
                one.get(30, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                // A sender whose interface vanished.
                assertThat(vanished).isTrue();
            }
        }
    }
}
