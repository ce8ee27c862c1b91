package org.lawtap.deploy.demo;

import io.fabric8.kubernetes.client.Config;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.sandbox.Claim;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.LocalTimestampAuthority;
import org.lawtap.deploy.sandbox.SandboxCluster;
import org.lawtap.deploy.sandbox.SandboxException;
import org.lawtap.deploy.sandbox.SandboxName;
import org.lawtap.deploy.sandbox.StandInApiServer;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.sink.Sink;
import org.lawtap.sink.SinkConfig;
import org.lawtap.warrants.Warrants;
import org.lawtap.warrants.WarrantsConfig;
import org.lawtap.watcher.Watcher;
import org.lawtap.watcher.WatcherConfig;

/**
 * Everything that stands while a scene is played: the sandbox cluster, Kafka, the stand-in API server and the four services,
 * unchanged. Closed in reverse, also when it was put up half-way.
 */
final class Stage implements AutoCloseable {
    static final ClusterId CLUSTER = new ClusterId("sandbox");

    private static final int KAFKA_PORT = 9092;
    private static final int NODES = 2;
    private static final int IMAGE_PULL_MS = 1500;
    private static final int LEASE_SECONDS = 10;
    private static final int SEND_LOOK_MS = 200;
    private static final Duration SEAL_DELAY = Duration.ofSeconds(2);
    private static final Duration WATCH_TIMEOUT = Duration.ofHours(1);
    private static final Duration WORKER_END_TIMEOUT = Duration.ofSeconds(25);

    private interface Step {
        void undo() throws Exception;
    }

    /**
     * Something to take down.
     *
     * @param always also when the stage broke; what only talks to Kafka is then left to the end of the process
     */
    private record Standing(boolean always, Step undo) {}

    private final Path directory;
    private final Deque<Standing> standing = new ArrayDeque<>();
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
    private final List<KeyPair> authorities = new ArrayList<>();
    private final Engine engine;
    private @Nullable SandboxCluster cluster;
    private @Nullable StandInApiServer api;
    private @Nullable KafkaClients kafka;
    private @Nullable CustodyFeed custody;

    /** Which engine the workers use. */
    enum Engine {
        RING,
        PCAP4J
    }

    private Stage(Path directory, Engine engine) {
        this.directory = directory;
        this.engine = engine;
    }

    /** Puts everything up. */
    static Stage put(Path directory, Engine engine, Story story, Consumer<CustodyEvent> onCustody)
            throws DemoException, InterruptedException {
        Stage stage = new Stage(directory, engine);
        try {
            stage.put(story, onCustody);
            return stage;
        } catch (SandboxException | StartException | IOException e) {
            String why = stage.failure.get();
            stage.close();
            throw new DemoException(why != null ? why : String.valueOf(e.getMessage()), e);
        } catch (DemoException | InterruptedException | RuntimeException e) {
            stage.close();
            throw e;
        }
    }

    SandboxCluster cluster() {
        return java.util.Objects.requireNonNull(cluster);
    }

    StandInApiServer api() {
        return java.util.Objects.requireNonNull(api);
    }

    KafkaClients kafka() {
        return java.util.Objects.requireNonNull(kafka);
    }

    CustodyFeed custody() {
        return java.util.Objects.requireNonNull(custody);
    }

    /** What broke for good, if anything did. */
    void check() throws DemoException {
        String broken = failure.get();
        if (broken != null) {
            throw new DemoException(broken);
        }
    }

    /** An order signed by the first authorities. */
    SignedOrder sign(Order order, int approvers) {
        SignedOrder signed = new SignedOrder(order.payloadType(), OrderJson.write(order), List.of());
        for (KeyPair authority : authorities.subList(0, approvers)) {
            signed = OrderKeys.sign(signed, authority);
        }
        return signed;
    }

    /** Publishes an order. */
    void publish(Order order, SignedOrder signed) throws DemoException, InterruptedException {
        Producer<String, byte[]> producer = kafka().producer(Map.of());
        try {
            Future<RecordMetadata> sent = producer.send(
                    new ProducerRecord<>(Topic.WARRANTS.name(), order.id().toString(), OrderCodec.encode(signed)));
            while (true) {
                try {
                    sent.get(SEND_LOOK_MS, TimeUnit.MILLISECONDS);
                    return;
                } catch (TimeoutException e) {
                    check();
                }
            }
        } catch (ExecutionException e) {
            throw new DemoException("Kafka did not take the order: " + e.getCause(), e);
        } finally {
            producer.close(Duration.ZERO);
        }
    }

    private void put(Story story, Consumer<CustodyEvent> onCustody)
            throws SandboxException, StartException, IOException, DemoException, InterruptedException {
        Path logs = Files.createDirectories(directory.resolve("logs"));
        SandboxName name = SandboxName.random();
        Claim claim = Claim.take(Claim.DIRECTORY, name, directory);
        // What could not be removed stays claimed, so that the next demo finds and removes it.
        standing.push(new Standing(true, () -> {
            if (!somethingStayed) {
                claim.close();
            }
        }));
        SandboxCluster.attachControlNamespace(name);
        SandboxCluster nodes = SandboxCluster.start(new SandboxCluster.Settings(name, NODES, logs, IMAGE_PULL_MS));
        cluster = nodes;
        standing.push(new Standing(true, nodes::close));
        story.tell("sandbox cluster " + name.prefix() + "*: nodes "
                + String.join(", ", nodes.nodes().stream().map(NodeName::value).toList()));

        EmbeddedKafka broker = EmbeddedKafka.start(
                directory.resolve("kafka"), SandboxCluster.CONTROL_ADDRESS, KAFKA_PORT, this::failed);
        standing.push(new Standing(false, broker::close));
        KafkaSettings settings = new KafkaSettings(broker.bootstrapServers(), Map.of());
        KafkaClients clients = new KafkaClients(settings, "lawtap-demo");
        kafka = clients;
        try (Admin admin = clients.admin()) {
            new TopicAdmin(admin, 1).create(Topic.BASE);
        }
        story.tell("Kafka is up at " + broker.bootstrapServers() + ", data in " + directory.resolve("kafka"));

        Path trust = makeKeys();
        StandInApiServer server = StandInApiServer.start(InetAddress.getLoopbackAddress(), 0);
        api = server;
        standing.push(new Standing(false, server::close));
        Path kubeconfig = directory.resolve("kubeconfig");
        server.writeKubeconfig(kubeconfig);

        CustodyFeed feed = new CustodyFeed(clients, onCustody, failure);
        custody = feed;
        standing.push(new Standing(false, feed::close));
        feed.start();

        Config config = Config.fromKubeconfig(new File(kubeconfig.toString()));
        // The stand-in ends no watch by itself, and one that begins anew says what is there, not what went in between.
        WatcherConfig watcher = new WatcherConfig(settings, EmbeddedKafka.OVERRIDE, CLUSTER, WATCH_TIMEOUT, null, null);
        service(Watcher.launch(watcher, config, Clock.systemUTC()), "the watcher");
        service(
                Warrants.launch(
                        new WarrantsConfig(
                                settings,
                                EmbeddedKafka.OVERRIDE,
                                trust,
                                true,
                                Duration.ofSeconds(LEASE_SECONDS),
                                1,
                                0,
                                directory.resolve("warrants-state"),
                                null),
                        Clock.systemUTC()),
                "the deciding service");
        LocalTimestampAuthority authority = LocalTimestampAuthority.start(InetAddress.getLoopbackAddress());
        standing.push(new Standing(false, authority::close));
        authority.writeCertificate(keys().resolve("tsa.crt.pem"));
        Path sinkKeys = directory.resolve("sink-keys");
        service(
                Sink.launch(
                        new SinkConfig(
                                settings,
                                EmbeddedKafka.OVERRIDE,
                                directory.resolve("evidence"),
                                1L << 30,
                                500,
                                trust,
                                true,
                                sinkKeys,
                                deliveryKeys(),
                                authority.uri(),
                                SEAL_DELAY,
                                null),
                        Clock.systemUTC()),
                "the sink");
        Files.copy(sinkKeys.resolve("sink.pub.pem"), keys().resolve("sink.pub.pem"));
        Files.copy(sinkKeys.resolve("sink.crt.pem"), keys().resolve("sink.crt.pem"));
        for (NodeName node : nodes.nodes()) {
            worker(node, trust, settings, logs);
        }
        story.tell("watcher, warrants, sink and one capture-worker on each node are up");
    }

    private void service(ServiceMain.Running running, String what) {
        standing.push(new Standing(false, running::close));
        Thread.ofVirtual().start(() -> {
            try {
                running.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                failed(what + " ended: " + e.getMessage());
            }
        });
    }

    /** A worker is a process of its own: it must live in its node's network namespace. It dies with this process. */
    private void worker(NodeName node, Path trust, KafkaSettings settings, Path logs)
            throws IOException, SandboxException {
        ProcessBuilder builder = new ProcessBuilder(
                "nsenter",
                "--net=/run/netns/" + cluster().netNamespace(node),
                "setpriv",
                "--pdeathsig",
                "KILL",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "org.lawtap.worker.CaptureWorker");
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("LAWTAP_") || name.equals("JAVA_TOOL_OPTIONS"));
        environment.put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", settings.bootstrapServers());
        environment.put("LAWTAP_KAFKA_UNSAFE", EmbeddedKafka.OVERRIDE.text());
        environment.put("LAWTAP_CLUSTER", CLUSTER.value());
        environment.put("LAWTAP_NODE_NAME", node.value());
        environment.put("LAWTAP_HTTP_LISTEN", "off");
        environment.put("LAWTAP_TRUST_LIST", trust.toString());
        environment.put("LAWTAP_DEMO_KEYS_ALLOWED", "true");
        environment.put(
                "LAWTAP_STATE_DIR",
                directory.resolve("worker-state").resolve(node.value()).toString());
        environment.put("LAWTAP_CAPTURE_ENGINE", engine == Engine.RING ? "ring" : "pcap4j");
        builder.redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(
                logs.resolve("capture-worker-" + node + ".log").toFile()));
        Process process = builder.start();
        standing.push(new Standing(true, () -> {
            process.destroy();
            // When Kafka is gone there is nowhere to deliver the rest to.
            if (failure.get() != null || !process.waitFor(WORKER_END_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }));
        process.onExit().thenAccept(ended -> {
            if (!closing) {
                failed("the capture-worker of " + node + " ended with exit code " + ended.exitValue() + "; see "
                        + logs.resolve("capture-worker-" + node + ".log"));
            }
        });
    }

    /** What a check of the evidence rests on: public keys and certificates. The demo's authorities keep their secrets beside it. */
    Path keys() {
        return directory.resolve("keys");
    }

    /** Lays the nodes' public keys beside the others, as an operator would when a node is set up. */
    void publishNodeKeys() throws DemoException {
        try {
            Path nodes = Files.createDirectories(keys().resolve("nodes"));
            for (NodeName node : cluster().nodes()) {
                Files.copy(
                        directory.resolve("worker-state").resolve(node.value()).resolve("node.pub.pem"),
                        nodes.resolve(node.value() + ".pem"),
                        StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new DemoException("the nodes' public keys can't be copied: " + e.getMessage(), e);
        }
    }

    /** The same warrant with a delivery key of its own, whose private half lies with the sink. */
    Warrant delivered(Warrant warrant) throws DemoException {
        KeyPair pair = DeliveryKeys.generate();
        try {
            Files.createDirectories(deliveryKeys());
            DeliveryKeys.writePrivate(deliveryKeys().resolve(warrant.id() + ".key.pem"), pair);
        } catch (IOException e) {
            throw new DemoException("the delivery key can't be kept: " + e.getMessage(), e);
        }
        return warrant.deliveredTo(DeliveryKeys.publicHalf(pair));
    }

    private Path deliveryKeys() {
        return directory.resolve("delivery-keys");
    }

    private Path makeKeys() throws IOException {
        Path keys = Files.createDirectories(keys());
        Instant now = Instant.now();
        List<TrustList.Approver> approvers = new ArrayList<>();
        for (String authority : List.of("Judge Demo", "Prosecutor Demo")) {
            KeyPair pair = OrderKeys.generate();
            authorities.add(pair);
            String file = authority.toLowerCase(java.util.Locale.ROOT).replace(' ', '-');
            OrderKeys.writePrivate(keys.resolve(file + ".key.pem"), pair.getPrivate());
            Files.writeString(keys.resolve(file + ".pub.pem"), OrderKeys.pem(pair.getPublic()));
            approvers.add(new TrustList.Approver(
                    authority, pair.getPublic(), now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(30)), true));
        }
        Path trust = keys.resolve("trust.json");
        Files.write(trust, new TrustList(approvers).write());
        return trust;
    }

    private void failed(String sentence) {
        failure.compareAndSet(null, sentence);
    }

    private volatile boolean closing;
    private boolean somethingStayed;

    @Override
    public void close() {
        closing = true;
        while (!standing.isEmpty()) {
            try {
                Standing top = standing.pop();
                if (top.always() || failure.get() == null) {
                    top.undo().undo();
                }
            } catch (Exception e) {
                somethingStayed = true;
                System.err.println("lawtap demo: while taking the stage down: " + e.getMessage());
            }
        }
    }
}
