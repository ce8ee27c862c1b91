package org.lawtap.worker.log;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.worker.session.PacketLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The packet topics, through one idempotent producer, and over the disk while that takes too little. Each warrant has a lane of
 * its own, first in, first out:
 *
 * <pre>
 *   send --.---------- nothing waits, share free ----------.
 *          |                                               v
 *          |--- room on the disk --> spill --- share free --> in flight -> acknowledged | refused
 *          |                           ^                   ^
 *          '--- neither --> queue -----'-------------------'
 * </pre>
 *
 * While anything of a warrant waits on the disk, all of it that Kafka has not acknowledged is there: what was in flight when it
 * began is written first. A record that Kafka refuses for good (access, size) is told and ends its session; if it stands on
 * the disk it stays there and is offered again later, unless the refusal is for its size.
 *
 * <p>Owned by the capture thread; the producer's thread only marks what became of a record.
 */
public final class KafkaPacketLog implements PacketLog, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaPacketLog.class);

    /** Between a refusal for lack of room and the next offer of any record. */
    private static final long RETRY_NS = 500_000_000L;

    /** The longest pause of one warrant whose topic can't be found, or may not be written. */
    private static final long PAUSE_MAX_NS = 30_000_000_000L;

    /** Between attempts to find a topic. */
    private static final long LOCATE_NS = 1_000_000_000L;

    /** A record that Kafka does not acknowledge for so long is also written to the disk. */
    private static final long STALE_NS = 5_000_000_000L;

    /** An outage is over when nothing has waited for so long: custody hears of one pair, not of each breath. */
    private static final long QUIET_NS = 10_000_000_000L;

    /** Read back in one round: the rings want to be emptied, too. */
    private static final long DRAIN_BYTES_MAX = 4 << 20;

    /** Lanes kept without records. */
    private static final int LANES_IDLE_MAX = 1000;

    /** Of the memory for what finds no room, this part is kept free of last packets. */
    private static final int LAST_SHARE = 8;

    private static final int FAILED_MAX = 10_000;
    private static final long SETTLE_STEP_NS = 10_000_000L;
    private static final long NS_PER_MS = 1_000_000L;

    private static final UUID NO_ID = new UUID(0, 0);

    private final Producer<String, byte[]> producer;
    private final Spill spill;
    private final SpillCustody custody;
    private final LongSupplier nanoTime;
    private final Executor locator;
    private final Budget inFlight;
    private final Budget queued;
    private final Map<WarrantId, Lane> lanes = new HashMap<>();
    private final List<Lane> order = new ArrayList<>();
    private final Set<SessionId> failed = new LinkedHashSet<>();
    private int turn;
    private long roundBytes;
    private boolean paused;
    private long pausedUntil;
    private boolean ended;
    private long refusals;

    /** What a producer said before its send returned. Owned by the capture thread. */
    private @Nullable Sent offering;

    private @Nullable TimeoutException notTaken;

    /**
     * @param inFlightBytesMax bytes on their way, of all warrants; as many again may wait in memory when neither Kafka nor the
     *     disk has room
     * @param nanoTime as {@link System#nanoTime}
     * @param locator runs what may block: finding topics
     */
    public KafkaPacketLog(
            Producer<String, byte[]> producer,
            long inFlightBytesMax,
            Spill spill,
            CustodyLog custody,
            LongSupplier nanoTime,
            Executor locator) {
        this.producer = producer;
        this.inFlight = new Budget(inFlightBytesMax);
        this.queued = new Budget(inFlightBytesMax);
        this.spill = spill;
        this.custody = new SpillCustody(custody, nanoTime);
        this.nanoTime = nanoTime;
        this.locator = locator;
        for (Spill.Recovered found : spill.takeRecovered()) {
            recovered(found);
        }
    }

    private void recovered(Spill.Recovered found) {
        WarrantId warrant = found.warrant();
        if (warrant != null && (found.records() > 0 || found.tornBytes() > 0)) {
            custody.recovered(found);
        }
        if (warrant != null && found.records() > 0) {
            Lane lane = lane(warrant);
            lane.located = false;
            lane.locateAt = nanoTime.getAsLong();
            outage(lane).begunTold = true;
        }
        if (found.damaged() != null) {
            custody.damaged(found.damaged());
        }
    }

    @Override
    public boolean hasRoom(WarrantId warrant) {
        Lane lane = lanes.get(warrant);
        return lane == null ? (!paused() && inFlight.open(0)) || spill.hasRoom() : hasRoom(lane);
    }

    private boolean hasRoom(Lane lane) {
        return lane.queue.isEmpty()
                && ((!lane.spill.hasUnread() && inFlight.open(lane.inFlightBytes) && offerable(lane))
                        || lane.spill.hasRoom());
    }

    @Override
    public boolean takesLast(WarrantId warrant) {
        Lane lane = lanes.get(warrant);
        return hasRoom(warrant) || queued.open((lane == null ? 0 : lane.queueBytes) + queued.bytesMax() / LAST_SHARE);
    }

    @Override
    public void send(WarrantId warrant, SessionId session, byte[] value) {
        Lane lane = lane(warrant);
        // While the disk holds anything that Kafka has not acknowledged, what comes next goes there first, too.
        if (!lane.waits()
                && (lane.spill.empty() || !lane.spill.hasRoom())
                && inFlight.open(lane.inFlightBytes)
                && offerable(lane)
                && offer(lane, session, value, null)) {
            return;
        }
        if (!lane.queue.isEmpty() || !keep(lane, session, value)) {
            queue(lane, session, value);
        }
    }

    @Override
    public int doWork() {
        order.forEach(this::reap);
        int work = 0;
        roundBytes = 0;
        turn = order.isEmpty() ? 0 : (turn + 1) % order.size();
        for (int i = 0; i < order.size(); i++) {
            Lane lane = order.get((turn + i) % order.size());
            work += drain(lane);
            work += unqueue(lane);
            keepStale(lane);
            attend(lane);
        }
        if (!paused()) {
            custody.flush();
        }
        forgetIdle();
        return work;
    }

    @Override
    public boolean failed(SessionId session) {
        return failed.contains(session);
    }

    /** What the log stands at. */
    public LogFigures figures() {
        return new LogFigures(inFlight.used(), queued.used(), spill.usedBytes(), spill.freeBytes(), refusals);
    }

    /**
     * Waits until Kafka has everything, at most this long. What is left then goes to the disk, if the spill is on, where the
     * next start finds it; what finds no room there is lost, and told.
     */
    public void settle(Duration limit) {
        long deadline = nanoTime.getAsLong() + limit.toNanos();
        paused = false;
        order.forEach(lane -> lane.pausedUntil = nanoTime.getAsLong());
        doWork();
        while (!order.stream().allMatch(Lane::idle) && nanoTime.getAsLong() - deadline < 0) {
            LockSupport.parkNanos(SETTLE_STEP_NS);
            doWork();
        }
        spill.end();
        for (Lane lane : order) {
            rescue(lane);
            Lane.Outage outage = lane.outage;
            if (outage != null && outage.over) {
                over(lane, outage);
            }
        }
        try {
            spill.force();
        } catch (IOException e) {
            LOG.warn("what waits on the disk may not outlive the machine: {}", e.toString());
        }
        custody.flush();
    }

    /** Takes note of what became of the last records. Call it after the producer is closed, once {@link #settle} has returned. */
    @Override
    public void close() {
        ended = true;
        custody.close();
        order.forEach(this::reap);
        spill.close();
    }

    /** What waits in memory goes to the disk; what has no room there is lost. */
    private void rescue(Lane lane) {
        keepDirect(lane);
        Lane.Queued next = lane.queue.peekFirst();
        while (next != null && keep(lane, next.session(), next.value())) {
            unqueued(lane);
            next = lane.queue.peekFirst();
        }
        while (next != null) {
            unqueued(lane);
            fail(lane, next.session(), "neither Kafka nor the disk took it until the worker ended", false);
            next = lane.queue.peekFirst();
        }
    }

    /** The lane of a warrant; made when it is asked for first. */
    Lane lane(WarrantId warrant) {
        Lane known = lanes.get(warrant);
        if (known != null) {
            return known;
        }
        Lane lane = new Lane(warrant, spill.of(warrant));
        // Whoever starts a capture has located its topic.
        lane.located = true;
        lanes.put(warrant, lane);
        order.add(lane);
        return lane;
    }

    private boolean paused() {
        if (paused && nanoTime.getAsLong() - pausedUntil >= 0) {
            paused = false;
        }
        return paused;
    }

    /** Whether the producer may be offered a record of this warrant now. */
    private boolean offerable(Lane lane) {
        return lane.located
                && lane.refused == null
                && !paused()
                && (lane.pauseNs == 0 || nanoTime.getAsLong() - lane.pausedUntil >= 0);
    }

    private void pause(Lane lane) {
        lane.pauseNs = Math.clamp(2 * lane.pauseNs, RETRY_NS, PAUSE_MAX_NS);
        lane.pausedUntil = nanoTime.getAsLong() + lane.pauseNs;
    }

    /** Whether the producer took it, or refused it for good; both are settled by {@link #reap}. */
    private boolean offer(Lane lane, SessionId session, byte[] value, @Nullable Place place) {
        Sent sent = new Sent(session, value, place, nanoTime.getAsLong());
        Thread owner = Thread.currentThread();
        offering = sent;
        notTaken = null;
        try {
            producer.send(new ProducerRecord<>(lane.topic, session.toString(), value), (metadata, failure) -> {
                // A full buffer or missing metadata is told before send returns, and nothing was sent.
                if (failure instanceof TimeoutException timeout
                        && Thread.currentThread() == owner
                        && offering == sent) {
                    notTaken = timeout;
                } else {
                    sent.done(failure);
                }
            });
        } catch (TimeoutException e) {
            notTaken = e;
        } catch (KafkaException e) {
            sent.done(e);
        } finally {
            offering = null;
        }
        TimeoutException refusal = notTaken;
        if (refusal != null) {
            paused = true;
            pausedUntil = nanoTime.getAsLong() + RETRY_NS;
            if (!(refusal instanceof BufferExhaustedException)) {
                pause(lane);
                // The producer has lost sight of the topic, and would make this thread wait at each offer until it is
                // found again.
                lane.located = false;
                lane.locateAt = nanoTime.getAsLong();
            }
            return false;
        }
        lane.inFlight.add(sent);
        lane.inFlightBytes += sent.bytes();
        inFlight.take(sent.bytes());
        if (place == null) {
            lane.direct.add(sent);
        }
        if (sent.isDone()) {
            reap(lane);
        }
        return true;
    }

    /** Settles what is done, in order. */
    private void reap(Lane lane) {
        Sent first = lane.inFlight.peekFirst();
        while (first != null && first.isDone()) {
            lane.inFlight.removeFirst();
            lane.inFlightBytes -= first.bytes();
            inFlight.release(first.bytes());
            Exception failure = first.failure();
            Place place = first.place();
            if (failure == null) {
                lane.pauseNs = 0;
            }
            if (place == null) {
                lane.direct.removeFirst();
                if (failure != null) {
                    fail(lane, first.session(), failure.toString(), false);
                }
            } else if (failure == null || failure instanceof RecordTooLargeException) {
                if (failure != null) {
                    fail(lane, first.session(), failure.toString(), false);
                }
                // What follows a refused record is offered again behind it, acknowledged or not.
                if (lane.refused == null) {
                    acknowledged(lane, place, first.bytes());
                }
            } else {
                fail(lane, first.session(), failure.toString(), true);
                if (lane.refused == null) {
                    lane.refused = place;
                    pause(lane);
                }
            }
            first = lane.inFlight.peekFirst();
        }
        Place refused = lane.refused;
        if (refused != null && lane.inFlight.isEmpty()) {
            try {
                lane.spill.rewind(refused);
                lane.refused = null;
            } catch (IOException e) {
                LOG.warn("warrant {}: its spill can't be read again: {}", lane.warrant, e.toString());
            }
        }
    }

    private void acknowledged(Lane lane, Place place, int bytes) {
        Lane.Outage outage = outage(lane);
        if (bytes > 0) {
            outage.records++;
            outage.bytes += bytes;
        }
        Spill.Damaged damaged = lane.spill.acknowledged(place);
        if (damaged != null) {
            custody.damaged(damaged);
        }
    }

    /** Offers what waits, in order, while there is room; returns how many records moved. */
    private int drain(Lane lane) {
        if (!lane.waits()) {
            return 0;
        }
        locate(lane);
        int moved = 0;
        while (lane.waits() && roundBytes < DRAIN_BYTES_MAX && inFlight.open(lane.inFlightBytes) && offerable(lane)) {
            if (!(lane.spill.hasUnread() ? offerUnread(lane) : offerQueued(lane))) {
                break;
            }
            moved++;
        }
        return moved;
    }

    private boolean offerQueued(Lane lane) {
        Lane.Queued next = lane.queue.getFirst();
        if (!offer(lane, next.session(), next.value(), null)) {
            return false;
        }
        roundBytes += next.value().length;
        unqueued(lane);
        return true;
    }

    private boolean offerUnread(Lane lane) {
        try {
            WarrantSpill.Read read = lane.spill.read();
            roundBytes += read.bytes();
            SegmentCipher.Opened opened = read.opened();
            if (opened == null) {
                skip(lane, read.place());
                return true;
            }
            if (!offer(lane, opened.session(), opened.value(), read.place())) {
                lane.spill.rewind(read.place());
                return false;
            }
            return true;
        } catch (IOException e) {
            LOG.warn("warrant {}: its spill can't be read now: {}", lane.warrant, e.toString());
            pause(lane);
            return false;
        }
    }

    /** A damaged record takes its turn like one that was acknowledged. */
    private void skip(Lane lane, Place place) {
        Sent nothing = new Sent(new SessionId(NO_ID), new byte[0], place, nanoTime.getAsLong());
        nothing.done(null);
        lane.inFlight.add(nothing);
        reap(lane);
    }

    /** Finds out where the topic is, without holding up this thread. */
    private void locate(Lane lane) {
        long now = nanoTime.getAsLong();
        if (lane.located || lane.locating || now - lane.locateAt < 0) {
            return;
        }
        lane.locating = true;
        lane.locateAt = now + LOCATE_NS;
        locator.execute(() -> {
            try {
                producer.partitionsFor(lane.topic);
                lane.located = true;
            } catch (KafkaException | IllegalStateException e) {
                LOG.warn("warrant {}: its topic is not reached: {}", lane.warrant, e.toString());
            } finally {
                lane.locating = false;
            }
        });
    }

    /** What waits in memory goes to the disk as soon as there is room. */
    private int unqueue(Lane lane) {
        int moved = 0;
        Lane.Queued next = lane.queue.peekFirst();
        while (next != null && keep(lane, next.session(), next.value())) {
            unqueued(lane);
            moved++;
            next = lane.queue.peekFirst();
        }
        return moved;
    }

    private void unqueued(Lane lane) {
        int bytes = lane.queue.removeFirst().value().length;
        lane.queueBytes -= bytes;
        queued.release(bytes);
    }

    private void queue(Lane lane, SessionId session, byte[] value) {
        outage(lane);
        if (!queued.open(lane.queueBytes)) {
            fail(lane, session, "neither Kafka nor the disk nor memory has room", false);
            return;
        }
        lane.queue.add(new Lane.Queued(session, value));
        lane.queueBytes += value.length;
        queued.take(value.length);
    }

    /** Writes a record to the disk, behind everything else of its warrant that Kafka has not acknowledged. */
    private boolean keep(Lane lane, SessionId session, byte[] value) {
        if (!lane.spill.hasRoom() || !keepDirect(lane) || lane.spill.append(session, value) == null) {
            return false;
        }
        begun(lane);
        return true;
    }

    /** Writes what is in flight to the disk. */
    private boolean keepDirect(Lane lane) {
        Sent next = lane.direct.peekFirst();
        while (next != null) {
            byte[] value = next.value();
            Place place = value == null ? null : lane.spill.appendRead(next.session(), value);
            if (place == null) {
                return false;
            }
            next.keptAt(place);
            lane.direct.removeFirst();
            begun(lane);
            next = lane.direct.peekFirst();
        }
        return true;
    }

    private void keepStale(Lane lane) {
        Sent oldest = lane.direct.peekFirst();
        if (oldest != null && nanoTime.getAsLong() - oldest.at() >= STALE_NS) {
            keepDirect(lane);
        }
    }

    private Lane.Outage outage(Lane lane) {
        Lane.Outage outage = lane.outage;
        if (outage == null) {
            outage = new Lane.Outage(nanoTime.getAsLong());
            lane.outage = outage;
        }
        outage.over = false;
        return outage;
    }

    private void begun(Lane lane) {
        Lane.Outage outage = outage(lane);
        if (!outage.begunTold) {
            outage.begunTold = true;
            custody.begun(lane.warrant);
        }
    }

    /** Tells what there is to tell of an outage. */
    private void attend(Lane lane) {
        Lane.Outage outage = lane.outage;
        if (outage == null) {
            return;
        }
        if (spill.on() && !outage.fullTold && !hasRoom(lane)) {
            outage.fullTold = true;
            custody.full(lane.warrant, lane.spill.whyFull());
        }
        if (lane.queue.isEmpty() && lane.spill.empty()) {
            long now = nanoTime.getAsLong();
            if (!outage.over) {
                outage.over = true;
                outage.overSince = now;
            } else if (now - outage.overSince >= QUIET_NS) {
                over(lane, outage);
            }
        }
    }

    private void over(Lane lane, Lane.Outage outage) {
        lane.outage = null;
        if (outage.begunTold || outage.fullTold) {
            custody.drained(lane.warrant, outage.records, outage.bytes, (outage.overSince - outage.since) / NS_PER_MS);
        }
    }

    private void forgetIdle() {
        if (order.size() > LANES_IDLE_MAX) {
            order.removeIf(lane -> {
                boolean idle = lane.idle() && lane.outage == null && lane.spill.bytes() == 0;
                if (idle) {
                    lanes.remove(lane.warrant);
                    spill.forget(lane.warrant);
                }
                return idle;
            });
        }
    }

    private void fail(Lane lane, SessionId session, String reason, boolean kept) {
        if (kept && ended) {
            // The producer was closed; the next start sends the record.
            return;
        }
        if (failed.add(session)) {
            refusals++;
            custody.notStored(lane.warrant, session, reason, kept);
            if (failed.size() > FAILED_MAX) {
                failed.remove(failed.iterator().next());
            }
        }
    }
}
