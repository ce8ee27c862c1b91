package org.lawtap.deploy.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.broker.TestKafka;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.order.X25519Key;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.sink.Sink;
import org.lawtap.sink.SinkConfig;
import org.lawtap.sink.evidence.SignedLog;

/** A broker, two approvers and a sink that can be started again, for scenes about the evidence of warrants. */
final class EvidenceStage implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int ROUNDS_MAX = 900;
    private static final KeyPair NODE = OrderKeys.generate();
    private static final KeyPair JUDGE = OrderKeys.generate();
    private static final KeyPair PROSECUTOR = OrderKeys.generate();

    private final TestKafka broker;
    private final KafkaClients kafka;
    private final Path directory;
    private ServiceMain.@Nullable Running sink;

    private EvidenceStage(TestKafka broker, Path directory) {
        this.broker = broker;
        this.directory = directory;
        this.kafka = new KafkaClients(settings(), "evidence-it");
    }

    static EvidenceStage start(Path kafkaDirectory, Path directory) throws Exception {
        EvidenceStage stage = new EvidenceStage(TestKafka.start(kafkaDirectory), directory);
        try (Admin admin = stage.kafka.admin()) {
            new TopicAdmin(admin, 1).create(Topic.BASE);
        }
        Files.createDirectories(stage.deliveryKeys());
        Instant now = Instant.now();
        List<TrustList.Approver> approvers = new ArrayList<>();
        for (Map.Entry<String, KeyPair> approver :
                new TreeMap<>(Map.of("Judge", JUDGE, "Prosecutor", PROSECUTOR)).entrySet()) {
            approvers.add(new TrustList.Approver(
                    approver.getKey(),
                    approver.getValue().getPublic(),
                    now.minusSeconds(60),
                    now.plusSeconds(3600),
                    false));
        }
        Files.write(directory.resolve("trust.json"), new TrustList(approvers).write());
        return stage;
    }

    KafkaSettings settings() {
        return new KafkaSettings(broker.bootstrapServers(), Map.of());
    }

    KafkaClients kafka() {
        return kafka;
    }

    /** The public keys that a verifier needs, as docs/evidence.md has them. */
    Path publicKeys() throws IOException {
        Path keys = directory.resolve("public-keys");
        Path nodes = Files.createDirectories(keys.resolve("nodes"));
        Files.writeString(nodes.resolve("n1.pem"), OrderKeys.pem(NODE.getPublic()));
        Files.write(keys.resolve("trust.json"), Files.readAllBytes(directory.resolve("trust.json")));
        for (String name : List.of("sink.pub.pem", "sink.crt.pem")) {
            Files.write(
                    keys.resolve(name),
                    Files.readAllBytes(directory.resolve("sink-keys").resolve(name)));
        }
        return keys;
    }

    Path deliveryKeys() {
        return directory.resolve("delivery-keys");
    }

    void startSink() throws Exception {
        sink = Sink.launch(
                new SinkConfig(
                        settings(),
                        EmbeddedKafka.OVERRIDE,
                        directory.resolve("evidence"),
                        1L << 20,
                        200,
                        directory.resolve("trust.json"),
                        false,
                        directory.resolve("sink-keys"),
                        deliveryKeys(),
                        null,
                        Duration.ofMillis(500),
                        null),
                Clock.systemUTC());
    }

    void stopSink() {
        ServiceMain.Running running = sink;
        if (running != null) {
            running.close();
            sink = null;
        }
    }

    /** A warrant in force for this long, whose packet topic is there. */
    Warrant activate(Duration life, int retentionDays, @Nullable X25519Key deliveryKey) throws Exception {
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        Warrant warrant = new Warrant(
                WarrantId.random(),
                1,
                "Court",
                "1/26",
                new Target(new ClusterId("c1"), new Namespace("shop"), Map.of("app", "web")),
                now,
                now.plus(life),
                Warrant.Scope.CONTENT,
                null,
                "Unit 1",
                retentionDays,
                deliveryKey);
        try (Admin admin = kafka.admin()) {
            new TopicAdmin(admin, 1).create(List.of(Topic.packets(warrant.id())));
        }
        order(warrant);
        return warrant;
    }

    /** Publishes an order with both approvers' signatures. */
    void order(Order order) throws Exception {
        SignedOrder signed = new SignedOrder(order.payloadType(), OrderJson.write(order), List.of());
        send(
                Topic.WARRANTS,
                order.id().toString(),
                OrderCodec.encode(OrderKeys.sign(OrderKeys.sign(signed, JUDGE), PROSECUTOR)));
    }

    /** One session of five packets, from its opening to its end. */
    static SignedLog log(Warrant warrant) {
        SessionId session = SessionId.random();
        return new SignedLog(warrant.id(), warrant.notBefore().getEpochSecond() * 1_000_000_000L, NODE)
                .encryptedFor(warrant.deliveryKey())
                .opened(session, "web")
                .packets(session, 3, 64)
                .checkpoint(session, null)
                .packets(session, 2, 64)
                .checkpoint(session, StopReason.WARRANT_ENDED);
    }

    void publish(Warrant warrant, List<byte[]> values) throws Exception {
        for (byte[] value : values) {
            send(Topic.packets(warrant.id()), "session", value);
        }
    }

    /** All values of a topic. */
    List<byte[]> values(Topic topic) {
        List<byte[]> values = new ArrayList<>();
        try (Consumer<String, byte[]> consumer = kafka.consumer(Map.of())) {
            TopicPartition partition = new TopicPartition(topic.name(), 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                consumer.poll(POLL).forEach(record -> values.add(record.value()));
            }
        }
        return values;
    }

    /** Waits for such an event of the warrant; returns the first. */
    CustodyEvent custody(WarrantId warrant, Predicate<CustodyEvent> wanted) throws Exception {
        try (Consumer<String, byte[]> consumer = kafka.consumer(Map.of())) {
            List<TopicPartition> all = List.of(new TopicPartition(Topic.CUSTODY.name(), 0));
            consumer.assign(all);
            consumer.seekToBeginning(all);
            for (int round = 0; round < ROUNDS_MAX; round++) {
                for (var record : consumer.poll(POLL)) {
                    CustodyEvent event = CustodyCodec.decode(record.value());
                    if (warrant.equals(event.warrant()) && wanted.test(event)) {
                        return event;
                    }
                }
            }
        }
        throw new AssertionError("custody does not say so");
    }

    CustodyEvent custody(Warrant warrant, CustodyAction action) throws Exception {
        return custody(warrant.id(), event -> event.action() == action);
    }

    /** How often custody says this of the warrant so far. */
    long count(Warrant warrant, CustodyAction action) throws Exception {
        return events(warrant, action).size();
    }

    /** What custody says of the warrant so far by this action. */
    List<CustodyEvent> events(Warrant warrant, CustodyAction action) throws Exception {
        List<CustodyEvent> events = new ArrayList<>();
        for (byte[] value : values(Topic.CUSTODY)) {
            CustodyEvent event = CustodyCodec.decode(value);
            if (warrant.id().equals(event.warrant()) && event.action() == action) {
                events.add(event);
            }
        }
        return events;
    }

    Path evidence(Warrant warrant) {
        return directory.resolve("evidence").resolve(warrant.id().toString());
    }

    /** The hash of each file of the warrant's evidence, by name. */
    Map<String, String> files(Warrant warrant) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        if (Files.isDirectory(evidence(warrant))) {
            try (Stream<Path> files = Files.list(evidence(warrant))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    String name = String.valueOf(file.getFileName());
                    if (!name.startsWith(".")) {
                        digests.put(
                                name,
                                Sha256.of(MerkleTree.sha256().digest(Files.readAllBytes(file)))
                                        .hex());
                    }
                }
            }
        }
        return digests;
    }

    private void send(Topic topic, String key, byte[] value) throws Exception {
        try (Producer<String, byte[]> producer = kafka.producer(Map.of())) {
            producer.send(new ProducerRecord<>(topic.name(), key, value)).get();
        }
    }

    @Override
    public void close() {
        stopSink();
        broker.close();
        assertThat(sink).isNull();
    }
}
