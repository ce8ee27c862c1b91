package org.lawtap.schemas.process;

import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.topics.KafkaFinding;
import org.lawtap.schemas.topics.KafkaState;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CustodyCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a service start where Kafka is safe, or where an override says that it may start all the same. Then it stands in custody before
 * the service does anything: no override is used that is not recorded.
 */
public final class KafkaGate {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaGate.class);
    private static final int DELIVERY_TIMEOUT_MS = 30_000;
    private static final int REQUEST_TIMEOUT_MS = 10_000;

    private final KafkaClients kafka;
    private final KafkaOverride override;
    private final String actor;
    private final Clock clock;

    /** @param actor the process and where it runs, for instance {@code capture-worker@n1} */
    public KafkaGate(KafkaClients kafka, KafkaOverride override, String actor, Clock clock) {
        this.kafka = kafka;
        this.override = override;
        this.actor = actor;
        this.clock = clock;
    }

    /**
     * Returns what is overridden, which is then recorded; nothing where Kafka is safe.
     *
     * @throws StartException where it is not safe and not overridden, or that can't be recorded
     */
    public List<KafkaFinding> pass(KafkaState state) throws StartException {
        List<KafkaFinding> overridden = override.judge(state.findings());
        if (!overridden.isEmpty()) {
            String setting = KafkaOverride.setting(overridden);
            LOG.warn(
                    "Kafka may lose what it has acknowledged, and {} overrides that:\n  {}",
                    setting,
                    String.join("\n  ", KafkaFinding.sentences(overridden)));
            record(overridden, setting);
        }
        return overridden;
    }

    private void record(List<KafkaFinding> overridden, String setting) throws StartException {
        Map<String, String> details = new HashMap<>(KafkaFinding.details(overridden));
        details.put("findings", String.valueOf(overridden.size()));
        CustodyEvent event = new CustodyEvent(
                UUID.randomUUID(),
                clock.instant(),
                actor,
                CustodyAction.KAFKA_UNSAFE,
                null,
                null,
                null,
                "started although Kafka may lose what it has acknowledged; " + setting + " overrides that",
                details);
        try (Producer<String, byte[]> producer = kafka.producer(Map.of(
                "max.block.ms",
                DELIVERY_TIMEOUT_MS,
                "delivery.timeout.ms",
                DELIVERY_TIMEOUT_MS,
                "request.timeout.ms",
                REQUEST_TIMEOUT_MS))) {
            producer.send(new ProducerRecord<>(Topic.CUSTODY.name(), event.key(), CustodyCodec.encode(event)))
                    .get();
        } catch (ExecutionException e) {
            throw unrecorded(setting, e.getCause() == null ? e : e.getCause());
        } catch (KafkaException e) {
            throw unrecorded(setting, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("interrupted while " + setting + " was recorded", e);
        }
    }

    private static StartException unrecorded(String setting, Throwable why) {
        String message = setting + " overrides nothing, as that can't be recorded in " + Topic.CUSTODY.name() + ": "
                + why.getMessage()
                + (why instanceof AuthorizationException ? "; have an administrator run: lawtap topics grant" : "");
        return why instanceof RetriableException
                ? StartException.passing(message, why)
                : new StartException(message, why);
    }
}
