package org.lawtap.worker.identity;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.PodUid;

/**
 * The names that a kubelet and the container runtimes give cgroups:
 *
 * <pre>
 *   cgroupfs:  kubepods/burstable/pod0a1b2c3d-.../CONTAINER
 *   systemd:   kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_....slice/cri-containerd-CONTAINER.scope
 *   CRI-O:     .../crio-CONTAINER.scope, and crio-conmon-CONTAINER.scope for the runtime's own monitor
 * </pre>
 *
 * With a cgroup root of its own a kubelet prefixes the slices ({@code kubelet-kubepods-...}). A UID is a UUID, or 32 hex digits
 * for a pod that the kubelet has from a file.
 */
final class CgroupName {
    private static final String UID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}";
    private static final Pattern CGROUPFS = Pattern.compile("pod(" + UID + ")");
    private static final Pattern SYSTEMD =
            Pattern.compile(".*kubepods.*-pod(" + UID.replace('-', '_').replace("0_9a_f", "0-9a-f") + ")\\.slice");

    private CgroupName() {}

    /** The pod whose own cgroup has this name; null if it is none. */
    static @Nullable PodUid pod(String name) {
        if (!name.contains("pod")) {
            return null;
        }
        Matcher plain = CGROUPFS.matcher(name);
        if (plain.matches()) {
            return new PodUid(plain.group(1));
        }
        Matcher slice = SYSTEMD.matcher(name);
        return slice.matches() ? new PodUid(slice.group(1).replace('_', '-')) : null;
    }

    /** Whether pods' cgroups may be directly in this one. */
    static boolean holdsPods(String name, String parent) {
        return pod(name) == null && (name.contains("kubepods") || parent.equals("kubepods"));
    }

    /** Whether it holds the runtime's monitor of a container: in the pod's cgroup, but a process of the node. */
    static boolean ofTheRuntime(String name) {
        return name.startsWith("crio-conmon-");
    }

    /**
     * The pod to which a process with this /proc/PID/cgroup belongs. The outermost pod on its path counts, as whoever may make
     * cgroups inside a pod can name them after another one; hierarchies that name different pods name none.
     */
    static @Nullable PodUid owner(String cgroups) {
        PodUid owner = null;
        for (String line : cgroups.split("\n", -1)) {
            // ID:CONTROLLERS:PATH, and the path may hold colons of its own.
            String path = line.substring(line.indexOf(':', line.indexOf(':') + 1) + 1);
            PodUid named = null;
            for (String segment : path.split("/", -1)) {
                if (named == null) {
                    named = pod(segment);
                } else if (ofTheRuntime(segment)) {
                    return null;
                }
            }
            if (owner != null && named != null && !owner.equals(named)) {
                return null;
            }
            owner = owner == null ? named : owner;
        }
        return owner;
    }
}
