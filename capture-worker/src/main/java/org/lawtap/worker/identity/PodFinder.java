package org.lawtap.worker.identity;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.PodUid;
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
        /** No living process, or its processes are still on their way into the pod's namespace. */
        record NotYet() implements Finding {}

        /** The pod lives, but no interface of this node leads into it: macvlan, ipvlan, SR-IOV, or no network yet. */
        record NoHostPeer() implements Finding {}

        /** Its interfaces, at least one. */
        record Found(List<PodInterface> interfaces) implements Finding {
            public Found {
                interfaces = List.copyOf(interfaces);
            }
        }
    }

    /** Looks once. @param pids the pod's living processes */
    public Finding find(PodUid pod, List<Integer> pids) throws IOException {
        Long namespace = commonNamespace(pids);
        if (namespace == null || namespace.equals(namespaceOf("self"))) {
            return new Finding.NotYet();
        }
        int pid = pids.getFirst();
        List<Link> all = links.all();
        int namespaceId = links.namespaceIdOf(pid);
        List<PodInterface> found = new ArrayList<>();
        for (Link link : all) {
            if (namespaceId >= 0 && link.pair() && link.peerNamespace() == namespaceId) {
                String name = podSideName(pid, link);
                if (name != null) {
                    found.add(new PodInterface(link, pid, namespace, namespaceId, name));
                }
            }
        }
        // Between the look at the process and at the links it may have ended and its number gone to another.
        if (!namespace.equals(namespaceOf(String.valueOf(pid)))) {
            return new Finding.NotYet();
        }
        return found.isEmpty() ? new Finding.NoHostPeer() : new Finding.Found(found);
    }

    /** The hardware address inside the pod, 6 bytes, or none if it can't be read. */
    public ByteBuffer podSideAddress(PodInterface found) {
        try {
            String text = Files.readString(
                            sysfs(found.pid()).resolve(found.podSideName()).resolve("address"))
                    .strip();
            return ByteBuffer.wrap(HexFormat.ofDelimiter(":").parseHex(text));
        } catch (IOException | IllegalArgumentException e) {
            return ByteBuffer.allocate(0);
        }
    }

    /** The name of the other end; empty if the pod's sysfs is not readable; null if it contradicts the link. */
    private @Nullable String podSideName(int pid, Link link) {
        try (DirectoryStream<Path> devices = Files.newDirectoryStream(sysfs(pid))) {
            for (Path device : devices) {
                if (number(device.resolve("ifindex")) == link.peerIndex()) {
                    boolean pointsBack = number(device.resolve("iflink")) == link.index();
                    return pointsBack ? device.getFileName().toString() : null;
                }
            }
            return "";
        } catch (IOException | NumberFormatException e) {
            return "";
        }
    }

    private Path sysfs(int pid) {
        return proc.resolve(String.valueOf(pid)).resolve("root/sys/class/net");
    }

    private static long number(Path file) throws IOException {
        return Long.parseLong(Files.readString(file).strip());
    }

    /** The namespace of all of them; null if there is none, they disagree or one can't be read. */
    private @Nullable Long commonNamespace(List<Integer> pids) {
        Long common = null;
        for (int pid : pids) {
            Long namespace = namespaceOf(String.valueOf(pid));
            if (namespace == null || (common != null && !common.equals(namespace))) {
                return null;
            }
            common = namespace;
        }
        return common;
    }

    private @Nullable Long namespaceOf(String process) {
        try {
            String link = Files.readSymbolicLink(proc.resolve(process).resolve("ns/net"))
                    .toString();
            return Long.valueOf(link.substring(link.indexOf('[') + 1, link.indexOf(']')));
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }
}
