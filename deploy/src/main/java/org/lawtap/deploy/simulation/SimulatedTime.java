package org.lawtap.deploy.simulation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** The true time of a run, and the clocks of its machines, each of which is wrong by an amount of its own. */
final class SimulatedTime {
    static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

    private Instant now = BEGIN;

    Instant now() {
        return now;
    }

    long ms() {
        return Duration.between(BEGIN, now).toMillis();
    }

    void pass(Duration some) {
        now = now.plus(some);
    }

    /** A clock that is ahead by this much. */
    Clock clock(Duration skew) {
        return new Clock() {
            @Override
            public Instant instant() {
                return now.plus(skew);
            }

            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }
        };
    }

    static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }
}
