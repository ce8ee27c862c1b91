package org.lawtap.warrants.topology;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicExistsException;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;

/** The packet topics of warrants: made before the first START, never waited for. Any thread. */
@FunctionalInterface
public interface PacketTopics {
    /** Whether the warrant's packet topic exists; the first call begins to create it, a failed creation is tried again. */
    boolean ready(WarrantId warrant);

    /** The topics of a real Kafka. */
    static PacketTopics of(TopicAdmin admin) {
        return new PacketTopics() {
            private final Map<WarrantId, KafkaFuture<Void>> creations = new ConcurrentHashMap<>();

            @Override
            public boolean ready(WarrantId warrant) {
                KafkaFuture<Void> creation = creations.computeIfAbsent(warrant, id -> admin.begin(Topic.packets(id)));
                if (!creation.isDone()) {
                    return false;
                }
                if (!creation.isCompletedExceptionally()) {
                    return true;
                }
                boolean exists = exists(creation);
                if (!exists) {
                    creations.remove(warrant, creation);
                }
                return exists;
            }
        };
    }

    private static boolean exists(KafkaFuture<Void> creation) {
        try {
            creation.getNow(null);
            return true;
        } catch (Exception e) {
            return e instanceof TopicExistsException || e.getCause() instanceof TopicExistsException;
        }
    }
}
