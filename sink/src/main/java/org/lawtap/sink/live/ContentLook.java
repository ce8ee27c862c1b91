package org.lawtap.sink.live;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CustodyCodec;

/**
 * Somebody looks at a warrant's content outside the evidence: custody holds who, and from where on, before the first packet is shown, and
 * how far it went when it ends.
 */
public final class ContentLook implements AutoCloseable {
    private static final int CUSTODY_TIMEOUT_MS = 15_000;

    private final Producer<String, byte[]> custody;
    private final String actor;
    private final WarrantId warrant;
    private final Map<String, String> details;

    private ContentLook(
            Producer<String, byte[]> custody, String actor, WarrantId warrant, Map<String, String> details) {
        this.custody = custody;
        this.actor = actor;
        this.warrant = warrant;
        this.details = details;
    }

    /**
     * Tells custody, and returns once it has the record.
     *
     * @param actor the program that shows
     * @param mode what it shows
     * @param from offset of the first record
     * @throws LiveCaptureException if custody did not take it: show nothing
     */
    public static ContentLook begin(KafkaClients clients, String actor, WarrantId warrant, String mode, long from)
            throws LiveCaptureException, InterruptedException {
        Map<String, String> details = new LinkedHashMap<>();
        details.put("user", System.getProperty("user.name", "unknown"));
        details.put("host", host());
        details.put("mode", mode);
        details.put("fromOffset", String.valueOf(from));
        Producer<String, byte[]> producer = clients.producer(Map.of(
                "delivery.timeout.ms",
                CUSTODY_TIMEOUT_MS,
                "request.timeout.ms",
                CUSTODY_TIMEOUT_MS / 2,
                "max.block.ms",
                CUSTODY_TIMEOUT_MS));
        ContentLook look = new ContentLook(producer, actor, warrant, details);
        try {
            look.tell("somebody looks at the warrant's content", details);
        } catch (LiveCaptureException | InterruptedException e) {
            producer.close();
            throw e;
        }
        return look;
    }

    /** Tells custody that the look has ended. @param next offset after the last record that was shown */
    public void ended(long next) throws LiveCaptureException, InterruptedException {
        Map<String, String> last = new LinkedHashMap<>(details);
        last.put("nextOffset", String.valueOf(next));
        tell("the look at the warrant's content ended", last);
    }

    @Override
    public void close() {
        custody.close();
    }

    private void tell(String text, Map<String, String> said) throws LiveCaptureException, InterruptedException {
        CustodyEvent event = new CustodyEvent(
                UUID.randomUUID(),
                Clock.systemUTC().instant(),
                actor,
                CustodyAction.CONTENT_ACCESSED,
                warrant,
                null,
                null,
                text,
                said);
        try {
            custody.send(new ProducerRecord<>(Topic.CUSTODY.name(), event.key(), CustodyCodec.encode(event)))
                    .get();
        } catch (ExecutionException | KafkaException e) {
            throw new LiveCaptureException(
                    "custody did not take the record of this look, and without it nothing is shown: " + e.getMessage(),
                    e);
        }
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }
}
