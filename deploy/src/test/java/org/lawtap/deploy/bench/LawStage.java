package org.lawtap.deploy.bench;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.access.Certificates;
import org.lawtap.deploy.sandbox.Claim;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.PodSpec;
import org.lawtap.deploy.sandbox.SandboxCluster;
import org.lawtap.deploy.sandbox.SandboxName;
import org.lawtap.deploy.sandbox.SandboxPod;
import org.lawtap.deploy.sandbox.Scaffold;
import org.lawtap.deploy.sandbox.StandInApiServer;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.topics.Access;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.sink.Sink;
import org.lawtap.warrants.Warrants;
import org.lawtap.watcher.Watcher;
import org.lawtap.worker.CaptureWorker;

/**
 * One sandbox node with a target pod and a bystander that talk all the time, and Kafka, watcher, deciding service, capture-worker and sink,
 * each a process of its own that a scene may kill. Must be put up as root in a network namespace of its own.
 */
final class LawStage implements AutoCloseable {
    static final ClusterId CLUSTER = new ClusterId("c1");
    static final int LEASE_SECONDS = 10;

    /** A second replica of the deciding service; stands only where it is started. */
    static final String STANDBY = "standby";

    /** What is in all names, labels and namespaces of the target, and in nothing else. */
    static final String CANARY = "canary";

    static final Namespace NAMESPACE = new Namespace(CANARY + "-namespace");
    static final Map<String, String> LABELS = Map.of(CANARY + "-key", CANARY + "-value");
    static final PodName POD = new PodName(CANARY + "-pod");

    private static final String HEAP = "256m";
    private static final String BROKER_HEAP = "512m";
    private static final int RATE = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final String WATCHER_ADDRESS = "127.0.0.1:9441";

    private final Path directory;
    private final Scaffold standing = new Scaffold(System.out::println);
    private final Map<String, MeasuredProcess> services = new HashMap<>();
    private final List<KeyPair> approvers = List.of(OrderKeys.generate(), OrderKeys.generate());
    private @Nullable BrokerProcess broker;
    private @Nullable Certificates certificates;
    private @Nullable SandboxCluster cluster;
    private int lives = 1;

    private LawStage(Path directory) {
        this.directory = directory;
    }

    /** Puts it up. @param directory a new one, for everything that is written */
    static LawStage put(Path directory) throws Exception {
        LawStage stage = new LawStage(directory);
        try {
            stage.put();
            return stage;
        } catch (Exception e) {
            stage.close();
            throw e;
        }
    }

    private void put() throws Exception {
        Path logs = Files.createDirectories(directory.resolve("logs"));
        SandboxName name = SandboxName.random();
        standing.keep(Claim.take(Claim.DIRECTORY, name, directory));
        SandboxCluster.attachControlNamespace(name);
        SandboxCluster nodes = SandboxCluster.start(new SandboxCluster.Settings(name, 1, logs, 0));
        cluster = nodes;
        standing.keep(nodes);
        certificates = new Certificates(directory.resolve("certificates"));
        broker = startBroker();
        standing.keep(() -> brokerProcess().close());
        try (Admin admin = kafka().admin()) {
            new TopicAdmin(admin, 1).create(Topic.BASE);
            for (Access.Role role : Access.Role.values()) {
                admin.createAcls(Access.of(role, role.principal())).all().get();
            }
        }
        Files.write(directory.resolve("trust.json"), trustList().write());
        StandInApiServer api = StandInApiServer.start(InetAddress.getLoopbackAddress(), 0);
        standing.keep(api);
        api.writeKubeconfig(directory.resolve("kubeconfig"));
        for (String service : List.of("watcher", "warrants", "capture-worker", "sink")) {
            start(service);
        }
        SandboxPod pod = run(api, NAMESPACE, POD, LABELS);
        SandboxPod other = run(api, new Namespace("shop"), new PodName("bystander"), Map.of("app", "shop"));
        pod.process().talk(other.address(), RATE);
        other.process().talk(pod.address(), RATE);
    }

    Path directory() {
        return directory;
    }

    private NodeName node() {
        return cluster().nodes().getFirst();
    }

    KafkaClients kafka() {
        return brokerProcess().clients();
    }

    MeasuredProcess broker() {
        return brokerProcess().process();
    }

    private BrokerProcess brokerProcess() {
        return requireNonNull(broker);
    }

    private SandboxCluster cluster() {
        return requireNonNull(cluster);
    }

    MeasuredProcess service(String name) {
        MeasuredProcess service = services.get(name);
        if (service == null) {
            throw new AssertionError("no such service: " + name);
        }
        return service;
    }

    String watcherAddress() {
        return WATCHER_ADDRESS;
    }

    void killBroker() throws Exception {
        broker().signal("KILL");
    }

    void startBrokerAgain() throws Exception {
        brokerProcess().close();
        lives++;
        broker = startBroker();
    }

    /** It lets nobody in without a certificate, and nobody do more than he was granted. */
    private BrokerProcess startBroker() throws Exception {
        Certificates authority = requireNonNull(certificates);
        return BrokerProcess.start(
                directory,
                BROKER_HEAP,
                new BrokerProcess.Doors(
                        authority.write("broker.properties", authority.broker(SandboxCluster.CONTROL_ADDRESS)),
                        authority.client(Certificates.ADMINISTRATOR)),
                lives);
    }

    void kill(String service) throws Exception {
        service(service).signal("KILL");
    }

    void startAgain(String service) throws Exception {
        service(service).close();
        lives++;
        start(service);
    }

    /** A warrant about the target, signed and published. */
    Warrant activate(Duration life) throws Exception {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        Warrant warrant = new Warrant(
                WarrantId.random(),
                1,
                "Court",
                "1/26",
                new Target(CLUSTER, NAMESPACE, LABELS),
                now,
                now.plus(life),
                Warrant.Scope.CONTENT,
                null,
                "Agency",
                1);
        publish(warrant, approvers);
        return warrant;
    }

    void revoke(Warrant warrant) throws Exception {
        publish(new Order.Revocation(warrant.id(), 1, "Court", Instant.now(), "closed"), approvers.subList(0, 1));
    }

    /** Waits until custody tells of so many such events of the warrant; returns them. */
    List<CustodyEvent> await(String what, Warrant warrant, int count, Predicate<CustodyEvent> wanted) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        List<CustodyEvent> found = custody(warrant, wanted);
        while (found.size() < count) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("custody does not tell of " + what + "; it tells "
                        + custody(warrant, any -> true).stream()
                                .map(event -> event.action() + " " + event.text())
                                .toList());
            }
            Pace.pass(POLL);
            found = custody(warrant, wanted);
        }
        return found;
    }

    /** Such events of the warrant so far. */
    List<CustodyEvent> custody(Warrant warrant, Predicate<CustodyEvent> wanted) throws Exception {
        List<CustodyEvent> found = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : records(Topic.CUSTODY)) {
            CustodyEvent event = CustodyCodec.decode(record.value());
            if (warrant.id().equals(event.warrant()) && wanted.test(event)) {
                found.add(event);
            }
        }
        return found;
    }

    /** All committed records of a topic. */
    List<ConsumerRecord<String, byte[]>> records(Topic topic) {
        List<ConsumerRecord<String, byte[]>> all = new ArrayList<>();
        try (Consumer<String, byte[]> consumer = kafka().consumer(Map.of())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (!partitions.stream().allMatch(each -> consumer.position(each) >= ends.getOrDefault(each, 0L))) {
                consumer.poll(POLL).forEach(all::add);
            }
        }
        return all;
    }

    private SandboxPod run(StandInApiServer api, Namespace namespace, PodName name, Map<String, String> labels)
            throws Exception {
        PodUid uid = api.createPod(namespace, name, labels);
        api.bindPod(namespace, name, node());
        SandboxPod pod = cluster().addPod(new PodSpec(node(), namespace, name, uid, labels, PodSpec.MTU_DEFAULT));
        pod.process().serve();
        api.updateStatus(namespace, name, Pod.Phase.RUNNING, pod.address());
        return pod;
    }

    void start(String service) throws Exception {
        Map<String, String> environment = new HashMap<>();
        environment.put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", brokerProcess().bootstrapServers());
        environment.put("LAWTAP_KAFKA_UNSAFE", EmbeddedKafka.OVERRIDE.text());
        Certificates authority = requireNonNull(certificates);
        environment.put(
                "LAWTAP_KAFKA_CLIENT_PROPERTIES",
                authority
                        .write(
                                service + ".properties",
                                authority.client("lawtap-" + (service.equals(STANDBY) ? "warrants" : service)))
                        .toString());
        List<String> before = List.of();
        Class<?> main;
        switch (service) {
            case "watcher" -> {
                main = Watcher.class;
                environment.put("KUBECONFIG", directory.resolve("kubeconfig").toString());
                environment.put("LAWTAP_CLUSTER", CLUSTER.value());
                environment.put("LAWTAP_HTTP_LISTEN", WATCHER_ADDRESS);
                environment.put("LAWTAP_WATCH_SECONDS", "600");
            }
            case "warrants", STANDBY -> {
                main = Warrants.class;
                environment.put("LAWTAP_LEASE_SECONDS", Integer.toString(LEASE_SECONDS));
                environment.put("LAWTAP_STANDBY_REPLICAS", "1");
                environment.put(
                        "LAWTAP_STATE_DIR",
                        directory.resolve(service + "-state").toString());
                trust(environment);
                MeasuredProcess.switchOffHttp(new Warrants(), environment);
            }
            case "capture-worker" -> {
                main = CaptureWorker.class;
                before = List.of("nsenter", "--net=/run/netns/" + cluster().netNamespace(node()));
                environment.put("LAWTAP_CLUSTER", CLUSTER.value());
                environment.put("LAWTAP_NODE_NAME", node().value());
                environment.put(
                        "LAWTAP_STATE_DIR", directory.resolve("worker-state").toString());
                trust(environment);
                MeasuredProcess.switchOffHttp(new CaptureWorker(), environment);
            }
            case "sink" -> {
                main = Sink.class;
                environment.put(
                        "LAWTAP_EVIDENCE_DIR", directory.resolve("evidence").toString());
                environment.put(
                        "LAWTAP_SINK_KEYS_DIR", directory.resolve("sink-keys").toString());
                environment.put(
                        "LAWTAP_DELIVERY_KEYS_DIR",
                        Files.createDirectories(directory.resolve("delivery-keys"))
                                .toString());
                trust(environment);
                MeasuredProcess.switchOffHttp(new Sink(), environment);
            }
            default -> throw new AssertionError("no such service: " + service);
        }
        MeasuredProcess process = MeasuredProcess.java(
                "the " + service,
                before,
                new MeasuredProcess.Java(HEAP, main.getName(), List.of(), environment),
                directory.resolve("logs").resolve(service + "-" + lives + ".log"));
        standing.keep(process);
        services.put(service, process);
        process.awaitWords(main == Warrants.class ? " deciding" : service + " started");
    }

    private void trust(Map<String, String> environment) {
        environment.put("LAWTAP_TRUST_LIST", directory.resolve("trust.json").toString());
    }

    private void publish(Order order, List<KeyPair> keys) throws Exception {
        SignedOrder signed = new SignedOrder(order.payloadType(), OrderJson.write(order), List.of());
        for (KeyPair pair : keys) {
            signed = OrderKeys.sign(signed, pair);
        }
        try (Producer<String, byte[]> producer = kafka().producer(Map.of())) {
            producer.send(new ProducerRecord<>(Topic.WARRANTS.name(), order.id().toString(), OrderCodec.encode(signed)))
                    .get();
        }
    }

    private TrustList trustList() {
        Instant now = Instant.now();
        List<TrustList.Approver> trusted = new ArrayList<>();
        for (KeyPair approver : approvers) {
            trusted.add(new TrustList.Approver(
                    "approver " + trusted.size(),
                    approver.getPublic(),
                    now.minusSeconds(60),
                    now.plusSeconds(100_000),
                    false));
        }
        return new TrustList(trusted);
    }

    @Override
    public void close() {
        standing.close();
    }
}
