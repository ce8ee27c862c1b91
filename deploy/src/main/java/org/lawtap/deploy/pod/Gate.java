package org.lawtap.deploy.pod;

import java.time.Duration;

/** Lets the talking threads through one exchange at a time, or keeps them out. Safe for many threads. */
final class Gate {
    private boolean open = true;
    private int inside;

    synchronized void enter() throws InterruptedException {
        while (!open) {
            wait();
        }
        inside++;
    }

    synchronized void leave() {
        inside--;
        notifyAll();
    }

    /** Keeps everybody out and waits until nobody is inside; false if somebody stayed longer than the timeout. */
    synchronized boolean shut(Duration timeout) throws InterruptedException {
        open = false;
        long end = System.nanoTime() + timeout.toNanos();
        while (inside > 0) {
            long leftMs = (end - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) {
                return false;
            }
            wait(leftMs);
        }
        return true;
    }

    synchronized void reopen() {
        open = true;
        notifyAll();
    }
}
