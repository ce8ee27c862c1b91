package org.lawtap.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.process.KafkaOverride;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.retention.DeliveryKeyFiles;
import org.lawtap.sink.seal.SinkKeys;
import org.lawtap.sink.seal.WarrantOrders;
import org.lawtap.sink.seal.WarrantSealer;

class WarrantEvidenceTest {
    private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
    private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
    private static final KeyPair JUDGE = OrderKeys.generate();
    private static final KeyPair PROSECUTOR = OrderKeys.generate();

    @TempDir
    Path root = Path.of("");

    /** An amendment may stand behind the warrant that is over: a sink that starts again reads the orders from their beginning. */
    @Test
    void sealsNothingBeforeAllOrdersAreRead() throws Exception {
        WarrantId id = WarrantId.random();
        WarrantOrders orders = new WarrantOrders(check(), CLOCK);
        orders.take(0, NOW.minusSeconds(900), OrderCodec.encode(signed(id)));
        SinkKeys keys = SinkKeys.open(root.resolve("keys"));
        Path directory = root.resolve(id.toString());
        try (WarrantEvidence evidence = evidence(id, keys)) {
            tick(evidence, orders, false);
            assertThat(WarrantSealer.isSealed(directory)).isFalse();
            tick(evidence, orders, true);
            assertThat(WarrantSealer.isSealed(directory)).isTrue();
        }
    }

    private static void tick(WarrantEvidence evidence, WarrantOrders orders, boolean allOrders) throws Exception {
        try (ExecutorService elsewhere = Executors.newSingleThreadExecutor()) {
            evidence.tick(NOW, OptionalLong.of(0), orders, allOrders, elsewhere);
            elsewhere.shutdown();
            assertThat(elsewhere.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    private WarrantEvidence evidence(WarrantId id, SinkKeys keys) throws Exception {
        Path deliveryKeys = root.resolve("delivery-keys");
        SinkConfig config = new SinkConfig(
                new KafkaSettings("b:1", Map.of()),
                KafkaOverride.NONE,
                root,
                1 << 20,
                1000,
                root.resolve("trust.json"),
                false,
                root.resolve("keys"),
                deliveryKeys,
                null,
                Duration.ofSeconds(1),
                null);
        return new WarrantEvidence(
                EvidenceFiles.open(root, id),
                config,
                keys,
                new WarrantSealer(keys, null, WarrantEvidenceTest::custody, CLOCK),
                new CustodyLog(
                        new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer()),
                        "test",
                        CLOCK),
                keyId -> Optional.empty(),
                new DeliveryKeyFiles(deliveryKeys),
                CLOCK,
                new SinkStatus(root, CLOCK, System::nanoTime),
                0);
    }

    private static MockConsumer<String, byte[]> custody() {
        MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
        TopicPartition partition = new TopicPartition(Topic.CUSTODY.name(), 0);
        consumer.updateBeginningOffsets(Map.of(partition, 0L));
        consumer.updateEndOffsets(Map.of(partition, 0L));
        return consumer;
    }

    private static SignedOrder signed(WarrantId id) {
        Warrant warrant = new Warrant(
                id,
                1,
                "court",
                "case 1",
                new Target(new ClusterId("c1"), new Namespace("shop"), Map.of("app", "web")),
                NOW.minusSeconds(1000),
                NOW.minusSeconds(100),
                Warrant.Scope.CONTENT,
                null,
                "police",
                30);
        SignedOrder draft = new SignedOrder(warrant.payloadType(), OrderJson.write(warrant), List.of());
        return OrderKeys.sign(OrderKeys.sign(draft, JUDGE), PROSECUTOR);
    }

    private static OrderCheck check() {
        Instant until = NOW.plusSeconds(9999);
        return new OrderCheck(
                new TrustList(List.of(
                        new TrustList.Approver("judge", JUDGE.getPublic(), Instant.EPOCH, until, false),
                        new TrustList.Approver("prosecutor", PROSECUTOR.getPublic(), Instant.EPOCH, until, false))),
                false);
    }
}
