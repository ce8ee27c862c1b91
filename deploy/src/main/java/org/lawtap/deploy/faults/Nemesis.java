package org.lawtap.deploy.faults;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.lawtap.deploy.bench.BenchException;
import org.lawtap.deploy.bench.Pace;
import org.lawtap.deploy.pod.PodException;
import org.lawtap.deploy.sandbox.SandboxException;

/** Lets the faults of a plan befall the stage, each in its time, and starts again what ended by itself. */
final class Nemesis implements AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final Duration WORKING = Duration.ofSeconds(90);

    private final FaultStage stage;
    private final Consumer<String> progress;
    private final List<Happened> happened = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("nemesis-", 0).factory());
    private final List<Future<?>> begun = new ArrayList<>();
    private volatile boolean ending;

    /** Something to be done that may fail. */
    interface Work {
        void run() throws BenchException, SandboxException, PodException, InterruptedException;
    }

    Nemesis(FaultStage stage, Consumer<String> progress) {
        this.stage = stage;
        this.progress = progress;
    }

    /** Begins: faults come from now on. */
    void begin(Plan plan) {
        Instant begin = Instant.now();
        later(this::keepAlive);
        for (Fault fault : plan.faults()) {
            later(() -> {
                Pace.pass(Duration.between(Instant.now(), begin.plusMillis(fault.atMs())));
                befall(fault);
            });
        }
    }

    /** Does something meanwhile, in a thread of its own; a failure of it is the run's. */
    void later(Work work) {
        synchronized (begun) {
            begun.add(threads.submit(() -> {
                work.run();
                return null;
            }));
        }
    }

    /** Throws what failed so far. */
    void check() throws BenchException, InterruptedException {
        for (Future<?> each : copy()) {
            if (each.isDone()) {
                result(each);
            }
        }
    }

    /** Waits until everything that began is done, but for the keeping alive. */
    void await() throws BenchException, InterruptedException {
        for (Future<?> each : copy().stream().skip(1).toList()) {
            result(each);
        }
    }

    List<Happened> happened() {
        synchronized (happened) {
            return List.copyOf(happened);
        }
    }

    private List<Future<?>> copy() {
        synchronized (begun) {
            return List.copyOf(begun);
        }
    }

    private static void result(Future<?> future) throws BenchException, InterruptedException {
        try {
            future.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new BenchException(String.valueOf(cause.getMessage()), e);
        }
    }

    private void befall(Fault fault) throws BenchException, SandboxException, InterruptedException {
        progress.accept(fault.sentence());
        Instant from = Instant.now();
        Party party = fault.party();
        Duration length = Duration.ofMillis(fault.lengthMs());
        switch (fault.kind()) {
            case KILL -> {
                stage.unit(party).kill();
                Pace.pass(length);
                stage.unit(party).start();
                if (!Pace.until(WORKING, () -> stage.unit(party).works())) {
                    progress.accept(
                            "the " + party.machine() + " does not work again after " + WORKING.toSeconds() + " s");
                }
            }
            case STOP -> {
                stage.unit(party).signal("STOP");
                Pace.pass(length);
                stage.unit(party).signal("CONT");
            }
            case CUT -> {
                stage.cluster().cut(stage.machine(party));
                Pace.pass(length);
                stage.cluster().join(stage.machine(party));
            }
            case DISK_FULL -> {
                stage.disk(party).fill();
                Pace.pass(length);
                stage.disk(party).free();
            }
            case CLOCK -> {
                stage.clock(party).step(fault.stepSeconds());
                Pace.pass(length);
                stage.clock(party).step(0);
            }
        }
        synchronized (happened) {
            happened.add(new Happened(fault, from, Instant.now()));
        }
    }

    private void keepAlive() throws BenchException, InterruptedException {
        while (!ending) {
            for (Unit unit : stage.units()) {
                unit.mend();
            }
            Pace.pass(LOOK);
        }
    }

    @Override
    public void close() {
        ending = true;
        threads.shutdownNow();
        threads.close();
    }
}
