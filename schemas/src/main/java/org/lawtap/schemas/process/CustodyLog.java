package org.lawtap.schemas.process;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CustodyCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writing end of {@code lawtap.custody}. A thread of its own hands the events to the producer, in order, so that who records one
 * never waits; while the producer has no room, or has lost sight of Kafka, they wait here. What is given up is logged.
 */
public final class CustodyLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CustodyLog.class);

    /** An event is some hundred bytes. */
    private static final int WAITING_MAX = 100_000;

    private static final Duration RETRY = Duration.ofMillis(500);

    private final Producer<String, byte[]> producer;
    private final String actor;
    private final Clock clock;
    private final @Nullable Thread thread;
    private final Queue<CustodyEvent> waiting = new ArrayDeque<>();
    private boolean closing;
    private final AtomicLong unacknowledged = new AtomicLong();
    private final AtomicLong givenUp = new AtomicLong();

    /** Nobody waits for the producer but whoever records: for a producer that never blocks. */
    public CustodyLog(Producer<String, byte[]> producer, String actor, Clock clock) {
        this(producer, actor, clock, false);
    }

    private CustodyLog(Producer<String, byte[]> producer, String actor, Clock clock, boolean ownThread) {
        this.producer = producer;
        this.actor = actor;
        this.clock = clock;
        this.thread = ownThread ? Thread.ofPlatform().name("custody").daemon().unstarted(this::work) : null;
    }

    /**
     * One with a thread of its own.
     *
     * @param producer gives up no record that it has taken; closed by the caller, after this
     * @param actor the process and where it runs, for instance {@code capture-worker@n1}
     */
    public static CustodyLog start(Producer<String, byte[]> producer, String actor, Clock clock) {
        CustodyLog log = new CustodyLog(producer, actor, clock, true);
        if (log.thread != null) {
            log.thread.start();
        }
        return log;
    }

    /** Events that were recorded, and that Kafka has not acknowledged yet. Any thread. */
    public long waiting() {
        return unacknowledged.get();
    }

    /** Events that were given up. Any thread. */
    public long lost() {
        return givenUp.get();
    }

    /** Records what happened. @param text one sentence for a reader */
    public void record(
            CustodyAction action,
            @Nullable WarrantId warrant,
            @Nullable SessionId session,
            @Nullable PodUid pod,
            String text,
            Map<String, String> details) {
        CustodyEvent event = new CustodyEvent(
                UUID.randomUUID(), clock.instant(), actor, action, warrant, session, pod, text, details);
        unacknowledged.incrementAndGet();
        synchronized (waiting) {
            if (closing) {
                lost(event, "the process ends");
                return;
            }
            if (waiting.size() >= WAITING_MAX) {
                lost(event, "so many wait already: " + WAITING_MAX);
                return;
            }
            waiting.add(event);
            waiting.notifyAll();
        }
        if (thread == null) {
            sendAll();
        }
    }

    /** Returns when the producer has taken everything, or after this time; what is left then is logged. */
    public void close(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        synchronized (waiting) {
            closing = true;
            waiting.notifyAll();
            try {
                long left = limit.toNanos();
                while (thread != null && !waiting.isEmpty() && left > 0) {
                    TimeUnit.NANOSECONDS.timedWait(waiting, left);
                    left = deadline - System.nanoTime();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            waiting.forEach(event -> lost(event, "the process ended before Kafka took it"));
            waiting.clear();
        }
    }

    @Override
    public void close() {
        close(Duration.ZERO);
    }

    private void work() {
        try {
            while (true) {
                synchronized (waiting) {
                    while (waiting.isEmpty()) {
                        if (closing) {
                            return;
                        }
                        waiting.wait();
                    }
                }
                if (!sendAll()) {
                    Thread.sleep(RETRY);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns whether the producer took all that waited; the first that it has no room for waits, and what comes after it. */
    private boolean sendAll() {
        CustodyEvent next = first();
        while (next != null) {
            if (!taken(next)) {
                return false;
            }
            synchronized (waiting) {
                waiting.poll();
                waiting.notifyAll();
            }
            next = first();
        }
        return true;
    }

    private @Nullable CustodyEvent first() {
        synchronized (waiting) {
            return waiting.peek();
        }
    }

    private boolean taken(CustodyEvent event) {
        Thread sender = Thread.currentThread();
        boolean[] sending = {true};
        boolean[] noRoom = {false};
        try {
            producer.send(
                    new ProducerRecord<>(Topic.CUSTODY.name(), event.key(), CustodyCodec.encode(event)),
                    (metadata, failure) -> {
                        // A full buffer or missing metadata is told before send returns, and nothing was sent.
                        if (failure instanceof TimeoutException && Thread.currentThread() == sender && sending[0]) {
                            noRoom[0] = true;
                        } else if (failure != null) {
                            lost(event, failure.toString());
                        } else {
                            unacknowledged.decrementAndGet();
                        }
                    });
        } catch (TimeoutException e) {
            return false;
        } catch (KafkaException | IllegalStateException e) {
            lost(event, e.toString());
        } finally {
            sending[0] = false;
        }
        return !noRoom[0];
    }

    private void lost(CustodyEvent event, String why) {
        unacknowledged.decrementAndGet();
        givenUp.incrementAndGet();
        LOG.error("custody event {} {} was not stored: {}", event.id(), event.action(), why);
    }
}
