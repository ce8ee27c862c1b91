package org.lawtap.warrants;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.broker.TestKafka;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;

/**
 * Who is behind, in a real Kafka, where the marks of transactions have offsets, too. It stands in this module because Kafka does, and in that
 * package because what it tests is nobody else's.
 */
class GroupPositionsIT {
    private static final String GROUP = "g";
    private static final String TOPIC = "in";
    private static final TopicPartition FIRST = new TopicPartition(TOPIC, 0);
    private static final TopicPartition SECOND = new TopicPartition(TOPIC, 1);

    @TempDir
    Path directory;

    private TestKafka broker;

    /** Outside of the test's time: an image may have to be fetched. */
    @BeforeEach
    void start() throws Exception {
        broker = TestKafka.start(directory);
    }

    @AfterEach
    void close() {
        broker.close();
    }

    @Test
    @Timeout(60)
    void countsRecordsAndNoMarks() throws Exception {
        KafkaClients clients = new KafkaClients(new KafkaSettings(broker.bootstrapServers(), Map.of()), "it");
        try (Admin admin = clients.admin();
                Producer<String, byte[]> producer = clients.producer(Map.of("transactional.id", "t"));
                GroupPositions positions = new GroupPositions(
                        admin, clients.consumer(GroupPositions.CONSUMER), GROUP, List.of(TOPIC), List.of(TOPIC))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 2, (short) 1))).all().get();
            producer.initTransactions();
            assertThat(positions.published()).isEqualTo(Map.of(FIRST, 0L, SECOND, 0L));
            assertThat(positions.behind(positions.published())).isEmpty();

            // Record 0 and the mark 1 of its transaction.
            write(producer, 0);
            awaitPublished(positions, FIRST, 2);
            Map<TopicPartition, Long> ends = positions.placed();
            assertThat(ends).isEqualTo(Map.of(FIRST, 2L, SECOND, 0L));
            assertThat(positions.behind(ends)).containsExactly(FIRST);
            assertThat(positions.behind(ends)).as("looked into").containsExactly(FIRST);

            commit(admin, FIRST, 1);
            awaitNobodyBehind(positions);
            assertThat(positions.behind(ends)).as("remembered").isEmpty();

            commit(admin, FIRST, 0);
            assertThat(positions.behind(ends)).as("a group that was set back").containsExactly(FIRST);

            // Records 2 and 4, marks 3 and 5.
            write(producer, 0);
            write(producer, 0);
            awaitPublished(positions, FIRST, 6);
            commit(admin, FIRST, 3);
            assertThat(behindAfterASecondLook(positions, positions.published())).containsExactly(FIRST);
            commit(admin, FIRST, 5);
            assertThat(behindAfterASecondLook(positions, positions.published())).isEmpty();

            // What is not committed was not published.
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(TOPIC, 1, "k", new byte[1])).get();
            assertThat(positions.published()).containsEntry(SECOND, 0L);
            assertThat(positions.placed()).containsEntry(SECOND, 1L);
            assertThat(behindAfterASecondLook(positions, positions.placed())).containsExactly(SECOND);
            producer.commitTransaction();
            awaitPublished(positions, SECOND, 2);
            assertThat(behindAfterASecondLook(positions, positions.published())).containsExactly(SECOND);
        }
    }

    /** The mark of a transaction comes some milliseconds after its producer was answered. */
    private static void awaitPublished(GroupPositions positions, TopicPartition partition, long end) throws Exception {
        while (positions.published().getOrDefault(partition, 0L) < end) {
            Thread.sleep(10);
        }
    }

    /** A look into a partition has its time. */
    private static void awaitNobodyBehind(GroupPositions positions) throws Exception {
        while (!positions.behind(positions.published()).isEmpty()) {
            Thread.sleep(10);
        }
    }

    private static Set<TopicPartition> behindAfterASecondLook(GroupPositions positions, Map<TopicPartition, Long> ends)
            throws Exception {
        positions.behind(ends);
        return positions.behind(ends);
    }

    private static void write(Producer<String, byte[]> producer, int partition) {
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(TOPIC, partition, "k", new byte[1]));
        producer.commitTransaction();
    }

    private static void commit(Admin admin, TopicPartition partition, long offset) throws Exception {
        admin.alterConsumerGroupOffsets(GROUP, Map.of(partition, new OffsetAndMetadata(offset)))
                .all()
                .get();
    }
}
