package org.lawtap.sink.rebuild;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.topics.Topic;

/**
 * A packet topic in Kafka, read without a group: nobody else's place in it moves. It is read uncommitted: workers are idempotent
 * and write no transactions, so every record is one that counts, and a transaction that somebody else left open holds nothing up.
 */
public final class KafkaRecordLog implements RecordLog {
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration SILENCE_MAX = Duration.ofSeconds(60);
    private static final int RECORDS_PER_POLL_MAX = 4096;
    private static final String LOOK = "check LAWTAP_KAFKA_BOOTSTRAP_SERVERS and that the broker runs";

    private final Consumer<String, byte[]> consumer;
    private final TopicPartition partition;
    private final LongSupplier nanoTime;
    private final long first;
    private final long end;
    private long heardAt;
    private long position;

    private KafkaRecordLog(
            Consumer<String, byte[]> consumer, TopicPartition partition, LongSupplier nanoTime, long first, long end) {
        this.consumer = consumer;
        this.partition = partition;
        this.nanoTime = nanoTime;
        this.first = first;
        this.end = end;
        this.heardAt = nanoTime.getAsLong();
        this.position = first;
    }

    /**
     * Opens the topic of a warrant.
     *
     * @param fetchBytes that the broker hands over at once, about
     * @param endMax offset before which reading ends, also if there is more
     */
    public static KafkaRecordLog open(KafkaClients kafka, WarrantId warrant, int fetchBytes, long endMax)
            throws RebuildException {
        Consumer<String, byte[]> consumer = kafka.consumer(Map.of(
                "isolation.level",
                "read_uncommitted",
                "auto.offset.reset",
                "none",
                "max.poll.records",
                RECORDS_PER_POLL_MAX,
                "max.partition.fetch.bytes",
                fetchBytes));
        return open(consumer, warrant, endMax, System::nanoTime);
    }

    /** The same of a consumer that is closed with it. */
    static KafkaRecordLog open(Consumer<String, byte[]> consumer, WarrantId warrant, long endMax, LongSupplier nanoTime)
            throws RebuildException {
        String topic = Topic.packets(warrant).name();
        TopicPartition partition = new TopicPartition(topic, 0);
        List<TopicPartition> all = List.of(partition);
        try {
            List<PartitionInfo> partitions = consumer.partitionsFor(topic, ANSWER_TIMEOUT);
            if (partitions == null || partitions.isEmpty()) {
                throw new RebuildException("Kafka has no topic " + topic
                        + ": nothing was captured under this warrant, its evidence was destroyed, or this is another"
                        + " cluster's Kafka");
            }
            if (partitions.size() != 1) {
                throw new RebuildException(topic + " has " + partitions.size()
                        + " partitions, and a packet topic has one: the order of its records is lost");
            }
            consumer.assign(all);
            consumer.seekToBeginning(all);
            long first = consumer.beginningOffsets(all, ANSWER_TIMEOUT).getOrDefault(partition, 0L);
            long end = consumer.endOffsets(all, ANSWER_TIMEOUT).getOrDefault(partition, 0L);
            return new KafkaRecordLog(consumer, partition, nanoTime, first, Math.min(end, endMax));
        } catch (TimeoutException e) {
            consumer.close();
            throw new RebuildException("Kafka did not answer within " + ANSWER_TIMEOUT.toSeconds() + " s; " + LOOK, e);
        } catch (KafkaException e) {
            consumer.close();
            throw new RebuildException(topic + " can't be read: " + reason(e), e);
        } catch (RebuildException e) {
            consumer.close();
            throw e;
        }
    }

    @Override
    public long first() {
        return first;
    }

    @Override
    public long end() {
        return end;
    }

    @Override
    public List<LogRecord> next() throws RebuildException, InterruptedException {
        try {
            while (position < end) {
                List<LogRecord> records = new ArrayList<>();
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    if (record.offset() < end) {
                        records.add(new LogRecord(record.offset(), record.value()));
                    }
                }
                long reached = consumer.position(partition, ANSWER_TIMEOUT);
                if (reached > position) {
                    position = reached;
                    heardAt = nanoTime.getAsLong();
                } else if (nanoTime.getAsLong() - heardAt > SILENCE_MAX.toNanos()) {
                    throw silent();
                }
                if (!records.isEmpty()) {
                    return records;
                }
            }
            return List.of();
        } catch (InvalidOffsetException e) {
            throw new RebuildException(
                    "the records from offset " + position + " on were removed from " + partition.topic()
                            + " while they were read",
                    e);
        } catch (TimeoutException e) {
            throw silent();
        } catch (InterruptException e) {
            Thread.interrupted();
            throw (InterruptedException) new InterruptedException().initCause(e);
        } catch (KafkaException e) {
            throw new RebuildException(
                    partition.topic() + " can't be read from offset " + position + " on: " + reason(e), e);
        }
    }

    /** Some of Kafka's exceptions have a name that says it, and a message that does not. */
    private static String reason(KafkaException e) {
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }

    private RebuildException silent() {
        return new RebuildException("Kafka has sent nothing for " + SILENCE_MAX.toSeconds() + " s at offset " + position
                + " of " + end + "; " + LOOK);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
