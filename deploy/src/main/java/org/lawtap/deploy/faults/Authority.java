package org.lawtap.deploy.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.lawtap.deploy.bench.BenchException;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.OrderCodec;

/** Who orders: two approvers, whose orders reach Kafka however long that takes. Safe for many threads. */
final class Authority {
    static final ClusterId CLUSTER = new ClusterId("faults");
    static final Namespace NAMESPACE = new Namespace("default");

    private static final int ATTEMPTS_MAX = 3;

    private final List<KeyPair> approvers = List.of(OrderKeys.generate(), OrderKeys.generate());
    private final Path trustList;
    private final Path deliveryKeys;

    private Authority(Path trustList, Path deliveryKeys) {
        this.trustList = trustList;
        this.deliveryKeys = deliveryKeys;
    }

    static Authority make(Path trustList, Path deliveryKeys) throws BenchException {
        Authority authority = new Authority(trustList, deliveryKeys);
        Instant now = Instant.now();
        List<TrustList.Approver> trusted = new ArrayList<>();
        for (KeyPair approver : authority.approvers) {
            trusted.add(new TrustList.Approver(
                    "approver " + trusted.size(),
                    approver.getPublic(),
                    now.minus(Duration.ofDays(1)),
                    now.plus(Duration.ofDays(1)),
                    false));
        }
        try {
            Files.createDirectories(deliveryKeys);
            Files.write(trustList, new TrustList(trusted).write());
        } catch (IOException e) {
            throw new BenchException(trustList + " can't be written: " + e.getMessage(), e);
        }
        return authority;
    }

    Path trustList() {
        return trustList;
    }

    Path deliveryKeys() {
        return deliveryKeys;
    }

    /** A warrant from now on. @param encrypted whether it has a delivery key, whose private half lies with the sink */
    Warrant draft(Map<String, String> labels, Instant until, boolean encrypted) throws BenchException {
        Warrant warrant = new Warrant(
                WarrantId.random(),
                1,
                "Court",
                "1/26",
                new Target(CLUSTER, NAMESPACE, labels),
                Instant.now().truncatedTo(ChronoUnit.MILLIS),
                until.truncatedTo(ChronoUnit.MILLIS),
                Warrant.Scope.CONTENT,
                null,
                "Agency",
                1);
        if (!encrypted) {
            return warrant;
        }
        KeyPair pair = DeliveryKeys.generate();
        try {
            DeliveryKeys.writePrivate(deliveryKeys.resolve(warrant.id() + ".key.pem"), pair);
        } catch (IOException e) {
            throw new BenchException("the delivery key can't be kept: " + e.getMessage(), e);
        }
        return warrant.deliveredTo(DeliveryKeys.publicHalf(pair));
    }

    /** The next generation, with another end. */
    static Warrant amended(Warrant warrant, Instant until) {
        return new Warrant(
                warrant.id(),
                warrant.generation() + 1,
                warrant.authority(),
                warrant.caseReference(),
                warrant.target(),
                warrant.notBefore(),
                until.truncatedTo(ChronoUnit.MILLIS),
                warrant.scope(),
                warrant.filter(),
                warrant.deliveryAgency(),
                warrant.retentionDays(),
                warrant.deliveryKey());
    }

    static Order.Revocation revocation(Warrant warrant) {
        return new Order.Revocation(warrant.id(), warrant.generation(), "Court", Instant.now(), "closed");
    }

    /** Signs and publishes an order; returns when Kafka has it. */
    void publish(KafkaClients kafka, Order order) throws BenchException, InterruptedException {
        SignedOrder signed = new SignedOrder(order.payloadType(), OrderJson.write(order), List.of());
        for (KeyPair approver : approvers) {
            signed = OrderKeys.sign(signed, approver);
        }
        for (int attempt = 1; ; attempt++) {
            try (Producer<String, byte[]> producer = kafka.producer(Map.of())) {
                producer.send(new ProducerRecord<>(
                                Topic.WARRANTS.name(), order.id().toString(), OrderCodec.encode(signed)))
                        .get();
                return;
            } catch (ExecutionException e) {
                if (attempt == ATTEMPTS_MAX) {
                    throw new BenchException("Kafka did not take an order: " + e.getCause(), e);
                }
            }
        }
    }
}
