package org.lawtap.deploy.real;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A real Kubernetes cluster on this machine whose nodes are sets of namespaces, as its scripts lay them:
 *
 * <pre>
 *   STATE/NODE/pid     the node's first process
 *   STATE/pids/NAME    pid and start time of etcd, kube-apiserver and each node
 *   SCRIPTS/node-down.sh NODE, node-up.sh NODE, up.sh N
 * </pre>
 */
final class RealCluster {
    static final String NAMESPACE = "lawtap-scenes";
    static final String API_ADDRESS = "10.200.0.1";

    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(120);
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final String ETCD = "http://127.0.0.1:23790";

    private final Path state = Path.of(System.getenv().getOrDefault("REAL_CLUSTER_STATE", "/var/lib/real-cluster"));
    private final Path scripts = Path.of(System.getenv().getOrDefault("REAL_CLUSTER_SCRIPTS", ""));

    /** A pod as the API server has it. */
    record ApiPod(
            String name,
            String uid,
            String node,
            String phase,
            String address,
            Map<String, String> labels,
            boolean ready,
            boolean deleting) {}

    List<String> nodes() {
        return List.of("node1", "node2");
    }

    /** The node's first process. */
    String pid(String node) throws IOException {
        return Files.readString(state.resolve(node).resolve("pid")).strip();
    }

    /** A command line that runs a command in a node's namespaces. */
    List<String> in(String node, List<String> command) throws IOException {
        List<String> line = new ArrayList<>(
                List.of("nsenter", "--target", pid(node), "--mount", "--uts", "--ipc", "--net", "--pid", "--"));
        line.addAll(command);
        return line;
    }

    String runIn(String node, String... command) throws Exception {
        return run("", in(node, List.of(command)));
    }

    String kubectl(String... arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of("kubectl", "-n", NAMESPACE));
        line.addAll(List.of(arguments));
        return run("", line);
    }

    void apply(String yaml) throws Exception {
        run(yaml, List.of("kubectl", "-n", NAMESPACE, "apply", "-f", "-"));
    }

    /** The pods of the scenes' namespace that carry this label. */
    List<ApiPod> pods(String selector) throws Exception {
        JsonNode list = JsonMapper.shared()
                .readTree(kubectl("get", "pods", "-l", selector, "-o", "json", "--request-timeout=10s"));
        List<ApiPod> pods = new ArrayList<>();
        for (JsonNode item : list.path("items")) {
            Map<String, String> labels = new TreeMap<>();
            item.path("metadata")
                    .path("labels")
                    .properties()
                    .forEach(
                            label -> labels.put(label.getKey(), label.getValue().asString()));
            boolean ready = false;
            for (JsonNode condition : item.path("status").path("conditions")) {
                ready |= condition.path("type").asString().equals("Ready")
                        && condition.path("status").asString().equals("True");
            }
            pods.add(new ApiPod(
                    item.path("metadata").path("name").asString(),
                    item.path("metadata").path("uid").asString(),
                    item.path("spec").path("nodeName").asString(""),
                    item.path("status").path("phase").asString(""),
                    item.path("status").path("podIP").asString(""),
                    labels,
                    ready,
                    !item.path("metadata").path("deletionTimestamp").isMissingNode()));
        }
        return pods;
    }

    /** Waits until so many pods with this label run, are ready and not being deleted, and there are no others. */
    List<ApiPod> awaitReady(String selector, int count) throws Exception {
        await(count + " ready pods with " + selector, () -> {
            List<ApiPod> pods = pods(selector);
            return pods.size() == count && pods.stream().allMatch(pod -> pod.ready() && !pod.deleting());
        });
        return pods(selector);
    }

    /** Processes of a pod as the node sees them; those of the pause container first. */
    List<Integer> processes(String node, String podUid) throws Exception {
        List<Integer> pids = new ArrayList<>();
        String found = runIn(
                node,
                "sh",
                "-c",
                "grep -l 'pod" + podUid
                        + "' /proc/[0-9]*/cgroup 2>/dev/null | while read f; do p=${f#/proc/}; p=${p%/*};"
                        + " echo \"$p $(tr '\\0' ' ' < /proc/$p/cmdline)\"; done");
        for (String line : found.lines().toList()) {
            String[] words = line.split(" ", 2);
            int pid = Integer.parseInt(words[0]);
            if (words[1].startsWith("/pause")) {
                pids.addFirst(pid);
            } else {
                pids.add(pid);
            }
        }
        return pids;
    }

    /** Asks for a pod's eviction, as a drain of its node does. */
    void evict(String pod) throws Exception {
        run(
                """
                {"apiVersion": "policy/v1beta1", "kind": "Eviction", "metadata": {"name": "%s", "namespace": "%s"}}
                """.formatted(pod, NAMESPACE),
                List.of(
                        "kubectl",
                        "create",
                        "--raw",
                        "/api/v1/namespaces/" + NAMESPACE + "/pods/" + pod + "/eviction",
                        "-f",
                        "-"));
    }

    void crash(String node) throws Exception {
        script("node-down.sh", node);
    }

    void bringBack(String node) throws Exception {
        script("node-up.sh", node);
    }

    void killApiServer() throws Exception {
        String pid = Files.readString(state.resolve("pids").resolve("kube-apiserver"))
                .split(" ", 2)[0];
        run("", List.of("kill", "-KILL", pid));
        await("the end of the killed kube-apiserver", () -> !Files.exists(Path.of("/proc", pid)));
    }

    void startApiServer() throws Exception {
        script("up.sh", String.valueOf(nodes().size()));
    }

    /** Takes all history of before now: who comes back to it is told 410 Gone. */
    void compactEtcd() throws Exception {
        String status = run("", List.of("curl", "-sf", "-X", "POST", "-d", "{}", ETCD + "/v3/maintenance/status"));
        String revision = JsonMapper.shared()
                .readTree(status)
                .path("header")
                .path("revision")
                .asString();
        run(
                "",
                List.of(
                        "curl",
                        "-sf",
                        "-X",
                        "POST",
                        "-d",
                        "{\"revision\": \"" + revision + "\"}",
                        ETCD + "/v3/kv/compaction"));
    }

    private void script(String name, String... arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of(scripts.resolve(name).toString()));
        line.addAll(List.of(arguments));
        run("", line);
    }

    /** Waits until a condition holds; the condition may fail meanwhile, as when the API server is away. */
    static void await(String what, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + PATIENCE_NS;
        Exception last = null;
        while (true) {
            try {
                if (condition.call()) {
                    return;
                }
                last = null;
            } catch (IOException e) {
                last = e;
            }
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("never happened: " + what, last);
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /** Lets the world go on for a while: for what a scene needs to have lasted, not for what it waits for. */
    static void pass(long seconds) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (System.nanoTime() - end < 0) {
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /** Runs a command to its end. @throws IOException with what it wrote, if it fails */
    static String run(String input, List<String> command) throws Exception {
        Path out = Files.createTempFile("lawtap-scene", ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
            try (var in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // It ended without reading all: its exit code says why.
            }
            if (!process.waitFor(150, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + " did not end: " + Files.readString(out));
            }
            if (process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + " failed: " + Files.readString(out));
            }
            return Files.readString(out);
        } finally {
            Files.delete(out);
        }
    }
}
