package org.lawtap.worker.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A node and a pod as two network namespaces with a veth pair between them: host0 in the node, eth0 in the pod. */
@SuppressWarnings("restricted")
public final class TestNetwork implements AutoCloseable {
    private static final int CLONE_NEWNET = 0x40000000;
    private static final MethodHandle OPEN =
            handle("open", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final MethodHandle SETNS =
            handle("setns", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final String node;
    private final String pod;
    private final ExecutorService inNode = Executors.newSingleThreadExecutor();
    private final ExecutorService inPod = Executors.newSingleThreadExecutor();

    private TestNetwork(String name) {
        this.node = "lawtap-it-" + ProcessHandle.current().pid() + "-" + name + "-n";
        this.pod = "lawtap-it-" + ProcessHandle.current().pid() + "-" + name + "-p";
    }

    /** Makes it; the links are down and IPv6 is off, so that no kernel speaks by itself. */
    public static TestNetwork make(String name, int mtu) throws Exception {
        TestNetwork network = new TestNetwork(name);
        try {
            run("ip", "netns", "add", network.node);
            run("ip", "netns", "add", network.pod);
            for (String namespace : List.of(network.node, network.pod)) {
                run("ip", "netns", "exec", namespace, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1");
            }
            run(
                    "ip",
                    "-n",
                    network.node,
                    "link",
                    "add",
                    "host0",
                    "mtu",
                    "" + mtu,
                    "type",
                    "veth",
                    "peer",
                    "name",
                    "eth0",
                    "mtu",
                    "" + mtu,
                    "netns",
                    network.pod);
            network.enter(network.inNode, network.node);
            network.enter(network.inPod, network.pod);
            return network;
        } catch (Exception e) {
            network.close();
            throw e;
        }
    }

    /** The pod's namespace. */
    public String pod() {
        return pod;
    }

    /** The node's namespace. */
    public String node() {
        return node;
    }

    /** Both ends up. */
    public void up() throws Exception {
        run("ip", "-n", node, "link", "set", "host0", "up");
        run("ip", "-n", pod, "link", "set", "eth0", "up");
    }

    /** Runs on the thread that lives in the node's namespace. */
    public <T> T inNode(Callable<T> work) throws Exception {
        return await(inNode.submit(work));
    }

    /** The index of host0. */
    public int hostIndex() throws Exception {
        return inNode(() -> {
            try (NetlinkLinks links = NetlinkLinks.open()) {
                return links.all().stream()
                        .filter(link -> link.name().equals("host0"))
                        .findFirst()
                        .orElseThrow()
                        .index();
            }
        });
    }

    /** Sends frames out of the pod's eth0, as they stand. */
    public void send(List<byte[]> frames) throws Exception {
        await(inPod.submit(() -> {
            int index;
            try (NetlinkLinks links = NetlinkLinks.open()) {
                index = links.all().stream()
                        .filter(link -> link.name().equals("eth0"))
                        .findFirst()
                        .orElseThrow()
                        .index();
            }
            int fd = Libc.socket(Libc.AF_PACKET, Libc.SOCK_RAW, 0);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment address = arena.allocate(20, 4);
                address.set(ValueLayout.JAVA_SHORT, 0, (short) Libc.AF_PACKET);
                address.set(ValueLayout.JAVA_INT, 4, index);
                Libc.bind(fd, address);
                for (byte[] frame : frames) {
                    Libc.send(fd, arena.allocateFrom(ValueLayout.JAVA_BYTE, frame));
                }
            } finally {
                Libc.close(fd);
            }
            return null;
        }));
    }

    /** Runs a command and fails with its output. */
    public static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output.strip() + " (are you root?)");
        }
    }

    @Override
    public void close() throws IOException {
        inNode.shutdownNow();
        inPod.shutdownNow();
        for (String namespace : List.of(pod, node)) {
            Process process = new ProcessBuilder("ip", "netns", "del", namespace).start();
            process.onExit().join();
        }
    }

    private void enter(ExecutorService thread, String namespace) throws Exception {
        await(thread.submit(() -> {
            try (Arena arena = Arena.ofConfined()) {
                int fd = (int) OPEN.invokeExact(arena.allocateFrom("/run/netns/" + namespace), 0);
                int result = (int) SETNS.invokeExact(fd, CLONE_NEWNET);
                if (fd < 0 || result != 0) {
                    throw new IOException("setns failed; are you root?");
                }
                Libc.close(fd);
                return null;
            } catch (Throwable e) {
                throw new IOException(e);
            }
        }));
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.get(30, java.util.concurrent.TimeUnit.SECONDS);
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
    }
}
