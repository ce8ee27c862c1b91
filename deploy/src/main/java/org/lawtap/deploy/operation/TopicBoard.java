package org.lawtap.deploy.operation;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;

/** What Kafka says of topics and groups, without reading a record. */
final class TopicBoard {
    private static final int ANSWER_TIMEOUT_MS = 15_000;
    private static final String SINKS = "lawtap-sink";
    private static final String DECIDING = "lawtap-warrants";

    private final Admin admin;

    TopicBoard(Admin admin) {
        this.admin = admin;
    }

    /**
     * A packet topic.
     *
     * @param lag records that the sinks have not reported to custody; -1 if they have reported none so far
     * @param lastRecord the time that its writer gave the newest record; null if there is none
     */
    record Packets(long records, long lag, @Nullable Instant lastRecord) {}

    /** @param decidingLag records of its topics that the deciding service has not committed */
    record Board(Map<WarrantId, Packets> packets, long decidingLag) {}

    Board look() throws StartException, InterruptedException {
        try {
            Map<TopicPartition, WarrantId> topics = new HashMap<>();
            for (String name : admin.listTopics().names().get(ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                if (name.startsWith(Topic.PACKETS_PREFIX)) {
                    warrant(name, topics);
                }
            }
            Map<TopicPartition, ListOffsetsResultInfo> first = offsets(topics.keySet(), OffsetSpec.earliest());
            Map<TopicPartition, ListOffsetsResultInfo> end = offsets(topics.keySet(), OffsetSpec.latest());
            Map<TopicPartition, ListOffsetsResultInfo> newest = offsets(topics.keySet(), OffsetSpec.maxTimestamp());
            Map<TopicPartition, OffsetAndMetadata> filed = committed(SINKS);
            Map<WarrantId, Packets> packets = new TreeMap<>(java.util.Comparator.comparing(WarrantId::toString));
            topics.forEach((partition, warrant) -> {
                OffsetAndMetadata mark = filed.get(partition);
                long to = offset(end, partition);
                ListOffsetsResultInfo last = newest.get(partition);
                packets.put(
                        warrant,
                        new Packets(
                                to - offset(first, partition),
                                mark == null ? -1 : Math.max(0, to - mark.offset()),
                                last == null || last.offset() < 0 ? null : Instant.ofEpochMilli(last.timestamp())));
            });
            return new Board(packets, lag(committed(DECIDING)));
        } catch (ExecutionException | TimeoutException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new StartException(
                    "Kafka did not answer (" + cause.getClass().getSimpleName()
                            + "); check LAWTAP_KAFKA_BOOTSTRAP_SERVERS and that the broker runs",
                    e);
        }
    }

    private static void warrant(String name, Map<TopicPartition, WarrantId> topics) {
        try {
            topics.put(new TopicPartition(name, 0), WarrantId.parse(name.substring(Topic.PACKETS_PREFIX.length())));
        } catch (IllegalArgumentException e) {
            // A topic of somebody else's making.
        }
    }

    private long lag(Map<TopicPartition, OffsetAndMetadata> committed)
            throws ExecutionException, InterruptedException, TimeoutException {
        long lag = 0;
        Map<TopicPartition, ListOffsetsResultInfo> ends = offsets(committed.keySet(), OffsetSpec.latest());
        for (Map.Entry<TopicPartition, OffsetAndMetadata> entry : committed.entrySet()) {
            lag += Math.max(0, offset(ends, entry.getKey()) - entry.getValue().offset());
        }
        return lag;
    }

    private Map<TopicPartition, OffsetAndMetadata> committed(String group)
            throws ExecutionException, InterruptedException, TimeoutException {
        return admin
                .listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get(ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                .entrySet()
                .stream()
                .filter(entry -> entry.getValue() != null)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** One by one: a topic may be destroyed meanwhile. */
    private Map<TopicPartition, ListOffsetsResultInfo> offsets(Set<TopicPartition> partitions, OffsetSpec which)
            throws ExecutionException, InterruptedException, TimeoutException {
        var answer = admin.listOffsets(partitions.stream().collect(Collectors.toMap(p -> p, p -> which)));
        Map<TopicPartition, ListOffsetsResultInfo> found = new HashMap<>();
        for (TopicPartition partition : partitions) {
            try {
                found.put(partition, answer.partitionResult(partition).get(ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS));
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw e;
                }
            }
        }
        return found;
    }

    private static long offset(Map<TopicPartition, ListOffsetsResultInfo> offsets, TopicPartition partition) {
        ListOffsetsResultInfo known = offsets.get(partition);
        return known == null ? 0 : known.offset();
    }
}
