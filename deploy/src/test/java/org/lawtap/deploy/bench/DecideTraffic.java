package org.lawtap.deploy.bench;

import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.schemas.wire.PodCodec;

/**
 * What happens to a small cluster and to warrants about it, from a seed: pods are made, scheduled, labelled anew, ended, replaced, said
 * twice, said again when they are gone; warrants begin, end, are amended, also into other namespaces, and revoked; forged and old orders
 * and poison come between. Each is published before the next, and the oracle is told. Owned by one thread.
 */
final class DecideTraffic {
    private static final ClusterId CLUSTER = new ClusterId("c1");
    private static final int NAMESPACES = 6;
    private static final int APPLICATIONS = 4;
    private static final int NODES = 10;
    private static final int SLOTS = 150;
    private static final int BIG_LABEL_BYTES = 1_200_000;
    private static final int WARRANTS_AT_ONCE = 40;
    private static final int WARRANT_SECONDS_MAX = 25;

    private final Random random;
    private final Producer<String, byte[]> producer;
    private final List<KeyPair> approvers;
    private final DecideOracle oracle;
    private final Pod[] slots = new Pod[SLOTS];
    private final List<PodEvent> gone = new ArrayList<>();
    private final Map<WarrantId, Warrant> warrants = new HashMap<>();
    private final Map<String, Integer> counts = new HashMap<>();
    private final String big;

    DecideTraffic(long seed, Producer<String, byte[]> producer, List<KeyPair> approvers, DecideOracle oracle) {
        this.random = new Random(seed);
        this.producer = producer;
        this.approvers = List.copyOf(approvers);
        this.oracle = oracle;
        byte[] bytes = new byte[BIG_LABEL_BYTES * 3 / 4];
        random.nextBytes(bytes);
        this.big = Base64.getEncoder().encodeToString(bytes);
    }

    /** How often this was done. */
    int count(String what) {
        return counts.getOrDefault(what, 0);
    }

    /** All pods and some warrants. */
    void begin() throws Exception {
        for (int slot = 0; slot < SLOTS; slot++) {
            create(slot);
        }
        for (int i = 0; i < WARRANTS_AT_ONCE / 2; i++) {
            warrant();
        }
    }

    /** The one that ends last so far. */
    WarrantId longestWarrant() {
        return warrants.values().stream()
                .max(Comparator.comparing(Warrant::notAfter))
                .orElseThrow()
                .id();
    }

    /** One thing that happens. */
    void step() throws Exception {
        int slot = random.nextInt(SLOTS);
        int dice = random.nextInt(100);
        if (dice < 30) {
            label(slot);
        } else if (dice < 45) {
            create(slot);
        } else if (dice < 50) {
            phase(slot, Pod.Phase.SUCCEEDED);
        } else if (dice < 55) {
            ghost();
        } else if (dice < 90) {
            publish(present(slots[slot], false));
        } else if (dice < 93) {
            order();
        } else if (dice < 96) {
            poison();
        } else {
            refused();
        }
    }

    private void create(int slot) throws Exception {
        Pod before = slots[slot];
        if (before != null) {
            PodEvent event = new PodEvent.Gone(before, PodEvent.Source.WATCH, Instant.now());
            fact(before, true);
            publish(event);
            gone.add(present(before, false));
        }
        PodRef ref = new PodRef(
                CLUSTER,
                new Namespace("ns-" + slot % NAMESPACES),
                new PodName("pod-" + slot),
                new PodUid(new UUID(random.nextLong(), random.nextLong()).toString()));
        Map<String, String> labels = new HashMap<>(Map.of("app", application()));
        if (slot == 0) {
            labels.put("big", big);
        }
        Pod made = new Pod(ref, labels, null, false, Pod.Phase.PENDING, List.of(), null, "1");
        slots[slot] = made;
        fact(made, false);
        publish(present(made, true));
        Pod bound = new Pod(
                ref,
                labels,
                new NodeName("n" + random.nextInt(NODES)),
                false,
                Pod.Phase.RUNNING,
                List.of("10.0.0.1"),
                null,
                "2");
        slots[slot] = bound;
        fact(bound, false);
        publish(present(bound, false));
    }

    private void label(int slot) throws Exception {
        Pod pod = slots[slot];
        if (pod.phase().ended()) {
            return;
        }
        Map<String, String> labels = new HashMap<>(pod.labels());
        labels.put("app", application());
        change(slot, labels, pod.phase());
    }

    private void phase(int slot, Pod.Phase phase) throws Exception {
        change(slot, slots[slot].labels(), phase);
    }

    private void change(int slot, Map<String, String> labels, Pod.Phase phase) throws Exception {
        Pod pod = slots[slot];
        Pod next = new Pod(
                pod.ref(),
                labels,
                pod.node(),
                false,
                phase,
                pod.addresses(),
                null,
                Integer.toString(random.nextInt(1000)));
        slots[slot] = next;
        fact(next, false);
        publish(present(next, false));
    }

    /** A pod that is gone is said again. */
    private void ghost() throws Exception {
        if (!gone.isEmpty()) {
            count1("ghosts");
            publish(gone.get(random.nextInt(gone.size())));
        }
    }

    private void order() throws Exception {
        Instant now = Instant.now();
        warrants.values().removeIf(warrant -> now.isAfter(warrant.notAfter()));
        if (warrants.size() < WARRANTS_AT_ONCE) {
            warrant();
        }
        List<Warrant> all = List.copyOf(warrants.values());
        Warrant one = all.get(random.nextInt(all.size()));
        if (random.nextBoolean()) {
            amend(one);
        } else {
            revoke(one);
        }
    }

    private void warrant() throws Exception {
        activate(window(WarrantId.random(), 1));
    }

    private void amend(Warrant before) throws Exception {
        activate(window(before.id(), before.generation() + 1 + random.nextInt(3)));
    }

    private void activate(Warrant warrant) throws Exception {
        warrants.put(warrant.id(), warrant);
        count1("accepted");
        fact(warrant, false);
        publish(warrant, sign(warrant, approvers));
    }

    private void revoke(Warrant warrant) throws Exception {
        warrants.remove(warrant.id());
        count1("revoked");
        fact(warrant, true);
        Order.Revocation order =
                new Order.Revocation(warrant.id(), warrant.generation(), "Court", Instant.now(), "closed");
        publish(order, sign(order, approvers.subList(0, 1)));
    }

    /** Orders that must change nothing: signed once, or older than what is known. */
    private void refused() throws Exception {
        count1("refused");
        List<Warrant> all = List.copyOf(warrants.values());
        if (all.isEmpty() || random.nextBoolean()) {
            Warrant forged = window(WarrantId.random(), 1);
            publish(forged, sign(forged, List.of(approvers.getFirst(), OrderKeys.generate())));
        } else {
            Warrant old = window(all.get(random.nextInt(all.size())).id(), 1);
            publish(old, sign(old, approvers));
        }
    }

    private void poison() throws Exception {
        count1("poison");
        byte @Nullable [] value = random.nextInt(5) == 0 ? null : new byte[random.nextInt(200)];
        if (value != null) {
            random.nextBytes(value);
        }
        // A pods record without a value is an order to forget, not poison.
        String topic = value == null || random.nextBoolean() ? Topic.WARRANTS.name() : Topic.PODS.name();
        producer.send(new ProducerRecord<>(topic, "poison", value)).get();
    }

    private Warrant window(WarrantId id, long generation) {
        Instant begin = Instant.now().plusMillis(random.nextInt(4000) - 2000);
        return new Warrant(
                id,
                generation,
                "Court",
                "case",
                new Target(CLUSTER, new Namespace("ns-" + random.nextInt(NAMESPACES)), Map.of("app", application())),
                begin,
                begin.plus(Duration.ofMillis(3000 + random.nextInt(WARRANT_SECONDS_MAX * 1000))),
                Warrant.Scope.CONTENT,
                null,
                "Agency",
                1);
    }

    private String application() {
        return "app-" + random.nextInt(APPLICATIONS);
    }

    private void fact(Pod pod, boolean isGone) {
        NodeName node = pod.node();
        oracle.pod(
                pod.ref().uid().value(),
                new DecideOracle.PodFact(
                        Instant.now(),
                        pod.ref().namespace().value(),
                        pod.labels().getOrDefault("app", ""),
                        node == null ? null : node.value(),
                        isGone || pod.phase().ended()));
    }

    private void fact(Warrant warrant, boolean revoked) {
        oracle.order(
                warrant.id(),
                new DecideOracle.OrderFact(
                        Instant.now(),
                        warrant.generation(),
                        warrant.target().namespaceRef().namespace().value(),
                        warrant.target().labels().getOrDefault("app", ""),
                        warrant.notBefore(),
                        warrant.notAfter(),
                        revoked));
    }

    private static PodEvent present(Pod pod, boolean added) {
        return new PodEvent.Present(added, pod, PodEvent.Source.WATCH, Instant.now());
    }

    private static SignedOrder sign(Order order, List<KeyPair> keys) {
        SignedOrder signed = new SignedOrder(order.payloadType(), OrderJson.write(order), List.of());
        for (KeyPair pair : keys) {
            signed = OrderKeys.sign(signed, pair);
        }
        return signed;
    }

    private void publish(PodEvent event) throws InterruptedException, ExecutionException {
        count1("pod events");
        producer.send(new ProducerRecord<>(Topic.PODS.name(), event.key(), PodCodec.encode(event)))
                .get();
    }

    private void publish(Order order, SignedOrder signed) throws InterruptedException, ExecutionException {
        producer.send(new ProducerRecord<>(Topic.WARRANTS.name(), order.id().toString(), OrderCodec.encode(signed)))
                .get();
    }

    private void count1(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    /** Text of the counts. */
    @Override
    public String toString() {
        return new TreeMap<>(counts).toString();
    }
}
