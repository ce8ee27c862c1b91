package org.lawtap.deploy.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Capabilities;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lawtap.deploy.Tools;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.KafkaService;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.topics.KafkaState;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.sink.Sink;
import org.lawtap.warrants.Warrants;
import org.lawtap.watcher.Watcher;
import org.lawtap.worker.CaptureWorker;
import picocli.CommandLine;

/** What the manifests render to is what the API knows, and as narrow as they say. Needs kubectl, which renders without a cluster. */
class ManifestsIT {
    private static final Path MANIFESTS = Path.of("kubernetes");
    private static final Pattern DOCUMENT = Pattern.compile("(?m)^---$");
    private static final Map<String, ServiceMain.Service> SERVICES = Map.of(
            "watcher", new Watcher(),
            "warrants", new Warrants(),
            "capture-worker", new CaptureWorker(),
            "sink", new Sink(),
            "kafka", new KafkaService());

    static List<Path> overlays() throws IOException {
        try (Stream<Path> all = Files.list(MANIFESTS.resolve("overlays"))) {
            return all.sorted().toList();
        }
    }

    static List<Path> rendered() throws IOException {
        List<Path> all = new ArrayList<>(overlays());
        try (Stream<Path> components = Files.list(MANIFESTS.resolve("components"))) {
            components.sorted().forEach(all::add);
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("rendered")
    void hasNoFieldThatTheApiDoesNotKnow(Path directory) throws Exception {
        List<HasMetadata> objects = render(directory);
        assertThat(objects).isNotEmpty();
        for (HasMetadata object : objects) {
            if (!(object instanceof GenericKubernetesResource)) {
                assertThat(unknown(
                                object,
                                object.getKind() + " " + object.getMetadata().getName()))
                        .isEmpty();
            } else {
                // Of somebody else's API, whose types are not here.
                assertThat(directory.startsWith(MANIFESTS.resolve("components")))
                        .as("%s %s", object.getApiVersion(), object.getKind())
                        .isTrue();
            }
        }
    }

    @Test
    void wouldNoticeAMistake() {
        String wrong = """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: wrong}
                spec:
                  template:
                    spec:
                      containers: [{name: a, livenesProbe: {periodSeconds: 1}}]
                """;
        HasMetadata object = new KubernetesSerialization().unmarshal(wrong);
        assertThat(unknown(object, "wrong")).hasSize(1).first().asString().contains("livenesProbe");
        assertThatThrownBy(() -> new KubernetesSerialization()
                        .unmarshal(wrong.replace("livenesProbe: {periodSeconds: 1}", "ports: {containerPort: 1}")))
                .isInstanceOf(RuntimeException.class);
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void knowsEachSettingThatItGives(Path overlay) throws Exception {
        Map<String, Set<String>> given = new HashMap<>();
        pods(overlay)
                .forEach((name, pod) -> pod.getContainers()
                        .forEach(container -> given.put(
                                imageName(container),
                                container.getEnv().stream().map(EnvVar::getName).collect(Collectors.toSet()))));
        assertThat(Recipe.ALL.stream().map(Recipe::name).toList()).containsAll(given.keySet());
        given.forEach((image, names) -> {
            ServiceMain.Service service = SERVICES.get(image);
            if (service != null) {
                Settings settings = new Settings(Map.of());
                service.declare(settings);
                assertThat(settings.declared().stream()
                                .map(Settings.Setting::name)
                                .toList())
                        .as(image)
                        .containsAll(names);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("rendered")
    void givesNoProcessMoreThanItNeeds(Path directory) throws Exception {
        pods(directory).forEach((name, pod) -> {
            for (Container container : pod.getContainers()) {
                SecurityContext security = container.getSecurityContext();
                assertThat(security.getReadOnlyRootFilesystem()).as(name).isTrue();
                assertThat(security.getAllowPrivilegeEscalation()).as(name).isFalse();
                assertThat(security.getPrivileged()).as(name).isNotEqualTo(true);
                assertThat(container.getResources().getRequests()).as(name).containsKeys("cpu", "memory");
                assertThat(container.getResources().getLimits()).as(name).containsOnlyKeys("memory");
                Capabilities capabilities = security.getCapabilities();
                assertThat(capabilities.getDrop()).as(name).containsExactly("ALL");
                if (name.equals("lawtap-capture-worker")) {
                    assertThat(capabilities.getAdd())
                            .containsExactlyInAnyOrder("NET_RAW", "SYS_PTRACE", "NET_BROADCAST");
                    assertThat(security.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
                } else {
                    assertThat(capabilities.getAdd()).as(name).isEmpty();
                    assertThat(pod.getSecurityContext().getRunAsNonRoot())
                            .as(name)
                            .isTrue();
                    assertThat(pod.getSecurityContext().getRunAsUser()).as(name).isEqualTo(65532);
                    assertThat(pod.getSecurityContext().getSeccompProfile().getType())
                            .as(name)
                            .isEqualTo("RuntimeDefault");
                    assertThat(pod.getHostNetwork()).as(name).isNotEqualTo(true);
                    assertThat(pod.getHostPID()).as(name).isNotEqualTo(true);
                    assertThat(pod.getVolumes()).as(name).noneMatch(volume -> volume.getHostPath() != null);
                }
            }
            if (!name.equals("lawtap-watcher")) {
                assertThat(pod.getAutomountServiceAccountToken()).as(name).isFalse();
            }
        });
    }

    @ParameterizedTest
    @MethodSource("rendered")
    void callsTheCommandLineAsItIs(Path directory) throws Exception {
        pods(directory)
                .forEach((name, pod) -> pod.getContainers().stream()
                        .filter(container -> imageName(container).equals("tools"))
                        .forEach(container -> {
                            CommandLine.ParseResult parsed = new CommandLine(Tools.class)
                                    .parseArgs(container.getArgs().toArray(String[]::new));
                            assertThat(parsed.hasSubcommand()).as(name).isTrue();
                        }));
    }

    @Test
    void registersSchemasWithSecretsFromFiles() throws Exception {
        Map<String, PodSpec> pods = pods(MANIFESTS.resolve("components/registry"));
        assertThat(pods).containsOnlyKeys("lawtap-schemas");
        Container container = Objects.requireNonNull(pods.get("lawtap-schemas"))
                .getContainers()
                .getFirst();
        assertThat(container.getArgs())
                .contains("--registry=$(REGISTRY)", "--credentials=/etc/lawtap/registry/credentials");
        assertThat(container.getVolumeMounts())
                .anyMatch(mount -> mount.getMountPath().equals("/etc/lawtap/registry")
                        && Boolean.TRUE.equals(mount.getReadOnly()));
        assertThat(container.getEnv()).noneMatch(variable -> variable.getValue() != null);
    }

    @Test
    void describesTheTopicsOfTheCatalogue() throws Exception {
        Map<String, GenericKubernetesResource> topics = new HashMap<>();
        for (HasMetadata object : render(MANIFESTS.resolve("components/strimzi-topics"))) {
            topics.put(object.getMetadata().getName(), (GenericKubernetesResource) object);
        }
        assertThat(topics.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        Topic.BASE.stream().map(Topic::name).toList());
        for (Topic topic : Topic.BASE) {
            GenericKubernetesResource resource = Objects.requireNonNull(topics.get(topic.name()));
            assertThat(resource.<Integer>get("spec", "partitions")).isEqualTo(topic.partitions());
            Map<String, Object> config = resource.get("spec", "config");
            assertThat(config).containsAllEntriesOf(topic.config());
            int replicas = resource.<Integer>get("spec", "replicas");
            int inSync = Integer.parseInt(String.valueOf(config.get("min.insync.replicas")));
            boolean unclean = !"false".equals(config.get("unclean.leader.election.enable"));
            assertThat(new KafkaState(List.of(new KafkaState.OfTopic(topic.name(), replicas, inSync, unclean)), 2)
                            .findings())
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void overridesWhatKafkaCantGiveForTrialsOnly(Path overlay) throws Exception {
        Map<String, String> overrides = new HashMap<>();
        pods(overlay)
                .forEach((name, pod) -> pod.getContainers().stream()
                        .flatMap(container -> container.getEnv().stream())
                        .filter(setting -> setting.getName().equals("LAWTAP_KAFKA_UNSAFE"))
                        .forEach(setting -> overrides.put(name, setting.getValue())));
        Map<String, String> allowed = new HashMap<>();
        if (overlay.endsWith("small")) {
            for (String service : List.of("watcher", "warrants", "capture-worker", "sink")) {
                allowed.put("lawtap-" + service, EmbeddedKafka.OVERRIDE.text());
            }
        }
        assertThat(overrides).isEqualTo(allowed);
    }

    private static Map<String, PodSpec> pods(Path directory) throws Exception {
        Map<String, PodSpec> pods = new HashMap<>();
        for (HasMetadata object : render(directory)) {
            String name = object.getMetadata().getName();
            if (object instanceof Deployment deployment) {
                pods.put(name, deployment.getSpec().getTemplate().getSpec());
            } else if (object instanceof StatefulSet set) {
                pods.put(name, set.getSpec().getTemplate().getSpec());
            } else if (object instanceof DaemonSet set) {
                pods.put(name, set.getSpec().getTemplate().getSpec());
            } else if (object instanceof Job job) {
                pods.put(name, job.getSpec().getTemplate().getSpec());
            }
        }
        if (directory.startsWith(MANIFESTS.resolve("overlays"))) {
            assertThat(pods)
                    .containsKeys(
                            "lawtap-watcher",
                            "lawtap-warrants",
                            "lawtap-capture-worker",
                            "lawtap-sink",
                            "lawtap-topics");
        }
        return pods;
    }

    private static String imageName(Container container) {
        return container.getImage().replaceFirst("^.*/", "").replaceFirst(":.*$", "");
    }

    private static List<HasMetadata> render(Path directory) throws Exception {
        Process process;
        try {
            process = new ProcessBuilder("kubectl", "kustomize", directory.toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            throw new AssertionError(
                    "kubectl is needed to render the manifests; ./lawtap test installs it, or install kubernetes-client",
                    e);
        }
        String yaml = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("kubectl kustomize %s", directory).isZero();
        KubernetesSerialization serialization = new KubernetesSerialization();
        List<HasMetadata> objects = new ArrayList<>();
        for (String document : DOCUMENT.split(yaml, -1)) {
            HasMetadata object = serialization.unmarshal(document);
            objects.add(object);
        }
        return objects;
    }

    /** Where below this object fields stand that its type does not have. */
    private static List<String> unknown(Object object, String where) {
        List<String> found = new ArrayList<>();
        walk(object, where, found);
        return found;
    }

    private static void walk(Object object, String where, List<String> found) {
        switch (object) {
            case Collection<?> many -> {
                int index = 0;
                for (Object one : many) {
                    walk(one, where + "[" + index++ + "]", found);
                }
            }
            case Map<?, ?> map ->
                map.forEach((key, value) -> {
                    if (value != null) {
                        walk(value, where + "." + key, found);
                    }
                });
            default -> {
                if (!object.getClass().getName().startsWith("io.fabric8.kubernetes.api.model")
                        || object.getClass().isEnum()) {
                    return;
                }
                for (Method method : object.getClass().getMethods()) {
                    if (method.getParameterCount() > 0 || !method.getName().startsWith("get")) {
                        continue;
                    }
                    Object value = value(method, object);
                    if (method.getName().equals("getAdditionalProperties")) {
                        ((Map<?, ?>) value).keySet().forEach(key -> found.add(where + "." + key));
                    } else if (value != null) {
                        walk(value, where + "." + method.getName().substring("get".length()), found);
                    }
                }
            }
        }
    }

    private static Object value(Method method, Object object) {
        try {
            return method.invoke(object);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(method + " failed", e);
        }
    }
}
