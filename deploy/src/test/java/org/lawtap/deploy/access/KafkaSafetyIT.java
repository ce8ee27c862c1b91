package org.lawtap.deploy.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.bench.MeasuredProcess;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaOverride;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.KafkaSafety;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.sink.Sink;
import org.lawtap.sink.SinkConfig;
import org.lawtap.warrants.Warrants;
import org.lawtap.warrants.WarrantsConfig;

/** Services start at a real Kafka that is safe, and at one that is not only if they are told to and that is recorded. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class KafkaSafetyIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(200);

    @TempDir
    Path directory;

    private final Deque<AutoCloseable> standing = new ArrayDeque<>();
    private KafkaSettings settings = new KafkaSettings("none:1", Map.of());

    @AfterEach
    void end() throws Exception {
        while (!standing.isEmpty()) {
            standing.pop().close();
        }
    }

    @Test
    void aServiceRefusesTopicsOfOneCopyAndSaysWhatToDo() throws Exception {
        oneBroker();
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int code = ServiceMain.run(
                new Sink(),
                new String[0],
                Map.of(
                        "LAWTAP_KAFKA_BOOTSTRAP_SERVERS", settings.bootstrapServers(),
                        "LAWTAP_KAFKA_UNSAFE", "min-insync",
                        "LAWTAP_EVIDENCE_DIR", directory.resolve("evidence").toString(),
                        "LAWTAP_SINK_KEYS_DIR", directory.resolve("keys").toString(),
                        "LAWTAP_TRUST_LIST", trust().toString()),
                new PrintStream(said, true, StandardCharsets.UTF_8));
        assertThat(said.toString(StandardCharsets.UTF_8)).isEqualTo("""
                lawtap sink: Kafka may lose what it has acknowledged:
                  replication: lawtap.custody, lawtap.warrants: copies=1, must be 3 or more; add copies with\
                 kafka-reassign-partitions.sh; new topics get them by 'lawtap topics create --replication 3' and\
                 LAWTAP_TOPIC_REPLICATION=3
                Have an administrator mend that. To start all the same, which is recorded in lawtap.custody, set\
                 LAWTAP_KAFKA_UNSAFE=replication,min-insync
                """);
        assertThat(code).isEqualTo(ServiceMain.EXIT_CONFIG);
        assertThat(recorded()).as("nothing was overridden").isEmpty();
    }

    @Test
    void anOverrideStartsTheServiceAndStandsInCustodyOnce() throws Exception {
        oneBroker();
        String packets = Topic.packets(WarrantId.random()).name();
        try (Admin admin = kafka().admin()) {
            new TopicAdmin(admin, 1).create(List.of(new Topic(packets, 1, false, null)));
        }
        InetSocketAddress http = freeAddress();
        standing.push(Sink.launch(sink(EmbeddedKafka.OVERRIDE, http), Clock.systemUTC()));
        List<CustodyEvent> recorded = recorded();
        assertThat(recorded).hasSize(1);
        assertThat(recorded.getFirst().actor()).isEqualTo("sink");
        assertThat(recorded.getFirst().text())
                .isEqualTo("started although Kafka may lose what it has acknowledged;"
                        + " LAWTAP_KAFKA_UNSAFE=replication,min-insync overrides that");
        String subjects = "lawtap.custody, " + packets + ", lawtap.warrants: 1";
        assertThat(recorded.getFirst().details())
                .isEqualTo(Map.of("findings", "6", "replication", subjects, "min-insync", subjects));
        assertThat(HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http.getPort() + "/metrics"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body())
                .containsPattern("(?m)^lawtap_kafka_unsafe 6.0$");
    }

    @Test
    void uncleanElectionNeedsAnOverrideOfItsOwn() throws Exception {
        oneBroker();
        try (Admin admin = kafka().admin()) {
            set(admin, Topic.CUSTODY.name(), "unclean.leader.election.enable", "true");
        }
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> Sink.launch(sink(EmbeddedKafka.OVERRIDE, null), Clock.systemUTC()))
                .withMessageContaining(
                        "\n  unclean-election: lawtap.custody: unclean.leader.election.enable=true, must be"
                                + " false; kafka-configs.sh")
                .withMessageEndingWith("LAWTAP_KAFKA_UNSAFE=replication,min-insync,unclean-election");
        assertThat(recorded()).isEmpty();
    }

    @Test
    void anOldTransactionVersionNeedsAnOverrideOfItsOwn() throws Exception {
        oneBroker();
        try (Admin admin = kafka().admin()) {
            assertThat(new KafkaSafety(admin).state(List.of(Topic.CUSTODY)).transactionVersion())
                    .as("of a new Kafka")
                    .isEqualTo(2);
            admin.updateFeatures(
                            Map.of(
                                    "transaction.version",
                                    new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE)),
                            new UpdateFeaturesOptions())
                    .all()
                    .get();
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (new KafkaSafety(admin).state(List.of(Topic.CUSTODY)).transactionVersion() != 1) {
                assertThat(System.nanoTime()).as("the feature").isLessThan(end);
                Thread.sleep(POLL);
            }
        }
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> Sink.launch(sink(EmbeddedKafka.OVERRIDE, null), Clock.systemUTC()))
                .withMessageContaining("\n  transaction-version: the cluster: transaction.version=1, must be 2 or more;"
                        + " kafka-features.sh upgrade --feature transaction.version=2\n")
                .withMessageEndingWith("LAWTAP_KAFKA_UNSAFE=replication,min-insync,transaction-version");
    }

    @Test
    void threeBrokersNeedNoOverrideAndWhatIsMadeThereIsSafe() throws Exception {
        threeBrokers();
        String packets = Topic.packets(WarrantId.random()).name();
        try (Admin admin = kafka().admin()) {
            TopicAdmin topics = new TopicAdmin(admin, 0);
            topics.create(Topic.BASE);
            assertThat(topics.ensure(List.of(new Topic(packets, 1, false, null)))
                            .toCompletableFuture()
                            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .containsExactly(packets);
            for (String name : List.of(Topic.CUSTODY.name(), packets)) {
                assertThat(atTheTopic(admin, name))
                        .containsEntry("min.insync.replicas", "2")
                        .containsEntry("unclean.leader.election.enable", "false");
            }
            standing.push(Sink.launch(sink(KafkaOverride.NONE, null), Clock.systemUTC()));
            standing.push(Warrants.launch(
                    new WarrantsConfig(
                            settings,
                            KafkaOverride.NONE,
                            trust(),
                            false,
                            Duration.ofSeconds(30),
                            0,
                            0,
                            directory.resolve("warrants"),
                            null),
                    Clock.systemUTC()));
            List<String> inner = awaitInnerTopics(admin);
            assertThat(inner)
                    .allSatisfy(name -> assertThat(atTheTopic(admin, name)).containsEntry("min.insync.replicas", "2"));
            assertThat(new KafkaSafety(admin).state(Topic.BASE, "lawtap").findings())
                    .isEmpty();
            standing.pop().close();
            standing.pop().close();

            standing.push(Sink.launch(sink(EmbeddedKafka.OVERRIDE, null), Clock.systemUTC()));
            assertThat(recorded()).as("an override that is not needed").isEmpty();
            standing.pop().close();

            set(admin, packets, "min.insync.replicas", "1");
            assertThatExceptionOfType(StartException.class)
                    .isThrownBy(() -> Sink.launch(sink(KafkaOverride.NONE, null), Clock.systemUTC()))
                    .withMessageContaining(
                            "\n  min-insync: " + packets + ": min.insync.replicas=1, must be 2 or more;");
        }
    }

    private void oneBroker() throws Exception {
        EmbeddedKafka broker = EmbeddedKafka.start(directory.resolve("kafka"), "127.0.0.1", 0, why -> {});
        standing.push(broker);
        settings = new KafkaSettings(broker.bootstrapServers(), Map.of());
        try (Admin admin = kafka().admin()) {
            new TopicAdmin(admin, 1).create(Topic.BASE);
        }
    }

    /** Each a process, as a JVM has room for one; each at an address of the loopback that nobody else has. */
    private void threeBrokers() throws Exception {
        String net = "127." + (16 + ProcessHandle.current().pid() % 200) + ".77.";
        List<String> hosts = List.of(net + 1, net + 2, net + 3);
        String id = EmbeddedKafka.newClusterId();
        List<MeasuredProcess> brokers = new ArrayList<>();
        for (int number = 1; number <= hosts.size(); number++) {
            List<String> arguments = new ArrayList<>(
                    List.of(directory.resolve("kafka-" + number).toString(), Integer.toString(number), id));
            arguments.addAll(hosts);
            MeasuredProcess broker = MeasuredProcess.java(
                    "broker " + number,
                    List.of(),
                    new MeasuredProcess.Java("384m", "org.lawtap.deploy.faults.BrokerMember", arguments, Map.of()),
                    directory.resolve("kafka-" + number + ".log"));
            standing.push(broker);
            brokers.add(broker);
        }
        settings = new KafkaSettings(new EmbeddedKafka.Members(id, hosts).bootstrapServers(), Map.of());
        for (MeasuredProcess broker : brokers) {
            broker.awaitWords(" at " + net);
        }
    }

    private KafkaClients kafka() {
        return new KafkaClients(settings, "kafka-safety-it");
    }

    private Path trust() throws Exception {
        return Files.write(directory.resolve("trust.json"), new TrustList(List.of()).write());
    }

    private SinkConfig sink(KafkaOverride override, @Nullable InetSocketAddress http) throws Exception {
        return new SinkConfig(
                settings,
                override,
                directory.resolve("evidence"),
                1L << 20,
                200,
                trust(),
                false,
                directory.resolve("sink-keys"),
                directory.resolve("delivery-keys"),
                null,
                Duration.ofMillis(500),
                http);
    }

    private static InetSocketAddress freeAddress() throws Exception {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), free.getLocalPort());
        }
    }

    /** What custody holds of overrides. */
    private List<CustodyEvent> recorded() throws Exception {
        List<CustodyEvent> recorded = new ArrayList<>();
        TopicPartition custody = new TopicPartition(Topic.CUSTODY.name(), 0);
        try (Consumer<String, byte[]> consumer = kafka().consumer(Map.of())) {
            consumer.assign(List.of(custody));
            consumer.seekToBeginning(List.of(custody));
            long end = consumer.endOffsets(List.of(custody)).getOrDefault(custody, 0L);
            while (consumer.position(custody) < end) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    CustodyEvent event = CustodyCodec.decode(record.value());
                    if (event.action() == CustodyAction.KAFKA_UNSAFE) {
                        recorded.add(event);
                    }
                }
            }
        }
        return recorded;
    }

    private static List<String> awaitInnerTopics(Admin admin) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            List<String> inner = admin.listTopics().names().get().stream()
                    .filter(name -> name.startsWith("lawtap-warrants-"))
                    .toList();
            if (!inner.isEmpty()) {
                return inner;
            }
            assertThat(System.nanoTime()).as("inner topics come").isLessThan(end);
            Thread.sleep(POLL);
        }
    }

    /** What is set at a topic itself. A broker may not know yet what was just created. */
    private static Map<String, String> atTheTopic(Admin admin, String name) throws Exception {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                return admin.describeConfigs(List.of(topic)).all().get().get(topic).entries().stream()
                        .filter(entry -> entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                        .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value));
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException) || System.nanoTime() - end > 0) {
                    throw e;
                }
                Thread.sleep(POLL);
            }
        }
    }

    private static void set(Admin admin, String name, String setting, String value) throws Exception {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
        admin.incrementalAlterConfigs(Map.of(
                        topic, List.of(new AlterConfigOp(new ConfigEntry(setting, value), AlterConfigOp.OpType.SET))))
                .all()
                .get();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!value.equals(atTheTopic(admin, name).get(setting))) {
            assertThat(System.nanoTime()).as(setting).isLessThan(end);
            Thread.sleep(POLL);
        }
    }
}
