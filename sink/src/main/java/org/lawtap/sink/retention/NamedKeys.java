package org.lawtap.sink.retention;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.order.X25519Key;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.schemas.wire.WireException;

/** The delivery keys that the orders of one warrant name, signed or not. */
final class NamedKeys {
    private static final Duration POLL = Duration.ofMillis(200);

    private NamedKeys() {}

    /** Reads the orders' topic to what is its end now. @param consumer of no group; left open */
    static Set<Sha256> read(Consumer<String, byte[]> consumer, WarrantId warrant) {
        Set<Sha256> named = new HashSet<>();
        TopicPartition partition = new TopicPartition(Topic.WARRANTS.name(), 0);
        List<TopicPartition> all = List.of(partition);
        consumer.assign(all);
        consumer.seekToBeginning(all);
        long end = consumer.endOffsets(all).getOrDefault(partition, 0L);
        while (consumer.position(partition) < end) {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                if (warrant.toString().equals(record.key())) {
                    add(named, warrant, record);
                }
            }
        }
        return named;
    }

    private static void add(Set<Sha256> named, WarrantId warrant, ConsumerRecord<String, byte[]> record) {
        try {
            SignedOrder signed = OrderCodec.decode(record.value());
            Order order = OrderJson.read(signed.payloadType(), signed.payload());
            if (order instanceof Warrant about && about.id().equals(warrant)) {
                X25519Key key = about.deliveryKey();
                if (key != null) {
                    named.add(key.id());
                }
            }
        } catch (WireException | IllegalArgumentException e) {
            // An order that nobody can read names no key.
        }
    }
}
