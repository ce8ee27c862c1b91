package org.lawtap.warrants;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Where the topology's group stands in a real Kafka. What it has committed may lie before the end of a partition although no record is left:
 * the marks of transactions have offsets, too. So where it doesn't move, the partition is read to see. Owned by one thread.
 */
final class GroupPositions implements Rounds.Positions, AutoCloseable {
    /** For the consumer: little is read, and no request waits for records that don't come. */
    static final Map<String, Object> CONSUMER = Map.of("max.partition.fetch.bytes", 64 << 10, "fetch.max.wait.ms", 20);

    private static final Duration PEEK = Duration.ofMillis(300);
    private static final Duration POLL = Duration.ofMillis(50);

    private final Admin admin;
    private final Consumer<String, byte[]> consumer;
    private final String group;
    private final Collection<String> inputs;
    private final Collection<String> inner;

    /** Where the group stood at the last look. */
    private final Map<TopicPartition, Long> stood = new HashMap<>();

    /** Where partitions were seen to hold no record. */
    private final Map<TopicPartition, Bare> bare = new HashMap<>();

    /** Only marks of transactions lie between these offsets. */
    private record Bare(long from, long to) {
        boolean covers(long begin, long end) {
            return from <= begin && end <= to;
        }
    }

    GroupPositions(
            Admin admin,
            Consumer<String, byte[]> consumer,
            String group,
            Collection<String> inputs,
            Collection<String> inner) {
        this.admin = admin;
        this.consumer = consumer;
        this.group = group;
        this.inputs = List.copyOf(inputs);
        this.inner = List.copyOf(inner);
    }

    @Override
    public Map<TopicPartition, Long> published() throws ExecutionException, InterruptedException {
        return ends(inputs, IsolationLevel.READ_COMMITTED);
    }

    @Override
    public Map<TopicPartition, Long> placed() throws ExecutionException, InterruptedException {
        // What the group has committed shows in its offsets sooner than in the topic.
        return ends(inner, IsolationLevel.READ_UNCOMMITTED);
    }

    private Map<TopicPartition, Long> ends(Collection<String> topics, IsolationLevel isolation)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        for (TopicDescription topic :
                admin.describeTopics(topics).allTopicNames().get().values()) {
            topic.partitions()
                    .forEach(one -> asked.put(new TopicPartition(topic.name(), one.partition()), OffsetSpec.latest()));
        }
        Map<TopicPartition, Long> ends = new HashMap<>();
        admin.listOffsets(asked, new ListOffsetsOptions(isolation))
                .all()
                .get()
                .forEach((partition, found) -> ends.put(partition, found.offset()));
        return ends;
    }

    @Override
    public Set<TopicPartition> behind(Map<TopicPartition, Long> ends) throws ExecutionException, InterruptedException {
        Map<TopicPartition, @Nullable OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get();
        Set<TopicPartition> behind = new HashSet<>();
        Map<TopicPartition, Long> still = new HashMap<>();
        ends.forEach((partition, end) -> {
            OffsetAndMetadata offset = committed.get(partition);
            long at = offset == null ? 0 : offset.offset();
            Long before = stood.put(partition, at);
            Bare known = bare.get(partition);
            if (at < end && (known == null || !known.covers(at, end))) {
                behind.add(partition);
                if (before != null && before == at) {
                    still.put(partition, at);
                }
            }
        });
        if (!still.isEmpty()) {
            for (TopicPartition partition : withoutRecords(still, ends)) {
                behind.remove(partition);
                bare.put(partition, new Bare(still.getOrDefault(partition, 0L), ends.getOrDefault(partition, 0L)));
            }
        }
        return behind;
    }

    /** Of these partitions those that have no record from the offset on to their end. */
    private Set<TopicPartition> withoutRecords(Map<TopicPartition, Long> from, Map<TopicPartition, Long> ends) {
        Set<TopicPartition> without = new HashSet<>();
        Set<TopicPartition> open = new HashSet<>(from.keySet());
        consumer.assign(open);
        from.forEach(consumer::seek);
        long begin = System.nanoTime();
        while (!open.isEmpty() && System.nanoTime() - begin < PEEK.toNanos()) {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                if (record.offset() < ends.getOrDefault(partition, 0L)) {
                    open.remove(partition);
                }
            }
            for (TopicPartition partition : Set.copyOf(open)) {
                if (consumer.position(partition) >= ends.getOrDefault(partition, 0L)) {
                    open.remove(partition);
                    without.add(partition);
                }
            }
            // Those that have records need no further reading.
            consumer.pause(from.keySet());
            consumer.resume(open);
        }
        return without;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
