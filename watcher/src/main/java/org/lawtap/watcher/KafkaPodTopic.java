package org.lawtap.watcher;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.PodCodec;
import org.lawtap.schemas.wire.WireException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code lawtap.pods} by a transactional producer whose id is the cluster's. Its {@code initTransactions} ends whatever an earlier
 * leader had begun and bars it; only then is the topic read back. So one leader's records never follow a later one's, and what
 * a leader reads back is everything that was ever said.
 */
final class KafkaPodTopic implements PodTopic {
    /** How long a UID that is gone stays in the topic, for readers that were away. */
    static final Duration GONE_KEPT = Duration.ofHours(24);

    /** Kafka ends a transaction by itself after that, so that a dead watcher never holds up the topic's readers for long. */
    private static final int TRANSACTION_TIMEOUT_MS = 15_000;

    private static final int BLOCK_MS = 15_000;
    private static final int REQUEST_MS = 10_000;
    private static final int DELIVERY_MS = 12_000;
    private static final int ADMIN_MS = 15_000;
    private static final int PUBLISH_ATTEMPTS_MAX = 5;
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration RESTORE_STANDSTILL = Duration.ofSeconds(60);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(KafkaPodTopic.class);

    private final ClusterId cluster;
    private final Producer<String, byte[]> producer;
    private final Supplier<Consumer<String, byte[]>> consumers;
    private final Ends ends;
    private final Clock clock;
    private final Runnable alive;

    /** Where the topic ends, records of open transactions included. */
    interface Ends {
        Map<TopicPartition, Long> of(List<TopicPartition> partitions) throws PublishException;
    }

    KafkaPodTopic(
            ClusterId cluster,
            Producer<String, byte[]> producer,
            Supplier<Consumer<String, byte[]>> consumers,
            Ends ends,
            Clock clock,
            Runnable alive) {
        this.cluster = cluster;
        this.producer = producer;
        this.consumers = consumers;
        this.ends = ends;
        this.clock = clock;
        this.alive = alive;
    }

    /**
     * Opens the topic and bars every earlier leader from it.
     *
     * @param alive called while a long read goes on
     */
    static KafkaPodTopic open(KafkaClients kafka, ClusterId cluster, Clock clock, Runnable alive)
            throws PublishException {
        try (Admin admin = kafka.admin()) {
            wait(admin.describeTopics(List.of(Topic.PODS.name())).allTopicNames()::get, "describe the topic");
        }
        alive.run();
        Producer<String, byte[]> producer = kafka.producer(producerProperties(cluster));
        try {
            producer.initTransactions();
        } catch (KafkaException e) {
            producer.close(Duration.ZERO);
            throw ended("fence the topic", e);
        }
        alive.run();
        return new KafkaPodTopic(
                cluster,
                producer,
                () -> kafka.consumer(Map.of()),
                partitions -> {
                    try (Admin admin = kafka.admin()) {
                        return ends(admin, partitions);
                    }
                },
                clock,
                alive);
    }

    /** What makes a producer this cluster's one leader. */
    static Map<String, Object> producerProperties(ClusterId cluster) {
        return Map.of(
                "transactional.id", "lawtap-watcher-" + cluster,
                "transaction.timeout.ms", TRANSACTION_TIMEOUT_MS,
                "max.block.ms", BLOCK_MS,
                "request.timeout.ms", REQUEST_MS,
                "delivery.timeout.ms", DELIVERY_MS,
                "linger.ms", 0);
    }

    @Override
    public void restore(java.util.function.Consumer<PodEvent> into) throws PublishException {
        Map<String, Instant> gone = new HashMap<>();
        try (Consumer<String, byte[]> consumer = consumers.get()) {
            List<TopicPartition> partitions = consumer.partitionsFor(Topic.PODS.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            // A committed-only end would stop short at another cluster's open transaction, with records of ours behind
            // it.
            Map<TopicPartition, Long> until = ends.of(partitions);
            Instant moved = clock.instant();
            while (!partitions.stream().allMatch(p -> consumer.position(p) >= until.getOrDefault(p, 0L))) {
                alive.run();
                boolean any = false;
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    any = true;
                    restore(record, into, gone);
                }
                if (any) {
                    moved = clock.instant();
                } else if (Duration.between(moved, clock.instant()).compareTo(RESTORE_STANDSTILL) > 0) {
                    throw new PublishException(
                            PublishException.Reason.FAILED,
                            "reading the topic back stood still; is a transaction left open?",
                            new TimeoutException());
                }
            }
        } catch (KafkaException e) {
            throw ended("read the topic back", e);
        }
        forget(gone);
    }

    private void restore(
            ConsumerRecord<String, byte[]> record,
            java.util.function.Consumer<PodEvent> into,
            Map<String, Instant> gone) {
        if (record.value() == null) {
            gone.remove(record.key());
            return;
        }
        try {
            PodEvent event = PodCodec.decode(record.value());
            if (event.cluster().equals(cluster)) {
                if (event instanceof PodEvent.Gone) {
                    gone.put(record.key(), event.observedAt());
                } else {
                    gone.remove(record.key());
                }
                into.accept(event);
            }
        } catch (WireException e) {
            LOG.warn("{}-{}@{} is set aside: {}", record.topic(), record.partition(), record.offset(), e.getMessage());
        }
    }

    /** Tombstones for what is gone for long: a compacted topic would keep them for ever. */
    private void forget(Map<String, Instant> gone) throws PublishException {
        Instant before = clock.instant().minus(GONE_KEPT);
        List<ProducerRecord<String, byte[]>> tombstones = new ArrayList<>();
        gone.forEach((key, at) -> {
            if (at.isBefore(before)) {
                tombstones.add(new ProducerRecord<>(Topic.PODS.name(), key, null));
            }
        });
        for (int i = 0; i < tombstones.size(); i += TRANSACTION_EVENTS_MAX) {
            store(tombstones.subList(i, Math.min(tombstones.size(), i + TRANSACTION_EVENTS_MAX)));
            alive.run();
        }
        if (!tombstones.isEmpty()) {
            LOG.info(
                    "{} pods that are gone for more than {} were dropped from the topic", tombstones.size(), GONE_KEPT);
        }
    }

    @Override
    public void publish(List<PodEvent> events) throws PublishException {
        store(events.stream()
                .map(event -> new ProducerRecord<>(Topic.PODS.name(), event.key(), PodCodec.encode(event)))
                .toList());
    }

    private void store(List<ProducerRecord<String, byte[]>> records) throws PublishException {
        for (int attempt = 1; ; attempt++) {
            try {
                producer.beginTransaction();
                for (ProducerRecord<String, byte[]> record : records) {
                    producer.send(record);
                }
                producer.commitTransaction();
                return;
            } catch (KafkaException e) {
                // After a commit without an answer the abort is refused: only the next term's fence can tell what
                // stands.
                abort(e);
                if (attempt == PUBLISH_ATTEMPTS_MAX) {
                    throw ended("store a transaction in " + attempt + " attempts", e);
                }
                LOG.warn("a transaction of {} records was aborted and is said again: {}", records.size(), e.toString());
                alive.run();
            }
        }
    }

    private void abort(KafkaException why) throws PublishException {
        if (why instanceof InterruptException || fenced(why)) {
            throw ended("store a transaction", why);
        }
        try {
            producer.abortTransaction();
        } catch (KafkaException | IllegalStateException e) {
            e.addSuppressed(why);
            throw ended("abort a transaction", e);
        }
    }

    /** Ends an open transaction, if there is one, by leaving it to the next leader's fence or Kafka's timeout. */
    @Override
    public void close() {
        producer.close(CLOSE_TIMEOUT);
    }

    private static Map<TopicPartition, Long> ends(Admin admin, List<TopicPartition> partitions)
            throws PublishException {
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        partitions.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
        ListOffsetsOptions options = new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED);
        Map<TopicPartition, ListOffsetsResultInfo> found =
                wait(admin.listOffsets(latest, options).all()::get, "ask where the topic ends");
        Map<TopicPartition, Long> ends = new HashMap<>();
        found.forEach((partition, info) -> ends.put(partition, info.offset()));
        return ends;
    }

    private interface Answer<T> {
        T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException;
    }

    private static <T> T wait(Answer<T> answer, String what) throws PublishException {
        try {
            return answer.get(ADMIN_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw ended(what, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ended(what, e);
        }
    }

    private static PublishException ended(String what, Exception e) {
        PublishException.Reason reason = fenced(e)
                ? PublishException.Reason.FENCED
                : caused(e, UnknownTopicOrPartitionException.class)
                        ? PublishException.Reason.TOPIC_GONE
                        : PublishException.Reason.FAILED;
        return new PublishException(reason, "Kafka did not " + what + ": " + e, e);
    }

    private static boolean fenced(Throwable e) {
        return caused(e, ProducerFencedException.class) || caused(e, InvalidProducerEpochException.class);
    }

    private static boolean caused(@Nullable Throwable e, Class<? extends Throwable> type) {
        int depth = 0;
        for (Throwable cause = e; cause != null && depth < 10; cause = cause.getCause(), depth++) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }
}
