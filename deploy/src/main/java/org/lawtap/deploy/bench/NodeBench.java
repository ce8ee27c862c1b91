package org.lawtap.deploy.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.pod.SteadySender;
import org.lawtap.deploy.sandbox.Claim;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.Leftovers;
import org.lawtap.deploy.sandbox.QuietPods;
import org.lawtap.deploy.sandbox.QuietPods.QuietPod;
import org.lawtap.deploy.sandbox.SandboxCluster;
import org.lawtap.deploy.sandbox.SandboxException;
import org.lawtap.deploy.sandbox.SandboxName;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.worker.CaptureWorker;

/**
 * What a node's capture-worker costs: one sandbox node full of pods, the real worker in it, some of the pods captured under a
 * demo warrant. Must be run as root in a network namespace of its own; all that it makes is removed when it ends, also by an
 * interrupt, and what a killed one left by the next.
 */
final class NodeBench {
    private static final ClusterId CLUSTER = WatchBench.CLUSTER;
    private static final Namespace NAMESPACE = new Namespace("bench");
    private static final Map<String, String> LABELS = Map.of("app", "target");
    private static final int KAFKA_PORT = 9092;
    private static final int LEASE_SECONDS = 60;
    private static final int RENEWALS_PER_LEASE = 3;
    private static final int SETTLE_SECONDS = 5;
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int TELL_EVERY_PODS = 50;

    private final Options options;
    private final Path directory;
    private final Progress progress;
    private final Deque<AutoCloseable> standing = new ArrayDeque<>();
    private final AtomicReference<@Nullable String> broken = new AtomicReference<>();

    /** What is measured. @param rate packets a second to each captured pod */
    record Options(int pods, int captures, int rate, int seconds, String heap) {}

    /** What the worker cost in one state of its node. */
    record Phase(String name, double cpuPercent, long residentKib) {}

    /** All phases, and what became of the packets. */
    record Result(List<Phase> phases, long sent, long delivered, long dropped, long unaccounted) {
        Result {
            phases = List.copyOf(phases);
        }

        /** Whether each packet that was sent is in the topic, and no other. */
        boolean complete() {
            return sent == delivered && dropped == 0 && unaccounted == 0;
        }

        String sentence() {
            return complete()
                    ? "all of the " + sent + " packets sent are in the topic, and no others"
                    : "WRONG: " + sent + " packets were sent and " + delivered + " are in the topic; " + dropped
                            + " were dropped, " + unaccounted + " are not accounted for";
        }
    }

    /** @param directory a new one, for everything that is written */
    NodeBench(Options options, Path directory, Progress progress) {
        this.options = options;
        this.directory = directory;
        this.progress = progress;
    }

    Result run() throws BenchException, InterruptedException {
        try {
            return measure(put());
        } catch (SandboxException | StartException | IOException e) {
            String why = broken.get();
            throw new BenchException(why == null ? String.valueOf(e.getMessage()) : why, e);
        } finally {
            progress.tell("removing the node");
            // In a thread of its own: an interrupt that comes now must not leave the half of it.
            Thread taker = Thread.ofPlatform().name("bench-take-down").start(this::takeDown);
            boolean interrupted = false;
            while (taker.isAlive()) {
                try {
                    taker.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private record Stage(
            NodeName node,
            String netNamespace,
            List<QuietPod> pods,
            KafkaClients kafka,
            Warrant warrant,
            SignedOrder order,
            MeasuredProcess worker,
            CaptureTally tally,
            Producer<String, byte[]> commands) {
        Stage {
            pods = List.copyOf(pods);
        }
    }

    private Stage put() throws SandboxException, StartException, IOException, BenchException, InterruptedException {
        Path logs = Files.createDirectories(directory.resolve("logs"));
        for (Leftovers.Removed left : Leftovers.clean(Claim.DIRECTORY)) {
            progress.tell("removed what an earlier sandbox left behind: "
                    + left.removed().size() + " things");
        }
        SandboxName name = SandboxName.random();
        Claim claim = Claim.take(Claim.DIRECTORY, name, directory);
        standing.push(claim);
        SandboxCluster.attachControlNamespace(name);
        SandboxCluster cluster = SandboxCluster.start(new SandboxCluster.Settings(name, 1, logs, 0));
        standing.push(cluster);
        standing.push(() -> QuietPods.remove(cluster, name));
        NodeName node = cluster.nodes().getFirst();
        progress.tell("putting up a node with " + options.pods() + " pods");
        List<QuietPod> pods = QuietPods.add(cluster, name, node, options.pods(), count -> {
            if (count % TELL_EVERY_PODS == 0) {
                progress.tell(count + " pods stand");
            }
        });

        EmbeddedKafka broker = EmbeddedKafka.start(
                directory.resolve("kafka"),
                SandboxCluster.CONTROL_ADDRESS,
                KAFKA_PORT,
                sentence -> broken.compareAndSet(null, sentence));
        standing.push(broker);
        KafkaSettings settings = new KafkaSettings(broker.bootstrapServers(), Map.of());
        KafkaClients kafka = new KafkaClients(settings, "lawtap-bench");

        List<KeyPair> approvers = List.of(OrderKeys.generate(), OrderKeys.generate());
        Path trust = directory.resolve("trust.json");
        Files.write(trust, trustList(approvers).write());
        Warrant warrant = warrant();
        SignedOrder order = new SignedOrder(warrant.payloadType(), OrderJson.write(warrant), List.of());
        for (KeyPair approver : approvers) {
            order = OrderKeys.sign(order, approver);
        }
        try (Admin admin = kafka.admin()) {
            List<Topic> topics = new ArrayList<>(Topic.BASE);
            topics.add(Topic.packets(warrant.id()));
            new TopicAdmin(admin, 1).create(topics);
        }
        String netNamespace = cluster.netNamespace(node);
        Path log = logs.resolve("capture-worker.log");
        MeasuredProcess worker = worker(node, netNamespace, trust, settings, log);
        standing.push(worker);
        boolean up = Pace.until(TIMEOUT, () -> {
            worker.check();
            return says(log, "capture-worker started");
        });
        if (!up) {
            throw new BenchException("the capture-worker did not start within " + TIMEOUT.toSeconds() + " s");
        }
        CaptureTally tally = new CaptureTally(kafka, warrant.id());
        standing.push(tally);
        Producer<String, byte[]> commands = kafka.producer(Map.of());
        standing.push(() -> commands.close(Duration.ZERO));
        return new Stage(node, netNamespace, pods, kafka, warrant, order, worker, tally, commands);
    }

    private Result measure(Stage stage) throws BenchException, IOException, InterruptedException {
        List<Phase> phases = new ArrayList<>();
        phases.add(phase("no capture", stage, List.of()));

        List<QuietPod> captured = stage.pods().subList(0, options.captures());
        List<CaptureKey> keys = captured.stream()
                .map(pod -> new CaptureKey(stage.warrant().id(), stage.warrant().generation(), pod.uid()))
                .toList();
        for (int i = 0; i < captured.size(); i++) {
            Instant now = Instant.now();
            PodRef ref = new PodRef(
                    CLUSTER,
                    NAMESPACE,
                    new PodName("target-" + i),
                    captured.get(i).uid());
            command(
                    stage,
                    new Command.Start(
                            stage.node(),
                            now,
                            keys.get(i),
                            stage.order(),
                            ref,
                            LABELS,
                            false,
                            now.plusSeconds(LEASE_SECONDS)));
        }
        boolean open = Pace.until(TIMEOUT, () -> {
            stage.worker().check();
            stage.tally().poll();
            return stage.tally().opened() >= captured.size();
        });
        if (!open) {
            throw new BenchException(
                    "the capture-worker opened " + stage.tally().opened() + " of " + captured.size()
                            + " sessions within " + TIMEOUT.toSeconds() + " s");
        }
        phases.add(phase("captures without traffic", stage, keys));

        Path output = directory.resolve("logs").resolve("sender.log");
        try (MeasuredProcess sender = sender(stage, captured, output)) {
            phases.add(phase("captures, " + options.rate() + " packets/s each", stage, keys));
            Pace.until(TIMEOUT, () -> !sender.isAlive());
        }
        for (CaptureKey key : keys) {
            command(stage, new Command.Stop(stage.node(), Instant.now(), key, StopReason.WARRANT_ENDED));
        }
        Pace.until(TIMEOUT, () -> {
            stage.tally().poll();
            return stage.tally().ended() >= captured.size();
        });
        String said = Files.readString(output).strip();
        if (!said.startsWith("sent ")) {
            throw new BenchException(
                    "the sender failed: " + said.lines().findFirst().orElse("it said nothing"));
        }
        return new Result(
                phases,
                Long.parseLong(said.substring("sent ".length())),
                stage.tally().delivered(),
                stage.tally().dropped(),
                stage.tally().unaccounted());
    }

    /** Lets the state settle, then measures it; captures are renewed as the deciding service does. */
    private Phase phase(String name, Stage stage, List<CaptureKey> keys) throws BenchException, InterruptedException {
        progress.tell("measuring: " + name);
        live(stage, keys, SETTLE_SECONDS);
        long cpu = stage.worker().cpuNanos();
        long begin = System.nanoTime();
        live(stage, keys, options.seconds());
        double percent = 100.0 * (stage.worker().cpuNanos() - cpu) / (System.nanoTime() - begin);
        return new Phase(name, percent, stage.worker().residentKib());
    }

    private static void live(Stage stage, List<CaptureKey> keys, int seconds)
            throws BenchException, InterruptedException {
        long end = System.nanoTime() + (long) (seconds * NANOS_PER_SECOND);
        long renewed = 0;
        while (System.nanoTime() - end < 0) {
            if (!keys.isEmpty()
                    && (renewed == 0
                            || System.nanoTime() - renewed > LEASE_SECONDS * NANOS_PER_SECOND / RENEWALS_PER_LEASE)) {
                Instant now = Instant.now();
                command(stage, new Command.Renew(stage.node(), now, keys, now.plusSeconds(LEASE_SECONDS)));
                renewed = System.nanoTime();
            }
            stage.worker().check();
            stage.tally().poll();
            Pace.pause(1);
        }
    }

    private static void command(Stage stage, Command command) throws BenchException, InterruptedException {
        int partition = Topic.commandPartition(stage.node(), Topic.COMMANDS.partitions());
        try {
            stage.commands()
                    .send(new ProducerRecord<>(
                            Topic.COMMANDS.name(), partition, stage.node().value(), CommandCodec.encode(command)))
                    .get();
        } catch (ExecutionException e) {
            throw new BenchException("Kafka did not take a command: " + e.getCause(), e);
        }
    }

    private MeasuredProcess worker(NodeName node, String netNamespace, Path trust, KafkaSettings kafka, Path log)
            throws BenchException {
        Map<String, String> environment = new HashMap<>();
        environment.put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrapServers());
        environment.put("LAWTAP_CLUSTER", CLUSTER.value());
        environment.put("LAWTAP_NODE_NAME", node.value());
        environment.put("LAWTAP_TRUST_LIST", trust.toString());
        environment.put("LAWTAP_DEMO_KEYS_ALLOWED", "true");
        MeasuredProcess.switchOffHttp(new CaptureWorker(), environment);
        return MeasuredProcess.java(
                "the capture-worker",
                enter(netNamespace),
                new MeasuredProcess.Java(options.heap(), CaptureWorker.class.getName(), List.of(), environment),
                log);
    }

    private MeasuredProcess sender(Stage stage, List<QuietPod> pods, Path output) throws BenchException {
        List<String> arguments = new ArrayList<>(
                List.of(Integer.toString(options.seconds() + 2 * SETTLE_SECONDS), Integer.toString(options.rate())));
        pods.forEach(pod -> arguments.add(pod.hostIndex() + "=" + pod.mac()));
        return MeasuredProcess.java(
                "the sender",
                enter(stage.netNamespace()),
                new MeasuredProcess.Java("48m", SteadySender.class.getName(), arguments, Map.of()),
                output);
    }

    private static List<String> enter(String netNamespace) {
        return List.of("nsenter", "--net=/run/netns/" + netNamespace);
    }

    private static Warrant warrant() {
        Instant now = Instant.now();
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

    private static boolean says(Path log, String text) throws BenchException {
        try {
            return Files.exists(log) && new String(Files.readAllBytes(log), StandardCharsets.UTF_8).contains(text);
        } catch (IOException e) {
            throw new BenchException(log + " can't be read: " + e.getMessage(), e);
        }
    }

    private void takeDown() {
        boolean clean = true;
        while (!standing.isEmpty()) {
            AutoCloseable top = standing.pop();
            // As long as something stands, the claim says whose it is: the next start removes both.
            if (top instanceof Claim && !clean) {
                return;
            }
            try {
                top.close();
            } catch (Exception e) {
                clean = false;
                progress.tell("while taking the node down: " + e.getMessage());
            }
        }
    }
}
