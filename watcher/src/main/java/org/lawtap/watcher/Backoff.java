package org.lawtap.watcher;

import java.time.Duration;

/** Waiting times between attempts: 100 ms, doubled to 5 s. Without jitter, as there is one watcher to a cluster. */
final class Backoff {
    static final Duration FIRST = Duration.ofMillis(100);
    static final Duration LAST = Duration.ofSeconds(5);

    private int failures;

    /** Counts a failure and tells how long to wait after it. */
    Duration failed() {
        Duration delay = FIRST.multipliedBy(1L << Math.min(failures, 10));
        failures++;
        return delay.compareTo(LAST) > 0 ? LAST : delay;
    }

    int failures() {
        return failures;
    }

    void succeeded() {
        failures = 0;
    }
}
