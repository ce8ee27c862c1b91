package org.lawtap.deploy.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.broker.TestKafka;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.LocalTimestampAuthority;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.SessionId;
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
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.sink.Sink;
import org.lawtap.sink.SinkConfig;
import org.lawtap.sink.evidence.SignedLog;

/** A sink on a real broker, from the first record of a warrant to its seal and beyond. */
final class SinkIT {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int ROUNDS_MAX = 600;
    private static final KeyPair NODE = OrderKeys.generate();
    private static final KeyPair JUDGE = OrderKeys.generate();
    private static final KeyPair PROSECUTOR = OrderKeys.generate();

    @TempDir
    static Path shared = Path.of("");

    private static @Nullable TestKafka broker;
    private static @Nullable KafkaClients kafka;
    private static @Nullable LocalTimestampAuthority authority;

    @TempDir
    Path directory = Path.of("");

    private final SessionId session = SessionId.random();

    @BeforeAll
    static void startBroker() throws Exception {
        TestKafka started = TestKafka.start(shared.resolve("kafka"));
        broker = started;
        KafkaClients clients = new KafkaClients(new KafkaSettings(started.bootstrapServers(), Map.of()), "sink-it");
        kafka = clients;
        try (Admin admin = clients.admin()) {
            new TopicAdmin(admin, 1).create(Topic.BASE);
        }
        authority = LocalTimestampAuthority.start(InetAddress.getLoopbackAddress());
        Instant now = Instant.now();
        Files.write(
                shared.resolve("trust.json"),
                new TrustList(List.of(
                                new TrustList.Approver(
                                        "Judge", JUDGE.getPublic(), now.minusSeconds(60), now.plusSeconds(3600), false),
                                new TrustList.Approver(
                                        "Prosecutor",
                                        PROSECUTOR.getPublic(),
                                        now.minusSeconds(60),
                                        now.plusSeconds(3600),
                                        false)))
                        .write());
    }

    @AfterAll
    static void stopBroker() {
        if (authority != null) {
            authority.close();
        }
        if (broker != null) {
            broker.close();
        }
    }

    @Test
    void sealsAWarrantThatIsOverAndNeverChangesItAgain() throws Exception {
        Warrant warrant = activate(Duration.ofSeconds(3));
        SignedLog log = log(warrant);
        publish(warrant.id(), log.values());
        Map<String, String> sealed;
        try (Running sink = new Running(config(authority()))) {
            custody(warrant.id(), event -> event.action() == CustodyAction.WARRANT_SEALED);
            sealed = digests(warrant.id());
            assertThat(sealed)
                    .containsKeys("seal.json", "seal.sig", "seal.p7s", "seal.tsr", "case.jsonld", "custody.jsonl");
            // A node that was cut off sends what it had.
            publish(
                    warrant.id(),
                    new SignedLog(warrant.id(), nanos(warrant), NODE)
                            .opened(SessionId.random(), "late")
                            .values());
            custody(warrant.id(), event -> event.action() == CustodyAction.RECORD_LATE);
            assertThat(sink.running.toString()).isNotEmpty();
        }
        try (Running again = new Running(config(authority()))) {
            custody(warrant.id(), event -> event.action() == CustodyAction.RECORD_LATE);
            Warrant other = activate(Duration.ofHours(1));
            publish(other.id(), log(other).values());
            custody(other.id(), event -> event.action() == CustodyAction.SESSION_FILED);
            assertThat(again.running.toString()).isNotEmpty();
        }
        assertThat(digests(warrant.id())).isEqualTo(sealed);
    }

    /** Kafka gives a member with a name of its own what it had before, and looks for no new topics. */
    @Test
    void aSinkWithANameFilesWhatCameWhileItWasAway() throws Exception {
        Map<String, String> name = Map.of("group.instance.id", "sink-0", "session.timeout.ms", "6000");
        Warrant before = activate(Duration.ofHours(1));
        publish(before.id(), log(before).values());
        try (Running sink = new Running(config(authority(), name))) {
            custody(before.id(), event -> event.action() == CustodyAction.SESSION_FILED);
            assertThat(sink.running.toString()).isNotEmpty();
        }
        Warrant meanwhile = activate(Duration.ofHours(1));
        publish(meanwhile.id(), log(meanwhile).values());
        try (Running again = new Running(config(authority(), name))) {
            custody(meanwhile.id(), event -> event.action() == CustodyAction.SESSION_FILED);
            assertThat(again.running.toString()).isNotEmpty();
        }
    }

    @Test
    void aTimestampComesLaterWhenItsAuthorityWasAway() throws Exception {
        Warrant warrant = activate(Duration.ofSeconds(1));
        publish(warrant.id(), log(warrant).values());
        LocalTimestampAuthority gone = LocalTimestampAuthority.start(InetAddress.getLoopbackAddress());
        gone.close();
        try (Running sink = new Running(config(gone))) {
            custody(warrant.id(), event -> event.action() == CustodyAction.SEAL_DELAYED);
            assertThat(digests(warrant.id())).containsKey("seal.json").doesNotContainKey("seal.tsr");
            assertThat(sink.running.toString()).isNotEmpty();
        }
        try (Running sink = new Running(config(authority()))) {
            until(() -> digests(warrant.id()).containsKey("seal.tsr"));
            assertThat(sink.running.toString()).isNotEmpty();
        }
    }

    @Test
    void aSessionThatWasCutOffHoldsTheSealUpForAWhileOnly() throws Exception {
        Warrant warrant = activate(Duration.ofSeconds(1));
        publish(
                warrant.id(),
                new SignedLog(warrant.id(), nanos(warrant), NODE)
                        .opened(session, "web")
                        .packets(session, 3, 64)
                        .checkpoint(session, null)
                        .packets(session, 2, 64)
                        .values());
        try (Running sink = new Running(config(authority()), Clock.offset(Clock.systemUTC(), Duration.ofMinutes(2)))) {
            custody(warrant.id(), event -> event.action() == CustodyAction.WARRANT_SEALED);
            String seal = Files.readString(directory
                    .resolve("evidence")
                    .resolve(warrant.id().toString())
                    .resolve("seal.json"));
            assertThat(seal)
                    .contains("\"cutOff\" : 1")
                    .contains("\"endReason\" : null")
                    .contains("\"packets\" : 5");
            assertThat(sink.running.toString()).isNotEmpty();
        }
    }

    /** One bad topic, record or warrant must not stop the others. */
    @Test
    void whatIsBadIsToldAndTheOthersGoOn() throws Exception {
        Warrant good = activate(Duration.ofHours(1));
        Warrant bad = activate(Duration.ofHours(1));
        Warrant ending = activate(Duration.ofSeconds(3));
        try (Admin admin = kafka().admin()) {
            for (String name : List.of("lawtap.packets..", "lawtap.packets._.._x", "lawtap.packets.NOT-A-UUID")) {
                admin.createTopics(List.of(new NewTopic(name, 1, (short) 1)))
                        .all()
                        .get();
            }
        }
        List<byte[]> poison = new ArrayList<>();
        poison.add(new byte[0]);
        poison.add(new byte[] {0, 0, 0, 0, 8, 1, 2, 3});
        poison.add(new byte[] {0, 0, 0, 0, 99, 1, 2, 3});
        poison.addAll(log(good).values());
        publish(bad.id(), poison);
        publish(good.id(), log(good).values());
        publish(ending.id(), log(ending).values());
        try (Producer<String, byte[]> poisoner = kafka().producer(Map.of())) {
            poisoner.send(new ProducerRecord<>(Topic.WARRANTS.name(), "../../etc", new byte[] {1}))
                    .get();
            poisoner.send(new ProducerRecord<>(
                            Topic.WARRANTS.name(), bad.id().toString(), OrderCodec.encode(ofAnotherVersion(bad))))
                    .get();
            for (byte[] value : poison.subList(0, 3)) {
                poisoner.send(new ProducerRecord<>(
                                Topic.CUSTODY.name(), ending.id().toString(), value))
                        .get();
            }
        }
        try (Running sink = new Running(config(authority()))) {
            CustodyEvent filed = custody(good.id(), event -> event.action() == CustodyAction.SESSION_FILED)
                    .getFirst();
            assertThat(filed.details()).containsEntry("packets", "7");
            List<CustodyEvent> refused = custody(
                    bad.id(),
                    event -> event.action() == CustodyAction.RECORD_REFUSED
                            && "UNKNOWN_SESSION".equals(event.details().get("why")));
            assertThat(refused).isNotEmpty();
            custody(
                    null,
                    event -> event.action() == CustodyAction.RECORD_REFUSED
                            && event.text().contains("NOT-A-UUID"));
            custody(ending.id(), event -> event.action() == CustodyAction.WARRANT_SEALED);
            assertThat(Files.readString(
                            directory.resolve("evidence/" + ending.id()).resolve("custody.jsonl")))
                    .contains("\"unreadable\":true");
            assertThat(sink.running.toString()).isNotEmpty();
        }
        try (Stream<Path> all = Files.walk(directory)) {
            assertThat(all.filter(Files::isRegularFile).map(Path::getFileName).map(Path::toString))
                    .noneMatch(name -> name.contains("etc") || name.contains("NOT-A-UUID"));
        }
    }

    /** Its form is of a later lawtap, its signatures hold; it would end the warrant. */
    private static SignedOrder ofAnotherVersion(Warrant warrant) {
        byte[] payload = new String(OrderJson.write(warrant), StandardCharsets.UTF_8)
                .replaceFirst("(\"version\"\\s*:\\s*)1", "$12")
                .replaceFirst("(\"generation\"\\s*:\\s*)1", "$12")
                .getBytes(StandardCharsets.UTF_8);
        assertThat(new String(payload, StandardCharsets.UTF_8)).containsPattern("\"version\"\\s*:\\s*2");
        return OrderKeys.sign(
                OrderKeys.sign(new SignedOrder(warrant.payloadType(), payload, List.of()), JUDGE), PROSECUTOR);
    }

    private static final class Running implements AutoCloseable {
        private final ServiceMain.Running running;

        Running(SinkConfig config) throws Exception {
            this(config, Clock.systemUTC());
        }

        Running(SinkConfig config, Clock clock) throws Exception {
            running = Sink.launch(config, clock);
        }

        @Override
        public void close() {
            running.close();
        }
    }

    private SinkConfig config(LocalTimestampAuthority stamps) {
        return config(stamps, Map.of());
    }

    private SinkConfig config(LocalTimestampAuthority stamps, Map<String, String> client) {
        return new SinkConfig(
                new KafkaSettings(broker().bootstrapServers(), client),
                EmbeddedKafka.OVERRIDE,
                directory.resolve("evidence"),
                1L << 20,
                200,
                shared.resolve("trust.json"),
                false,
                directory.resolve("sink-keys"),
                directory.resolve("delivery-keys"),
                stamps.uri(),
                Duration.ofMillis(500),
                null);
    }

    private SignedLog log(Warrant warrant) {
        return new SignedLog(warrant.id(), nanos(warrant), NODE)
                .opened(session, "web")
                .packets(session, 3, 64)
                .checkpoint(session, null)
                .packets(session, 4, 64)
                .checkpoint(session, StopReason.WARRANT_ENDED);
    }

    private static long nanos(Warrant warrant) {
        return warrant.notBefore().getEpochSecond() * 1_000_000_000L;
    }

    private static Warrant activate(Duration life) throws Exception {
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
                30);
        SignedOrder signed = OrderKeys.sign(
                OrderKeys.sign(new SignedOrder(warrant.payloadType(), OrderJson.write(warrant), List.of()), JUDGE),
                PROSECUTOR);
        try (Admin admin = kafka().admin()) {
            new TopicAdmin(admin, 1).create(List.of(Topic.packets(warrant.id())));
        }
        try (Producer<String, byte[]> producer = kafka().producer(Map.of())) {
            producer.send(new ProducerRecord<>(
                            Topic.WARRANTS.name(), warrant.id().toString(), OrderCodec.encode(signed)))
                    .get();
        }
        return warrant;
    }

    private void publish(WarrantId warrant, List<byte[]> values) throws Exception {
        try (Producer<String, byte[]> producer = kafka().producer(Map.of())) {
            for (byte[] value : values) {
                producer.send(new ProducerRecord<>(Topic.packets(warrant).name(), session.toString(), value))
                        .get();
            }
        }
    }

    /** Waits for such an event of a warrant's custody. @param warrant null for that of none */
    private static List<CustodyEvent> custody(@Nullable WarrantId warrant, Predicate<CustodyEvent> wanted) {
        List<CustodyEvent> found = new ArrayList<>();
        try (Consumer<String, byte[]> consumer = kafka().consumer(Map.of())) {
            List<TopicPartition> all = List.of(new TopicPartition(Topic.CUSTODY.name(), 0));
            consumer.assign(all);
            consumer.seekToBeginning(all);
            for (int round = 0; round < ROUNDS_MAX * 2 && found.isEmpty(); round++) {
                for (var record : consumer.poll(POLL)) {
                    CustodyEvent event;
                    try {
                        event = CustodyCodec.decode(record.value());
                    } catch (WireException poison) {
                        continue;
                    }
                    if (record.key().equals(warrant == null ? "none" : warrant.toString()) && wanted.test(event)) {
                        found.add(event);
                    }
                }
            }
        }
        assertThat(found).isNotEmpty();
        return found;
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private static void until(Condition condition) throws IOException, WireException {
        try (Consumer<String, byte[]> pause = kafka().consumer(Map.of())) {
            List<TopicPartition> all = List.of(new TopicPartition(Topic.CUSTODY.name(), 0));
            pause.assign(all);
            pause.seekToEnd(all);
            for (int round = 0; round < ROUNDS_MAX && !condition.holds(); round++) {
                pause.poll(POLL);
            }
        }
        assertThat(condition.holds()).isTrue();
    }

    private Map<String, String> digests(WarrantId warrant) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        Path evidence = directory.resolve("evidence").resolve(warrant.toString());
        if (Files.isDirectory(evidence)) {
            try (Stream<Path> files = Files.list(evidence)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    digests.put(
                            String.valueOf(file.getFileName()),
                            HexFormat.of().formatHex(MerkleTree.sha256().digest(Files.readAllBytes(file))));
                }
            }
        }
        return digests;
    }

    private static TestKafka broker() {
        return java.util.Objects.requireNonNull(broker);
    }

    private static KafkaClients kafka() {
        return java.util.Objects.requireNonNull(kafka);
    }

    private static LocalTimestampAuthority authority() {
        return java.util.Objects.requireNonNull(authority);
    }
}
