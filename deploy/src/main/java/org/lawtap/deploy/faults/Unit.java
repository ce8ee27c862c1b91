package org.lawtap.deploy.faults;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.bench.BenchException;
import org.lawtap.deploy.bench.MeasuredProcess;

/**
 * A party's process, started again and again as a kubelet does it: also when it ended by itself. Each life has a log of its own. Safe for
 * many threads.
 */
final class Unit implements AutoCloseable {
    /** A process that ended by itself is started again no sooner than this. */
    private static final long BACK_OFF_NANOS = Duration.ofSeconds(1).toNanos();

    private final Party party;
    private final Launch launch;
    private final Path logs;
    private final ExecutorService starter;
    private @Nullable MeasuredProcess process;
    private int lives;
    private int ends;
    private boolean down = true;
    private long endedAt;
    private boolean ended;

    /**
     * How its process is started.
     *
     * @param before what is put before the command, as {@code nsenter}
     * @param ready what it says when it works
     */
    record Launch(
            String heap,
            String mainClass,
            List<String> arguments,
            Map<String, String> environment,
            List<String> before,
            String ready) {
        Launch {
            arguments = List.copyOf(arguments);
            environment = Map.copyOf(environment);
            before = List.copyOf(before);
        }
    }

    /** @param starter one thread that outlives the process: the kernel ends a child with the thread that began it */
    Unit(Party party, Launch launch, Path logs, ExecutorService starter) {
        this.starter = starter;
        this.party = party;
        this.launch = launch;
        this.logs = logs;
    }

    Party party() {
        return party;
    }

    /** Starts it, and does not wait until it works. */
    synchronized void start() throws BenchException, InterruptedException {
        if (process != null) {
            process.close();
        }
        lives++;
        MeasuredProcess.Java java =
                new MeasuredProcess.Java(launch.heap(), launch.mainClass(), launch.arguments(), launch.environment());
        try {
            process = starter.submit(() -> MeasuredProcess.java("the " + party.machine(), launch.before(), java, log()))
                    .get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new BenchException(String.valueOf(cause.getMessage()), e);
        }
        down = false;
        ended = false;
    }

    synchronized void kill() throws BenchException, InterruptedException {
        down = true;
        signal("KILL");
    }

    synchronized void signal(String name) throws BenchException, InterruptedException {
        if (process != null && process.isAlive()) {
            process.signal(name);
        }
    }

    /** Starts it again if it has ended by itself. */
    synchronized void mend() throws BenchException, InterruptedException {
        if (down || process == null || process.isAlive()) {
            return;
        }
        if (!ended) {
            ended = true;
            ends++;
            endedAt = System.nanoTime();
        } else if (System.nanoTime() - endedAt > BACK_OFF_NANOS) {
            start();
        }
    }

    /** Whether it lives and has said that it works. */
    synchronized boolean works() throws BenchException {
        return !down && process != null && process.isAlive() && process.said().contains(launch.ready());
    }

    /** How often it ended by itself. */
    synchronized int endedByItself() {
        return ends;
    }

    private Path log() {
        return logs.resolve(party.machine() + "-" + lives + ".log");
    }

    @Override
    public synchronized void close() {
        down = true;
        if (process != null) {
            process.close();
        }
    }
}
