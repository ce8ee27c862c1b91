package org.lawtap.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.schemas.wire.PodCodec;
import org.lawtap.warrants.Warrants;

/**
 * What deciding costs: the real deciding service as a process of its own, between a Kafka in another one and this process, which says
 * what a watcher and the authorities say and reads the commands. Each run has a fresh Kafka.
 */
final class DecideBench {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(6);
    private static final Duration LATE_TIMEOUT = Duration.ofSeconds(60);
    private static final int STILL_DECIDING_SECONDS = 10;
    private static final long TICK_NANOS = 1_000_000;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_MICRO = 1e3;
    private static final double PERCENT = 100;
    private static final String CHANGELOG = "-changelog";

    private final Options options;
    private final Path directory;
    private final Progress progress;

    /**
     * What is measured.
     *
     * @param sizes one after the other in each round; warrants and namespaces are the same
     * @param rate events a second
     * @param idleSeconds a renewal of all leases, ten seconds, or more
     * @param heap of the deciding service, as -Xmx takes it
     */
    record Options(
            List<Integer> sizes,
            int namespaces,
            int warrants,
            int rate,
            int warmUpSeconds,
            int seconds,
            int idleSeconds,
            int rounds,
            String heap) {
        Options {
            sizes = List.copyOf(sizes);
        }
    }

    /**
     * What one size cost once.
     *
     * @param captures that ran before the events
     * @param startSeconds from the start of a process that finds everything in the topics to the last START
     * @param events while it was measured
     * @param cpuMicrosPerEvent of the process, renewals and all
     * @param idlePercent CPU of one core before the events, renewals and all
     * @param renewalsPerSecond of single captures
     * @param stateBytes of the stores' changelogs in Kafka, before the events
     * @param problem what was wrong; empty if nothing was
     */
    record Run(
            int pods,
            int round,
            int captures,
            double startSeconds,
            long events,
            double cpuMicrosPerEvent,
            double idlePercent,
            double renewalsPerSecond,
            WatchRun.Delay delays,
            long stateBytes,
            long residentKib,
            OptionalLong liveHeapKib,
            String problem) {}

    /** @param directory a new one, for everything that is written */
    DecideBench(Options options, Path directory, Progress progress) {
        this.options = options;
        this.directory = directory;
        this.progress = progress;
    }

    List<Run> run() throws BenchException, InterruptedException {
        List<Run> runs = new ArrayList<>();
        for (int round = 1; round <= options.rounds(); round++) {
            for (int pods : options.sizes()) {
                runs.add(once(pods, round));
            }
        }
        return runs;
    }

    private record Parts(
            DecideLoad load,
            KafkaClients kafka,
            Producer<String, byte[]> producer,
            DecideView view,
            MeasuredProcess process) {
        void check() throws BenchException {
            process.check();
            view.check();
        }
    }

    private Run once(int pods, int round) throws BenchException, InterruptedException {
        Path here = directory.resolve(pods + "-" + round);
        try {
            Files.createDirectories(here);
            List<KeyPair> approvers = List.of(OrderKeys.generate(), OrderKeys.generate());
            Path trust = here.resolve("trust.json");
            Files.write(trust, trustList(approvers).write());
            progress.tell("%,d pods, round %d: Kafka, %,d namespaces and %,d warrants"
                    .formatted(pods, round, options.namespaces(), options.warrants()));
            DecideLoad load =
                    new DecideLoad(new DecideLoad.Size(pods, options.namespaces(), options.warrants()), round);
            try (BrokerProcess broker = BrokerProcess.startOnLoopback(here, options.heap());
                    Producer<String, byte[]> producer = broker.clients().producer(Map.of("linger.ms", 0))) {
                KafkaClients kafka = broker.clients();
                try (Admin admin = kafka.admin()) {
                    new TopicAdmin(admin, 1).create(Topic.BASE);
                }
                fill(load, approvers, kafka);
                try (DecideView view = DecideView.start(kafka);
                        MeasuredProcess process = deciding(broker, trust, here)) {
                    return measure(pods, round, new Parts(load, kafka, producer, view, process));
                }
            }
        } catch (IOException | StartException e) {
            throw new BenchException(String.valueOf(e.getMessage()), e);
        }
    }

    /** What the topics hold before anybody decides. */
    private static void fill(DecideLoad load, List<KeyPair> approvers, KafkaClients kafka) {
        try (Producer<String, byte[]> producer = kafka.producer(Map.of())) {
            load.warrants(approvers, order -> producer.send(record(order)));
            load.pods(event -> producer.send(record(event)));
        }
    }

    private Run measure(int pods, int round, Parts parts) throws BenchException, InterruptedException {
        Map<DecideLoad.Wanted, ?> wanted = parts.load().wanted();
        long begin = System.nanoTime();
        awaitStart(pods, wanted.size(), parts);
        double startSeconds = (parts.view().lastCommandNanos() - begin) / NANOS_PER_SECOND;
        progress.tell("%,d captures commanded %.1f s after its start; now at rest for %d s"
                .formatted(wanted.size(), startSeconds, options.idleSeconds()));
        long stateBytes = stateBytes(parts.kafka());
        // What its start left to do, as a first renewal, is not its rest.
        Pace.pass(Duration.ofSeconds(options.idleSeconds()));
        long idle = parts.process().cpuNanos();
        long idleBegin = System.nanoTime();
        long renewals = parts.view().renewals();
        Pace.pass(Duration.ofSeconds(options.idleSeconds()));
        double idleNanos = System.nanoTime() - idleBegin;
        idle = parts.process().cpuNanos() - idle;
        renewals = parts.view().renewals() - renewals;

        progress.tell("%,d events a second for %d s".formatted(options.rate(), options.seconds()));
        change(parts, options.warmUpSeconds());
        awaitCommands(parts);
        parts.view().takeDelays();
        long cpu = parts.process().cpuNanos();
        long events = change(parts, options.seconds());
        // Work that was put off is part of what the events cost.
        awaitCommands(parts);
        cpu = parts.process().cpuNanos() - cpu;
        long resident = parts.process().residentKib();
        OptionalLong heap = parts.process().liveHeapKib();
        Delays delays = parts.view().takeDelays();
        String problem = parts.view().differs(parts.load().wanted());
        return new Run(
                pods,
                round,
                wanted.size(),
                startSeconds,
                events,
                cpu / NANOS_PER_MICRO / events,
                idle / idleNanos * PERCENT,
                renewals / (idleNanos / NANOS_PER_SECOND),
                new WatchRun.Delay(
                        delays.count(), delays.quantileMs(0.5), delays.quantileMs(0.99), delays.quantileMs(1)),
                stateBytes,
                resident,
                heap,
                problem);
    }

    private void awaitStart(int pods, int captures, Parts parts) throws BenchException, InterruptedException {
        long[] told = {System.nanoTime()};
        boolean all = Pace.until(START_TIMEOUT, () -> {
            parts.check();
            long now = System.nanoTime();
            if (now - told[0] > STILL_DECIDING_SECONDS * NANOS_PER_SECOND) {
                told[0] = now;
                progress.tell("%,d of %,d captures are commanded"
                        .formatted(parts.view().running(), captures));
            }
            return parts.view().running() >= captures;
        });
        if (!all) {
            throw new BenchException("of " + pods + " pods " + parts.view().running() + " were captured and not "
                    + captures + " within " + START_TIMEOUT.toMinutes() + " minutes");
        }
    }

    private static void awaitCommands(Parts parts) throws BenchException, InterruptedException {
        Pace.until(LATE_TIMEOUT, () -> {
            parts.check();
            return parts.view().awaited() == 0;
        });
    }

    /** Lets the cluster change at the rate for a time; returns how many events that were. */
    private long change(Parts parts, int seconds) throws BenchException, InterruptedException {
        long begin = System.nanoTime();
        long total = (long) options.rate() * seconds;
        long done = 0;
        while (done < total) {
            double elapsed = (System.nanoTime() - begin) / NANOS_PER_SECOND;
            long due = Math.min(total, (long) (elapsed * options.rate()));
            while (done < due) {
                done += parts.load().change((event, began, ended) -> {
                    ProducerRecord<String, byte[]> record = record(event);
                    parts.view().sent(began, ended, System.nanoTime());
                    parts.producer().send(record);
                });
            }
            parts.check();
            Pace.pause(TICK_NANOS);
        }
        return done;
    }

    /** Bytes of all changelogs on the broker's disk: what a process that begins anew reads. */
    private static long stateBytes(KafkaClients kafka) throws BenchException, InterruptedException {
        try (Admin admin = kafka.admin()) {
            long bytes = 0;
            for (Map<String, LogDirDescription> broker : admin.describeLogDirs(
                            admin.describeCluster().nodes().get().stream()
                                    .map(node -> node.id())
                                    .toList())
                    .allDescriptions()
                    .get()
                    .values()) {
                for (LogDirDescription disk : broker.values()) {
                    bytes += disk.replicaInfos().entrySet().stream()
                            .filter(replica -> replica.getKey().topic().endsWith(CHANGELOG))
                            .mapToLong(replica -> replica.getValue().size())
                            .sum();
                }
            }
            return bytes;
        } catch (ExecutionException e) {
            throw new BenchException("Kafka does not say how large its topics are: " + e.getCause(), e);
        }
    }

    private MeasuredProcess deciding(BrokerProcess broker, Path trust, Path here) throws BenchException {
        Map<String, String> environment = new HashMap<>();
        environment.put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        environment.put("LAWTAP_KAFKA_UNSAFE", EmbeddedKafka.OVERRIDE.text());
        environment.put("LAWTAP_TRUST_LIST", trust.toString());
        environment.put("LAWTAP_DEMO_KEYS_ALLOWED", "true");
        environment.put("LAWTAP_STATE_DIR", here.resolve("state").toString());
        MeasuredProcess.switchOffHttp(new Warrants(), environment);
        return MeasuredProcess.java(
                "the deciding service",
                List.of(),
                new MeasuredProcess.Java(options.heap(), Warrants.class.getName(), List.of(), environment),
                here.resolve("warrants.log"));
    }

    private static ProducerRecord<String, byte[]> record(PodEvent event) {
        return new ProducerRecord<>(Topic.PODS.name(), event.key(), PodCodec.encode(event));
    }

    private static ProducerRecord<String, byte[]> record(SignedOrder signed) {
        Order order = OrderJson.read(signed.payloadType(), signed.payload());
        return new ProducerRecord<>(Topic.WARRANTS.name(), order.id().toString(), OrderCodec.encode(signed));
    }

    private static TrustList trustList(List<KeyPair> pairs) {
        Instant now = Instant.now();
        List<TrustList.Approver> approvers = new ArrayList<>();
        for (KeyPair pair : pairs) {
            approvers.add(new TrustList.Approver(
                    "Demo Authority " + (approvers.size() + 1),
                    pair.getPublic(),
                    now.minus(Duration.ofDays(1)),
                    now.plus(Duration.ofDays(30)),
                    true));
        }
        return new TrustList(approvers);
    }
}
