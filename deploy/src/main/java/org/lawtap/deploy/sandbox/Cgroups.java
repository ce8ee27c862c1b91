package org.lawtap.deploy.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The control group hierarchy in which the sandbox puts its pods, and what to do with its directories. */
final class Cgroups {
    private static final Path MOUNTS = Path.of("/proc/self/mounts");
    private static final List<String> VERSION_1_CHOICE = List.of("pids", "name=systemd");

    private static final long REMOVE_TIMEOUT_NS = 5_000_000_000L;
    private static final long REMOVE_POLL_NS = 5_000_000;

    private Cgroups() {}

    /** The root of a hierarchy that this process may write: version 2 if there is one. */
    static Path root() throws SandboxException {
        try {
            return choose(Files.readAllLines(MOUNTS), Files::isWritable)
                    .orElseThrow(
                            () -> new SandboxException("no cgroup hierarchy is writable (cgroup2, or pids or systemd"
                                    + " of version 1, in " + MOUNTS + "); is the process root?"));
        } catch (IOException e) {
            throw new SandboxException(MOUNTS + " cannot be read: " + e, e);
        }
    }

    /** Chooses from lines of proc_pid_mounts(5). A read-only mount passes access(2) of root, so its options are read too. */
    static Optional<Path> choose(List<String> mounts, Predicate<Path> writable) {
        Path second = null;
        for (String line : mounts) {
            String[] words = line.split(" ", -1);
            if (words.length < 4 || !words[2].startsWith("cgroup")) {
                continue;
            }
            List<String> options = List.of(words[3].split(",", -1));
            Path directory = Path.of(words[1]);
            if (!options.contains("rw") || !writable.test(directory)) {
                continue;
            }
            if (words[2].equals("cgroup2")) {
                return Optional.of(directory);
            }
            if (second == null && VERSION_1_CHOICE.stream().anyMatch(options::contains)) {
                second = directory;
            }
        }
        return Optional.ofNullable(second);
    }

    /** Everything at and below a directory, the deepest first; nothing if it is not there. */
    static List<Path> tree(Path directory) throws SandboxException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> walk = Files.walk(directory)) {
            return walk.filter(Files::isDirectory)
                    .sorted(Comparator.comparingInt(Path::getNameCount).reversed())
                    .toList();
        } catch (IOException e) {
            throw new SandboxException("the cgroup " + directory + " cannot be read: " + e, e);
        }
    }

    static List<Long> processes(Path directory) throws SandboxException {
        List<Long> pids = new ArrayList<>();
        for (Path each : tree(directory)) {
            try {
                for (String line : Files.readAllLines(each.resolve("cgroup.procs"))) {
                    pids.add(Long.valueOf(line));
                }
            } catch (IOException e) {
                throw new SandboxException("the processes of cgroup " + each + " cannot be read: " + e, e);
            }
        }
        return pids;
    }

    static void create(Path directory) throws SandboxException {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new SandboxException("the cgroup " + directory + " cannot be made: " + e, e);
        }
    }

    /** Removes a directory and all below it; a process that was killed may hold its own for a moment. */
    static void remove(Path directory) throws SandboxException {
        long end = System.nanoTime() + REMOVE_TIMEOUT_NS;
        for (Path each : tree(directory)) {
            while (Files.exists(each)) {
                try {
                    Files.delete(each);
                } catch (IOException e) {
                    if (System.nanoTime() - end > 0) {
                        throw new SandboxException("the cgroup " + each + " cannot be removed: " + e, e);
                    }
                    LockSupport.parkNanos(REMOVE_POLL_NS);
                }
            }
        }
    }
}
