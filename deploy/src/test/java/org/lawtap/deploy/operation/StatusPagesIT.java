package org.lawtap.deploy.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import java.io.File;
import java.io.IOException;
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
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.StandInApiServer;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.sink.Sink;
import org.lawtap.warrants.Warrants;
import org.lawtap.watcher.Watcher;
import org.lawtap.watcher.WatcherConfig;
import org.lawtap.worker.CaptureWorker;

/** The four services as they run, and what their status pages say. */
final class StatusPagesIT {
    private static final int ROUNDS_MAX = 600;
    private static final int ROUND_MS = 100;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    static Path directory = Path.of("");

    private static final Deque<AutoCloseable> STANDING = new ArrayDeque<>();
    private static final Map<String, Integer> PORTS = new LinkedHashMap<>();

    @BeforeAll
    static void start() throws Exception {
        EmbeddedKafka broker = EmbeddedKafka.start(directory.resolve("kafka"), "127.0.0.1", 0, why -> {});
        STANDING.push(broker);
        try (Admin admin =
                new KafkaClients(new KafkaSettings(broker.bootstrapServers(), Map.of()), "status-it").admin()) {
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

    private static void launch(ServiceMain.Service service, EmbeddedKafka broker, Map<String, String> more)
            throws Exception {
        ServiceMain.Running running = service.start(settings(service.name(), broker, more));
        STANDING.push(running);
    }

    private static Settings settings(String service, EmbeddedKafka broker, Map<String, String> more)
            throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        PORTS.put(service, port);
        Map<String, String> environment = new HashMap<>(more);
        environment.put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
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
