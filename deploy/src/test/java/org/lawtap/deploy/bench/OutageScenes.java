package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.lawtap.deploy.bench.Generator.Traffic;
import org.lawtap.deploy.sandbox.QuietPods.QuietPod;
import org.lawtap.schemas.model.Checkpoint;

/**
 * The real worker under what befalls it, in processes of their own: {@code OutageScenes DIRECTORY SECONDS}. To be run in a network
 * namespace of its own, as root; ends with 0 if all that was expected came true.
 */
final class OutageScenes {
    private static final long SLOW = 5_000;
    private static final long STEADY = 20_000;
    /** The ring hands over a block each 50 ms and has 64 of them: 3.2 s, of which the rest is for a machine that wakes late. */
    private static final int HELD_SECONDS = 2;

    /** So near to that time that a machine that wakes late loses some, and says how many. */
    private static final int STILL_SECONDS = 3;

    private static final long MIB = 1 << 20;
    private static final long SPILL_BYTES = 256 * MIB;
    private static final long RESIDENT_KIB_MAX = 900 * 1024;
    private static final Duration CATCH_UP = Duration.ofSeconds(60);

    private final BenchNode node;
    private final BrokerProcess broker;
    private final Path generator;
    private final QuietPod pod;
    private final QuietPod peer;

    private OutageScenes(BenchNode node) throws BenchException, InterruptedException {
        this.node = node;
        this.broker = node.keep(BrokerProcess.start(node.directory(), "512m"));
        this.generator = NativeProgram.compile("flood", node.directory());
        this.pod = node.pods().get(0);
        this.peer = node.pods().get(1);
    }

    /** The process's entry. */
    public static void main(String[] arguments) throws Exception {
        int seconds = Integer.parseInt(arguments[1]);
        try (BenchNode node =
                BenchNode.putUp(Path.of(arguments[0]), 2, sentence -> System.out.println("  " + sentence))) {
            OutageScenes scenes = new OutageScenes(node);
            assertThat(scenes.workerStandsStill("held", HELD_SECONDS).kernelDrop())
                    .isZero();
            scenes.workerStandsStill("still", STILL_SECONDS);
            scenes.workerIsKilledWhileKafkaIsAway();
            scenes.kafkaIsAwayUnderAFlood(seconds);
        }
        System.out.println("all scenes came true");
    }

    private Checkpoint workerStandsStill(String name, int seconds) throws Exception {
        tell("the worker stands still for " + seconds + " s under 20,000 packets/s");
        try (WorkerTap tap = tap(name)) {
            long before = node.passed(pod);
            Traffic traffic = Traffic.steady(Mix.IMIX, STEADY, 8);
            try (MeasuredProcess flood = node.fromPod(generator, pod, peer).begin(traffic)) {
                TimeUnit.SECONDS.sleep(2);
                tap.process().signal("STOP");
                TimeUnit.SECONDS.sleep(seconds);
                tap.process().signal("CONT");
                Generator.end(flood, traffic);
            }
            return accounted(tap, before).end();
        }
    }

    private void workerIsKilledWhileKafkaIsAway() throws Exception {
        tell("the worker is killed while Kafka is away, and started again when it is back");
        try (WorkerTap tap = tap("killed")) {
            long before = node.passed(pod);
            long[] whenKilled = {0};
            Traffic traffic = Traffic.steady(Mix.IMIX, SLOW, 30);
            try (MeasuredProcess flood = node.fromPod(generator, pod, peer).begin(traffic)) {
                TimeUnit.SECONDS.sleep(2);
                broker.process().signal("STOP");
                TimeUnit.SECONDS.sleep(10);
                whenKilled[0] = node.passed(pod) - before;
                tap.killAndStartAgain(List.of(pod), () -> {
                    try {
                        broker.process().signal("CONT");
                    } catch (BenchException e) {
                        throw new IllegalStateException(e);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
                Generator.end(flood, traffic);
            }
            tap.written();
            tap.stop();
            TopicLedger ledger = TopicLedger.read(broker.clients(), tap.warrant(), tap.delivery());
            assertThat(ledger.sessions).hasSize(2);
            Iterator<TopicLedger.Session> sessions = ledger.sessions.values().iterator();
            TopicLedger.Session killed = sessions.next();
            TopicLedger.Session next = sessions.next();
            long between = next.opened.interfaceAtArm().tapped()
                    - killed.opened.interfaceAtArm().tapped()
                    - killed.packets;
            tell("of " + whenKilled[0] + " packets until it was killed " + killed.packets + " are in the topic, "
                    + killed.repeated + " records twice; between the sessions lie " + between);
            // What Kafka never had is there: it waited on the disk. What was in the ring, or not yet a batch, is not.
            assertThat(killed.packets).isGreaterThan(whenKilled[0] - SLOW);
            assertThat(between).isNotNegative();
            assertThat(next.opened.previousSession())
                    .isEqualTo(ledger.sessions.keySet().iterator().next());
            assertThat(next.end().unaccounted()).isZero();
            assertThat(next.packets).isEqualTo(next.end().delivered());
            assertThat(killed.packets + between + next.packets + next.end().kernelDrop())
                    .isEqualTo(node.passed(pod) - before);
        }
    }

    private void kafkaIsAwayUnderAFlood(int seconds) throws Exception {
        tell("Kafka is away for " + seconds + " s under a flood");
        try (WorkerTap tap = tap("away")) {
            long before = node.passed(pod);
            long resident = 0;
            long spilled = 0;
            Traffic traffic = Traffic.steady(Mix.IMIX, 0, seconds + 4);
            try (MeasuredProcess flood = node.fromPod(generator, pod, peer).begin(traffic)) {
                TimeUnit.SECONDS.sleep(2);
                broker.process().signal("STOP");
                for (int i = 0; i < seconds; i++) {
                    TimeUnit.SECONDS.sleep(1);
                    resident = Math.max(resident, tap.process().residentKib());
                    spilled = Math.max(spilled, bytesBelow(node.directory().resolve("away/state/spill")));
                }
                broker.process().signal("CONT");
                Generator.end(flood, traffic);
            }
            long caughtUp = System.nanoTime();
            boolean empty =
                    Pace.until(CATCH_UP, () -> bytesBelow(node.directory().resolve("away/state/spill")) == 0);
            assertThat(empty).as("the spill is empty again").isTrue();
            tell("resident at most " + resident / 1024 + " MiB, spilled at most " + spilled / MIB + " MiB; caught up "
                    + (System.nanoTime() - caughtUp) / 1_000_000 + " ms after the flood");
            Checkpoint end = accounted(tap, before).end();
            assertThat(end.kernelDrop()).isPositive();
            assertThat(spilled).isBetween(16 * MIB, SPILL_BYTES + 16 * MIB);
            assertThat(resident).isLessThan(RESIDENT_KIB_MAX);
        }
    }

    private WorkerTap tap(String name) throws BenchException, InterruptedException {
        WorkerTap tap = WorkerTap.start(
                node,
                broker,
                new WorkerTap.Options("384m", Map.of()),
                node.directory().resolve(name));
        tap.capture(List.of(pod));
        return tap;
    }

    /** Ends the capture; every packet that passed the pod's interface since is delivered or counted as lost, to the packet. */
    private TopicLedger.Session accounted(WorkerTap tap, long before) throws Exception {
        tap.written();
        tap.stop();
        TopicLedger ledger = TopicLedger.read(broker.clients(), tap.warrant(), tap.delivery());
        assertThat(ledger.sessions).hasSize(1);
        TopicLedger.Session session = ledger.sessions.values().iterator().next();
        Checkpoint end = session.end();
        tell("delivered " + end.delivered() + ", lost in the kernel " + end.kernelDrop() + ", seals " + session.seals
                + ", records twice " + session.repeated);
        assertThat(session.packets).isEqualTo(end.delivered());
        assertThat(end.unaccounted()).isZero();
        assertThat(end.interfaceExact()).isTrue();
        assertThat(end.delivered() + end.kernelDrop() + end.outOfScopeDiscarded())
                .isEqualTo(node.passed(pod) - before);
        return session;
    }

    private static long bytesBelow(Path directory) throws BenchException {
        if (!Files.exists(directory)) {
            return 0;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> file.toString().endsWith(".spill"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException | UncheckedIOException e) {
            // A segment was deleted meanwhile.
            return 1;
        }
    }

    private static void tell(String sentence) {
        System.out.println(sentence);
    }
}
