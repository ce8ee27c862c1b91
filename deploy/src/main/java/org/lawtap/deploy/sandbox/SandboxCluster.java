package org.lawtap.deploy.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.lawtap.deploy.pod.PodCounters;
import org.lawtap.deploy.pod.PodException;
import org.lawtap.deploy.pod.PodProcess;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodUid;

/**
 * The nodes and pods of one sandbox: network namespaces, bridges and veths, put up in the order of a kubelet with containerd and
 * the bridge CNI.
 *
 * <pre>
 *   control namespace          lawtap0 10.99.0.1/24 -- up-nN
 *   lawtap-ID-NAME             eth0 10.99.0.(100+N)/24, a machine of the control plane
 *   lawtap-ID-nN               eth0 10.99.0.(10+N) .. cni0 10.244.N.1/24 -- vethHHHHHHHH
 *   lawtap-ID-p-HHHHHHHH       eth0 10.244.N.x/24, default route by 10.244.N.1
 * </pre>
 *
 * <p>A pod's interface carries only what the pod sent or what was sent to it: bridges know each pod's address beforehand, answer
 * ARP themselves and flood nothing to pods; IPv6 is off; a neighbour once found stays known. So its counters and its captures
 * hold nothing that a kernel sent on its own. All methods may be called by any thread; they take turns.
 */
public final class SandboxCluster implements AutoCloseable {
    /** The control plane's address, as the nodes see it. */
    public static final String CONTROL_ADDRESS = "10.99.0.1";

    private static final int NODES_MAX = 16;
    private static final int MACHINE_ADDRESS_FIRST = 100;
    private static final int POD_ADDRESS_FIRST = 2;
    private static final int POD_ADDRESS_LAST = 254;
    private static final long NANOS_PER_MS = 1_000_000;
    private static final int NEIGHBOUR_REACHABLE_MS = 24 * 3600 * 1000;

    /** Before any link exists: with IPv6 a kernel announces itself on each of them. */
    private static final List<String> NO_IPV6 =
            List.of("net/ipv6/conf/all/disable_ipv6=1", "net/ipv6/conf/default/disable_ipv6=1");

    /** A neighbour that was found once is never asked for again, as that would be a frame nobody sent. */
    private static final List<String> LONG_MEMORY =
            List.of("net/ipv4/neigh/eth0/base_reachable_time_ms=" + NEIGHBOUR_REACHABLE_MS);

    private static final List<String> ROUTER = List.of(
            "net/ipv4/ip_forward=1",
            "net/ipv4/conf/all/send_redirects=0",
            "net/ipv4/conf/default/send_redirects=0",
            "net/ipv4/conf/all/rp_filter=0",
            "net/ipv4/conf/default/rp_filter=0");

    private final Settings settings;
    private final Path cgroup;
    private final Map<NodeName, Node> nodes = new LinkedHashMap<>();
    private final Map<PodUid, SandboxPod> pods = new LinkedHashMap<>();
    private boolean closed;

    /**
     * How a cluster is to be.
     *
     * @param nodes how many; they are called n1, n2 and so on
     * @param logs an existing directory for what the pods' processes write to standard error
     * @param startDelayMs from a pod's network being up to its process, the time that a real node pulls images
     */
    public record Settings(SandboxName name, int nodes, Path logs, long startDelayMs) {
        public Settings {
            if (nodes < 1 || nodes > NODES_MAX) {
                throw new IllegalArgumentException("a sandbox has 1 to " + NODES_MAX + " nodes, not " + nodes);
            }
            if (startDelayMs < 0) {
                throw new IllegalArgumentException("a delay cannot be " + startDelayMs + " ms");
            }
        }
    }

    /** A node, and which pod addresses it has given out. */
    private static final class Node {
        private final int number;
        private final String netNamespace;
        private final Set<Integer> taken = new HashSet<>();
        private int last = POD_ADDRESS_LAST;

        private Node(int number, String netNamespace) {
            this.number = number;
            this.netNamespace = netNamespace;
        }

        /** The next free address after the last one given, as the CNI's host-local plugin does. */
        private int takeAddress() throws SandboxException {
            for (int tried = POD_ADDRESS_FIRST; tried <= POD_ADDRESS_LAST; tried++) {
                last = last == POD_ADDRESS_LAST ? POD_ADDRESS_FIRST : last + 1;
                if (taken.add(last)) {
                    return last;
                }
            }
            throw new SandboxException("node n" + number + " has no free pod address");
        }

        private String gateway() {
            return podAddress(1);
        }

        private String podAddress(int host) {
            return "10.244." + number + "." + host;
        }

        private String address() {
            return "10.99.0." + (10 + number);
        }
    }

    /** What of one pod sandbox may already stand; each part may be missing when its making failed. */
    private record Parts(Node node, int host, String netNamespace, String hostVeth, Path podCgroup) {
        private String address() {
            return node.podAddress(host);
        }
    }

    private SandboxCluster(Settings settings, Path cgroup) {
        this.settings = settings;
        this.cgroup = cgroup;
    }

    /** Makes a fresh control namespace, for a caller who lives elsewhere. */
    public static void makeControlNamespace(SandboxName name) throws SandboxException {
        requireRoot();
        Ip.addNamespace(name.controlNamespace());
        Ip.batch(name.controlNamespace(), List.of("link set lo up"));
    }

    /**
     * Makes the caller's own network namespace the control namespace. It must be a fresh one: where a link is up other than the
     * loopback, something lives that may not be touched.
     */
    public static void attachControlNamespace(SandboxName name) throws SandboxException {
        requireRoot();
        // The first process's namespace cannot be compared with: in many containers not even root may look at it.
        if (Ip.connected()) {
            throw new SandboxException("this process lives in a network namespace with links of its own; start it with"
                    + " \"unshare --net\", so that the sandbox touches nothing outside");
        }
        Shell.run(
                "ip",
                "netns",
                "attach",
                name.controlNamespace(),
                Long.toString(ProcessHandle.current().pid()));
        Ip.batch(name.controlNamespace(), List.of("link set lo up"));
    }

    /** Puts up the nodes. The control namespace must stand. What was made is removed again when it fails half-way. */
    public static SandboxCluster start(Settings settings) throws SandboxException {
        requireRoot();
        SandboxCluster cluster = new SandboxCluster(
                settings, Cgroups.root().resolve(settings.name().cgroup()));
        try {
            cluster.startNodes();
            return cluster;
        } catch (SandboxException e) {
            try {
                cluster.close();
            } catch (SandboxException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** The nodes' names in their order. */
    public synchronized List<NodeName> nodes() {
        return List.copyOf(nodes.keySet());
    }

    /** The name below /run/netns of a node's network namespace. */
    public synchronized String netNamespace(NodeName node) throws SandboxException {
        return node(node).netNamespace;
    }

    /** A node's address on the network that joins the nodes and the control plane. */
    public synchronized String address(NodeName node) throws SandboxException {
        return node(node).address();
    }

    /**
     * Puts up a machine beside the nodes, for a part of the control plane: a network namespace on their network.
     *
     * @param name of at most 12 letters and digits, which no node and no other machine has
     * @param number from 1 to 99, which no other machine has
     * @return its address
     */
    public synchronized String addMachine(String name, int number) throws SandboxException {
        String namespace = machineNamespace(name);
        String address = "10.99.0." + (MACHINE_ADDRESS_FIRST + number);
        Ip.addNamespace(namespace);
        Ip.sysctl(namespace, NO_IPV6);
        Ip.batch(
                settings.name().controlNamespace(),
                List.of(
                        "link add up-" + name + " type veth peer name eth0 address " + randomMac() + " netns "
                                + namespace,
                        "link set up-" + name + " master lawtap0 up"));
        Ip.batch(
                namespace,
                List.of(
                        "link set lo up",
                        "addr add " + address + "/24 dev eth0",
                        "link set eth0 up",
                        "route add default via " + CONTROL_ADDRESS));
        return address;
    }

    /** The name below /run/netns of a machine's network namespace. */
    public String machineNamespace(String name) {
        return settings.name().prefix() + name;
    }

    /** Cuts a machine or a node off from the network that joins them, without a word to either side; pods of one node still meet. */
    public synchronized void cut(String name) throws SandboxException {
        Ip.batch(settings.name().controlNamespace(), List.of("link set up-" + name + " down"));
    }

    /** Joins it again. */
    public synchronized void join(String name) throws SandboxException {
        Ip.batch(settings.name().controlNamespace(), List.of("link set up-" + name + " up"));
    }

    /** The directory below which all pods' cgroups stand, as a kubelet's hierarchy would. */
    public Path cgroup() {
        return cgroup;
    }

    /** The pods that stand, in the order in which they were added. */
    public synchronized Collection<SandboxPod> pods() {
        return List.copyOf(pods.values());
    }

    /** A pod's present life. */
    public synchronized SandboxPod pod(PodUid uid) throws SandboxException {
        SandboxPod pod = pods.get(uid);
        if (pod == null) {
            throw new SandboxException("the sandbox has no pod " + uid);
        }
        return pod;
    }

    /** Puts up a pod; when it returns, its process listens to commands. */
    public synchronized SandboxPod addPod(PodSpec spec) throws SandboxException {
        if (pods.containsKey(spec.uid())) {
            throw new SandboxException("the sandbox already has a pod " + spec.uid());
        }
        SandboxPod pod = startSandbox(spec);
        pods.put(spec.uid(), pod);
        return pod;
    }

    /** What the kernel counted on the pod's own interface until now. */
    public synchronized PodCounters counters(PodUid uid) throws SandboxException {
        return countersOf(pod(uid));
    }

    /**
     * Removes a pod and returns its final counters: they are read when no packet can pass any more, and stand for the pod's
     * whole life.
     */
    public synchronized PodCounters removePod(PodUid uid) throws SandboxException {
        PodCounters last = stopSandbox(pod(uid));
        pods.remove(uid);
        return last;
    }

    /**
     * What a node does after it lost a pod's sandbox: the same UID with a new namespace, veth, address and process. Returns the
     * final counters of the life that ended.
     */
    public synchronized PodCounters restartSandbox(PodUid uid) throws SandboxException {
        SandboxPod old = pod(uid);
        PodCounters last = removePod(uid);
        pods.put(uid, startSandbox(old.spec()));
        return last;
    }

    /** Removes pods, nodes, the control namespace's name and bridge, and the cgroup; says what could not be removed. */
    @Override
    public synchronized void close() throws SandboxException {
        if (closed) {
            return;
        }
        closed = true;
        List<SandboxPod> last = new ArrayList<>(pods.values());
        pods.clear();
        for (SandboxPod pod : last.reversed()) {
            pod.process().kill();
        }
        Remains remains = new Remains();
        remains.cgroup(cgroup);
        List<String> failures = new ArrayList<>();
        try {
            String control = settings.name().controlNamespace();
            List<String> standing =
                    new ArrayList<>(Ip.namespaces(settings.name().prefix()));
            boolean controlStands = standing.remove(control);
            for (String name : standing.reversed()) {
                remains.namespace(name);
            }
            if (controlStands) {
                removeBridge(control, failures);
                remains.namespaceName(control);
            }
        } catch (SandboxException e) {
            failures.add(String.valueOf(e.getMessage()));
        }
        failures.addAll(remains.stayed());
        if (!failures.isEmpty()) {
            throw new SandboxException(
                    "of the sandbox " + settings.name() + " something stayed: " + String.join("; ", failures));
        }
    }

    /** The control namespace may outlive its name, as the caller's own: its bridge must not. */
    private static void removeBridge(String control, List<String> failures) throws SandboxException {
        if (Shell.run("ip", "-n", control, "-o", "link", "show", "type", "bridge")
                .contains(" lawtap0:")) {
            try {
                Ip.batch(control, List.of("link del lawtap0"));
            } catch (SandboxException e) {
                failures.add(String.valueOf(e.getMessage()));
            }
        }
    }

    private void startNodes() throws SandboxException {
        String control = settings.name().controlNamespace();
        Cgroups.create(cgroup.resolve("kubepods").resolve("besteffort"));
        Ip.batch(
                control,
                List.of(
                        "link set lo up",
                        "link add lawtap0 address " + randomMac() + " type bridge",
                        "addr add " + CONTROL_ADDRESS + "/24 dev lawtap0",
                        "link set lawtap0 up"));
        for (int number = 1; number <= settings.nodes(); number++) {
            Node node = new Node(number, settings.name().nodeNamespace(number));
            Ip.addNamespace(node.netNamespace);
            List<String> kernel = new ArrayList<>(NO_IPV6);
            kernel.addAll(ROUTER);
            Ip.sysctl(node.netNamespace, kernel);
            String uplink = "up-n" + number;
            Ip.batch(
                    control,
                    List.of(
                            "link add " + uplink + " type veth peer name eth0 address " + randomMac() + " netns "
                                    + node.netNamespace,
                            "link set " + uplink + " master lawtap0 up"));
            Ip.batch(node.netNamespace, nodeLinks(node));
            nodes.put(new NodeName("n" + number), node);
        }
        for (Node node : nodes.values()) {
            Ip.batch(node.netNamespace, routes(node));
        }
    }

    private static List<String> nodeLinks(Node node) {
        return List.of(
                "link set lo up",
                "addr add " + node.address() + "/24 dev eth0",
                "link set eth0 up",
                // A bridge without an address of its own takes on that of its lowest port: pods would lose their
                // gateway.
                "link add cni0 address " + randomMac() + " mtu " + PodSpec.MTU_MAX + " type bridge mcast_snooping 0",
                "addr add " + node.gateway() + "/24 dev cni0",
                "link set cni0 up",
                "route add default via " + CONTROL_ADDRESS);
    }

    private List<String> routes(Node node) {
        List<String> routes = new ArrayList<>();
        for (Node other : nodes.values()) {
            if (other.number != node.number) {
                routes.add("route add 10.244." + other.number + ".0/24 via " + other.address());
            }
        }
        return routes;
    }

    private SandboxPod startSandbox(PodSpec spec) throws SandboxException {
        Node node = node(spec.node());
        String containerId = SandboxName.hex(32);
        Path podCgroup = cgroup.resolve("kubepods").resolve("besteffort").resolve("pod" + spec.uid());
        Parts parts = new Parts(
                node, node.takeAddress(), settings.name().podNamespace(), "veth" + SandboxName.hex(4), podCgroup);
        PodProcess process = null;
        try {
            Cgroups.create(podCgroup);
            String mac = randomMac();
            startNetwork(spec, parts, mac);
            pause(settings.startDelayMs());
            Path container = podCgroup.resolve(containerId);
            Cgroups.create(container);
            Path log = settings.logs().resolve("pod-" + spec.uid() + ".log");
            process = PodProcess.start(container, parts.netNamespace(), spec.marker(), log);
            return new SandboxPod(
                    spec,
                    parts.address(),
                    mac,
                    parts.hostVeth(),
                    parts.netNamespace(),
                    Ip.inode(parts.netNamespace()),
                    containerId,
                    container,
                    process);
        } catch (PodException | SandboxException e) {
            if (process != null) {
                process.kill();
            }
            SandboxException failure =
                    new SandboxException("pod " + spec.uid() + " could not be started: " + e.getMessage(), e);
            for (String stayed : dismantle(parts)) {
                failure.addSuppressed(new SandboxException(stayed));
            }
            throw failure;
        }
    }

    private static void startNetwork(PodSpec spec, Parts parts, String mac) throws SandboxException {
        Node node = parts.node();
        String veth = parts.hostVeth();
        Ip.addNamespace(parts.netNamespace());
        Ip.sysctl(parts.netNamespace(), NO_IPV6);
        Ip.batch(
                node.netNamespace,
                List.of(
                        "link add " + veth + " address " + randomMac() + " mtu " + spec.mtu()
                                + " type veth peer name eth0 address " + mac + " mtu " + spec.mtu() + " netns "
                                + parts.netNamespace(),
                        "link set " + veth + " master cni0",
                        "link set " + veth + " type bridge_slave proxy_arp on flood off mcast_flood off"
                                + " bcast_flood off learning off",
                        "neigh replace " + parts.address() + " lladdr " + mac + " dev cni0 nud permanent"));
        Ip.bridge(node.netNamespace, List.of("fdb replace " + mac + " dev " + veth + " master static"));
        Ip.sysctl(parts.netNamespace(), LONG_MEMORY);
        Ip.batch(
                parts.netNamespace(),
                List.of(
                        "link set lo up",
                        "addr add " + parts.address() + "/24 dev eth0",
                        "link set eth0 up",
                        "route add default via " + node.gateway()));
        Ip.batch(node.netNamespace, List.of("link set " + veth + " up"));
    }

    private PodCounters stopSandbox(SandboxPod pod) throws SandboxException {
        if (pod.process().isAlive()) {
            try {
                pod.process().rest();
            } catch (PodException e) {
                // A pod that does not come to rest is stopped all the same: the link goes down before the counters are
                // read.
            }
        }
        Node node = node(pod.spec().node());
        Ip.batch(node.netNamespace, List.of("link set " + pod.hostVeth() + " down"));
        PodCounters last = countersOf(pod);
        pod.process().kill();
        int host = Integer.parseInt(pod.address().substring(pod.address().lastIndexOf('.') + 1));
        List<String> stayed = dismantle(new Parts(
                node,
                host,
                pod.netNamespace(),
                pod.hostVeth(),
                Objects.requireNonNull(pod.cgroup().getParent())));
        if (!stayed.isEmpty()) {
            throw new SandboxException(
                    "of pod " + pod.spec().uid() + " something stayed: " + String.join("; ", stayed));
        }
        return last;
    }

    /** Takes away what stands of a pod sandbox; returns what could not be removed. */
    private static List<String> dismantle(Parts parts) {
        List<String> failures = new ArrayList<>();
        String namespace = parts.node().netNamespace;
        try {
            if (Shell.run("ip", "-n", namespace, "-o", "link", "show", "type", "veth")
                    .contains(" " + parts.hostVeth() + "@")) {
                Ip.batch(namespace, List.of("link del " + parts.hostVeth()));
            }
            if (!Shell.run("ip", "-n", namespace, "neigh", "show", parts.address(), "dev", "cni0")
                    .isBlank()) {
                Ip.batch(namespace, List.of("neigh del " + parts.address() + " dev cni0"));
            }
        } catch (SandboxException e) {
            failures.add(String.valueOf(e.getMessage()));
        }
        Remains remains = new Remains();
        if (Files.exists(Ip.NAMED.resolve(parts.netNamespace()))) {
            remains.namespace(parts.netNamespace());
        }
        remains.cgroup(parts.podCgroup());
        failures.addAll(remains.stayed());
        parts.node().taken.remove(parts.host());
        return failures;
    }

    /** By the pod's process as any outsider would; by its namespace when the process has ended. */
    private static PodCounters countersOf(SandboxPod pod) throws SandboxException {
        if (pod.process().isAlive()) {
            try {
                return PodCounters.ofProcess(pod.process().pid());
            } catch (IOException e) {
                // It ended just now.
            }
        }
        String table = Shell.run("ip", "netns", "exec", pod.netNamespace(), "cat", "/proc/self/net/dev");
        return PodCounters.ofTable(table.lines().toList())
                .orElseThrow(() -> new SandboxException("pod " + pod.spec().uid() + " has no eth0 any more"));
    }

    private Node node(NodeName name) throws SandboxException {
        Node node = nodes.get(name);
        if (node == null) {
            throw new SandboxException("the sandbox has no node " + name);
        }
        return node;
    }

    /** A random unicast address that no vendor owns (IEEE 802: locally administered). */
    private static String randomMac() {
        String hex = SandboxName.hex(6);
        int first = (Integer.parseInt(hex.substring(0, 2), 16) & 0xFC) | 0x02;
        StringBuilder mac = new StringBuilder("%02x".formatted(first));
        for (int i = 2; i < hex.length(); i += 2) {
            mac.append(':').append(hex, i, i + 2);
        }
        return mac.toString();
    }

    private static void pause(long ms) throws SandboxException {
        long end = System.nanoTime() + ms * NANOS_PER_MS;
        while (end - System.nanoTime() > 0) {
            if (Thread.currentThread().isInterrupted()) {
                throw new SandboxException("interrupted while a pod started");
            }
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }

    private static void requireRoot() throws SandboxException {
        Object user;
        try {
            user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException e) {
            throw new SandboxException("/proc/self cannot be read: " + e, e);
        }
        if (!user.equals(0)) {
            throw new SandboxException(
                    "a sandbox makes network namespaces and cgroups: the process must be root, not user " + user);
        }
    }
}
