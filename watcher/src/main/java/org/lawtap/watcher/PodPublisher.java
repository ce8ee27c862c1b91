package org.lawtap.watcher;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.PodCodec;
import org.lawtap.schemas.wire.WireException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Both ends of {@code lawtap.pods} that a watcher has: it reads back what was said before, then says what changes. */
final class PodPublisher {
    private static final Logger LOG = LoggerFactory.getLogger(PodPublisher.class);
    private static final Duration POLL = Duration.ofMillis(500);

    private final Producer<String, byte[]> producer;
    private final java.util.function.Consumer<Exception> onFailure;

    /** @param onFailure called when a record could not be stored: the topic then lacks a change, and the watcher must end */
    PodPublisher(Producer<String, byte[]> producer, java.util.function.Consumer<Exception> onFailure) {
        this.producer = producer;
        this.onFailure = onFailure;
    }

    void publish(List<PodEvent> events) {
        for (PodEvent event : events) {
            producer.send(
                    new ProducerRecord<>(Topic.PODS.name(), event.key(), PodCodec.encode(event)),
                    (metadata, failure) -> {
                        if (failure != null) {
                            onFailure.accept(failure);
                        }
                    });
        }
    }

    /** Reads the topic from its beginning to its present end. */
    static void restore(Consumer<String, byte[]> consumer, java.util.function.Consumer<PodEvent> into) {
        List<TopicPartition> partitions = consumer.partitionsFor(Topic.PODS.name()).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        while (!partitions.stream().allMatch(p -> consumer.position(p) >= ends.getOrDefault(p, 0L))) {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                try {
                    into.accept(PodCodec.decode(record.value()));
                } catch (WireException e) {
                    LOG.warn(
                            "{}-{}@{} is set aside: {}",
                            record.topic(),
                            record.partition(),
                            record.offset(),
                            e.getMessage());
                }
            }
        }
    }
}
