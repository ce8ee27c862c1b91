package org.lawtap.deploy.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodUid;

/**
 * Pods that only exist: each has its network namespace, veth pair and cgroup as every pod of a {@link SandboxCluster}, and one
 * process that sleeps. Hundreds fit on a machine. They are removed with their cluster, by its names.
 */
public final class QuietPods {
    private static final int FIRST_HOST = 2;
    private static final int PODS_MAX = 250;
    private static final int CONTAINER_ID_BYTES = 32;
    private static final int START_SECONDS_MAX = 20;

    /** As PodProcess: the cgroup is opened outside, where /sys is still the machine's. The shell ends when it sleeps. */
    private static final String ENTER = """
            exec 9>"$1" || exit 71
            exec ip netns exec "$2" sh -c 'echo 0 >&9 && exec 9>&- && { sleep 1000000 </dev/null >/dev/null 2>&1 & }'
            """;

    private QuietPods() {}

    /** One of them. @param hostIndex of its interface as the node sees it */
    public record QuietPod(PodUid uid, String address, String mac, String hostVeth, int hostIndex) {}

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
        List<QuietPod> pods = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            PodUid uid = new PodUid(UUID.randomUUID().toString());
            String address = network + (FIRST_HOST + i);
            String mac = "02:00:00:00:%02x:%02x".formatted(i >> 8, i & 255);
            String veth = "veth" + SandboxName.hex(4);
            String namespace = name.podNamespace();
            Ip.addNamespace(namespace);
            Ip.sysctl(namespace, List.of("net/ipv6/conf/all/disable_ipv6=1", "net/ipv6/conf/default/disable_ipv6=1"));
            Ip.batch(
                    nodeNamespace,
                    List.of(
                            "link add " + veth + " type veth peer name eth0 address " + mac + " netns " + namespace,
                            "link set " + veth + " master cni0",
                            "link set " + veth + " type bridge_slave flood off mcast_flood off"
                                    + " bcast_flood off learning off"));
            Ip.batch(
                    namespace,
                    List.of(
                            "link set lo up",
                            "addr add " + address + "/24 dev eth0",
                            "link set eth0 up",
                            "route add default via " + network + "1"));
            Ip.batch(nodeNamespace, List.of("link set " + veth + " up"));
            sleep(cluster.cgroup(), uid, namespace);
            pods.add(new QuietPod(uid, address, mac, veth, index(nodeNamespace, veth)));
            progress.accept(pods.size());
        }
        return pods;
    }

    /** Of an interface, from the line {@code INDEX: NAME@...}. */
    private static int index(String namespace, String device) throws SandboxException {
        String line = Shell.run("ip", "-n", namespace, "-o", "link", "show", "dev", device);
        return Integer.parseInt(line.substring(0, line.indexOf(':')));
    }

    private static void sleep(Path cgroup, PodUid uid, String namespace) throws SandboxException {
        Path container = cgroup.resolve("kubepods")
                .resolve("besteffort")
                .resolve("pod" + uid)
                .resolve(SandboxName.hex(CONTAINER_ID_BYTES));
        Cgroups.create(container);
        try {
            Process shell = new ProcessBuilder(
                            "sh",
                            "-c",
                            ENTER,
                            "pod",
                            container.resolve("cgroup.procs").toString(),
                            namespace)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!shell.waitFor(START_SECONDS_MAX, TimeUnit.SECONDS) || shell.exitValue() != 0) {
                shell.destroyForcibly();
                throw new SandboxException("the process of pod " + uid + " could not be started in " + namespace);
            }
        } catch (IOException e) {
            throw new SandboxException("the process of pod " + uid + " could not be started: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException("interrupted while pods were started", e);
        }
    }
}
