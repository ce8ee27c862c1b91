package org.lawtap.worker;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClockState;
import org.lawtap.schemas.process.ProcessMetrics;
import org.lawtap.schemas.process.StatusPage;
import org.lawtap.worker.kernel.KernelClock;
import org.lawtap.worker.log.LogFigures;
import org.lawtap.worker.session.LoopFigures;

/**
 * What a worker says of itself. The capture thread shows its figures once a second as they are then; nothing is counted for them at a
 * packet.
 */
final class WorkerStatus implements StatusPage.Health {
    /** Longer than a node full of sessions takes to end them all. */
    static final Duration STILL_MAX = Duration.ofSeconds(60);

    private static final long SHOW_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST_WINDOW_NS = TimeUnit.SECONDS.toNanos(30);
    private static final double NS_PER_SECOND = 1e9;
    private static final double MS_PER_SECOND = 1e3;

    private final Clock clock;
    private final java.util.function.LongSupplier nanoTime;

    private volatile LoopFigures loop = LoopFigures.NONE;
    private volatile LogFigures log = LogFigures.NONE;
    private volatile long turnedAt;
    private volatile boolean turned;
    private volatile boolean commandsRead;
    private volatile boolean ended;
    private volatile Turns shownTurns = new Turns(0, 0, 0);

    /** Owned by the capture thread. */
    private long turns;

    private long busyNs;
    private long longestNs;
    private long longestBeforeNs;
    private long windowAt;
    private long shownAt;

    private record Turns(long turns, long busyNs, long longestNs) {}

    /** @param nanoTime as {@link System#nanoTime} */
    WorkerStatus(Clock clock, java.util.function.LongSupplier nanoTime) {
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.turnedAt = nanoTime.getAsLong();
        this.windowAt = turnedAt;
        this.shownAt = turnedAt - SHOW_NS;
    }

    /** The capture loop made a turn; returns whether it is time to {@link #show}. */
    boolean turned(long beganNs) {
        long now = nanoTime.getAsLong();
        long took = now - beganNs;
        turns++;
        busyNs += took;
        if (now - windowAt >= LONGEST_WINDOW_NS) {
            windowAt = now;
            longestBeforeNs = longestNs;
            longestNs = 0;
        }
        longestNs = Math.max(longestNs, took);
        turnedAt = now;
        turned = true;
        return now - shownAt >= SHOW_NS;
    }

    void show(LoopFigures loopNow, LogFigures logNow) {
        shownAt = nanoTime.getAsLong();
        shownTurns = new Turns(turns, busyNs, Math.max(longestNs, longestBeforeNs));
        loop = loopNow;
        log = logNow;
    }

    /** All commands of this node that there were at the start are read. */
    void commandsRead() {
        commandsRead = true;
    }

    /** A thread ended by a failure. */
    void failed() {
        ended = true;
    }

    @Override
    public List<String> notLive() {
        List<String> reasons = new ArrayList<>();
        if (ended) {
            reasons.add("a thread of the worker has ended; its log says why");
        }
        long still = nanoTime.getAsLong() - turnedAt;
        if (still > STILL_MAX.toNanos()) {
            reasons.add("the capture loop has not turned for " + TimeUnit.NANOSECONDS.toSeconds(still) + " s");
        }
        return reasons;
    }

    @Override
    public List<String> notReady() {
        List<String> reasons = new ArrayList<>(notLive());
        if (!turned) {
            reasons.add("the capture loop has not begun");
        }
        if (!commandsRead) {
            reasons.add("this node's commands are not read to their end yet");
        }
        return reasons;
    }

    void measure(ProcessMetrics metrics) {
        metrics.counter("packets.delivered", "Packets handed to the log", () -> loop.delivered());
        metrics.counter("packets.delivered.bytes", "Bytes of these packets", () -> loop.deliveredBytes());
        metrics.counter(
                "packets.dropped.kernel",
                "Packets that the kernel dropped, as a ring was full",
                () -> loop.kernelDropped());
        metrics.counter(
                "packets.dropped.user",
                "Packets left in rings at a session's end, as the log had no room",
                () -> loop.leftBehind());
        metrics.counter("packets.unseen", "Packets that a tap is known not to have seen", () -> loop.unseen());
        metrics.gauge(
                "captures.wanted", "Captures that are commanded, in their window and leased", () -> loop.captures());
        metrics.gauge("sessions.open", "Sessions that capture", () -> loop.sessions());
        metrics.gauge(
                "sessions.degraded", "Of these, sessions whose tap is known not to see all", () -> loop.degraded());
        metrics.gauge("sessions.silent", "Sessions that have kept no packet for 15 minutes", () -> loop.silent());
        metrics.gauge("blind.taps", "Captures wanted without a session", () -> loop.blind());
        metrics.gauge("blind.age.seconds", "Since when the oldest of these is blind; 0 without one", this::blindAge);
        metrics.counter("checkpoints", "Checkpoints made", () -> loop.checkpoints());
        metrics.gauge(
                "checkpoint.age.seconds",
                "Since the last checkpoint of any session; NaN before the first; quiet sessions make none",
                () -> age(loop.lastCheckpoint(), Double.NaN));
        metrics.gauge("in.flight.bytes", "Bytes that Kafka has not acknowledged", () -> log.inFlightBytes());
        metrics.gauge(
                "queued.bytes",
                "Bytes in memory that neither Kafka nor the disk had room for",
                () -> log.queuedBytes());
        metrics.gauge("spill.bytes", "Bytes that wait on the disk", () -> log.spilledBytes());
        metrics.gauge("spill.free.bytes", "Bytes that may still go there", () -> log.spillFreeBytes());
        metrics.counter("refusals", "Sessions of which a record was not stored", () -> log.refusals());
        metrics.counter("loop.turns", "Turns of the capture loop", () -> shownTurns.turns());
        metrics.gauge(
                "loop.busy.seconds",
                "Time spent in turns since the worker began",
                () -> shownTurns.busyNs() / NS_PER_SECOND);
        metrics.gauge(
                "loop.turn.max.seconds",
                "The longest turn of the last minute or half",
                () -> shownTurns.longestNs() / NS_PER_SECOND);
        metrics.gauge("clock.synchronised", "1 if the kernel says that its clock is; NaN if it can't be asked", () -> {
            ClockState state = KernelClock.read();
            return state.equals(ClockState.UNKNOWN) ? Double.NaN : state.synchronised() ? 1 : 0;
        });
        metrics.gauge(
                "clock.max.error.seconds", "The kernel's bound of its clock's error; NaN if it can't be asked", () -> {
                    ClockState state = KernelClock.read();
                    return state.equals(ClockState.UNKNOWN) ? Double.NaN : state.maxErrorNs() / NS_PER_SECOND;
                });
    }

    private double blindAge() {
        return age(loop.blindSince(), 0);
    }

    private double age(@Nullable Instant since, double none) {
        return since == null
                ? none
                : Math.max(0, Duration.between(since, clock.instant()).toMillis() / MS_PER_SECOND);
    }
}
