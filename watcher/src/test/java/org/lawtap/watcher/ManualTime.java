package org.lawtap.watcher;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Time that stands still until a test moves it: wall clock and monotonic clock together. */
final class ManualTime extends Clock {
    private Instant now = Instant.parse("2026-11-23T12:00:00Z");
    private long nanos = -5_000_000_000L;

    void pass(Duration time) {
        now = now.plus(time);
        nanos += time.toNanos();
    }

    long nanos() {
        return nanos;
    }

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return this;
    }
}
