package org.lawtap.deploy.simulation;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Many seeds, each played by one of some threads. */
final class Seeds {
    private static final long PROGRESS_NS = 5_000_000_000L;
    private static final double NS_PER_SECOND = 1e9;

    private final long end;
    private final long count;
    private final Fault fault;
    private final int threads;
    private final long beganNs = System.nanoTime();
    private long next;
    private long done;
    private long steps;
    private long packets;
    private long kept;
    private long endedNs;
    private long toldNs = beganNs;
    private Simulation.@Nullable Outcome broken;
    private @Nullable Throwable failure;

    Seeds(long from, long count, Fault fault, int threads) {
        this.next = from;
        this.end = from + count;
        this.count = count;
        this.fault = fault;
        this.threads = threads;
    }

    /** Plays them, until one breaks. */
    void play(PrintStream progress) throws InterruptedException {
        List<Thread> players = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread player = new Thread(() -> player(progress), "seeds-" + i);
            player.setDaemon(true);
            player.start();
            players.add(player);
        }
        for (Thread player : players) {
            player.join();
        }
        endedNs = System.nanoTime();
        if (failure != null) {
            throw new IllegalStateException("the simulation itself failed", failure);
        }
    }

    private void player(PrintStream progress) {
        try {
            for (Long seed = take(); seed != null; seed = take()) {
                played(Simulation.run(seed, fault), progress);
            }
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private synchronized @Nullable Long take() {
        return next < end && broken == null && failure == null ? Long.valueOf(next++) : null;
    }

    private synchronized void failed(RuntimeException e) {
        failure = e;
    }

    private synchronized void played(Simulation.Outcome outcome, PrintStream progress) {
        done++;
        steps += outcome.steps();
        packets += outcome.packets();
        kept += outcome.kept();
        if (outcome.broken().isPresent() && (broken == null || outcome.seed() < broken.seed())) {
            broken = outcome;
        }
        long now = System.nanoTime();
        if (now - toldNs >= PROGRESS_NS) {
            toldNs = now;
            progress.printf(
                    Locale.ROOT, "%,d of %,d seeds, %,.0f/s%n", done, count, done / ((now - beganNs) / NS_PER_SECOND));
        }
    }

    /** The lowest seed that broke, of those that were played. */
    synchronized Optional<Simulation.Outcome> broken() {
        return Optional.ofNullable(broken);
    }

    synchronized long done() {
        return done;
    }

    synchronized long steps() {
        return steps;
    }

    synchronized long packets() {
        return packets;
    }

    synchronized long kept() {
        return kept;
    }

    synchronized double seconds() {
        return (endedNs - beganNs) / NS_PER_SECOND;
    }
}
