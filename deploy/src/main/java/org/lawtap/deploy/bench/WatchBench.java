package org.lawtap.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.SandboxException;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.watcher.Watcher;

/**
 * What it costs to watch a cluster: the real watcher as a process of its own between a {@link LoadApiServer} and a real Kafka,
 * and a plain informer in its place for comparison. Each process meets a fresh Kafka and the same changes.
 */
final class WatchBench {
    static final ClusterId CLUSTER = new ClusterId("bench");

    private static final String LOOPBACK = "127.0.0.1";
    private static final Duration LIST_TIMEOUT = Duration.ofMinutes(15);
    private static final Duration LATE_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration QUIET = Duration.ofSeconds(2);
    private static final int WARM_UP_SECONDS = 5;
    private static final int HISTORY = 200_000;
    private static final int STILL_LISTING_SECONDS = 10;
    private static final long TICK_NANOS = 1_000_000;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_MICRO = 1e3;

    private final Options options;
    private final Path directory;
    private final Progress progress;

    /**
     * What is measured.
     *
     * @param rate changes of the API server a second
     * @param heap of the watcher, as -Xmx takes it
     * @param peerHeap of the informer; empty: it is not measured
     */
    record Options(int pods, int nodes, int rate, int seconds, int rounds, String heap, String peerHeap) {
        int warmUpSeconds() {
            return Math.min(WARM_UP_SECONDS, seconds);
        }
    }

    /** @param directory a new one, for everything that is written */
    WatchBench(Options options, Path directory, Progress progress) {
        this.options = options;
        this.directory = directory;
        this.progress = progress;
    }

    /** Runs all rounds, the two processes in turn. A peer that fails is left out: it is not what is measured. */
    List<WatchRun> run() throws BenchException, InterruptedException {
        List<WatchRun> runs = new ArrayList<>();
        boolean peer = !options.peerHeap().isEmpty();
        for (int round = 1; round <= options.rounds(); round++) {
            // Who goes first changes: the machine's caches and its other work favour neither.
            for (String who : round % 2 == 1 ? List.of("watcher", "informer") : List.of("informer", "watcher")) {
                if (who.equals("watcher")) {
                    runs.add(once(who, round));
                } else if (peer) {
                    try {
                        runs.add(once(who, round));
                    } catch (BenchException e) {
                        peer = false;
                        progress.tell("no comparison: " + e.getMessage());
                    }
                }
            }
        }
        return runs;
    }

    private WatchRun once(String who, int round) throws BenchException, InterruptedException {
        Path here = directory.resolve(who + "-" + round);
        AtomicReference<@Nullable String> broken = new AtomicReference<>();
        LoadCluster cluster = new LoadCluster(
                new LoadCluster.Settings(options.pods(), options.nodes(), round, Math.max(HISTORY, options.rate())));
        progress.tell("round " + round + ", " + who + ": starting Kafka and the API server of " + options.pods()
                + " pods on " + options.nodes() + " nodes");
        try {
            Files.createDirectories(here);
            try (EmbeddedKafka broker = EmbeddedKafka.start(
                    here.resolve("kafka"), LOOPBACK, 0, sentence -> broken.compareAndSet(null, sentence))) {
                KafkaSettings settings = new KafkaSettings(broker.bootstrapServers(), Map.of());
                KafkaClients kafka = new KafkaClients(settings, "lawtap-bench");
                try (Admin admin = kafka.admin()) {
                    new TopicAdmin(admin, 1).create(Topic.BASE);
                }
                try (TopicView topic = TopicView.start(kafka, CLUSTER);
                        LoadApiServer server = LoadApiServer.start(cluster, topic)) {
                    Path kubeconfig = here.resolve("kubeconfig");
                    server.writeKubeconfig(kubeconfig);
                    Path log = here.resolve(who + ".log");
                    try (MeasuredProcess process = who.equals("watcher")
                            ? watcher(settings, kubeconfig, log)
                            : informer(settings, kubeconfig, log)) {
                        return measure(who, round, new Parts(cluster, server, topic, process));
                    }
                }
            }
        } catch (SandboxException | StartException | IOException e) {
            String why = broken.get();
            throw new BenchException(why == null ? String.valueOf(e.getMessage()) : why, e);
        }
    }

    private record Parts(LoadCluster cluster, LoadApiServer server, TopicView topic, MeasuredProcess process) {
        void check() throws BenchException {
            process.check();
            topic.check();
        }
    }

    private WatchRun measure(String who, int round, Parts parts) throws BenchException, InterruptedException {
        TopicView topic = parts.topic();
        awaitList(who, parts);
        double listSeconds = (topic.lastRecordNanos() - parts.server().firstListNanos()) / NANOS_PER_SECOND;
        double listCpu = parts.process().cpuNanos() / NANOS_PER_SECOND;
        progress.tell("%s listed %d pods in %.1f s, %.1f s of CPU; now %d changes a second for %d s"
                .formatted(who, options.pods(), listSeconds, listCpu, options.rate(), options.seconds()));
        Pace.pass(QUIET);

        change(parts, options.warmUpSeconds());
        awaitChanges(parts);
        topic.takeDelays();
        long cpu = parts.process().cpuNanos();
        long serverCpu = parts.server().cpuNanos();
        long records = topic.records();
        long changes = change(parts, options.seconds());
        // Work that was put off is part of what the changes cost.
        awaitChanges(parts);
        cpu = parts.process().cpuNanos() - cpu;
        serverCpu = parts.server().cpuNanos() - serverCpu;
        records = topic.records() - records;
        long resident = parts.process().residentKib();
        long peak = parts.process().peakKib();
        OptionalLong heap = parts.process().liveHeapKib();
        Delays delays = topic.takeDelays();
        return new WatchRun(
                who,
                round,
                listSeconds,
                listCpu,
                changes,
                cpu / NANOS_PER_MICRO / changes,
                new WatchRun.Delay(
                        delays.count(), delays.quantileMs(0.5), delays.quantileMs(0.99), delays.quantileMs(1)),
                resident,
                peak,
                heap,
                records,
                serverCpu / NANOS_PER_MICRO / changes,
                topic.awaited(),
                topic.compare(parts.cluster().snapshot()));
    }

    /** Until the topic knows of all changes; what it then lacks is told as late. */
    private static void awaitChanges(Parts parts) throws BenchException, InterruptedException {
        Pace.until(LATE_TIMEOUT, () -> {
            parts.check();
            return parts.topic().awaited() == 0;
        });
    }

    /** Until every pod is in the topic; the watcher also says itself that its list is complete. */
    private void awaitList(String who, Parts parts) throws BenchException, InterruptedException {
        TopicView topic = parts.topic();
        long begin = System.nanoTime();
        long[] told = {begin};
        boolean complete = Pace.until(LIST_TIMEOUT, () -> {
            parts.check();
            long now = System.nanoTime();
            if (now - told[0] > STILL_LISTING_SECONDS * NANOS_PER_SECOND) {
                told[0] = now;
                progress.tell("%s: %d of %d pods are in the topic, %d MiB were sent, %d MiB are resident"
                        .formatted(
                                who,
                                topic.pods(),
                                options.pods(),
                                parts.server().bytes() >> 20,
                                parts.process().residentKib() >> 10));
            }
            return topic.pods() >= options.pods() && (topic.listed() || !who.equals("watcher"));
        });
        if (!complete) {
            throw new BenchException(who + " published " + topic.pods() + " of " + options.pods() + " pods within "
                    + LIST_TIMEOUT.toMinutes() + " minutes");
        }
    }

    /** Lets the cluster change at the rate for a time; returns how many changes that were. */
    private long change(Parts parts, int seconds) throws BenchException, InterruptedException {
        long begin = System.nanoTime();
        long total = (long) options.rate() * seconds;
        long done = 0;
        while (done < total) {
            double elapsed = (System.nanoTime() - begin) / NANOS_PER_SECOND;
            int due = (int) (Math.min(total, (long) (elapsed * options.rate())) - done);
            if (due > 0) {
                parts.cluster().change(due);
                done += due;
            }
            parts.check();
            Pace.pause(TICK_NANOS);
        }
        return total;
    }

    private MeasuredProcess watcher(KafkaSettings kafka, Path kubeconfig, Path log) throws BenchException {
        Map<String, String> environment = new HashMap<>();
        environment.put("KUBECONFIG", kubeconfig.toString());
        environment.put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrapServers());
        environment.put("LAWTAP_KAFKA_UNSAFE", EmbeddedKafka.OVERRIDE.text());
        environment.put("LAWTAP_CLUSTER", CLUSTER.value());
        MeasuredProcess.switchOffHttp(new Watcher(), environment);
        return MeasuredProcess.java(
                "the watcher",
                List.of(),
                new MeasuredProcess.Java(options.heap(), Watcher.class.getName(), List.of(), environment),
                log);
    }

    private MeasuredProcess informer(KafkaSettings kafka, Path kubeconfig, Path log) throws BenchException {
        return MeasuredProcess.java(
                "the informer",
                List.of(),
                new MeasuredProcess.Java(
                        options.peerHeap(),
                        InformerPeer.class.getName(),
                        List.of(kafka.bootstrapServers(), CLUSTER.value()),
                        Map.of("KUBECONFIG", kubeconfig.toString())),
                log);
    }
}
