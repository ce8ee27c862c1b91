package org.lawtap.deploy.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.broker.TestKafka;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.StandInApiServer;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.sink.Sink;
import org.lawtap.warrants.Warrants;
import org.lawtap.watcher.Watcher;
import org.lawtap.watcher.WatcherConfig;
import org.lawtap.worker.CaptureWorker;
import picocli.CommandLine;

/** The four services as they run, and what their status pages say. */
final class StatusPagesIT {
    private static final int ROUNDS_MAX = 600;
    private static final int ROUND_MS = 100;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    static Path directory = Path.of("");

    private static final Deque<AutoCloseable> STANDING = new ArrayDeque<>();
    private static KafkaSettings settings = new KafkaSettings("none:1", Map.of());
    private static final Map<String, Integer> PORTS = new LinkedHashMap<>();

    @BeforeAll
    static void start() throws Exception {
        TestKafka broker = TestKafka.start(directory.resolve("kafka"));
        STANDING.push(broker);
        settings = new KafkaSettings(broker.bootstrapServers(), Map.of());
        try (Admin admin = new KafkaClients(settings, "status-it").admin()) {
            new TopicAdmin(admin, 1).create(Topic.BASE);
        }
        Path trust = trustList();
        StandInApiServer api = StandInApiServer.start(InetAddress.getLoopbackAddress(), 0);
        STANDING.push(api);
        Path kubeconfig = directory.resolve("kubeconfig");
        api.writeKubeconfig(kubeconfig);

        Settings watcher = settings("watcher", broker, Map.of("LAWTAP_CLUSTER", "c1"));
        STANDING.push(Watcher.launch(
                WatcherConfig.declare(watcher),
                Config.fromKubeconfig(new File(kubeconfig.toString())),
                Clock.systemUTC()));
        launch(
                new Warrants(),
                broker,
                Map.of(
                        "LAWTAP_TRUST_LIST",
                        trust.toString(),
                        "LAWTAP_TOPIC_REPLICATION",
                        "1",
                        "LAWTAP_STATE_DIR",
                        in("warrants")));
        launch(
                new CaptureWorker(),
                broker,
                Map.of(
                        "LAWTAP_TRUST_LIST",
                        trust.toString(),
                        "LAWTAP_CLUSTER",
                        "c1",
                        "LAWTAP_NODE_NAME",
                        "n1",
                        "LAWTAP_STATE_DIR",
                        in("worker")));
        launch(
                new Sink(),
                broker,
                Map.of(
                        "LAWTAP_TRUST_LIST",
                        trust.toString(),
                        "LAWTAP_EVIDENCE_DIR",
                        in("evidence"),
                        "LAWTAP_SINK_KEYS_DIR",
                        in("sink-keys"),
                        "LAWTAP_DELIVERY_KEYS_DIR",
                        in("delivery-keys")));
    }

    @AfterAll
    static void stop() throws Exception {
        while (!STANDING.isEmpty()) {
            STANDING.pop().close();
        }
    }

    @Test
    void everyServiceStartsAndIsReadyAndLives() throws Exception {
        assertThat(PORTS.keySet()).containsExactly("watcher", "warrants", "capture-worker", "sink");
        for (String service : PORTS.keySet()) {
            awaitStart(service);
            assertThat(get(service, "/readyz")).as(service).isEqualTo("200 ok\n");
            assertThat(get(service, "/livez")).as(service).isEqualTo("200 ok\n");
        }
    }

    @Test
    void metricsHaveNoLabelsThatNameAnything() throws Exception {
        for (String service : PORTS.keySet()) {
            assertThat(get(service, "/metrics")
                            .lines()
                            .filter(line -> !line.startsWith("#") && line.contains("{"))
                            .map(line -> line.replaceAll(".*\\{(.*)\\}.*", "$1").replaceAll("=\"[^\"]*\"", ""))
                            .distinct()
                            .toList())
                    .as(service)
                    .isSubsetOf("cause", "type");
        }
    }

    @Test
    void eachServiceCountsWhatItOverrode() throws Exception {
        for (String service : PORTS.keySet()) {
            assertThat(get(service, "/metrics")).as(service).containsPattern("(?m)^lawtap_kafka_unsafe [1-9]");
        }
    }

    @Test
    void everyMetricOfTheAlertsAndTheDashboardIsServed() throws Exception {
        Set<String> served = new TreeSet<>();
        for (String service : PORTS.keySet()) {
            get(service, "/metrics")
                    .lines()
                    .filter(line -> line.startsWith("lawtap_"))
                    .map(line -> line.replaceAll("[ {].*", ""))
                    .forEach(served::add);
        }
        for (String file : new String[] {"rules.yaml", "rules-test.yaml", "dashboard.json"}) {
            assertThat(Observability.metrics(file))
                    .as(file)
                    .hasSizeGreaterThan(20)
                    .isSubsetOf(served);
        }
    }

    @Test
    void statusShowsHowAWarrantStands() throws Exception {
        WarrantId warrant = WarrantId.random();
        KafkaClients kafka = new KafkaClients(settings, "status-it");
        Instant now = Instant.now();
        CustodyEvent accepted = new CustodyEvent(
                UUID.randomUUID(),
                now,
                "test",
                CustodyAction.WARRANT_ACCEPTED,
                warrant,
                null,
                null,
                "warrant accepted",
                Map.of(
                        "generation", "1",
                        "notBefore", now.minusSeconds(60).toString(),
                        "notAfter", now.plusSeconds(60).toString()));
        try (Admin admin = kafka.admin();
                Producer<String, byte[]> producer = kafka.producer(Map.of())) {
            new TopicAdmin(admin, 1).create(List.of(Topic.packets(warrant)));
            producer.send(new ProducerRecord<>(Topic.CUSTODY.name(), accepted.key(), CustodyCodec.encode(accepted)))
                    .get();
            producer.send(new ProducerRecord<>(Topic.packets(warrant).name(), "session", new byte[] {1}))
                    .get();
        }
        StringWriter said = new StringWriter();
        int code = new CommandLine(new StatusCommand(
                        Map.of("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", settings.bootstrapServers()), Clock.systemUTC()))
                .setOut(new PrintWriter(said))
                .execute("--output", "json");
        assertThat(code).isZero();
        assertThat(said.toString())
                .contains("{\"warrant\":\"" + warrant + "\",\"generation\":1,\"state\":\"active\"")
                .contains("\"records\":1,")
                .containsPattern(
                        "\"kafkaUnsafe\":\\[\"replication: [^:]*lawtap.commands, lawtap.custody, [^:]*: copies=1, must be 3")
                .containsPattern(
                        "started all the same: capture-worker@n1 [^,]+Z, sink [^,]+Z, warrants [^,]+Z, watcher@c1 ");
    }

    private static void launch(ServiceMain.Service service, TestKafka broker, Map<String, String> more)
            throws Exception {
        ServiceMain.Running running = service.start(settings(service.name(), broker, more));
        STANDING.push(running);
    }

    private static Settings settings(String service, TestKafka broker, Map<String, String> more) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        PORTS.put(service, port);
        Map<String, String> environment = new HashMap<>(more);
        environment.put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        environment.put("LAWTAP_KAFKA_UNSAFE", EmbeddedKafka.OVERRIDE.text());
        environment.put("LAWTAP_HTTP_LISTEN", "127.0.0.1:" + port);
        return new Settings(environment);
    }

    private static Path trustList() throws IOException {
        KeyPair judge = OrderKeys.generate();
        Instant now = Instant.now();
        return Files.write(
                directory.resolve("trust.json"),
                new TrustList(List.of(new TrustList.Approver(
                                "Judge", judge.getPublic(), now.minusSeconds(60), now.plusSeconds(3600), false)))
                        .write());
    }

    private static String in(String name) {
        return directory.resolve(name).toString();
    }

    private static void awaitStart(String service) throws Exception {
        String answer = "";
        for (int round = 0; round < ROUNDS_MAX; round++) {
            answer = get(service, "/startupz");
            if (answer.startsWith("200")) {
                return;
            }
            Thread.sleep(ROUND_MS);
        }
        assertThat(answer).as(service).isEqualTo("200 ok\n");
    }

    private static String get(String service, String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + PORTS.get(service) + path);
        HttpResponse<String> response =
                HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        return response.statusCode() + " " + response.body();
    }
}
