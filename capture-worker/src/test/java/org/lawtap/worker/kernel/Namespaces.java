package org.lawtap.worker.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Network namespaces of one test, named after this process and deleted at its end. Needs root. */
@SuppressWarnings("restricted") // native calls are this class's purpose
public final class Namespaces implements AutoCloseable {
    private static final int ROUNDS_MAX = 2000;
    private static final int CLONE_NEWNET = 0x40000000;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle SETNS = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("setns"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle OPEN = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

    private final List<String> names = new ArrayList<>();

    public Namespaces() {
        if (!System.getProperty("user.name").equals("root")) {
            throw new IllegalStateException("this test makes network namespaces: run it as root");
        }
    }

    /** Makes one without IPv6, so that nothing but the test sends; returns its name. */
    public String add(String suffix) throws Exception {
        String name = "lawtap-it-" + ProcessHandle.current().pid() + "-" + suffix;
        run("ip", "netns", "add", name);
        names.add(name);
        in(name, () -> {
            for (String where : List.of("all", "default")) {
                Files.writeString(Path.of("/proc/sys/net/ipv6/conf/" + where + "/disable_ipv6"), "1");
            }
            return 0;
        });
        return name;
    }

    /** Deletes one now. */
    public void delete(String name) throws IOException {
        run("ip", "netns", "del", name);
        names.remove(name);
    }

    /** Runs ip(8) in a namespace. */
    public void ip(String namespace, String arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip", "-n", namespace));
        command.addAll(List.of(arguments.split(" ")));
        run(command.toArray(String[]::new));
    }

    /** Runs tc(8) in a namespace. */
    public void tc(String namespace, String arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("tc", "-n", namespace));
        command.addAll(List.of(arguments.split(" ")));
        run(command.toArray(String[]::new));
    }

    /** Makes a veth pair, {@code host} in node and eth0 in pod, both down. */
    public void pair(String node, String host, String pod) throws IOException {
        ip(node, "link add " + host + " mtu 65535 type veth peer name eth0 mtu 65535 netns " + pod);
    }

    /** Sets both ends up. */
    public void up(String node, String host, String pod) throws IOException {
        ip(node, "link set " + host + " up");
        ip(pod, "link set eth0 up");
        awaitUp(node, host);
        awaitUp(pod, "eth0");
    }

    /** Waits until a device carries packets: until the kernel has looked at its carrier, it drops what is sent without a word. */
    public void awaitUp(String namespace, String device) throws IOException {
        for (int round = 0; round < ROUNDS_MAX; round++) {
            if (output("ip", "-n", namespace, "-o", "link", "show", device).contains("state UP")) {
                return;
            }
            Waiting.forAny(List.of(), 5);
        }
        throw new IOException(device + " does not come up");
    }

    /** Runs on a thread of its own in the namespace. */
    public <T> T in(String namespace, Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(() -> {
            enter(namespace);
            return work.call();
        });
        Thread thread = new Thread(task, "in-" + namespace);
        thread.start();
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e;
        }
    }

    private static void enter(String namespace) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            int fd = (int) OPEN.invokeExact(arena.allocateFrom("/run/netns/" + namespace), 0);
            int result = (int) SETNS.invokeExact(fd, CLONE_NEWNET);
            if (fd < 0 || result != 0) {
                throw new IllegalStateException("cannot enter " + namespace);
            }
            Libc.close(fd);
        } catch (KernelException | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends frames as they are out of an interface of the namespace. */
    public void send(String namespace, String device, List<byte[]> frames) throws Exception {
        in(namespace, () -> {
            int fd = Libc.socket(Libc.AF_PACKET, Libc.SOCK_RAW, 0);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment address = arena.allocate(20, 4);
                address.set(ValueLayout.JAVA_SHORT, 0, (short) Libc.AF_PACKET);
                address.set(ValueLayout.JAVA_INT, 4, index(device));
                Libc.bind(fd, address);
                for (byte[] frame : frames) {
                    MemorySegment bytes = arena.allocate(frame.length, 1);
                    MemorySegment.copy(frame, 0, bytes, ValueLayout.JAVA_BYTE, 0, frame.length);
                    Libc.send(fd, bytes);
                }
            } finally {
                Libc.close(fd);
            }
            return 0;
        });
    }

    /** The index of a device of the calling thread's namespace. */
    public static int index(String device) throws KernelException {
        return link(device).index();
    }

    /** A device of the calling thread's namespace. */
    public static Link link(String device) throws KernelException {
        try (NetlinkLinks links = NetlinkLinks.open()) {
            return links.all().stream()
                    .filter(link -> link.name().equals(device))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no " + device));
        }
    }

    /** Runs a command to its end, which must be a good one. */
    public static void run(String... command) throws IOException {
        output(command);
    }

    private static String output(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + output);
            }
            return output;
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        for (String name : List.copyOf(names)) {
            delete(name);
        }
    }
}
