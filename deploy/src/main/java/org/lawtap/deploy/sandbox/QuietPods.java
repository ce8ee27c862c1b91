package org.lawtap.deploy.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodUid;

/**
 * Pods that only exist: each has its network namespace, veth pair and cgroup as every pod of a {@link SandboxCluster}, and one
 * process that sleeps. Hundreds fit on a machine. A cluster that closes finds them by its names too, but takes a second for each.
 */
public final class QuietPods {
    private static final int FIRST_HOST = 2;
    private static final int PODS_MAX = 250;
    private static final int CONTAINER_ID_BYTES = 32;
    private static final int START_SECONDS_MAX = 20;
    private static final int BATCH = 25;
    private static final long REMOVE_TIMEOUT_NS = 10_000_000_000L;
    private static final long REMOVE_POLL_NS = 20_000_000;

    /**
     * Entering a pod, its network and its sleep in one go: so many processes less. As in PodProcess, the cgroup is opened outside,
     * where /sys is still the machine's. The shell ends when the pod sleeps.
     */
    private static final String ENTER = """
            exec 9>"$1" || exit 71
            exec ip netns exec "$2" sh -c '
              set -e
              echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6
              printf "%s\\n" "link set lo up" "addr add $1/24 dev eth0" "link set eth0 up" \
                "route add default via $2" | ip -batch -
              echo 0 >&9
              exec 9>&-
              sleep 1000000 </dev/null >/dev/null 2>&1 &' pod "$3" "$4"
            """;

    private QuietPods() {}

    /**
     * One of them.
     *
     * @param netNamespace name below /run/netns
     * @param hostIndex of its interface as the node sees it
     */
    public record QuietPod(
            PodUid uid, String address, String mac, String netNamespace, String hostVeth, int hostIndex) {}

    /**
     * Puts up pods on a node that has no others.
     *
     * @param name the cluster's
     * @param progress is told how many stand
     */
    public static List<QuietPod> add(
            SandboxCluster cluster, SandboxName name, NodeName node, int count, IntConsumer progress)
            throws SandboxException {
        if (count < 1 || count > PODS_MAX) {
            throw new IllegalArgumentException("a node takes 1 to " + PODS_MAX + " quiet pods, not " + count);
        }
        String nodeNamespace = cluster.netNamespace(node);
        String network = "10.244." + node.value().substring(1) + ".";
        List<Draft> drafts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            drafts.add(new Draft(
                    new PodUid(UUID.randomUUID().toString()),
                    network + (FIRST_HOST + i),
                    "02:00:00:00:%02x:%02x".formatted(i >> 8, i & 255),
                    "veth" + SandboxName.hex(4),
                    name.podNamespace()));
        }
        for (int from = 0; from < count; from += BATCH) {
            List<Draft> some = drafts.subList(from, Math.min(count, from + BATCH));
            for (Draft draft : some) {
                Ip.addNamespace(draft.netNamespace());
            }
            Ip.batch(nodeNamespace, some.stream().flatMap(Draft::links).toList());
            for (Draft draft : some) {
                sleep(cluster.cgroup(), draft, network + "1");
            }
            Ip.batch(
                    nodeNamespace,
                    some.stream()
                            .map(draft -> "link set " + draft.hostVeth() + " up")
                            .toList());
            progress.accept(from + some.size());
        }
        Map<String, Integer> indices = indices(nodeNamespace);
        List<QuietPod> pods = new ArrayList<>();
        for (Draft draft : drafts) {
            Integer index = indices.get(draft.hostVeth());
            if (index == null) {
                throw new SandboxException("node " + node + " has lost the interface " + draft.hostVeth());
            }
            pods.add(new QuietPod(
                    draft.uid(), draft.address(), draft.mac(), draft.netNamespace(), draft.hostVeth(), index));
        }
        return pods;
    }

    /** Removes all of them at once. */
    public static void remove(SandboxCluster cluster, SandboxName name) throws SandboxException {
        long end = System.nanoTime() + REMOVE_TIMEOUT_NS;
        for (List<Long> left = Cgroups.processes(cluster.cgroup());
                !left.isEmpty();
                left = Cgroups.processes(cluster.cgroup())) {
            if (System.nanoTime() - end > 0) {
                throw new SandboxException(left.size() + " processes of quiet pods did not end within "
                        + REMOVE_TIMEOUT_NS / 1_000_000_000L + " s of SIGKILL");
            }
            left.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            LockSupport.parkNanos(REMOVE_POLL_NS);
        }
        StringBuilder lines = new StringBuilder();
        for (String namespace : Ip.namespaces(name.prefix() + "p-")) {
            lines.append("netns del ").append(namespace).append('\n');
        }
        if (!lines.isEmpty()) {
            Shell.run(lines.toString(), List.of("ip", "-batch", "-"));
        }
    }

    /** A pod before it stands. */
    private record Draft(PodUid uid, String address, String mac, String hostVeth, String netNamespace) {
        private Stream<String> links() {
            return Stream.of(
                    "link add " + hostVeth + " type veth peer name eth0 address " + mac + " netns " + netNamespace,
                    "link set " + hostVeth + " master cni0",
                    "link set " + hostVeth + " type bridge_slave flood off mcast_flood off bcast_flood off"
                            + " learning off");
        }
    }

    /** Of the veths of a namespace, from lines {@code INDEX: NAME@...}. */
    private static Map<String, Integer> indices(String namespace) throws SandboxException {
        Map<String, Integer> indices = new HashMap<>();
        for (String line : Shell.run("ip", "-n", namespace, "-o", "link", "show", "type", "veth")
                .lines()
                .toList()) {
            String[] words = line.split("[: @]+", 3);
            indices.put(words[1], Integer.valueOf(words[0]));
        }
        return indices;
    }

    private static void sleep(Path cgroup, Draft draft, String gateway) throws SandboxException {
        Path container = cgroup.resolve("kubepods")
                .resolve("besteffort")
                .resolve("pod" + draft.uid())
                .resolve(SandboxName.hex(CONTAINER_ID_BYTES));
        Cgroups.create(container);
        try {
            Process shell = new ProcessBuilder(
                            "sh",
                            "-c",
                            ENTER,
                            "pod",
                            container.resolve("cgroup.procs").toString(),
                            draft.netNamespace(),
                            draft.address(),
                            gateway)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!shell.waitFor(START_SECONDS_MAX, TimeUnit.SECONDS) || shell.exitValue() != 0) {
                shell.destroyForcibly();
                throw new SandboxException(
                        "the process of pod " + draft.uid() + " could not be started in " + draft.netNamespace());
            }
        } catch (IOException e) {
            throw new SandboxException("the process of pod " + draft.uid() + " could not be started: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException("interrupted while pods were started", e);
        }
    }
}
