package org.lawtap.warrants.topology;

import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.TopicAdmin;

/** The packet topics of warrants: made before the first START, never waited for. Any thread. */
@FunctionalInterface
public interface PacketTopics {
    /**
     * Whether the warrant's packet topic stands and keeps what it is given; the first call begins to see to that, and what failed is
     * tried again.
     */
    boolean ready(WarrantId warrant);

    /** The topics of a real Kafka. One that is there already is given the settings that it must have. */
    static PacketTopics of(TopicAdmin admin) {
        return new KafkaPacketTopics(admin::ensure);
    }
}
