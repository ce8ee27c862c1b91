package org.lawtap.worker.identity;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lawtap.worker.kernel.Link;
import org.lawtap.worker.kernel.Links;

/**
 * Finds a pod's host-side interfaces and proves them. An interface is the pod's if the kernel says so in three ways: it is one
 * end of a pair; the kernel's id of its other end's network namespace is the id of the pod's processes' namespace; and, where
 * the pod's sysfs can be read, the other end there points back to it. A name is never proof, nor is an index alone: for a
 * macvlan the index would be the node's own network card.
 */
public final class PodFinder {
    private final Path proc;
    private final Links links;

    /** @param proc the host's /proc */
    public PodFinder(Path proc, Links links) {
        this.proc = proc;
        this.links = links;
    }

    /** What was found. */
    public sealed interface Finding {
        /** No living process. */
        record NotYet() implements Finding {}

        /** Its processes use the worker's own namespace, the node's interfaces, and no interface leads to one that doesn't. */
        record HostNetwork() implements Finding {}

        /** Its processes lead to more than one pod's network; whose it is can't be told. */
        record Ambiguous() implements Finding {}

        /** The pod lives, but no interface of this node leads into it: macvlan, ipvlan, SR-IOV, or no network yet. */
        record NoHostPeer() implements Finding {}

        /**
         * Its interfaces, at least one.
         *
         * @param uncovered names of the pod's other devices that carried packets: nothing of this node leads there
         * @param alsoNode whether some of its processes use the node's interfaces
         */
        record Found(List<PodInterface> interfaces, List<String> uncovered, boolean alsoNode) implements Finding {
            public Found {
                interfaces = List.copyOf(interfaces);
                uncovered = List.copyOf(uncovered);
            }
        }
    }

    /**
     * A pod's network namespaces, each with one process and what its devices had counted. Read before the node's interfaces: what
     * the pod has counted then, its interface has counted, too.
     */
    public record Sight(
            Map<Long, Inside> namespaces, @Nullable Long own) {
        /** What one of its processes sees. */
        record Inside(int pid, Map<String, PodDevices.Counters> devices) {}

        /** What the pod counts at the other end of this interface; null if it could not be read. */
        public PodDevices.@Nullable Counters counters(PodInterface found) {
            Inside inside = namespaces.get(found.networkNamespace());
            return inside == null ? null : inside.devices().get(found.podSideName());
        }
    }

    /** The IP addresses of the pod's network behind this interface; none if they can't be read. */
    public List<ByteBuffer> addresses(Sight sight, PodInterface found) {
        Sight.Inside inside = sight.namespaces().get(found.networkNamespace());
        if (inside == null) {
            return List.of();
        }
        List<ByteBuffer> addresses = PodIpAddresses.read(proc, inside.pid());
        // Only if it was the same process before and after are they those of the namespace.
        boolean same =
                Long.valueOf(found.networkNamespace()).equals(namespaceOf(proc.resolve(String.valueOf(inside.pid()))));
        return same ? addresses : List.of();
    }

    /** Looks into a pod. @param pids its living processes */
    public Sight sight(List<Integer> pids) {
        Map<Long, Sight.Inside> namespaces = new LinkedHashMap<>();
        for (int pid : pids) {
            Long namespace = namespaceOf(proc.resolve(String.valueOf(pid)));
            if (namespace != null && !namespaces.containsKey(namespace)) {
                namespaces.put(namespace, new Sight.Inside(pid, PodDevices.read(proc, pid)));
            }
        }
        return new Sight(namespaces, namespaces.isEmpty() ? null : ownNamespace());
    }

    /** Looks once. @param pids the pod's living processes */
    public Finding find(List<Integer> pids) throws IOException {
        return find(sight(pids), links.all(), List.of());
    }

    /**
     * Looks once.
     *
     * @param all the node's interfaces, read after the sight
     * @param known interfaces of the pod that were proven before: what was found then is only looked at again, not for
     */
    public Finding find(Sight sight, List<Link> all, Collection<PodInterface> known) throws IOException {
        Map<Long, Sight.Inside> namespaces = new LinkedHashMap<>(sight.namespaces());
        Long own = sight.own();
        if (namespaces.isEmpty() || own == null) {
            return new Finding.NotYet();
        }
        // A runtime's helper is in the pod's cgroup before it enters the pod's namespace, and a privileged container
        // may
        // enter the node's: neither makes the interfaces that lead to the pod's own processes another one's.
        boolean alsoNode = namespaces.remove(own) != null;
        // A pod may hold namespaces of its own making inside; no interface of the node leads there.
        List<List<PodInterface>> found = new ArrayList<>();
        for (Map.Entry<Long, Sight.Inside> namespace : namespaces.entrySet()) {
            int pid = namespace.getValue().pid();
            List<PodInterface> interfaces = interfaces(all, namespace.getKey(), namespace.getValue(), known);
            // Between the look at the process and at the links it may have ended and its number gone to another.
            if (!namespace.getKey().equals(namespaceOf(proc.resolve(String.valueOf(pid))))) {
                return new Finding.NotYet();
            }
            if (!interfaces.isEmpty()) {
                found.add(interfaces);
            }
        }
        return switch (found.size()) {
            case 0 -> alsoNode ? new Finding.HostNetwork() : new Finding.NoHostPeer();
            case 1 -> new Finding.Found(found.getFirst(), uncovered(found.getFirst(), sight), alsoNode);
            default -> new Finding.Ambiguous();
        };
    }

    private List<PodInterface> interfaces(
            List<Link> all, long namespace, Sight.Inside inside, Collection<PodInterface> known) throws IOException {
        int namespaceId = links.namespaceIdOf(inside.pid());
        List<PodInterface> found = new ArrayList<>();
        for (Link link : all) {
            if (namespaceId >= 0 && link.pair() && link.peerNamespace() == namespaceId) {
                PodInterface proven = new PodInterface(link, inside.pid(), namespace, namespaceId, "", false);
                PodInterface before = known.stream()
                        .filter(one -> one.sameAs(proven) && one.namespaceId() == namespaceId)
                        .findFirst()
                        .orElse(null);
                PodInterface now = before != null && stillPointsBack(before, inside)
                        ? new PodInterface(link, inside.pid(), namespace, namespaceId, before.podSideName(), true)
                        : proven(link, inside, namespace, namespaceId);
                if (now != null) {
                    found.add(now);
                }
            }
        }
        return found;
    }

    /** Two files tell what listing all of the pod's devices told before; in any doubt that is done again. */
    private boolean stillPointsBack(PodInterface before, Sight.Inside inside) {
        if (!before.pointsBack() || !inside.devices().containsKey(before.podSideName())) {
            return false;
        }
        Path device = sysfs(inside.pid()).resolve(before.podSideName());
        try {
            return number(device.resolve("ifindex")) == before.link().peerIndex()
                    && number(device.resolve("iflink")) == before.link().index();
        } catch (IOException | NumberFormatException e) {
            return false;
        }
    }

    /** The devices of the pod that carried packets and are none of these, if their names are known. */
    private static List<String> uncovered(List<PodInterface> found, Sight sight) {
        Set<String> covered = found.stream().map(PodInterface::podSideName).collect(Collectors.toSet());
        Sight.Inside inside = sight.namespaces().get(found.getFirst().networkNamespace());
        if (covered.contains("") || inside == null) {
            return List.of();
        }
        return inside.devices().entrySet().stream()
                .filter(device -> !device.getKey().equals(PodDevices.LOOPBACK)
                        && !covered.contains(device.getKey())
                        && device.getValue().packets() > 0)
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * What the pod itself counts at the other end of its interface; null if no process of the pod's namespace lives or the name
     * of that end is not known.
     */
    public PodDevices.@Nullable Counters podSide(PodInterface found, List<Integer> pids) {
        for (int pid : pids) {
            Path process = proc.resolve(String.valueOf(pid));
            if (Long.valueOf(found.networkNamespace()).equals(namespaceOf(process))) {
                PodDevices.Counters counters = PodDevices.read(proc, pid).get(found.podSideName());
                // Only if it was the same process before and after do the counters belong to the namespace.
                if (Long.valueOf(found.networkNamespace()).equals(namespaceOf(process))) {
                    return counters;
                }
            }
        }
        return null;
    }

    /** The hardware address inside the pod, 6 bytes, or none if it can't be read. */
    public ByteBuffer podSideAddress(PodInterface found) {
        if (!found.pointsBack()) {
            return ByteBuffer.allocate(0);
        }
        try {
            String text = Files.readString(
                            sysfs(found.pid()).resolve(found.podSideName()).resolve("address"))
                    .strip();
            return ByteBuffer.wrap(HexFormat.ofDelimiter(":").parseHex(text));
        } catch (IOException | IllegalArgumentException e) {
            return ByteBuffer.allocate(0);
        }
    }

    /** The interface with what the pod's side says; null if that contradicts the link. */
    private @Nullable PodInterface proven(Link link, Sight.Inside inside, long namespace, int namespaceId) {
        int pid = inside.pid();
        Set<String> devices = inside.devices().keySet();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(sysfs(pid))) {
            List<Path> paths = new ArrayList<>();
            stream.forEach(path -> {
                // bonding adds files beside the devices.
                if (Files.isDirectory(path)) {
                    paths.add(path);
                }
            });
            // A container may see another namespace's sysfs, such as the node's; then it proves nothing.
            Set<String> names =
                    paths.stream().map(path -> path.getFileName().toString()).collect(Collectors.toSet());
            if (devices.equals(names)) {
                for (Path device : paths) {
                    if (number(device.resolve("ifindex")) == link.peerIndex()) {
                        boolean pointsBack = number(device.resolve("iflink")) == link.index();
                        String name = device.getFileName().toString();
                        return pointsBack ? new PodInterface(link, pid, namespace, namespaceId, name, true) : null;
                    }
                }
            }
        } catch (IOException | DirectoryIteratorException | NumberFormatException e) {
            // Not readable; the kernel's own word on the pair stands without it.
        }
        String name = PodDevices.names(proc, pid).get(link.peerIndex());
        if (name == null) {
            List<String> candidates = devices.stream()
                    .filter(device -> !device.equals(PodDevices.LOOPBACK))
                    .toList();
            name = candidates.size() == 1 ? candidates.getFirst() : "";
        }
        return new PodInterface(link, pid, namespace, namespaceId, name, false);
    }

    private Path sysfs(int pid) {
        return proc.resolve(String.valueOf(pid)).resolve("root/sys/class/net");
    }

    private static long number(Path file) throws IOException {
        return Long.parseLong(Files.readString(file).strip());
    }

    /** The worker's, also when {@code proc} is another process namespace's; null if neither can be read. */
    private @Nullable Long ownNamespace() {
        Long own = namespaceOf(proc.resolve("thread-self"));
        return own == null ? namespaceOf(Path.of("/proc/thread-self")) : own;
    }

    private static @Nullable Long namespaceOf(Path process) {
        try {
            String link = Files.readSymbolicLink(process.resolve("ns/net")).toString();
            return Long.valueOf(link.substring(link.indexOf('[') + 1, link.indexOf(']')));
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }
}
