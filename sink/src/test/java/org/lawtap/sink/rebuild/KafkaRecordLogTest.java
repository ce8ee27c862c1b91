package org.lawtap.sink.rebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.topics.Topic;

class KafkaRecordLogTest {
    private static final String TOPIC = Topic.packets(SealedLog.WARRANT).name();
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);

    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("none");
    private final AtomicLong time = new AtomicLong();

    @Test
    void readsFromTheFirstRecordToTheEndAtItsOpening() throws Exception {
        topic(1);
        offsets(3, 6);
        try (KafkaRecordLog log = open()) {
            assertThat(log.first()).isEqualTo(3);
            assertThat(log.end()).isEqualTo(6);
            records(3, 8);
            assertThat(offsets(log)).containsExactly(3L, 4L, 5L);
        }
        assertThat(consumer.closed()).isTrue();
    }

    @Test
    void endsSoonerIfAsked() throws Exception {
        topic(1);
        offsets(98, 200);
        try (KafkaRecordLog log = open()) {
            assertThat(log.end()).isEqualTo(100);
            records(98, 110);
            assertThat(offsets(log)).containsExactly(98L, 99L);
        }
    }

    @Test
    void anEmptyTopicHasNoRecords() throws Exception {
        topic(1);
        offsets(0, 0);
        try (KafkaRecordLog log = open()) {
            assertThat(log.next()).isEmpty();
        }
    }

    @Test
    void namesATopicThatIsNotThere() {
        assertThatExceptionOfType(RebuildException.class)
                .isThrownBy(this::open)
                .withMessageContaining("no topic " + TOPIC);
        assertThat(consumer.closed()).isTrue();
    }

    @Test
    void refusesATopicThatHasLostTheOrderOfItsRecords() {
        topic(2);
        assertThatExceptionOfType(RebuildException.class).isThrownBy(this::open).withMessageContaining("2 partitions");
    }

    @Test
    void givesUpWhenKafkaFallsSilent() throws Exception {
        topic(1);
        offsets(0, 5);
        try (KafkaRecordLog log = open()) {
            records(0, 2);
            assertThat(log.next()).hasSize(2);
            consumer.schedulePollTask(() -> time.addAndGet(61_000_000_000L));
            assertThatExceptionOfType(RebuildException.class)
                    .isThrownBy(log::next)
                    .withMessageContaining("nothing for 60 s at offset 2 of 5");
        }
    }

    @Test
    void tellsWhenRecordsAreRemovedMeanwhile() throws Exception {
        topic(1);
        offsets(0, 5);
        try (KafkaRecordLog log = open()) {
            consumer.setPollException(new OffsetOutOfRangeException(Map.of(PARTITION, 0L)));
            assertThatExceptionOfType(RebuildException.class)
                    .isThrownBy(log::next)
                    .withMessageContaining("removed");
        }
    }

    @Test
    void tellsWhyTheTopicCantBeRead() throws Exception {
        topic(1);
        offsets(0, 5);
        try (KafkaRecordLog log = open()) {
            consumer.setPollException(new TopicAuthorizationException(TOPIC));
            assertThatExceptionOfType(RebuildException.class)
                    .isThrownBy(log::next)
                    .withMessageContaining("can't be read from offset 0")
                    .withMessageContaining("TopicAuthorization");
        }
    }

    private KafkaRecordLog open() throws RebuildException {
        return KafkaRecordLog.open(consumer, SealedLog.WARRANT, 100, time::get);
    }

    private void topic(int partitions) {
        List<PartitionInfo> infos = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            infos.add(new PartitionInfo(TOPIC, i, Node.noNode(), new Node[0], new Node[0]));
        }
        consumer.updatePartitions(TOPIC, infos);
    }

    private void offsets(long first, long end) {
        consumer.updateBeginningOffsets(Map.of(PARTITION, first));
        consumer.updateEndOffsets(Map.of(PARTITION, end));
    }

    private void records(long from, long to) {
        for (long offset = from; offset < to; offset++) {
            consumer.addRecord(new ConsumerRecord<>(TOPIC, 0, offset, "session", new byte[] {(byte) offset}));
        }
    }

    private static List<Long> offsets(KafkaRecordLog log) throws Exception {
        List<Long> offsets = new ArrayList<>();
        for (List<LogRecord> some = log.next(); !some.isEmpty(); some = log.next()) {
            some.forEach(record -> offsets.add(record.offset()));
        }
        return offsets;
    }
}
