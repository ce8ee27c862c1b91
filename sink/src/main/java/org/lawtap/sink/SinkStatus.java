package org.lawtap.sink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.process.ProcessMetrics;
import org.lawtap.schemas.process.StatusPage;

/**
 * What a sink says of itself. The sink's thread counts what custody had not been told before, and shows twice a second what its
 * warrants stand at.
 */
final class SinkStatus implements StatusPage.Health {
    /** After which an open warrant without a record counts as silent. */
    static final Duration SILENT = Duration.ofMinutes(15);

    /** A large record on a slow disk takes a while. */
    private static final Duration STILL_MAX = Duration.ofSeconds(90);

    private static final double MS_PER_SECOND = 1000;

    private final Path directory;
    private final Clock clock;
    private final LongSupplier nanoTime;
    private final LongAdder records = new LongAdder();
    private final LongAdder recordBytes = new LongAdder();
    private final LongAdder gaps = new LongAdder();
    private final LongAdder missingPackets = new LongAdder();
    private final LongAdder refusedRecords = new LongAdder();
    private final LongAdder sealed = new LongAdder();
    private final LongAdder sealsDelayed = new LongAdder();
    private volatile @Nullable Instant wroteAt;
    private volatile State state = new State(0, 0, 0, 0, 0, 0);
    private volatile boolean assigned;
    private volatile boolean ended;
    private volatile long turnedAt;

    /**
     * What the warrants in this sink's hands stand at.
     *
     * @param open still being filed
     * @param silent of these, ones without a record for long
     * @param withoutKey of these, ones that wait for their delivery key
     * @param mismatched whose files are not what the log says
     * @param lag records not read yet
     * @param sealsDue whose seal or timestamp failed and is tried again
     */
    record State(int open, int silent, int withoutKey, int mismatched, long lag, int sealsDue) {}

    /** @param nanoTime as {@link System#nanoTime} */
    SinkStatus(Path directory, Clock clock, LongSupplier nanoTime) {
        this.directory = directory;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.turnedAt = nanoTime.getAsLong();
    }

    void filed(int bytes) {
        records.increment();
        recordBytes.add(bytes);
    }

    void wrote(Instant at) {
        wroteAt = at;
    }

    /** Packets that are known to have been and are in no file; none is no gap. */
    void gap(long packets) {
        gaps.add(packets > 0 ? 1 : 0);
        missingPackets.add(packets);
    }

    void recordRefused() {
        refusedRecords.increment();
    }

    void sealed() {
        sealed.increment();
    }

    void sealDelayed() {
        sealsDelayed.increment();
    }

    void turned() {
        turnedAt = nanoTime.getAsLong();
    }

    void show(State now) {
        state = now;
    }

    /** Whether the group has given this sink its share, which may be nothing. */
    void assigned(boolean now) {
        assigned = now;
    }

    void ended() {
        ended = true;
    }

    @Override
    public List<String> notLive() {
        List<String> reasons = new ArrayList<>();
        if (ended) {
            reasons.add("the sink's thread has ended; its log says why");
        }
        long still = nanoTime.getAsLong() - turnedAt;
        if (still > STILL_MAX.toNanos()) {
            reasons.add("the sink has not moved for " + TimeUnit.NANOSECONDS.toSeconds(still) + " s");
        }
        return reasons;
    }

    @Override
    public List<String> notReady() {
        List<String> reasons = new ArrayList<>(notLive());
        if (!assigned) {
            reasons.add("the group of sinks has given this one no share yet");
        }
        if (!Files.isWritable(directory)) {
            reasons.add("LAWTAP_EVIDENCE_DIR can't be written");
        } else if (freeBytes() == 0) {
            reasons.add("the disk of LAWTAP_EVIDENCE_DIR is full");
        }
        return reasons;
    }

    void measure(ProcessMetrics metrics) {
        metrics.counter("records.filed", "Records filed that custody had not been told of before", records::sum);
        metrics.counter("records.filed.bytes", "Bytes of these records", recordBytes::sum);
        metrics.counter("records.refused", "Records left out of the files; custody says why", refusedRecords::sum);
        metrics.counter("gaps", "Gaps stated", gaps::sum);
        metrics.counter("packets.missing", "Packets known to have been that are in no file", missingPackets::sum);
        metrics.counter("sealed", "Warrants sealed", sealed::sum);
        metrics.counter("seals.delayed", "Attempts to seal or to stamp that failed", sealsDelayed::sum);
        metrics.gauge(
                "seals.due", "Warrants whose seal or timestamp failed and is tried again", () -> state.sealsDue());
        metrics.gauge("warrants.open", "Warrants whose evidence is being filed", () -> state.open());
        metrics.gauge("warrants.silent", "Of these, ones without a record for 15 minutes", () -> state.silent());
        metrics.gauge(
                "warrants.without.key", "Of these, ones that wait for their delivery key", () -> state.withoutKey());
        metrics.gauge(
                "warrants.mismatched", "Warrants whose files are not what the log says", () -> state.mismatched());
        metrics.gauge("lag.records", "Records of packet topics not read yet", () -> state.lag());
        metrics.gauge("write.age.seconds", "Since the last write to a file; NaN before the first", this::writeAge);
        metrics.gauge("evidence.free.bytes", "Bytes free on the disk of the evidence", this::freeBytes);
    }

    private double writeAge() {
        Instant at = wroteAt;
        return at == null
                ? Double.NaN
                : Math.max(0, Duration.between(at, clock.instant()).toMillis() / MS_PER_SECOND);
    }

    private long freeBytes() {
        try {
            return Files.getFileStore(directory).getUsableSpace();
        } catch (IOException e) {
            return 0;
        }
    }
}
