package org.lawtap.deploy.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.Lawtap;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaGate;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.ReloadingSslEngineFactory;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Access.Role;
import org.lawtap.schemas.topics.KafkaSafety;
import org.lawtap.schemas.topics.KafkaState;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;

/** Who may do what in a real Kafka with certificates and the rights of {@code lawtap topics grant}, each cell of the table. */
class AccessIT {
    private static final String HOST = "127.0.0.1";
    private static final WarrantId WARRANT = WarrantId.random();
    private static final WarrantId OTHER = WarrantId.random();
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** What may be done: R read, W write. Written by hand, not taken from what is tested. */
    private static final Map<Role, Map<String, String>> ALLOWED = new EnumMap<>(Map.of(
            Role.WATCHER, Map.of("lawtap.pods", "RW", "lawtap.custody", "W"),
            Role.WARRANTS,
                    Map.of(
                            "lawtap.pods", "R",
                            "lawtap.warrants", "R",
                            "lawtap.commands", "W",
                            "lawtap.custody", "W",
                            "lawtap.deadletters", "W"),
            Role.CAPTURE_WORKER,
                    Map.of(
                            "lawtap.commands",
                            "R",
                            "lawtap.custody",
                            "W",
                            Topic.packets(WARRANT).name(),
                            "W",
                            Topic.packets(OTHER).name(),
                            "W"),
            Role.SINK,
                    Map.of(
                            "lawtap.warrants",
                            "R",
                            "lawtap.custody",
                            "RW",
                            Topic.packets(WARRANT).name(),
                            "R",
                            Topic.packets(OTHER).name(),
                            "R"),
            Role.AUTHORITY, Map.of("lawtap.pods", "R", "lawtap.warrants", "RW", "lawtap.custody", "RW"),
            Role.ANALYST, Map.of("lawtap.custody", "W", Topic.packets(WARRANT).name(), "R"),
            Role.AUDITOR,
                    Map.of(
                            "lawtap.warrants", "R",
                            "lawtap.commands", "R",
                            "lawtap.custody", "R",
                            "lawtap.deadletters", "R")));

    @TempDir
    static Path directory = Path.of("");

    private static Certificates certificates;
    private static EmbeddedKafka broker;

    @BeforeAll
    static void grant() throws Exception {
        certificates = new Certificates(directory.resolve("certificates"));
        broker = EmbeddedKafka.start(directory.resolve("kafka"), HOST, 0, certificates.broker(HOST), why -> {});
        lawtap("topics", "create", "--replication", "1");
        lawtap("topics", "grant");
        lawtap("topics", "grant");
        lawtap("topics", "grant", "--warrant", WARRANT.toString());
        KafkaClients administrator = clients(Certificates.ADMINISTRATOR);
        try (Admin admin = administrator.admin();
                Producer<String, byte[]> producer = administrator.producer(Map.of())) {
            new TopicAdmin(admin, 1).create(List.of(Topic.packets(WARRANT), Topic.packets(OTHER)));
            for (String topic : topics()) {
                producer.send(new ProducerRecord<>(topic, 0, "k", new byte[] {1}))
                        .get();
            }
        }
    }

    @AfterAll
    static void end() {
        broker.close();
    }

    @Test
    void eachRoleMayDoWhatTheTableSaysAndNothingElse() throws Exception {
        Map<String, String> truth = new TreeMap<>();
        Map<String, String> expected = new TreeMap<>();
        for (Role role : Role.values()) {
            KafkaClients clients = clients("lawtap-" + role.text());
            for (String topic : topics()) {
                String cell = role.text() + " " + topic;
                expected.put(cell, ALLOWED.getOrDefault(role, Map.of()).getOrDefault(topic, ""));
                truth.put(cell, (reads(clients, topic) ? "R" : "") + (writes(clients, topic) ? "W" : ""));
            }
        }
        System.out.println(truth);
        assertThat(truth).isEqualTo(expected);
    }

    @Test
    void nobodyMayDeleteRecordsOrTopicsOrChangeSettings() throws Exception {
        List<String> may = new ArrayList<>();
        for (Role role : Role.values()) {
            try (Admin admin = clients("lawtap-" + role.text()).admin()) {
                for (String topic : topics()) {
                    if (succeeds(() -> admin.deleteRecords(
                                    Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(1)))
                            .all()
                            .get())) {
                        may.add(role + " deletes records of " + topic);
                    }
                    if (succeeds(() -> admin.deleteTopics(List.of(topic)).all().get())) {
                        may.add(role + " deletes " + topic);
                    }
                    if (succeeds(() -> admin.incrementalAlterConfigs(Map.of(
                                    new ConfigResource(ConfigResource.Type.TOPIC, topic),
                                    List.of(new AlterConfigOp(
                                            new ConfigEntry("retention.ms", "1"), AlterConfigOp.OpType.SET))))
                            .all()
                            .get())) {
                        may.add(role + " changes " + topic);
                    }
                }
                WarrantId another = WarrantId.random();
                boolean created = succeeds(() -> admin.createTopics(List.of(new org.apache.kafka.clients.admin.NewTopic(
                                Topic.packets(another).name(), 1, (short) 1)))
                        .all()
                        .get());
                assertThat(created).as(role + " creates packet topics").isEqualTo(role == Role.WARRANTS);
            }
        }
        assertThat(may).isEmpty();
    }

    @Test
    void nobodyActsUnderAnothersGroupOrTransactionalId() throws Exception {
        TopicPartition packets = new TopicPartition(Topic.packets(WARRANT).name(), 0);
        for (Role role : List.of(Role.SINK, Role.ANALYST, Role.CAPTURE_WORKER)) {
            try (Consumer<String, byte[]> consumer =
                    clients("lawtap-" + role.text()).consumer(Map.of("group.id", "lawtap-sink"))) {
                consumer.assign(List.of(packets));
                boolean may = succeeds(() -> consumer.committed(java.util.Set.of(packets), PATIENCE));
                assertThat(may).as(role + " in the sink's group").isEqualTo(role == Role.SINK);
            }
        }
        for (Role role : Role.values()) {
            try (Producer<String, byte[]> producer =
                    clients("lawtap-" + role.text()).producer(Map.of("transactional.id", "lawtap-watcher-c1"))) {
                boolean may = succeeds(producer::initTransactions);
                assertThat(may).as(role + " as the watcher").isEqualTo(role == Role.WATCHER);
            }
        }
    }

    @Test
    void noServiceStartsWhereKafkaWouldLoseWhatItKeeps() throws Exception {
        KafkaClients administrator = clients(Certificates.ADMINISTRATOR);
        try (Admin admin = administrator.admin();
                Admin sink = clients("lawtap-sink").admin()) {
            TopicAdmin topics = new TopicAdmin(sink, 0);
            topics.require(List.of(Topic.CUSTODY, Topic.WARRANTS));
            set(admin, "retention.ms", "604800000");
            assertThatThrownBy(() -> topics.require(List.of(Topic.CUSTODY, Topic.WARRANTS)))
                    .hasMessageContaining("lawtap.custody must have retention.ms=-1");
            set(admin, "retention.ms", "-1");
            set(admin, "cleanup.policy", "compact");
            assertThatThrownBy(() -> topics.require(List.of(Topic.CUSTODY, Topic.WARRANTS)))
                    .hasMessageContaining("lawtap.custody must have cleanup.policy=delete");
            set(admin, "cleanup.policy", "delete");
            topics.require(List.of(Topic.CUSTODY, Topic.WARRANTS));
        }
    }

    @Test
    void eachServiceMayAskHowSafeKafkaIsAndRecordAnOverride() throws Exception {
        for (Role role : List.of(Role.WATCHER, Role.WARRANTS, Role.CAPTURE_WORKER, Role.SINK)) {
            KafkaClients clients = clients("lawtap-" + role.text());
            try (Admin admin = clients.admin()) {
                KafkaSafety safety = new KafkaSafety(admin);
                KafkaState state = switch (role) {
                    case WATCHER -> safety.state(List.of(Topic.PODS));
                    case WARRANTS ->
                        safety.state(Topic.BASE, Topic.PACKETS_PREFIX, "lawtap-warrants-")
                                .with(new TopicAdmin(admin, 1).prospect());
                    case CAPTURE_WORKER -> safety.state(List.of(Topic.COMMANDS, Topic.CUSTODY), Topic.PACKETS_PREFIX);
                    case SINK -> safety.state(List.of(Topic.CUSTODY, Topic.WARRANTS), Topic.PACKETS_PREFIX);
                    case AUTHORITY, ANALYST, AUDITOR -> throw new AssertionError(role);
                };
                assertThat(new KafkaGate(clients, EmbeddedKafka.OVERRIDE, role.text(), Clock.systemUTC()).pass(state))
                        .as(role.text())
                        .hasSize(2 * state.topics().size());
            }
        }
    }

    @Test
    void anOverrideThatCantBeRecordedOverridesNothing() throws Exception {
        KafkaClients auditor = clients("lawtap-auditor");
        try (Admin admin = auditor.admin()) {
            KafkaState state = new KafkaSafety(admin).state(List.of(Topic.CUSTODY));
            KafkaGate gate = new KafkaGate(auditor, EmbeddedKafka.OVERRIDE, "auditor", Clock.systemUTC());
            assertThatThrownBy(() -> gate.pass(state))
                    .isInstanceOf(StartException.class)
                    .hasMessageStartingWith(
                            "LAWTAP_KAFKA_UNSAFE=replication,min-insync overrides nothing, as that can't be"
                                    + " recorded in lawtap.custody: ")
                    .hasMessageEndingWith("; have an administrator run: lawtap topics grant");
        }
    }

    private static void set(Admin admin, String name, String value) throws Exception {
        ConfigResource custody = new ConfigResource(ConfigResource.Type.TOPIC, Topic.CUSTODY.name());
        admin.incrementalAlterConfigs(Map.of(
                        custody, List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET))))
                .all()
                .get();
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!value.equals(admin.describeConfigs(List.of(custody))
                .all()
                .get()
                .get(custody)
                .get(name)
                .value())) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(50);
        }
    }

    @Test
    void nobodyGetsInWithoutACertificateOfTheAuthority() throws Exception {
        Certificates foreign = new Certificates(directory.resolve("foreign"));
        Map<String, String> forged = certificates.client("lawtap-sink");
        foreign.client("lawtap-sink");
        forged.put("ssl.keystore.location", foreign.file("lawtap-sink").toString());
        for (Map<String, String> properties : List.of(certificates.stranger(), forged)) {
            try (Admin admin =
                    new KafkaClients(new KafkaSettings(broker.bootstrapServers(), properties), "stranger").admin()) {
                assertThatThrownBy(() -> admin.listTopics().names().get())
                        .isInstanceOf(ExecutionException.class)
                        .cause()
                        .isInstanceOfAny(SslAuthenticationException.class, AuthenticationException.class);
            }
        }
    }

    @Test
    void aRenewedCertificateIsUsedWithoutAnotherStart() throws Exception {
        try (ReloadingSslEngineFactory factory = new ReloadingSslEngineFactory()) {
            factory.configure(typed(certificates.client("lawtap-renewed")));
            X509Certificate first = shown(factory);
            certificates.issue("lawtap-renewed", HOST);
            awaitChange(factory, first);
            X509Certificate second = shown(factory);
            assertThat(second.getSubjectX500Principal()).isEqualTo(first.getSubjectX500Principal());
            // What can't be read is not used.
            Files.writeString(certificates.file("lawtap-renewed"), "nothing of use");
            Thread.sleep(1100);
            factory.createClientSslEngine(HOST, 1, "https");
            assertThat(shown(factory)).isEqualTo(second);
        }
    }

    private static void awaitChange(ReloadingSslEngineFactory factory, X509Certificate first) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (shown(factory).equals(first)) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(50);
        }
    }

    private static X509Certificate shown(ReloadingSslEngineFactory factory) throws Exception {
        factory.createClientSslEngine(HOST, 1, "https");
        java.security.KeyStore store = java.util.Objects.requireNonNull(factory.keystore());
        return (X509Certificate) store.getCertificate(store.aliases().nextElement());
    }

    /** As a client of Kafka hands them over. */
    private static Map<String, Object> typed(Map<String, String> properties) {
        return new org.apache.kafka.common.config.AbstractConfig(
                        new org.apache.kafka.common.config.ConfigDef().withClientSslSupport(), properties, false)
                .values().entrySet().stream()
                        .filter(entry -> entry.getValue() != null)
                        .collect(java.util.stream.Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static boolean reads(KafkaClients clients, String topic) {
        try (Consumer<String, byte[]> consumer = clients.consumer(Map.of())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (System.nanoTime() < end) {
                if (!consumer.poll(Duration.ofMillis(100)).isEmpty()) {
                    return true;
                }
            }
            throw new AssertionError("neither read nor refused: " + topic);
        } catch (AuthorizationException e) {
            return false;
        }
    }

    private static boolean writes(KafkaClients clients, String topic) throws Exception {
        try (Producer<String, byte[]> producer = clients.producer(Map.of("max.block.ms", 20_000))) {
            return succeeds(() -> producer.send(new ProducerRecord<>(topic, 0, "k", new byte[] {2}))
                    .get());
        }
    }

    private interface Attempt {
        void make() throws Exception;
    }

    /** @throws Exception what is not a refusal */
    private static boolean succeeds(Attempt attempt) throws Exception {
        try {
            attempt.make();
            return true;
        } catch (AuthorizationException e) {
            return false;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AuthorizationException) {
                return false;
            }
            throw e;
        }
    }

    private static List<String> topics() {
        List<String> topics =
                new ArrayList<>(Topic.BASE.stream().map(Topic::name).toList());
        topics.add(Topic.packets(WARRANT).name());
        topics.add(Topic.packets(OTHER).name());
        return topics;
    }

    private static KafkaClients clients(String name) throws Exception {
        return new KafkaClients(new KafkaSettings(broker.bootstrapServers(), certificates.client(name)), name);
    }

    /** The command as an administrator types it. */
    private static void lawtap(String... arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path", "")
                        .replace(File.pathSeparator + File.pathSeparator, File.pathSeparator),
                Lawtap.class.getName()));
        line.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(line).redirectErrorStream(true);
        builder.environment().put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        builder.environment()
                .put(
                        "LAWTAP_KAFKA_CLIENT_PROPERTIES",
                        certificates
                                .write("administrator.properties", certificates.client(Certificates.ADMINISTRATOR))
                                .toString());
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }
}
