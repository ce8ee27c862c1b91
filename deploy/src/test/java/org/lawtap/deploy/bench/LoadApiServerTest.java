package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.ClusterId;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The load server as the client that the watcher uses sees it, and as plain HTTP does. */
class LoadApiServerTest {
    private static final int PODS = 60;
    private static final int HISTORY = 500;
    private static final int TIMEOUT_SECONDS = 30;

    private final LoadCluster cluster = new LoadCluster(new LoadCluster.Settings(PODS, 5, 1, HISTORY));
    private LoadApiServer server;
    private KubernetesClient client;

    @BeforeEach
    void start() throws IOException {
        server = LoadApiServer.start(cluster);
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(server.url())
                .withRequestRetryBackoffLimit(0)
                .build();
        client = new KubernetesClientBuilder().withConfig(config).build();
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void listsEveryPodOnceInPagesOfOneSnapshot() {
        PodList page = list(25, "");
        List<Pod> found = new ArrayList<>(page.getItems());
        String version = page.getMetadata().getResourceVersion();
        cluster.change(200);
        while (page.getMetadata().getContinue() != null) {
            page = list(25, page.getMetadata().getContinue());
            assertThat(page.getItems()).hasSizeLessThanOrEqualTo(25);
            assertThat(page.getMetadata().getResourceVersion()).isEqualTo(version);
            found.addAll(page.getItems());
        }
        assertThat(uids(found)).hasSize(PODS);
        assertThat(found).hasSize(PODS);
        assertThat(found).allMatch(pod -> pod.getStatus().getPhase().equals("Running"));
    }

    @Test
    void ignoresTheLimitWhenAskedForWhateverIsCached() {
        PodList all = client.pods()
                .inAnyNamespace()
                .list(new ListOptionsBuilder()
                        .withLimit(5L)
                        .withResourceVersion("0")
                        .build());
        assertThat(all.getItems()).hasSize(PODS);
    }

    @Test
    void writesPodsOfTheSizeOfRealOnesInEveryStage() {
        for (LoadPod.Stage stage : LoadPod.Stage.values()) {
            LoadPod pod = new LoadPod(7, 3, 4711, stage, 2, 9, 5);
            Bytes json = new Bytes(100);
            PodJson.write(pod, true, json);
            assertThat(json.length()).isBetween(4000, 6500);
            Pod read = new KubernetesSerialization().unmarshal(json.toString(), Pod.class);
            var expected = pod.expected(new ClusterId("c"));
            assertThat(read.getMetadata().getUid())
                    .isEqualTo(expected.ref().uid().value());
            assertThat(read.getMetadata().getLabels()).isEqualTo(expected.labels());
            assertThat(read.getStatus().getPhase().toUpperCase(java.util.Locale.ROOT))
                    .isEqualTo(expected.phase().name());
            assertThat(read.getSpec().getNodeName() == null).isEqualTo(expected.node() == null);
            assertThat(read.getMetadata().getDeletionTimestamp() == null)
                    .isEqualTo(expected.deletionRequestedAt() == null);
        }
    }

    @Test
    void keepsAnInformerEqualToTheTruth() throws InterruptedException {
        Set<String> seen = ConcurrentHashMap.newKeySet();
        CountDownLatch last = new CountDownLatch(1);
        SharedIndexInformer<Pod> informer = client.pods().inAnyNamespace().inform();
        cluster.change(300);
        String lastVersion = Long.toString(cluster.version());
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(Pod pod) {
                saw(pod);
            }

            @Override
            public void onUpdate(Pod before, Pod now) {
                saw(now);
            }

            @Override
            public void onDelete(Pod pod, boolean unknown) {
                saw(pod);
            }

            private void saw(Pod pod) {
                String version = pod.getMetadata().getResourceVersion();
                seen.add(version);
                if (version.equals(lastVersion)) {
                    last.countDown();
                }
            }
        });
        assertThat(last.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(uids(informer.getStore().list())).isEqualTo(truth());
        informer.stop();
    }

    @Test
    void resumesAWatchAfterAVersionAndEndsItWithABookmark() throws IOException {
        cluster.change(10);
        long since = cluster.version();
        cluster.change(20);
        List<JsonNode> events = watch("resourceVersion=" + since + "&allowWatchBookmarks=true&timeoutSeconds=1");
        assertThat(events).hasSize(21);
        for (int i = 0; i < 20; i++) {
            assertThat(version(events.get(i))).isEqualTo(since + 1 + i);
        }
        assertThat(events.getLast().path("type").asString()).isEqualTo("BOOKMARK");
        assertThat(version(events.getLast())).isEqualTo(since + 20);
    }

    @Test
    void sendsThePresentPodsFirstWhenAskedForInitialEvents() throws IOException {
        List<JsonNode> events =
                watch("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
                        + "&timeoutSeconds=1");
        assertThat(events).hasSize(PODS + 2);
        assertThat(events.get(PODS)
                        .path("object")
                        .path("metadata")
                        .path("annotations")
                        .path("k8s.io/initial-events-end")
                        .asString())
                .isEqualTo("true");
    }

    @Test
    void tellsAWatchThatComesTooLateThatItsVersionIsGone() throws IOException {
        cluster.change(HISTORY + 1);
        List<JsonNode> events = watch("resourceVersion=" + LoadCluster.FIRST_VERSION);
        assertThat(events).hasSize(1);
        assertThat(events.getFirst().path("type").asString()).isEqualTo("ERROR");
        assertThat(events.getFirst().path("object").path("code").asInt()).isEqualTo(410);
    }

    @Test
    void tellsAListWhoseSnapshotIsForgottenThatItIsGone() {
        String token = list(25, "").getMetadata().getContinue();
        cluster.change(1);
        server.faults().forget();
        assertThatThrownBy(() -> list(25, token))
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        e -> assertThat(e.getCode()).isEqualTo(410));
    }

    @Test
    void refusesAsOftenAsItIsTold() {
        server.faults().refuse(503, 1);
        assertThatThrownBy(() -> list(25, ""))
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        e -> assertThat(e.getCode()).isEqualTo(503));
        assertThat(list(25, "").getItems()).hasSize(25);
    }

    @Test
    void endsATruncatedWatchInTheMiddleOfAnObject() throws IOException {
        long since = cluster.version();
        cluster.change(1);
        server.faults().truncate(1);
        try (BufferedReader lines = get("watch=1&resourceVersion=" + since)) {
            String cut = lines.readLine();
            assertThat(cut).startsWith("{\"type\":").doesNotEndWith("}");
            assertThat(lines.readLine()).isNull();
        }
    }

    @Test
    void keepsAHangingWatchOpenBeyondItsTimeAndSaysNothing() throws Exception {
        server.faults().hangWatches(true);
        long since = cluster.version();
        cluster.change(1);
        try (BufferedReader lines = get("watch=1&timeoutSeconds=0&resourceVersion=" + since)) {
            assertThat(lines.ready()).isFalse();
            server.faults().hangWatches(false);
            assertThat(lines.readLine()).isNull();
        }
    }

    @Test
    void dropsConnections() throws IOException {
        try (BufferedReader lines = get("watch=1&resourceVersion=" + cluster.version())) {
            server.faults().dropConnections();
            assertThatThrownBy(lines::readLine).isInstanceOf(IOException.class);
        }
    }

    @Test
    void givesEqualChangesForEqualSeeds() {
        LoadCluster other = new LoadCluster(new LoadCluster.Settings(PODS, 5, 1, HISTORY));
        cluster.change(HISTORY);
        other.change(HISTORY);
        assertThat(other.snapshot()).isEqualTo(cluster.snapshot());
    }

    private PodList list(long limit, String token) {
        return client.pods()
                .inAnyNamespace()
                .list(new ListOptionsBuilder()
                        .withLimit(limit)
                        .withContinue(token.isEmpty() ? null : token)
                        .build());
    }

    private List<JsonNode> watch(String query) throws IOException {
        try (BufferedReader lines = get("watch=1&" + query)) {
            return lines.lines().map(JsonMapper.shared()::readTree).toList();
        }
    }

    private BufferedReader get(String query) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create(server.url() + LoadApiServer.PODS + "?" + query)
                .toURL()
                .openConnection();
        assertThat(connection.getResponseCode()).isEqualTo(200);
        return new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
    }

    private static long version(JsonNode event) {
        return Long.parseLong(
                event.path("object").path("metadata").path("resourceVersion").asString());
    }

    private Set<String> truth() {
        return cluster.snapshot().slots().stream()
                .filter(Objects::nonNull)
                .map(LoadPod::uid)
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static Set<String> uids(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
    }
}
