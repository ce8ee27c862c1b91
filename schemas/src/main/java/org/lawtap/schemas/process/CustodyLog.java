package org.lawtap.schemas.process;

import java.time.Clock;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
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

/** The writing end of {@code lawtap.custody}. Sends at once and does not wait; the producer retries; what it gives up on is logged. */
public final class CustodyLog {
    private static final Logger LOG = LoggerFactory.getLogger(CustodyLog.class);

    private final Producer<String, byte[]> producer;
    private final String actor;
    private final Clock clock;
    private final AtomicLong waiting = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();

    /** @param actor the process and where it runs, for instance {@code capture-worker@n1} */
    public CustodyLog(Producer<String, byte[]> producer, String actor, Clock clock) {
        this.producer = producer;
        this.actor = actor;
        this.clock = clock;
    }

    /** Records that were handed over and not acknowledged yet. Any thread. */
    public long waiting() {
        return waiting.get();
    }

    /** Records that the producer gave up. Any thread. */
    public long lost() {
        return lost.get();
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
        waiting.incrementAndGet();
        producer.send(
                new ProducerRecord<>(Topic.CUSTODY.name(), event.key(), CustodyCodec.encode(event)),
                (metadata, failure) -> {
                    waiting.decrementAndGet();
                    if (failure != null) {
                        lost.incrementAndGet();
                        LOG.error("custody event {} {} was not stored: {}", event.id(), action, failure.toString());
                    }
                });
    }
}
