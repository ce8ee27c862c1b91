package org.lawtap.schemas.process;

import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.lawtap.schemas.topics.Topic;

/** The Kafka clients of one process, made in one way: acknowledged by all, idempotent, never auto-created, never auto-committed. */
public final class KafkaClients {
    private final KafkaSettings settings;
    private final String clientId;

    /** @param clientId the service and where it runs; carries nothing of a target */
    public KafkaClients(KafkaSettings settings, String clientId) {
        this.settings = settings;
        this.clientId = clientId;
    }

    /**
     * A thread-safe producer that loses, doubles and rearranges nothing within its life.
     *
     * <p>With more than one request on its way, what is sent to a partition's next leader can overtake what still waits for an answer of the
     * last one: a leader that has heard nothing of this producer takes any sequence number for the first. The rest is refused as out
     * of order from then on, for ever.
     */
    public Producer<String, byte[]> producer(Map<String, Object> more) {
        Map<String, Object> properties = settings.client(clientId);
        properties.put("acks", "all");
        properties.put("enable.idempotence", true);
        properties.put("max.in.flight.requests.per.connection", 1);
        properties.put("compression.type", "lz4");
        properties.put("max.request.size", Topic.RECORD_BYTES_MAX);
        properties.put("partitioner.ignore.keys", false);
        properties.putAll(more);
        return new KafkaProducer<>(properties, new StringSerializer(), new ByteArraySerializer());
    }

    /** A consumer of committed records that starts at the beginning; owned by one thread. */
    public Consumer<String, byte[]> consumer(Map<String, Object> more) {
        Map<String, Object> properties = settings.client(clientId);
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", false);
        properties.put("isolation.level", "read_committed");
        properties.put("allow.auto.create.topics", false);
        properties.put("max.partition.fetch.bytes", 4 * Topic.RECORD_BYTES_MAX);
        properties.putAll(more);
        return new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer());
    }

    /** An admin client. */
    public Admin admin() {
        return Admin.create(settings.client(clientId));
    }
}
