package org.lawtap.worker;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.worker.session.PacketLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The packet topics, through one idempotent producer. What is on its way is bounded; a session with a failed record ends. */
final class KafkaPacketLog implements PacketLog {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaPacketLog.class);

    private final Producer<String, byte[]> producer;
    private final long inFlightBytesMax;
    private final AtomicLong inFlightBytes = new AtomicLong();
    private final Set<SessionId> failed = ConcurrentHashMap.newKeySet();

    KafkaPacketLog(Producer<String, byte[]> producer, long inFlightBytesMax) {
        this.producer = producer;
        this.inFlightBytesMax = inFlightBytesMax;
    }

    @Override
    public boolean hasRoom() {
        return inFlightBytes.get() < inFlightBytesMax;
    }

    @Override
    public void send(WarrantId warrant, PacketEvent event) {
        byte[] value = PacketCodec.encode(event);
        inFlightBytes.addAndGet(value.length);
        try {
            producer.send(
                    new ProducerRecord<>(
                            Topic.packets(warrant).name(), event.session().toString(), value),
                    (metadata, failure) -> {
                        inFlightBytes.addAndGet(-value.length);
                        if (failure != null) {
                            fail(event.session(), failure);
                        }
                    });
        } catch (KafkaException e) {
            inFlightBytes.addAndGet(-value.length);
            fail(event.session(), e);
        }
    }

    @Override
    public boolean failed(SessionId session) {
        return failed.contains(session);
    }

    private void fail(SessionId session, Exception failure) {
        if (failed.add(session)) {
            LOG.error("session {}: a record was not stored: {}", session, failure.toString());
        }
    }
}
