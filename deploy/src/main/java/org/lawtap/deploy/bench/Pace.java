package org.lawtap.deploy.bench;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waiting in the time of a benchmark: for a moment, or for something to come true. An interrupt ends every wait. */
public final class Pace {
    private static final long LOOK_NANOS = 20_000_000;

    private Pace() {}

    /** Something that may have come true. */
    public interface Condition {
        boolean holds() throws BenchException;
    }

    /** Waits until the condition holds; returns whether it did within the time. */
    public static boolean until(Duration timeout, Condition condition) throws BenchException, InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() - end > 0) {
                return false;
            }
            pause(LOOK_NANOS);
        }
        return true;
    }

    /** Lets a time pass. */
    public static void pass(Duration time) throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
            pause(left);
        }
    }

    static void pause(long nanos) throws InterruptedException {
        LockSupport.parkNanos(nanos);
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }
}
