package org.lawtap.worker.identity;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.PodUid;

/**
 * Which processes belong to which pod, by the pod's own cgroup: what the cgroup file system lists there, each checked against
 * what /proc says of the process. Where the cgroup file system can't be seen, every process of the node is looked at.
 */
public final class PodProcesses {
    private final Path proc;
    private final @Nullable PodCgroups cgroups;

    /** Looks at every process. @param proc the host's /proc */
    public PodProcesses(Path proc) {
        this(proc, null);
    }

    /** @param cgroups null if the node's cgroups can't be seen */
    public PodProcesses(Path proc, @Nullable PodCgroups cgroups) {
        this.proc = proc;
        this.cgroups = cgroups;
    }

    /** From now on word of what happens in the pod's cgroup comes by {@link #takeChanges}, where cgroups can be seen. */
    public void await(PodUid pod) throws IOException {
        if (cgroups != null) {
            cgroups.await(pod);
        }
    }

    /** Ends an {@link #await}. */
    public void forget(PodUid pod) throws IOException {
        if (cgroups != null) {
            cgroups.forget(pod);
        }
    }

    /** The awaited pods in whose cgroups something happened since the last call. */
    public Set<PodUid> takeChanges() throws IOException {
        return cgroups == null ? Set.of() : cgroups.takeChanges();
    }

    /** Becomes readable when there are changes; -1 if there is none to wait on. */
    public int descriptor() {
        return cgroups == null ? -1 : cgroups.descriptor();
    }

    /** The living processes of each of these pods. */
    public Map<PodUid, List<Integer>> find(Collection<PodUid> pods) throws IOException {
        PodCgroups known = cgroups;
        if (known == null || !known.seesPods()) {
            return scan(new HashSet<>(pods));
        }
        Map<PodUid, List<Integer>> found = new HashMap<>();
        for (PodUid pod : pods) {
            List<Integer> pids = new ArrayList<>();
            for (int pid : known.processes(pod)) {
                if (pod.equals(owner(proc.resolve(String.valueOf(pid))))) {
                    pids.add(pid);
                }
            }
            if (!pids.isEmpty()) {
                found.put(pod, pids);
            }
        }
        return found;
    }

    private Map<PodUid, List<Integer>> scan(Set<PodUid> pods) throws IOException {
        Map<PodUid, List<Integer>> found = new HashMap<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[1-9]*")) {
            for (Path process : processes) {
                PodUid owner = owner(process);
                if (owner != null && pods.contains(owner)) {
                    found.computeIfAbsent(owner, uid -> new ArrayList<>())
                            .add(Integer.valueOf(process.getFileName().toString()));
                }
            }
        }
        return found;
    }

    private static @Nullable PodUid owner(Path process) {
        try {
            return CgroupName.owner(Files.readString(process.resolve("cgroup")));
        } catch (IOException e) {
            // The process ended meanwhile; it belongs to nobody.
            return null;
        }
    }
}
