package org.lawtap.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.lawtap.deploy.sandbox.Claim;
import org.lawtap.deploy.sandbox.Leftovers;
import org.lawtap.deploy.sandbox.QuietPods;
import org.lawtap.deploy.sandbox.QuietPods.QuietPod;
import org.lawtap.deploy.sandbox.SandboxCluster;
import org.lawtap.deploy.sandbox.SandboxException;
import org.lawtap.deploy.sandbox.SandboxName;
import org.lawtap.deploy.sandbox.Scaffold;
import org.lawtap.schemas.model.NodeName;

/**
 * One sandbox node full of quiet pods, and whatever a benchmark lets stand on it. Must be put up as root in a network namespace of
 * its own; all is taken down in reverse when it closes, and what a killed one left by the next.
 */
final class BenchNode implements AutoCloseable {
    /** What pods send to: no pod has it, and their kernels drop it without an answer, so that only what is sent passes. */
    private static final String NOBODY = "10.245.0.1";

    private static final int TELL_EVERY_PODS = 50;
    private static final Duration TOOL_TIMEOUT = Duration.ofSeconds(20);
    private static final int FIELD_RECEIVED_PACKETS = 1;
    private static final int FIELD_SENT_PACKETS = 9;

    private final Path directory;
    private final Progress progress;
    private final Scaffold standing;
    private final Place place;
    private int asked;

    private record Place(NodeName node, String netNamespace, List<QuietPod> pods) {
        Place {
            pods = List.copyOf(pods);
        }
    }

    private BenchNode(Path directory, int pods, Progress progress) throws BenchException, InterruptedException {
        this.directory = directory;
        this.progress = progress;
        this.standing = new Scaffold(progress::tell);
        try {
            this.place = put(pods);
        } catch (BenchException | InterruptedException e) {
            close();
            throw e;
        }
    }

    /** Puts up a node. @param directory a new one, for everything that is written */
    static BenchNode putUp(Path directory, int pods, Progress progress) throws BenchException, InterruptedException {
        return new BenchNode(directory, pods, progress);
    }

    NodeName name() {
        return place.node();
    }

    List<QuietPod> pods() {
        return place.pods();
    }

    Path directory() {
        return directory;
    }

    /** What to put before a command that is to run in the node's network namespace. */
    List<String> enter() {
        return enter(place.netNamespace());
    }

    /** What to put before a command that is to run in a pod's network namespace. */
    List<String> enter(QuietPod pod) {
        return enter(pod.netNamespace());
    }

    /** Lets something stand until the node is taken down. */
    <T extends AutoCloseable> T keep(T thing) {
        return standing.keep(thing);
    }

    /**
     * A generator inside a pod that sends to another pod: its frames pass the first one's interface and end at the bridge, which
     * knows no way to the other unless the two were connected. What a receiver's kernel does with a frame would only take
     * processors from what is measured.
     */
    Generator fromPod(Path program, QuietPod from, QuietPod to) throws BenchException, InterruptedException {
        String[] words = output(from.netNamespace(), List.of("ip", "-o", "link", "show", "eth0"))
                .split(":", 2);
        String way = words[0].strip() + "," + to.mac() + "," + from.mac() + "," + NOBODY + "," + from.address();
        return new Generator(program, from.netNamespace(), false, List.of(way), directory);
    }

    /** Lets two pods talk: each knows the other's address, and the bridge where it is. */
    void connect(QuietPod one, QuietPod other) throws BenchException, InterruptedException {
        reach(one);
        reach(other);
        meet(one, other);
        meet(other, one);
    }

    /** A generator on the node that sends to pods in turn, out of the node's ends of their interfaces. */
    Generator toPods(Path program, List<QuietPod> pods) {
        List<String> ways = pods.stream()
                .map(pod -> pod.hostIndex() + "," + pod.mac() + ",02:00:00:00:ff:01," + NOBODY + ",10.244.0.1")
                .toList();
        return new Generator(program, place.netNamespace(), true, ways, directory);
    }

    /** Packets of both directions that passed a pod's interface as the node counts them. */
    long passed(QuietPod pod) throws BenchException, InterruptedException {
        return passed(List.of(pod));
    }

    /** Packets of both directions that passed these pods' interfaces, together. */
    long passed(List<QuietPod> pods) throws BenchException, InterruptedException {
        long sum = 0;
        int found = 0;
        List<String> names = pods.stream().map(QuietPod::hostVeth).toList();
        for (String line : output(place.netNamespace(), List.of("cat", "/proc/net/dev"))
                .lines()
                .toList()) {
            int colon = line.indexOf(':');
            if (colon > 0 && names.contains(line.substring(0, colon).strip())) {
                String[] fields = line.substring(colon + 1).strip().split(" +", -1);
                sum += Long.parseLong(fields[FIELD_RECEIVED_PACKETS]) + Long.parseLong(fields[FIELD_SENT_PACKETS]);
                found++;
            }
        }
        if (found != pods.size()) {
            throw new BenchException("the node has " + found + " of " + pods.size() + " interfaces of its pods");
        }
        return sum;
    }

    @Override
    public void close() {
        progress.tell("removing the node");
        // In a thread of its own: an interrupt that comes now must not leave the half of it.
        Thread taker = Thread.ofPlatform().name("bench-take-down").start(standing::close);
        boolean interrupted = Thread.interrupted();
        while (taker.isAlive()) {
            try {
                taker.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private Place put(int count) throws BenchException, InterruptedException {
        try {
            Path logs = Files.createDirectories(directory.resolve("logs"));
            for (Leftovers.Removed left : Leftovers.clean(Claim.DIRECTORY)) {
                progress.tell("removed what an earlier sandbox left behind: "
                        + left.removed().size() + " things");
            }
            SandboxName name = SandboxName.random();
            keep(Claim.take(Claim.DIRECTORY, name, directory));
            SandboxCluster.attachControlNamespace(name);
            SandboxCluster cluster = keep(SandboxCluster.start(new SandboxCluster.Settings(name, 1, logs, 0)));
            standing.keep(() -> QuietPods.remove(cluster, name));
            NodeName node = cluster.nodes().getFirst();
            progress.tell("putting up a node with " + count + " pods");
            List<QuietPod> pods = QuietPods.add(cluster, name, node, count, stand -> {
                if (stand % TELL_EVERY_PODS == 0) {
                    progress.tell(stand + " pods stand");
                }
            });
            return new Place(node, cluster.netNamespace(node), pods);
        } catch (SandboxException | IOException e) {
            throw new BenchException(String.valueOf(e.getMessage()), e);
        }
    }

    /** The bridge floods nothing and learns nothing. */
    private void reach(QuietPod pod) throws BenchException, InterruptedException {
        output(
                place.netNamespace(),
                List.of("bridge", "fdb", "replace", pod.mac(), "dev", pod.hostVeth(), "master", "static"));
    }

    private void meet(QuietPod one, QuietPod other) throws BenchException, InterruptedException {
        output(
                one.netNamespace(),
                List.of(
                        "ip",
                        "neigh",
                        "replace",
                        other.address(),
                        "lladdr",
                        other.mac(),
                        "dev",
                        "eth0",
                        "nud",
                        "permanent"));
    }

    private String output(String netNamespace, List<String> command) throws BenchException, InterruptedException {
        Path file = directory.resolve("output-" + asked++);
        try (MeasuredProcess process =
                MeasuredProcess.start(command.getFirst(), enter(netNamespace), command, Map.of(), file)) {
            process.awaitEnd(TOOL_TIMEOUT);
            return process.said();
        } finally {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                progress.tell(file + " stays: " + e.getMessage());
            }
        }
    }

    private static List<String> enter(String netNamespace) {
        return List.of("nsenter", "--net=/run/netns/" + netNamespace);
    }
}
