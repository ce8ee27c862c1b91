package org.lawtap.schemas.topics;

import java.util.ArrayList;
import java.util.List;
import org.lawtap.schemas.topics.KafkaFinding.Kind;

/**
 * How Kafka keeps some topics, as its brokers describe it.
 *
 * @param transactionVersion the cluster's finalized {@code transaction.version}; 0 where it has none
 */
public record KafkaState(List<OfTopic> topics, int transactionVersion) {
    static final int COPIES_MIN = 3;
    static final int IN_SYNC_MIN = 2;

    /** The first in which a transaction's writes carry an epoch of their own (KIP-890). */
    private static final int TRANSACTION_VERSION_MIN = 2;

    public KafkaState {
        topics = List.copyOf(topics);
    }

    /**
     * One topic, or those that are to be made.
     *
     * @param copies of the partition that has the fewest
     * @param minInSync what is in force, wherever it was set
     * @param uncleanElection what is in force, wherever it was set
     */
    public record OfTopic(String name, int copies, int minInSync, boolean uncleanElection) {}

    /** The same, and this topic. */
    public KafkaState with(OfTopic topic) {
        List<OfTopic> all = new ArrayList<>(topics);
        all.add(topic);
        return new KafkaState(all, transactionVersion);
    }

    /** Everything by which acknowledged records may be lost. */
    public List<KafkaFinding> findings() {
        List<KafkaFinding> findings = new ArrayList<>();
        for (OfTopic topic : topics) {
            if (topic.copies() < COPIES_MIN) {
                findings.add(new KafkaFinding(Kind.REPLICATION, topic.name(), String.valueOf(topic.copies())));
            }
            if (topic.minInSync() < IN_SYNC_MIN) {
                findings.add(new KafkaFinding(Kind.MIN_INSYNC, topic.name(), String.valueOf(topic.minInSync())));
            }
            if (topic.uncleanElection()) {
                findings.add(new KafkaFinding(Kind.UNCLEAN_ELECTION, topic.name(), "true"));
            }
        }
        if (transactionVersion < TRANSACTION_VERSION_MIN) {
            findings.add(new KafkaFinding(Kind.TRANSACTION_VERSION, "the cluster", String.valueOf(transactionVersion)));
        }
        return findings;
    }
}
