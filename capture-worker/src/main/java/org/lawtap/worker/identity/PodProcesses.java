package org.lawtap.worker.identity;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lawtap.schemas.model.PodUid;

/**
 * Which processes belong to which pod, by the pod's own cgroup. A path segment names the pod exactly, in one of the forms that
 * the kubelet's two cgroup drivers use:
 *
 * <pre>
 *   cgroupfs:  .../pod0a1b2c3d-.../CONTAINER
 *   systemd:   .../kubepods-burstable-pod0a1b2c3d_....slice/CONTAINER.scope     (kind: kubelet-kubepods-...)
 * </pre>
 */
public final class PodProcesses {
    private final Path proc;

    /** @param proc the host's /proc */
    public PodProcesses(Path proc) {
        this.proc = proc;
    }

    /** The living processes of each of these pods, in one pass over /proc. */
    public Map<PodUid, List<Integer>> find(Collection<PodUid> pods) throws IOException {
        Map<PodUid, List<Integer>> found = new HashMap<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[1-9]*")) {
            for (Path process : processes) {
                String cgroups = cgroups(process);
                for (PodUid pod : pods) {
                    if (belongs(cgroups, pod)) {
                        found.computeIfAbsent(pod, uid -> new ArrayList<>())
                                .add(Integer.valueOf(process.getFileName().toString()));
                    }
                }
            }
        }
        return found;
    }

    /** Whether a process with this /proc/PID/cgroup belongs to the pod. */
    static boolean belongs(String cgroups, PodUid pod) {
        String plain = "pod" + pod;
        if (!cgroups.contains(plain) && !cgroups.contains(plain.replace('-', '_'))) {
            return false;
        }
        String slice = "-pod" + pod.value().replace('-', '_') + ".slice";
        for (String line : cgroups.split("\n", -1)) {
            // ID:CONTROLLERS:PATH, and the path may hold colons of its own.
            String path = line.substring(line.indexOf(':', line.indexOf(':') + 1) + 1);
            for (String segment : path.split("/", -1)) {
                if (segment.equals(plain) || (segment.contains("kubepods") && segment.endsWith(slice))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String cgroups(Path process) {
        try {
            return Files.readString(process.resolve("cgroup"));
        } catch (IOException e) {
            // The process ended meanwhile; it belongs to nobody.
            return "";
        }
    }
}
