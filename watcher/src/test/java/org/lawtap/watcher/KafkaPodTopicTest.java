package org.lawtap.watcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.PodCodec;

class KafkaPodTopicTest {
    private static final TopicPartition PARTITION = new TopicPartition(Topic.PODS.name(), 0);

    private final ManualTime time = new ManualTime();
    private final FakeCluster cluster = new FakeCluster(time);
    private final MockProducer<String, byte[]> producer =
            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());
    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
    private long end;
    private final KafkaPodTopic topic = new KafkaPodTopic(
            FakeCluster.CLUSTER, producer, () -> consumer, partitions -> Map.of(PARTITION, end), time, () -> {});

    KafkaPodTopicTest() {
        producer.initTransactions();
    }

    @Test
    void oneTransactionKeepsTheOrderOfItsEvents() throws PublishException {
        topic.publish(List.of(added("uid-1"), added("uid-2")));
        assertThat(producer.history().stream().map(ProducerRecord::key)).containsExactly("c1/uid-1", "c1/uid-2");
        assertThat(producer.transactionCommitted()).isTrue();
        assertThat(producer.commitCount()).isEqualTo(1);
    }

    @Test
    void saysTheSameAgainAfterAnAbort() throws PublishException {
        PodEvent event = added("uid-1");
        Aborting aborting = new Aborting(2);
        KafkaPodTopic retried = new KafkaPodTopic(
                FakeCluster.CLUSTER, aborting, () -> consumer, partitions -> Map.of(), time, () -> {});
        aborting.initTransactions();
        retried.publish(List.of(event));
        assertThat(aborting.history()).hasSize(1);
        assertThat(aborting.aborts).isEqualTo(2);
    }

    @Test
    void endsTheTermWhenItNeverSucceeds() {
        Aborting aborting = new Aborting(99);
        aborting.initTransactions();
        KafkaPodTopic retried = new KafkaPodTopic(
                FakeCluster.CLUSTER, aborting, () -> consumer, partitions -> Map.of(), time, () -> {});
        assertThatExceptionOfType(PublishException.class)
                .isThrownBy(() -> retried.publish(List.of(added("uid-1"))))
                .satisfies(e -> assertThat(e.reason()).isEqualTo(PublishException.Reason.FAILED));
        assertThat(aborting.history()).isEmpty();
    }

    @Test
    void endsTheTermWhenALaterLeaderBarredIt() {
        producer.fenceProducer();
        assertThatExceptionOfType(PublishException.class)
                .isThrownBy(() -> topic.publish(List.of(added("uid-1"))))
                .satisfies(e -> assertThat(e.reason()).isEqualTo(PublishException.Reason.FENCED));
        assertThat(producer.history()).isEmpty();
    }

    @Test
    void endsTheTermWhenTheFenceShowsOnlyAtTheCommit() {
        producer.commitTransactionException = new KafkaException("fatal", new ProducerFencedException("newer"));
        assertThatExceptionOfType(PublishException.class)
                .isThrownBy(() -> topic.publish(List.of(added("uid-1"))))
                .satisfies(e -> assertThat(e.reason()).isEqualTo(PublishException.Reason.FENCED));
    }

    @Test
    void knowsWhenTheTopicIsGone() {
        producer.commitTransactionException = new KafkaException("x", new UnknownTopicOrPartitionException("gone"));
        assertThatExceptionOfType(PublishException.class)
                .isThrownBy(() -> topic.publish(List.of(added("uid-1"))))
                .satisfies(e -> assertThat(e.reason()).isEqualTo(PublishException.Reason.TOPIC_GONE));
    }

    @Test
    void restoresItsOwnClusterOnly() throws PublishException {
        PodEvent ours = added("uid-1");
        topicHolds(List.of(
                value(ours),
                value(new PodEvent.Listed(new ClusterId("c2"), 3, PodEvent.Source.LIST, time.instant())),
                stored("c1/uid-9", null),
                stored("c1/uid-8", new byte[] {1, 2, 3})));
        List<PodEvent> restored = new ArrayList<>();
        topic.restore(restored::add);
        assertThat(restored).containsExactly(ours);
        assertThat(producer.history()).isEmpty();
    }

    @Test
    void dropsFromTheTopicWhatIsGoneForLong() throws PublishException {
        Instant longAgo = time.instant().minus(KafkaPodTopic.GONE_KEPT).minusSeconds(1);
        Instant lately = time.instant().minus(KafkaPodTopic.GONE_KEPT).plusSeconds(1);
        topicHolds(List.of(
                value(gone("uid-1", longAgo)),
                value(gone("uid-2", lately)),
                value(added("uid-3")),
                value(gone("uid-4", longAgo)),
                stored("c1/uid-4", null)));
        topic.restore(event -> {});
        assertThat(producer.history())
                .singleElement()
                .satisfies(record -> assertThat(record.key()).isEqualTo("c1/uid-1"))
                .satisfies(record -> assertThat(record.value()).isNull());
    }

    @Test
    void itsIdIsTheClustersOwn() {
        assertThat(KafkaPodTopic.producerProperties(new ClusterId("c1")))
                .containsEntry("transactional.id", "lawtap-watcher-c1")
                .containsEntry("transaction.timeout.ms", 15_000);
    }

    private static ProducerRecord<String, byte[]> stored(String key, byte @Nullable [] value) {
        return new ProducerRecord<>(Topic.PODS.name(), key, value);
    }

    private static ProducerRecord<String, byte[]> value(PodEvent event) {
        return stored(event.key(), PodCodec.encode(event));
    }

    private void topicHolds(List<ProducerRecord<String, byte[]>> records) {
        consumer.updatePartitions(
                Topic.PODS.name(), List.of(new PartitionInfo(Topic.PODS.name(), 0, null, null, null)));
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
        end = records.size();
        consumer.schedulePollTask(() -> {
            for (int i = 0; i < records.size(); i++) {
                consumer.addRecord(new ConsumerRecord<>(
                        Topic.PODS.name(),
                        0,
                        i,
                        records.get(i).key(),
                        records.get(i).value()));
            }
        });
    }

    private PodEvent added(String uid) {
        return new PodEvent.Present(true, pod(uid), PodEvent.Source.WATCH, time.instant());
    }

    private PodEvent gone(String uid, Instant at) {
        return new PodEvent.Gone(pod(uid), PodEvent.Source.WATCH, at);
    }

    private Pod pod(String uid) {
        return cluster.put("a-0", uid);
    }

    /** Fails so many commits in a way that an abort mends. */
    private static final class Aborting extends MockProducer<String, byte[]> {
        private int failures;
        private int aborts;

        Aborting(int failures) {
            super(true, null, new StringSerializer(), new ByteArraySerializer());
            this.failures = failures;
        }

        @Override
        public void commitTransaction() {
            if (failures-- > 0) {
                throw new KafkaException("a record was not taken");
            }
            super.commitTransaction();
        }

        @Override
        public void abortTransaction() {
            aborts++;
            super.abortTransaction();
        }
    }
}
