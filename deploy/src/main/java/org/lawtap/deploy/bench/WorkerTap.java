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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.QuietPods.QuietPod;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.worker.CaptureWorker;

/**
 * The real capture-worker in a node's network namespace, under a signed demo warrant of its own, commanded and renewed through
 * {@code lawtap.commands} as the deciding service does. The warrant's topic goes with it.
 */
final class WorkerTap implements AutoCloseable {
    /** Where the delivery key lies, below the tap's directory. */
    static final String DELIVERY_KEYS = "delivery-keys";

    private static final ClusterId CLUSTER = WatchBench.CLUSTER;
    private static final Namespace NAMESPACE = new Namespace("bench");
    private static final Map<String, String> LABELS = Map.of("app", "target");
    /** Longer than Kafka is away in any benchmark: no renewal comes then. */
    private static final int LEASE_SECONDS = 300;

    private static final int RENEWALS_PER_LEASE = 3;
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    /** Looks that find nothing new, a tenth of a second each: longer than a batch or a block waits. */
    private static final int STEADY_LOOKS = 5;

    private final BenchNode node;
    private final KafkaClients kafka;
    private final Warrant warrant;
    private final SignedOrder order;
    private final KeyPair delivery;
    private final Launch launch;
    private MeasuredProcess worker;
    private int lives = 1;
    private final CaptureTally tally;
    private final Producer<String, byte[]> commands;
    private final ScheduledExecutorService renewals = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("renewals").factory());
    private List<CaptureKey> keys = List.of();

    private WorkerTap(
            BenchNode node, KafkaClients kafka, Warrant warrant, SignedOrder order, KeyPair delivery, Launch launch)
            throws BenchException, InterruptedException {
        this.worker = launch.start(lives);
        this.launch = launch;
        this.node = node;
        this.kafka = kafka;
        this.warrant = warrant;
        this.order = order;
        this.delivery = delivery;
        this.tally = new CaptureTally(kafka, warrant.id(), delivery);
        this.commands = kafka.producer(Map.of());
    }

    /** How a worker is to be. @param settings beside those that it needs @param jvm options of its JVM */
    record Options(String heap, Map<String, String> settings, List<String> jvm) {
        Options {
            settings = Map.copyOf(settings);
            jvm = List.copyOf(jvm);
        }

        /** As a trained worker starts, if one was trained. */
        Options(String heap, Map<String, String> settings) {
            this(heap, settings, WorkerCache.use());
        }
    }

    /** Starts a worker that captures nothing yet. @param directory a new one */
    static WorkerTap start(BenchNode node, BrokerProcess broker, Options options, Path directory)
            throws BenchException, InterruptedException {
        KafkaClients kafka = broker.clients();
        List<KeyPair> approvers = List.of(OrderKeys.generate(), OrderKeys.generate());
        KeyPair delivery = DeliveryKeys.generate();
        Warrant warrant = warrant(Instant.now()).deliveredTo(DeliveryKeys.publicHalf(delivery));
        SignedOrder order = new SignedOrder(warrant.payloadType(), OrderJson.write(warrant), List.of());
        for (KeyPair approver : approvers) {
            order = OrderKeys.sign(order, approver);
        }
        Map<String, String> environment = new HashMap<>(options.settings());
        try {
            Files.createDirectories(directory);
            Path trust = directory.resolve("trust.json");
            Files.write(trust, trustList(approvers).write());
            DeliveryKeys.writePrivate(
                    Files.createDirectories(directory.resolve(DELIVERY_KEYS)).resolve(warrant.id() + ".key.pem"),
                    delivery);
            environment.put("LAWTAP_TRUST_LIST", trust.toString());
            try (Admin admin = kafka.admin()) {
                List<Topic> topics = new ArrayList<>(Topic.BASE);
                topics.add(Topic.packets(warrant.id()));
                new TopicAdmin(admin, 1).create(topics);
            }
        } catch (IOException | StartException e) {
            throw new BenchException(String.valueOf(e.getMessage()), e);
        }
        environment.put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        environment.put("LAWTAP_KAFKA_UNSAFE", EmbeddedKafka.OVERRIDE.text());
        environment.put("LAWTAP_CLUSTER", CLUSTER.value());
        environment.put("LAWTAP_NODE_NAME", node.name().value());
        environment.put("LAWTAP_DEMO_KEYS_ALLOWED", "true");
        environment.put("LAWTAP_STATE_DIR", directory.resolve("state").toString());
        MeasuredProcess.switchOffHttp(new CaptureWorker(), environment);
        Launch launch = life -> {
            MeasuredProcess started = MeasuredProcess.java(
                    "the capture-worker",
                    node.enter(),
                    new MeasuredProcess.Java(
                            options.heap(), CaptureWorker.class.getName(), List.of(), environment, options.jvm()),
                    directory.resolve("capture-worker-" + life + ".log"));
            try {
                started.awaitWords("capture-worker started");
            } catch (BenchException | InterruptedException e) {
                started.close();
                throw e;
            }
            return started;
        };
        return new WorkerTap(node, kafka, warrant, order, delivery, launch);
    }

    /** Starts the worker as it was started before. */
    private interface Launch {
        /** @param life from 1: each has its own log */
        MeasuredProcess start(int life) throws BenchException, InterruptedException;
    }

    /** Kills the worker and starts it again, with its state as the killed one left it; its captures are commanded anew. */
    void killAndStartAgain(List<QuietPod> pods, Runnable whenKilled) throws BenchException, InterruptedException {
        worker.signal("KILL");
        whenKilled.run();
        worker.close();
        lives++;
        worker = launch.start(lives);
        command(pods);
    }

    /** Commands the captures of pods and returns when their sessions are open. */
    void capture(List<QuietPod> pods) throws BenchException, InterruptedException {
        keys = pods.stream()
                .map(pod -> new CaptureKey(warrant.id(), warrant.generation(), pod.uid()))
                .toList();
        command(pods);
        boolean open = Pace.until(TIMEOUT, () -> {
            worker.check();
            tally.poll();
            return tally.opened() >= pods.size();
        });
        if (!open) {
            throw new BenchException("the capture-worker opened " + tally.opened() + " of " + pods.size()
                    + " sessions within " + TIMEOUT.toSeconds() + " s");
        }
        int every = LEASE_SECONDS / RENEWALS_PER_LEASE;
        renewals.scheduleAtFixedRate(this::renew, every, every, TimeUnit.SECONDS);
    }

    private void command(List<QuietPod> pods) throws BenchException, InterruptedException {
        for (int i = 0; i < pods.size(); i++) {
            Instant now = Instant.now();
            PodRef ref = new PodRef(
                    CLUSTER, NAMESPACE, new PodName("target-" + i), pods.get(i).uid());
            command(new Command.Start(
                    node.name(), now, keys.get(i), order, ref, LABELS, false, now.plusSeconds(LEASE_SECONDS)));
        }
    }

    /** Ends all captures and returns when each has said its last word. */
    void stop() throws BenchException, InterruptedException {
        renewals.shutdownNow();
        for (CaptureKey key : keys) {
            command(new Command.Stop(node.name(), Instant.now(), key, StopReason.WARRANT_ENDED));
        }
        boolean ended = Pace.until(TIMEOUT, () -> {
            worker.check();
            tally.skip(keys.size());
            return tally.ended() >= keys.size();
        });
        if (!ended) {
            throw new BenchException("only " + tally.ended() + " of " + keys.size()
                    + " sessions said their last word within " + TIMEOUT.toSeconds() + " s");
        }
    }

    MeasuredProcess process() {
        return worker;
    }

    WarrantId warrant() {
        return warrant.id();
    }

    /** With which the content is read. */
    KeyPair delivery() {
        return delivery;
    }

    /** What the packet topic said when it was last read. */
    CaptureTally tally() {
        return tally;
    }

    /** Packets that are in the topic, once that stands still. */
    long written() throws BenchException, InterruptedException {
        long[] last = {-1};
        int[] same = {0};
        Pace.until(TIMEOUT, () -> {
            worker.check();
            tally.skip(keys.size());
            same[0] = tally.batches() == last[0] ? same[0] + 1 : 0;
            last[0] = tally.batches();
            tally.poll();
            return same[0] >= STEADY_LOOKS;
        });
        return tally.written();
    }

    @Override
    public void close() {
        renewals.shutdownNow();
        worker.close();
        tally.close();
        commands.close(Duration.ZERO);
        try (Admin admin = kafka.admin()) {
            admin.deleteTopics(List.of(Topic.packets(warrant.id()).name()));
        }
    }

    private void renew() {
        Instant now = Instant.now();
        Command.Renew renew = new Command.Renew(node.name(), now, keys, now.plusSeconds(LEASE_SECONDS));
        commands.send(record(renew));
    }

    private void command(Command command) throws BenchException, InterruptedException {
        try {
            commands.send(record(command)).get();
        } catch (ExecutionException e) {
            throw new BenchException("Kafka did not take a command: " + e.getCause(), e);
        }
    }

    private ProducerRecord<String, byte[]> record(Command command) {
        int partition = Topic.commandPartition(node.name(), Topic.COMMANDS.partitions());
        return new ProducerRecord<>(
                Topic.COMMANDS.name(), partition, node.name().value(), CommandCodec.encode(command));
    }

    private static Warrant warrant(Instant now) {
        return new Warrant(
                WarrantId.random(),
                1,
                "Demo Court",
                "BENCH-1",
                new Target(CLUSTER, NAMESPACE, LABELS),
                now,
                now.plus(Duration.ofDays(1)),
                Warrant.Scope.CONTENT,
                null,
                "Demo Agency",
                1);
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
