package org.lawtap.worker.log;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.Topic;

/** The records of one warrant on their way, see {@link KafkaPacketLog}. Owned by the capture thread. */
final class Lane {
    final WarrantId warrant;
    final String topic;
    final WarrantSpill spill;

    /** What the producer has, in order; what came from the disk stands before what did not. */
    final Deque<Sent> inFlight = new ArrayDeque<>();

    /** Of these, the ones that are not on the disk. */
    final Deque<Sent> direct = new ArrayDeque<>();

    /** What was handed over when there was no room. */
    final Deque<Queued> queue = new ArrayDeque<>();

    long inFlightBytes;
    long queueBytes;

    /** The first record on the disk that Kafka refused; when nothing is in flight any more, it is offered again. */
    @Nullable
    Place refused;

    /** How long Kafka's last refusal of this warrant keeps it from being offered, nanoseconds; 0 if there was none. */
    long pauseNs;

    long pausedUntil;

    /** Whether the producer knows where the topic is, so that offering a record does not block. Set by any thread. */
    volatile boolean located;

    /** Whether somebody is finding that out. Set by any thread. */
    volatile boolean locating;

    /** When to ask next, nanoseconds. */
    long locateAt;

    @Nullable
    Outage outage;

    Lane(WarrantId warrant, WarrantSpill spill) {
        this.warrant = warrant;
        this.topic = Topic.packets(warrant).name();
        this.spill = spill;
    }

    @SuppressWarnings("ArrayRecordComponent")
    record Queued(SessionId session, byte[] value) {}

    /** From the first record that could not go to Kafka directly until nothing has waited for a while. */
    static final class Outage {
        final long since;
        boolean begunTold;
        boolean fullTold;
        long records;
        long bytes;

        /** When the last record that waited was acknowledged; meaningful while {@link #over}. */
        long overSince;

        boolean over;

        Outage(long since) {
            this.since = since;
        }
    }

    /** Whether a new record must wait behind others. */
    boolean waits() {
        return !queue.isEmpty() || spill.hasUnread();
    }

    boolean idle() {
        return inFlight.isEmpty() && !waits();
    }
}
