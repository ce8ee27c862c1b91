package org.lawtap.worker.identity;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.worker.kernel.Inotify;
import org.lawtap.worker.kernel.KernelException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cgroups of this node's pods, and word of what happens in those that are awaited: the kubelet makes a pod's cgroup before
 * the pod has a network, the runtime one inside it for each container before its first process runs.
 *
 * <pre>
 *   /sys/fs/cgroup[/CONTROLLER]/.../kubepods      watched: pods and classes of pods appear
 *                                   burstable     watched: pods appear
 *                                     podUID      watched while awaited: containers appear
 *                                       CONTAINER watched while awaited: processes enter
 * </pre>
 *
 * Version 2 has one hierarchy, version 1 one for each controller; the first one that has a kubelet's directory speaks for it. A
 * look at the whole tree now and then finds what no event told. Owned by one thread.
 */
public final class PodCgroups implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PodCgroups.class);

    private static final Integer LINKS_OF_A_LEAF = 2;

    /** Directories between a hierarchy's root and a pod, at most: containers in containers have some. */
    private static final int DEPTH_MAX = 10;

    /** Directories of one hierarchy that are looked at, at most. */
    private static final int DIRECTORIES_MAX = 20_000;

    private static final long SURVEY_NS = 10_000_000_000L;

    private final Path root;
    private final Inotify inotify;
    private final LongSupplier nanoTime;

    /** Directories that may hold pods, by their path below a hierarchy's root. */
    private final Map<Path, Path> parents = new HashMap<>();

    private final Map<PodUid, Path> pods = new HashMap<>();
    private final Set<PodUid> awaited = new HashSet<>();
    private final Map<Path, PodUid> watched = new HashMap<>();
    private final Set<PodUid> changed = new HashSet<>();

    /** The directories of awaited pods as last listed, until an event or a survey may have changed them. */
    private final Map<PodUid, List<Path>> listed = new HashMap<>();

    private long surveyedAt;
    private boolean watchesExhausted;

    private PodCgroups(Path root, Inotify inotify, LongSupplier nanoTime) {
        this.root = root;
        this.inotify = inotify;
        this.nanoTime = nanoTime;
    }

    /** Opens them; from now on they belong to the calling thread. @param root where the host's cgroups are mounted */
    public static PodCgroups open(Path root, LongSupplier nanoTime) throws KernelException {
        PodCgroups cgroups = new PodCgroups(root, Inotify.open(), nanoTime);
        cgroups.survey();
        return cgroups;
    }

    /** Whether a kubelet's directory was found, so that {@link #processes} can be relied on. */
    public boolean seesPods() {
        return !parents.isEmpty();
    }

    /** From now on what happens in this pod's cgroup is told by {@link #takeChanges}. */
    public void await(PodUid pod) throws KernelException {
        if (awaited.add(pod)) {
            Path directory = pods.get(pod);
            if (directory != null) {
                enter(pod, directory);
            }
        }
    }

    /** Ends an {@link #await}. */
    public void forget(PodUid pod) throws KernelException {
        listed.remove(pod);
        if (awaited.remove(pod)) {
            for (Path directory : List.copyOf(watched.keySet())) {
                if (pod.equals(watched.get(directory))) {
                    leave(directory);
                }
            }
        }
    }

    /** The awaited pods in whose cgroups something happened since the last call. */
    public Set<PodUid> takeChanges() throws KernelException {
        boolean[] overrun = {false};
        List<Path> touched = new ArrayList<>();
        inotify.read((directory, name) -> {
            if (directory == null) {
                overrun[0] = true;
            } else {
                touched.add(name.isEmpty() ? directory : directory.resolve(name));
            }
        });
        for (Path path : touched) {
            happened(path);
        }
        if (overrun[0] || nanoTime.getAsLong() - surveyedAt >= SURVEY_NS) {
            survey();
            if (overrun[0]) {
                changed.addAll(awaited);
            }
        }
        Set<PodUid> taken = Set.copyOf(changed);
        changed.clear();
        return taken;
    }

    /** The processes in a pod's cgroup and below, without those of the runtime; none if it has no cgroup. */
    public List<Integer> processes(PodUid pod) {
        List<Integer> pids = new ArrayList<>();
        Path directory = pods.get(pod);
        if (directory != null) {
            directoriesOf(pod, directory).forEach(one -> readPids(one, pids));
        }
        return pids;
    }

    /** A pod's cgroup and those below. Listing them means to look at each of their fifty files; events tell when that is due. */
    private List<Path> directoriesOf(PodUid pod, Path directory) {
        List<Path> known = listed.get(pod);
        if (known != null) {
            return known;
        }
        List<Path> found = new ArrayList<>();
        collect(directory, found, 0);
        if (watched.containsKey(directory) && !watchesExhausted) {
            listed.put(pod, found);
        }
        return found;
    }

    /** Becomes readable when there is something to take. */
    public int descriptor() {
        return inotify.fd();
    }

    @Override
    public void close() throws KernelException {
        inotify.close();
    }

    private void happened(Path path) throws KernelException {
        Path directory = path.getParent();
        PodUid owner = directory == null ? null : watched.get(directory);
        if (owner == null) {
            owner = watched.get(path);
        }
        if (owner != null) {
            changed.add(owner);
            listed.remove(owner);
            if (Files.isDirectory(path)) {
                enter(owner, path);
            } else if (watched.containsKey(path)) {
                leave(path);
                pods.remove(owner, path);
            }
            return;
        }
        String name = path.getFileName().toString();
        PodUid pod = CgroupName.pod(name);
        if (pod != null) {
            if (Files.isDirectory(path)) {
                found(pod, path);
            } else {
                pods.remove(pod, path);
            }
        } else if (directory != null && Files.isDirectory(path)) {
            hierarchyOf(path).ifPresent(hierarchy -> descend(hierarchy, path, new int[] {0}, DEPTH_MAX - 1));
        }
    }

    private java.util.Optional<Path> hierarchyOf(Path path) {
        return hierarchies().stream().filter(path::startsWith).findFirst();
    }

    /** Looks at all hierarchies. */
    private void survey() {
        surveyedAt = nanoTime.getAsLong();
        listed.clear();
        parents.values().removeIf(directory -> !Files.isDirectory(directory));
        pods.values().removeIf(directory -> !Files.isDirectory(directory));
        for (Path hierarchy : hierarchies()) {
            descend(hierarchy, hierarchy, new int[] {0}, 0);
        }
    }

    private List<Path> hierarchies() {
        if (Files.exists(root.resolve("cgroup.procs"))) {
            return List.of(root);
        }
        return directories(root).stream()
                .filter(directory ->
                        Files.exists(directory.resolve("cgroup.procs")) && !Files.isSymbolicLink(directory))
                .toList();
    }

    private void descend(Path hierarchy, Path directory, int[] seen, int depth) {
        Path below = hierarchy.relativize(directory);
        String name = String.valueOf(directory.getFileName());
        String parent = directory.getParent() == null
                ? ""
                : String.valueOf(directory.getParent().getFileName());
        if (!directory.equals(hierarchy) && CgroupName.holdsPods(name, parent)) {
            Path speaking = parents.putIfAbsent(below, directory);
            if (speaking != null && !speaking.equals(directory)) {
                return;
            }
            watch(directory);
        }
        for (Path child : directories(directory)) {
            PodUid pod = CgroupName.pod(child.getFileName().toString());
            if (pod != null) {
                if (directory.equals(parents.get(below))) {
                    found(pod, child);
                }
            } else if (depth < DEPTH_MAX && ++seen[0] < DIRECTORIES_MAX) {
                descend(hierarchy, child, seen, depth + 1);
            }
        }
    }

    private void found(PodUid pod, Path directory) {
        pods.put(pod, directory);
        if (awaited.contains(pod)) {
            if (!pod.equals(watched.get(directory))) {
                changed.add(pod);
            }
            listed.remove(pod);
            enter(pod, directory);
        }
    }

    /**
     * Watches an awaited pod's cgroup and those inside; what was made before the watch is seen by the look that follows. Those
     * that are watched are watched again: a known name may be another cgroup's by now.
     */
    private void enter(PodUid pod, Path directory) {
        watched.put(directory, pod);
        if (!watch(directory)) {
            watched.remove(directory);
            return;
        }
        for (Path child : directories(directory)) {
            enter(pod, child);
        }
    }

    private void leave(Path directory) throws KernelException {
        watched.remove(directory);
        inotify.unwatch(directory);
    }

    private boolean watch(Path directory) {
        try {
            return inotify.watch(directory);
        } catch (KernelException e) {
            if (!watchesExhausted) {
                watchesExhausted = true;
                listed.clear();
                LOG.warn(
                        "cgroups can't be watched ({}); pods are found by looking now and then, which may miss first packets."
                                + " Is fs.inotify.max_user_watches reached?",
                        e.getMessage());
            }
            return false;
        }
    }

    private static void collect(Path directory, List<Path> found, int depth) {
        found.add(directory);
        for (Path child : directories(directory)) {
            if (depth < DEPTH_MAX
                    && !CgroupName.ofTheRuntime(child.getFileName().toString())) {
                collect(child, found, depth + 1);
            }
        }
    }

    private static void readPids(Path directory, List<Integer> pids) {
        try {
            for (String line : Files.readAllLines(directory.resolve("cgroup.procs"))) {
                int pid = Integer.parseInt(line);
                if (pid > 0) {
                    pids.add(pid);
                }
            }
        } catch (IOException | NumberFormatException e) {
            // It went away, or is a threaded cgroup of version 2 whose processes its parent lists.
        }
    }

    private static List<Path> directories(Path directory) {
        List<Path> children = new ArrayList<>();
        if (holdsNone(directory)) {
            return children;
        }
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, Files::isDirectory)) {
            stream.forEach(children::add);
        } catch (IOException | DirectoryIteratorException e) {
            // It went away while it was read: what is left of it is not there.
        }
        return children;
    }

    /**
     * Whether it certainly holds no directory: it has two links then, of its name and of itself, as the cgroup file system counts
     * them. Looking at each of the fifty files of a cgroup instead was most of what an idle capture cost.
     */
    private static boolean holdsNone(Path directory) {
        try {
            return Files.getAttribute(directory, "unix:nlink").equals(LINKS_OF_A_LEAF);
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** For tests: where a pod's cgroup was found. */
    @Nullable
    Path directoryOf(PodUid pod) {
        return pods.get(pod);
    }
}
