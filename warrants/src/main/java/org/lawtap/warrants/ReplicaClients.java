package org.lawtap.warrants;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaClientSupplier;

/**
 * The Kafka clients of the topology. Kafka Streams makes up a new transactional id in each life of a process whose stores are in memory;
 * here it is made of the replica's name, so that a life's first act ends what the one before had begun.
 */
final class ReplicaClients implements KafkaClientSupplier {
    private final String replica;

    ReplicaClients(String replica) {
        this.replica = replica;
    }

    @Override
    public Admin getAdmin(Map<String, Object> config) {
        return Admin.create(config);
    }

    @Override
    public Producer<byte[], byte[]> getProducer(Map<String, Object> config) {
        Map<String, Object> own = new HashMap<>(config);
        own.computeIfPresent(
                ProducerConfig.TRANSACTIONAL_ID_CONFIG, (name, given) -> transactionalId(given.toString()));
        return new KafkaProducer<>(own, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public Consumer<byte[], byte[]> getConsumer(Map<String, Object> config) {
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    @Override
    public Consumer<byte[], byte[]> getRestoreConsumer(Map<String, Object> config) {
        return getConsumer(config);
    }

    @Override
    public Consumer<byte[], byte[]> getGlobalConsumer(Map<String, Object> config) {
        return getConsumer(config);
    }

    /** Given is {@code APPLICATION-PROCESS-THREAD}; of it the thread's number stays. */
    private String transactionalId(String given) {
        return Warrants.APPLICATION + "-" + replica + given.substring(given.lastIndexOf('-'));
    }
}
