package org.lawtap.worker;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.worker.session.PacketLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The packet topics, through one idempotent producer. What is on its way is bounded; what the producer has no room for now
 * waits here in order and is offered again; a session with a failed record ends.
 *
 * <pre>
 *   send -> waiting -> producer -> acknowledged | failed
 *           '------ in flight bytes ------'
 * </pre>
 *
 * Owned by the capture thread; the producer's thread only counts and marks.
 */
final class KafkaPacketLog implements PacketLog {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaPacketLog.class);
    private static final long RETRY_NS = 500_000_000L;
    private static final long SETTLE_STEP_NS = 10_000_000L;

    private final Producer<String, byte[]> producer;
    private final long inFlightBytesMax;
    private final LongSupplier nanoTime;
    private final AtomicLong inFlightBytes = new AtomicLong();
    private final Set<SessionId> failed = ConcurrentHashMap.newKeySet();
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private long retryAt;
    private boolean retrying;
    private boolean offering;
    private boolean notTaken;

    /** @param nanoTime as {@link System#nanoTime} */
    KafkaPacketLog(Producer<String, byte[]> producer, long inFlightBytesMax, LongSupplier nanoTime) {
        this.producer = producer;
        this.inFlightBytesMax = inFlightBytesMax;
        this.nanoTime = nanoTime;
    }

    private record Waiting(SessionId session, ProducerRecord<String, byte[]> record) {
        int bytes() {
            return record.value().length;
        }
    }

    @Override
    public boolean hasRoom(WarrantId warrant) {
        offer();
        return waiting.isEmpty() && inFlightBytes.get() < inFlightBytesMax;
    }

    @Override
    public void send(WarrantId warrant, SessionId session, byte[] value) {
        inFlightBytes.addAndGet(value.length);
        waiting.add(
                new Waiting(session, new ProducerRecord<>(Topic.packets(warrant).name(), session.toString(), value)));
        offer();
    }

    @Override
    public int doWork() {
        offer();
        return 0;
    }

    @Override
    public boolean failed(SessionId session) {
        return failed.contains(session);
    }

    /** Waits until the producer has taken everything, at most this long; tells what it gave up on. */
    void settle(Duration limit) {
        long deadline = nanoTime.getAsLong() + limit.toNanos();
        retrying = false;
        offer();
        while (!waiting.isEmpty() && nanoTime.getAsLong() < deadline) {
            LockSupport.parkNanos(SETTLE_STEP_NS);
            offer();
        }
        waiting.forEach(record -> fail(record.session(), new TimeoutException("the broker took no more")));
    }

    private void offer() {
        if (retrying && nanoTime.getAsLong() - retryAt < 0) {
            return;
        }
        retrying = false;
        while (!waiting.isEmpty()) {
            Waiting next = waiting.getFirst();
            if (!offered(next)) {
                retrying = true;
                retryAt = nanoTime.getAsLong() + RETRY_NS;
                return;
            }
            waiting.removeFirst();
        }
    }

    /** Whether the producer took it, or refused it for good. */
    private boolean offered(Waiting next) {
        Thread owner = Thread.currentThread();
        notTaken = false;
        offering = true;
        try {
            producer.send(next.record(), (metadata, failure) -> {
                // A full buffer or missing metadata is told before send returns, and nothing was sent.
                if (failure instanceof TimeoutException && Thread.currentThread() == owner && offering) {
                    notTaken = true;
                } else {
                    inFlightBytes.addAndGet(-next.bytes());
                    if (failure != null) {
                        fail(next.session(), failure);
                    }
                }
            });
        } catch (TimeoutException e) {
            return false;
        } catch (KafkaException e) {
            inFlightBytes.addAndGet(-next.bytes());
            fail(next.session(), e);
        } finally {
            offering = false;
        }
        return !notTaken;
    }

    private void fail(SessionId session, Exception failure) {
        if (failed.add(session)) {
            LOG.error("session {}: a record was not stored: {}", session, failure.toString());
        }
    }
}
