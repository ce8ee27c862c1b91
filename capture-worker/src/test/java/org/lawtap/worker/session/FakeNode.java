package org.lawtap.worker.session;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.InterfaceCounters;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.worker.engine.CapturedFrame;
import org.lawtap.worker.engine.Engine;
import org.lawtap.worker.engine.PacketSource;
import org.lawtap.worker.kernel.Link;
import org.lawtap.worker.kernel.Links;

/** A node in memory: links, processes in a /proc of files, and sources that tap what passes. */
final class FakeNode implements Links, Engine {
    private static final String OWN_NAMESPACE = "net:[1000]";

    private final Path proc;
    private final Map<Integer, Link> links = new LinkedHashMap<>();
    private final Map<Integer, Integer> namespaceIds = new HashMap<>();
    private final Map<Integer, Removal> removals = new HashMap<>();
    private final List<Source> sources = new ArrayList<>();

    /** Runs when a source changes its filter: packets that pass right then. */
    Runnable duringSwitch = () -> {};

    /** Runs when a source is opened. */
    Runnable duringOpen = () -> {};

    /** A source that is told of a filter, of whatever words, lets through frames of no more bytes. */
    static final int FILTER_BYTES_MAX = 100;

    /** Runs when a source has just refused: packets that it does not see any more. */
    Runnable afterRefusal = () -> {};

    /** Whether the kernel has told of a change of links. */
    boolean changed;

    TrafficControl traffic = TrafficControl.NONE;

    /** How often all links were listed. */
    int looks;

    int opened;
    int ringPackets = Integer.MAX_VALUE;

    FakeNode(Path proc) throws IOException {
        this.proc = proc;
        Files.createDirectories(proc.resolve("thread-self/ns"));
        Files.createSymbolicLink(proc.resolve("thread-self/ns/net"), Path.of(OWN_NAMESPACE));
    }

    void process(int pid, PodUid pod, int namespace) throws IOException {
        Path process = proc.resolve(String.valueOf(pid));
        Files.createDirectories(process.resolve("ns"));
        Files.writeString(process.resolve("cgroup"), "0::/kubepods/pod" + pod + "/c1\n");
        Files.createSymbolicLink(process.resolve("ns/net"), Path.of("net:[" + namespace + "]"));
        namespaceIds.put(pid, namespace == 1000 ? -1 : namespace);
    }

    void end(int pid) throws IOException {
        try (Stream<Path> files = Files.walk(proc.resolve(String.valueOf(pid)))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    void pair(int index, int namespace) {
        links.put(index, link(index, "veth" + index, namespace, true, new InterfaceCounters(0, 0, 0, 0, 0, 0)));
    }

    void set(int index, boolean up, int namespace) {
        Link link = link(index);
        links.put(index, link(index, link.name(), namespace, up, link.counters()));
    }

    /** Removes it, with its last words or without. */
    void remove(int index, boolean heard) {
        Link link = links.remove(index);
        if (heard && link != null) {
            removals.put(index, new Removal(link.counters(), true));
        }
        sources.stream().filter(source -> source.index == index).forEach(source -> source.interrupted = true);
    }

    Link link(int index) {
        Link link = links.get(index);
        if (link == null) {
            throw new IllegalStateException("no link " + index);
        }
        return link;
    }

    void pass(int index, Packet.Direction direction, long timeNs, int length) {
        pass(index, direction, timeNs, new byte[length]);
    }

    void pass(int index, Packet.Direction direction, long timeNs, byte[] frame) {
        int length = frame.length;
        Link link = link(index);
        InterfaceCounters old = link.counters();
        boolean fromPod = direction == Packet.Direction.FROM_POD;
        links.put(
                index,
                link(
                        index,
                        link.name(),
                        link.peerNamespace(),
                        link.up(),
                        new InterfaceCounters(
                                old.receivedPackets() + (fromPod ? 1 : 0),
                                old.sentPackets() + (fromPod ? 0 : 1),
                                old.receivedBytes() + (fromPod ? length : 0),
                                old.sentBytes() + (fromPod ? 0 : length),
                                0,
                                0)));
        sources.stream()
                .filter(source -> source.index == index)
                .forEach(source -> source.tap(timeNs, direction, frame));
    }

    private static Link link(int index, String name, int namespace, boolean up, InterfaceCounters counters) {
        return new Link(index, name, "veth", 2, namespace, up, false, ByteBuffer.allocate(6), counters);
    }

    @Override
    public List<Link> all() {
        looks++;
        return List.copyOf(links.values());
    }

    @Override
    public @Nullable Link find(int index) {
        return links.get(index);
    }

    @Override
    public int namespaceIdOf(int pid) {
        return namespaceIds.getOrDefault(pid, -1);
    }

    @Override
    public boolean takeChanges() {
        boolean was = changed;
        changed = false;
        return was;
    }

    @Override
    public int descriptor() {
        return -1;
    }

    @Override
    public Set<Integer> trafficControlled() {
        return traffic.equals(TrafficControl.NONE) ? Set.of() : links.keySet();
    }

    @Override
    public TrafficControl trafficControl(int index) {
        return traffic;
    }

    @Override
    public void watch(Link link) {}

    @Override
    public void unwatch(Link link) {}

    @Override
    public @Nullable Removal removal(Link last) {
        return removals.get(last.index());
    }

    @Override
    public void close() {}

    @Override
    public PacketSource open(String interfaceName, int interfaceIndex) {
        Source source = new Source(interfaceIndex);
        sources.add(source);
        opened++;
        duringOpen.run();
        return source;
    }

    /** Sources that were opened and not closed. */
    int open() {
        return sources.size();
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Tapped(long timeNs, Packet.Direction direction, byte[] frame) {}

    private final class Source implements PacketSource {
        private final int index;
        private final Deque<Tapped> ring = new ArrayDeque<>();
        private final CapturedFrame view = new CapturedFrame();
        private boolean accepts;
        private boolean filters;
        private boolean interrupted;
        private long received;
        private long dropped;

        Source(int index) {
            this.index = index;
        }

        private void tap(long timeNs, Packet.Direction direction, byte[] frame) {
            if (accepts && (!filters || frame.length <= FILTER_BYTES_MAX)) {
                received++;
                if (ring.size() < ringPackets) {
                    ring.add(new Tapped(timeNs, direction, frame));
                } else {
                    dropped++;
                }
            }
        }

        @Override
        public String engine() {
            return "fake";
        }

        @Override
        public int poll(Handler handler, int packetsMax) {
            int count = 0;
            boolean more = true;
            while (more && count < packetsMax && !ring.isEmpty()) {
                Tapped next = ring.removeFirst();
                view.show(
                        next.timeNs,
                        next.direction,
                        0,
                        0,
                        0,
                        next.frame.length,
                        MemorySegment.ofArray(next.frame),
                        0,
                        next.frame.length);
                more = handler.frame(view);
                count++;
            }
            return count;
        }

        @Override
        public void accept(@Nullable String filter) {
            duringSwitch.run();
            filters = filter != null;
            accepts = true;
        }

        @Override
        public void refuse() {
            duringSwitch.run();
            accepts = false;
            afterRefusal.run();
        }

        @Override
        public Counts counts() {
            return new Counts(received, dropped);
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
