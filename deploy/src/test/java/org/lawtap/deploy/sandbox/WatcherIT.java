package org.lawtap.deploy.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fabric8.kubernetes.client.Config;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.broker.TestKafka;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.PodCodec;
import org.lawtap.watcher.Watcher;
import org.lawtap.watcher.WatcherConfig;

/** Watchers as they are, with a real Kafka and the stand-in API server. */
class WatcherIT {
    private static final ClusterId CLUSTER = new ClusterId("c1");
    private static final Namespace SHOP = new Namespace("shop");
    private static final Duration WATCH_TIMEOUT = Duration.ofMinutes(10);
    private static final WatcherConfig.LeaseName LEASE = new WatcherConfig.LeaseName("lawtap", "lawtap-watcher");

    @TempDir
    Path directory;

    private TestKafka broker;
    private StandInApiServer server;
    private KafkaSettings settings;
    private KafkaClients kafka;
    private Path kubeconfig;

    @BeforeEach
    void start() throws Exception {
        broker = TestKafka.start(directory.resolve("kafka"));
        settings = new KafkaSettings(broker.bootstrapServers(), Map.of());
        kafka = new KafkaClients(settings, "test");
        try (Admin admin = kafka.admin()) {
            new TopicAdmin(admin, 1).create(List.of(Topic.PODS, Topic.CUSTODY));
        }
        server = StandInApiServer.start(InetAddress.getLoopbackAddress(), 0);
        kubeconfig = directory.resolve("kubeconfig");
        server.writeKubeconfig(kubeconfig);
    }

    @AfterEach
    void close() {
        server.close();
        broker.close();
    }

    @Test
    void aCandidateGoesOnWhereALeaderEndedInOrder() throws Exception {
        PodUid first = create("first");
        ServiceMain.Running leader = candidate();
        Machine.await("the first list", () -> said().contains("LISTED"));
        try (ServiceMain.Running next = candidate()) {
            PodUid second = create("second");
            Machine.await("the second pod", () -> said().contains("ADDED " + second));
            leader.close();
            server.deletePod(SHOP, new PodName("first"));
            PodUid third = create("third");
            Machine.await("the third pod", () -> said().contains("ADDED " + third));
            assertThat(said())
                    .containsOnlyOnce("ADDED " + first, "ADDED " + second, "ADDED " + third, "GONE " + first)
                    .filteredOn("LISTED"::equals)
                    .hasSize(2);
            assertThat(next).isNotNull();
        }
    }

    @Test
    void aCandidateTakesOverFromALeaderThatWasKilled() throws Exception {
        PodUid first = create("first");
        Process leader = process();
        try {
            Machine.await("the first list", () -> said().contains("LISTED"));
            try (ServiceMain.Running next = candidate()) {
                leader.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
                server.deletePod(SHOP, new PodName("first"));
                PodUid second = create("second");
                Machine.await("the next leader", () -> said().contains("ADDED " + second));
                assertThat(said()).containsOnlyOnce("ADDED " + first, "ADDED " + second, "GONE " + first);
                assertThat(next).isNotNull();
            }
        } finally {
            leader.destroyForcibly();
        }
    }

    @Test
    void anEarlierLeaderIsBarredFromTheTopic() throws Exception {
        PodUid first = create("first");
        try (Producer<String, byte[]> earlier =
                kafka.producer(Map.of("transactional.id", "lawtap-watcher-" + CLUSTER))) {
            earlier.initTransactions();
            earlier.beginTransaction();
            earlier.send(new ProducerRecord<>(Topic.PODS.name(), "c1/forged", new byte[] {1}));
            earlier.flush();
            try (ServiceMain.Running later = alone(null)) {
                assertThatExceptionOfType(KafkaException.class).isThrownBy(earlier::commitTransaction);
                // What the earlier leader had begun is not in the topic: only the later one's words are.
                assertThat(said()).containsExactlyInAnyOrder("ADDED " + first, "LISTED");
                assertThat(later).isNotNull();
            }
        }
    }

    @Test
    void aWatcherThatIsAloneServesItsHealthAndCounts() throws Exception {
        create("first");
        int port = freePort();
        try (ServiceMain.Running running = alone(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            assertThat(get(port, "/livez")).isEqualTo("200 ok\n");
            assertThat(get(port, "/readyz")).isEqualTo("200 ok\n");
            assertThat(get(port, "/metrics"))
                    .contains(
                            "lawtap_watcher_events_total{type=\"added\"} 1.0",
                            "lawtap_watcher_events_total{type=\"gone\"} 0.0",
                            "lawtap_watcher_objects_refused_total 0.0",
                            "lawtap_watcher_progress_age_seconds ",
                            "lawtap_watcher_publish_lag_seconds_max ",
                            "lawtap_watcher_publish_lag_seconds_count 2",
                            "lawtap_watcher_pods 1.0",
                            "lawtap_watcher_leader 1.0")
                    .doesNotContain("first", SHOP.value());
            assertThat(running).isNotNull();
        }
    }

    private PodUid create(String name) throws SandboxException {
        return server.createPod(SHOP, new PodName(name), Map.of("app", "a"));
    }

    private ServiceMain.Running candidate() throws Exception {
        return Watcher.launch(
                new WatcherConfig(settings, EmbeddedKafka.OVERRIDE, CLUSTER, WATCH_TIMEOUT, LEASE, null),
                Config.fromKubeconfig(new File(kubeconfig.toString())),
                Clock.systemUTC());
    }

    private ServiceMain.Running alone(@Nullable InetSocketAddress http) throws Exception {
        return Watcher.launch(
                new WatcherConfig(settings, EmbeddedKafka.OVERRIDE, CLUSTER, WATCH_TIMEOUT, null, http),
                Config.fromKubeconfig(new File(kubeconfig.toString())),
                Clock.systemUTC());
    }

    private Process process() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                "org.lawtap.watcher.Watcher");
        builder.environment().keySet().removeIf(name -> name.startsWith("LAWTAP_"));
        builder.environment()
                .putAll(Map.of(
                        "KUBECONFIG", kubeconfig.toString(),
                        "LAWTAP_KAFKA_BOOTSTRAP_SERVERS", settings.bootstrapServers(),
                        "LAWTAP_KAFKA_UNSAFE", EmbeddedKafka.OVERRIDE.text(),
                        "LAWTAP_CLUSTER", CLUSTER.value(),
                        "LAWTAP_WATCH_SECONDS", "600",
                        "LAWTAP_LEASE_NAMESPACE", LEASE.namespace(),
                        "LAWTAP_HTTP_LISTEN", "off"));
        return builder.redirectErrorStream(true)
                .redirectOutput(directory.resolve("watcher.log").toFile())
                .start();
    }

    /** What the topic says to a reader of committed records: KIND UID, in the order of each pod. */
    private List<String> said() throws Exception {
        List<String> said = new ArrayList<>();
        try (Consumer<String, byte[]> consumer = kafka.consumer(new HashMap<>())) {
            List<TopicPartition> partitions = consumer.partitionsFor(Topic.PODS.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (!partitions.stream().allMatch(p -> consumer.position(p) >= ends.getOrDefault(p, 0L))) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    said.add(
                            switch (PodCodec.decode(record.value())) {
                                case PodEvent.Present present ->
                                    (present.added() ? "ADDED " : "UPDATED ")
                                            + present.pod().ref().uid();
                                case PodEvent.Gone gone ->
                                    "GONE " + gone.pod().ref().uid();
                                case PodEvent.Listed ignored -> "LISTED";
                            });
                }
            }
        }
        return said;
    }

    private static int freePort() throws Exception {
        try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static String get(int port, String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return response.statusCode() + " " + response.body();
        }
    }
}
