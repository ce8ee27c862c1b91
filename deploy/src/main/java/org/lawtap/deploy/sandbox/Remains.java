package org.lawtap.deploy.sandbox;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Takes away what stands on the machine under a sandbox's names, and keeps account of it. */
final class Remains {
    private static final long KILL_TIMEOUT_NS = 5_000_000_000L;
    private static final long KILL_LOOK_NS = 1_000_000L;

    private final List<String> removed = new ArrayList<>();
    private final List<String> stayed = new ArrayList<>();

    private interface Step {
        void run() throws SandboxException;
    }

    List<String> removed() {
        return List.copyOf(removed);
    }

    /** What could not be removed, each with its reason. */
    List<String> stayed() {
        return List.copyOf(stayed);
    }

    /** Kills the processes of a cgroup and removes it with all below it. */
    void cgroup(Path directory) {
        attempt(() -> {
            if (Cgroups.tree(directory).isEmpty()) {
                return;
            }
            for (long pid : Cgroups.processes(directory)) {
                kill(pid);
            }
            Cgroups.remove(directory);
            removed.add("cgroup " + directory);
        });
    }

    /** Kills the processes of a network namespace, then deletes it. */
    void namespace(String name) {
        attempt(() -> {
            List<Long> inhabitants = Ip.processes(name);
            // Where this process or one that it came from lives is no dead sandbox, whatever the name says.
            if (Collections.disjoint(inhabitants, lineage())) {
                for (long pid : inhabitants) {
                    kill(pid);
                }
            }
            Ip.deleteNamespace(name);
            removed.add("network namespace " + name);
        });
    }

    /** Deletes a namespace's name and lets its processes live. */
    void namespaceName(String name) {
        attempt(() -> {
            Ip.deleteNamespace(name);
            removed.add("network namespace " + name);
        });
    }

    /** Everything under the names of a sandbox. */
    void all(SandboxName name) {
        attempt(() -> cgroup(Cgroups.root().resolve(name.cgroup())));
        attempt(() -> {
            for (String each : Ip.namespaces(name.prefix())) {
                namespace(each);
            }
        });
    }

    private static List<Long> lineage() {
        List<Long> pids = new ArrayList<>();
        for (ProcessHandle each = ProcessHandle.current();
                each != null;
                each = each.parent().orElse(null)) {
            pids.add(each.pid());
        }
        return pids;
    }

    private void kill(long pid) throws SandboxException {
        if (pid == ProcessHandle.current().pid()) {
            return;
        }
        ProcessHandle process = ProcessHandle.of(pid).orElse(null);
        if (process == null) {
            return;
        }
        process.destroyForcibly();
        // Not onExit: for processes that are not its children the JDK looks ever more seldom.
        long end = System.nanoTime() + KILL_TIMEOUT_NS;
        while (process.isAlive()) {
            if (System.nanoTime() - end > 0) {
                throw new SandboxException("process " + pid + " did not end within "
                        + TimeUnit.NANOSECONDS.toSeconds(KILL_TIMEOUT_NS) + " s of SIGKILL");
            }
            if (Thread.interrupted()) {
                Thread.currentThread().interrupt();
                throw new SandboxException("interrupted while process " + pid + " was killed");
            }
            LockSupport.parkNanos(KILL_LOOK_NS);
        }
        removed.add("process " + pid);
    }

    private void attempt(Step step) {
        try {
            step.run();
        } catch (SandboxException e) {
            stayed.add(String.valueOf(e.getMessage()));
        }
    }
}
