package org.lawtap.deploy.simulation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.InterfaceCounters;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Packet;
import org.lawtap.worker.engine.CapturedFrame;
import org.lawtap.worker.engine.Engine;
import org.lawtap.worker.engine.PacketSource;
import org.lawtap.worker.kernel.Link;
import org.lawtap.worker.kernel.Links;

/** A node's kernel in memory: pods' interfaces, their processes in a /proc of files, and sources that tap what passes. */
final class SimulatedNode implements Links, Engine {
    private static final int OWN_NAMESPACE = 1000;
    private static final int UPLINK = 1;
    private static final int POD_SIDE_INDEX = 2;
    private static final int RING_FRAMES = 12;

    private final NodeName name;
    private final Path proc;
    private final Clock clock;
    private final Map<Integer, Wire> wires = new LinkedHashMap<>();
    private final Map<Integer, Integer> namespaceIds = new LinkedHashMap<>();
    private final Map<Integer, InterfaceCounters> removed = new LinkedHashMap<>();
    private final List<Source> sources = new ArrayList<>();
    private Judge judge = (tap, frame) -> {};
    private @Nullable Tap lastTap;
    private int made;

    /** Sees each frame as a source hands it over. */
    @FunctionalInterface
    interface Judge {
        void handed(Tap tap, Frame frame);
    }

    /** A pod's interface. */
    static final class Wire {
        private final int index;
        private final int pid;
        private final int namespace;
        private long fromPod;
        private long toPod;

        private Wire(int index, int pid, int namespace) {
            this.index = index;
            this.pid = pid;
            this.namespace = namespace;
        }

        private InterfaceCounters counters() {
            return new InterfaceCounters(fromPod, toPod, fromPod * Frame.BYTES, toPod * Frame.BYTES, 0, 0);
        }

        private Link link() {
            return new Link(
                    index,
                    "veth" + index,
                    "veth",
                    POD_SIDE_INDEX,
                    namespace,
                    true,
                    false,
                    ByteBuffer.allocate(6),
                    counters());
        }
    }

    /** What truly happened at a source. */
    static final class Tap {
        /** Packets of the interface before anything was captured. */
        private long before;

        private long tapped;
        private long lost;
        private long handed;

        long before() {
            return before;
        }

        long lost() {
            return lost;
        }

        long handed() {
            return handed;
        }

        /** Frames that passed, were not lost for want of room, and were not handed over. */
        long left() {
            return tapped - lost - handed;
        }
    }

    SimulatedNode(String name, FileSystem files, Clock clock) {
        this.name = new NodeName(name);
        this.clock = clock;
        this.proc = files.getPath("/" + name + "/proc");
        try {
            Files.createDirectories(proc.resolve("thread-self/ns"));
            Files.createSymbolicLink(proc.resolve("thread-self/ns/net"), namespace(OWN_NAMESPACE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    NodeName name() {
        return name;
    }

    Path proc() {
        return proc;
    }

    Clock clock() {
        return clock;
    }

    void judgedBy(Judge oracle) {
        judge = oracle;
    }

    /** The source that was opened last. */
    Tap lastTap() {
        if (lastTap == null) {
            throw new IllegalStateException("no source was opened on " + name);
        }
        return lastTap;
    }

    /** The pod's sandbox starts: a process, and an interface unless it uses the node's. */
    void plug(SimulatedPod pod) {
        made++;
        int pid = 100 + made;
        int index = 10 + made;
        int namespace = pod.hostNetwork ? OWN_NAMESPACE : 5000 + made;
        try {
            Path process = proc.resolve(String.valueOf(pid));
            Files.createDirectories(process.resolve("ns"));
            Files.createSymbolicLink(process.resolve("ns/net"), namespace(namespace));
            Files.writeString(process.resolve("cgroup"), "0::/kubepods/pod" + pod.ref.uid() + "/c1\n");
            Files.createDirectories(process.resolve("net"));
            Files.writeString(process.resolve("net/dev"), "title\ntitle\n eth0: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
            Path device = process.resolve("root/sys/class/net/eth0");
            Files.createDirectories(device);
            Files.writeString(device.resolve("ifindex"), POD_SIDE_INDEX + "\n");
            Files.writeString(device.resolve("iflink"), index + "\n");
            Files.writeString(device.resolve("address"), address(pod) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        namespaceIds.put(pid, pod.hostNetwork ? -1 : namespace);
        Wire wire = new Wire(pod.hostNetwork ? UPLINK : index, pid, namespace);
        if (!pod.hostNetwork) {
            wires.put(index, wire);
        }
        pod.wire = wire;
    }

    /** The pod's sandbox ends, and its interface with it. */
    void unplug(SimulatedPod pod) {
        Wire wire = pod.wire;
        if (wire == null) {
            return;
        }
        pod.wire = null;
        namespaceIds.remove(wire.pid);
        if (wires.remove(wire.index) != null) {
            removed.put(wire.index, wire.counters());
            sources.stream().filter(source -> source.wire == wire).forEach(source -> source.interrupted = true);
        }
        try (Stream<Path> files = Files.walk(proc.resolve(String.valueOf(wire.pid)))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A packet passes the pod's interface, if it has one. */
    void pass(Frame frame) {
        Wire wire = frame.pod().wire;
        if (wire == null || !wires.containsKey(wire.index)) {
            return;
        }
        if (frame.direction() == Packet.Direction.FROM_POD) {
            wire.fromPod++;
        } else {
            wire.toPod++;
        }
        sources.stream().filter(source -> source.wire == wire).forEach(source -> source.tap(frame));
    }

    /** The worker's process is gone, and its sockets. */
    void closeSockets() {
        sources.clear();
    }

    private static String address(SimulatedPod pod) {
        byte[] bytes = ByteBuffer.allocate(Long.BYTES).putLong(pod.address()).array();
        return HexFormat.ofDelimiter(":").formatHex(bytes, 2, Long.BYTES);
    }

    private Path namespace(int inode) {
        return proc.getFileSystem().getPath("net:[" + inode + "]");
    }

    @Override
    public List<Link> all() {
        List<Link> links = new ArrayList<>();
        links.add(new Link(
                UPLINK,
                "eth0",
                "",
                0,
                -1,
                true,
                false,
                ByteBuffer.allocate(6),
                new InterfaceCounters(0, 0, 0, 0, 0, 0)));
        wires.values().forEach(wire -> links.add(wire.link()));
        return links;
    }

    @Override
    public @Nullable Link find(int index) {
        Wire wire = wires.get(index);
        return wire == null ? null : wire.link();
    }

    @Override
    public int namespaceIdOf(int pid) {
        return namespaceIds.getOrDefault(pid, -1);
    }

    @Override
    public boolean takeChanges() {
        return false;
    }

    @Override
    public int descriptor() {
        return -1;
    }

    @Override
    public Set<Integer> trafficControlled() {
        return Set.of();
    }

    @Override
    public TrafficControl trafficControl(int index) {
        return TrafficControl.NONE;
    }

    @Override
    public void watch(Link link) {}

    @Override
    public void unwatch(Link link) {}

    @Override
    public @Nullable Removal removal(Link last) {
        InterfaceCounters counters = removed.get(last.index());
        return counters == null ? null : new Removal(counters, true);
    }

    @Override
    public void close() {}

    @Override
    public PacketSource open(String interfaceName, int interfaceIndex) throws IOException {
        Wire wire = wires.get(interfaceIndex);
        if (wire == null) {
            throw new IOException("no interface " + interfaceIndex);
        }
        Source source = new Source(wire);
        sources.add(source);
        lastTap = source.tap;
        return source;
    }

    /** A tap with a ring. */
    private final class Source implements PacketSource {
        private final Wire wire;
        private final Tap tap = new Tap();
        private final Deque<Frame> ring = new ArrayDeque<>();
        private final CapturedFrame seen = new CapturedFrame();
        private boolean accepts;
        private boolean interrupted;

        Source(Wire wire) {
            this.wire = wire;
        }

        private void tap(Frame frame) {
            if (accepts) {
                tap.tapped++;
                if (ring.size() < RING_FRAMES) {
                    ring.add(frame);
                } else {
                    tap.lost++;
                }
            }
        }

        @Override
        public String engine() {
            return "simulated";
        }

        @Override
        public int poll(Handler handler, int packetsMax) {
            int count = 0;
            boolean more = true;
            while (more && count < packetsMax && !ring.isEmpty()) {
                Frame next = ring.removeFirst();
                tap.handed++;
                judge.handed(tap, next);
                seen.show(
                        next.timeNs(),
                        next.direction(),
                        0,
                        0,
                        0,
                        Frame.BYTES,
                        MemorySegment.ofArray(next.bytes()),
                        0,
                        Frame.BYTES);
                more = handler.frame(seen);
                count++;
            }
            return count;
        }

        @Override
        public void accept(@Nullable String filter) {
            accepts = true;
            tap.before = wire.fromPod + wire.toPod;
        }

        @Override
        public void refuse() {
            accepts = false;
        }

        @Override
        public Counts counts() {
            return new Counts(tap.tapped, tap.lost);
        }

        @Override
        public boolean takeInterruption() {
            boolean was = interrupted;
            interrupted = false;
            return was;
        }

        @Override
        public int descriptor() {
            return -1;
        }

        @Override
        public void close() {
            sources.remove(this);
        }
    }
}
