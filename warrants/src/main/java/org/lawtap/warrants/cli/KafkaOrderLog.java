package org.lawtap.warrants.cli;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.process.TrustFile;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.schemas.wire.PodCodec;
import org.lawtap.schemas.wire.WireException;

/** The log in Kafka and the trust list, from the same settings as the services; they are read at the first use. */
final class KafkaOrderLog implements OrderLog {
    private static final Duration POLL = Duration.ofMillis(500);
    private static final String ACTOR = "warrant-cli";

    private final Supplier<Map<String, String>> environment;
    private @Nullable Reach reach;

    private record Reach(KafkaClients clients, OrderCheck check) {}

    KafkaOrderLog(Supplier<Map<String, String>> environment) {
        this.environment = environment;
    }

    private Reach reach() throws StartException {
        Reach known = reach;
        if (known == null) {
            Settings settings = new Settings(environment.get());
            KafkaSettings kafka = KafkaSettings.declare(settings);
            Path trustList = settings.path("LAWTAP_TRUST_LIST", "JSON file of the approvers whose signatures count");
            boolean demo = settings.flag("LAWTAP_DEMO_KEYS_ALLOWED", false, "Accept keys marked as demo; sandbox only");
            settings.check();
            known = new Reach(
                    new KafkaClients(kafka, "lawtap-warrant-cli"), new OrderCheck(TrustFile.read(trustList), demo));
            reach = known;
        }
        return known;
    }

    @Override
    public OrderCheck check() throws StartException {
        return reach().check();
    }

    @Override
    public List<Entry> orders() throws StartException {
        List<Entry> orders = new ArrayList<>();
        read(
                Topic.WARRANTS,
                record -> orders.add(
                        new Entry(Instant.ofEpochMilli(record.timestamp()), OrderCodec.decode(record.value()))));
        return orders;
    }

    @Override
    public List<CustodyEvent> custody(WarrantId warrant) throws StartException {
        List<CustodyEvent> events = new ArrayList<>();
        read(Topic.CUSTODY, record -> {
            if (warrant.toString().equals(record.key())) {
                events.add(CustodyCodec.decode(record.value()));
            }
        });
        return events;
    }

    @Override
    public List<PodEvent> pods() throws StartException {
        List<PodEvent> events = new ArrayList<>();
        read(Topic.PODS, record -> {
            if (record.value() != null) {
                events.add(PodCodec.decode(record.value()));
            }
        });
        return events;
    }

    @Override
    public void send(WarrantId warrant, SignedOrder order) throws StartException, InterruptedException {
        put(Topic.WARRANTS, warrant.toString(), OrderCodec.encode(order));
    }

    @Override
    public void record(CustodyAction action, @Nullable WarrantId warrant, String text)
            throws StartException, InterruptedException {
        CustodyEvent event = new CustodyEvent(
                UUID.randomUUID(),
                Clock.systemUTC().instant(),
                ACTOR,
                action,
                warrant,
                null,
                null,
                text,
                Map.of("user", System.getProperty("user.name", "unknown")));
        put(Topic.CUSTODY, event.key(), CustodyCodec.encode(event));
    }

    private void put(Topic topic, String key, byte[] value) throws StartException, InterruptedException {
        try (Producer<String, byte[]> producer =
                reach().clients().producer(Map.of("delivery.timeout.ms", 30_000, "request.timeout.ms", 10_000))) {
            producer.send(new ProducerRecord<>(topic.name(), key, value)).get();
        } catch (ExecutionException e) {
            throw new StartException("Kafka did not take the record for " + topic.name() + ": " + e.getCause(), e);
        }
    }

    private interface Take {
        void accept(ConsumerRecord<String, byte[]> record) throws WireException;
    }

    /** Reads a topic from its beginning to its present end. */
    private void read(Topic topic, Take take) throws StartException {
        try (Consumer<String, byte[]> consumer = reach().clients().consumer(Map.of())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic.name()).stream()
                    .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    try {
                        take.accept(record);
                    } catch (WireException e) {
                        System.err.println("record " + record.offset() + " of " + record.topic() + " is set aside: "
                                + e.getMessage());
                    }
                }
            }
        } catch (KafkaException e) {
            throw new StartException("Kafka does not give " + topic.name() + ": " + e.getMessage(), e);
        }
    }
}
