package org.lawtap.deploy.bench;

import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.Warrant;

/**
 * A cluster under warrants, as an array: a pod is a slot and how many pods filled it before. Slot, namespace and application follow
 * from each other, so what is to be captured is known without asking anybody. Owned by one thread.
 */
final class DecideLoad {
    private static final ClusterId CLUSTER = WatchBench.CLUSTER;
    private static final int APPLICATIONS = 50;
    private static final int PODS_PER_NODE = 30;
    private static final int REPLACED_PERCENT = 10;

    private final Size size;
    private final Random random;
    private final int[] lives;
    private final int nodes;

    /**
     * How large it is.
     *
     * @param warrants each for one of the {@value #APPLICATIONS} applications of its namespace
     */
    record Size(int pods, int namespaces, int warrants) {
        /** Applications of each namespace that are under a warrant, at least. */
        int targets() {
            return Math.min(APPLICATIONS, warrants / namespaces);
        }
    }

    /** What is to be captured: a pod under a warrant. */
    record Wanted(WarrantId warrant, PodUid pod) {}

    /** Takes the events of one change in their order. */
    interface Events {
        void say(PodEvent event, List<Wanted> began, List<Wanted> ended);
    }

    DecideLoad(Size size, long seed) {
        this.size = size;
        this.random = new Random(seed);
        this.lives = new int[size.pods()];
        this.nodes = Math.max(1, size.pods() / PODS_PER_NODE);
    }

    /** All warrants, in force for a day, signed by both. */
    void warrants(List<KeyPair> approvers, Consumer<SignedOrder> to) {
        Instant now = Instant.now();
        for (int i = 0; i < size.warrants(); i++) {
            Warrant warrant = new Warrant(
                    warrant(i),
                    1,
                    "Demo Court",
                    "BENCH-" + i,
                    new Target(
                            CLUSTER,
                            namespace(i % size.namespaces()),
                            Map.of("app", application(i / size.namespaces() % APPLICATIONS))),
                    now,
                    now.plus(Duration.ofDays(1)),
                    Warrant.Scope.CONTENT,
                    null,
                    "Demo Agency",
                    1);
            SignedOrder order = new SignedOrder(warrant.payloadType(), OrderJson.write(warrant), List.of());
            for (KeyPair approver : approvers) {
                order = OrderKeys.sign(order, approver);
            }
            to.accept(order);
        }
    }

    /** All pods, as a watcher lists them. */
    void pods(Consumer<PodEvent> to) {
        for (int slot = 0; slot < lives.length; slot++) {
            to.accept(new PodEvent.Present(true, pod(slot, 0), PodEvent.Source.LIST, Instant.now()));
        }
    }

    /** Of each capture that is to run, its node. */
    Map<Wanted, NodeName> wanted() {
        Map<Wanted, NodeName> all = new HashMap<>();
        for (int slot = 0; slot < lives.length; slot++) {
            for (Wanted wanted : wanted(slot)) {
                all.put(wanted, node(slot));
            }
        }
        return all;
    }

    /** One change; returns the number of its events: an update of any pod, or a pod is replaced, every second of them a target's. */
    int change(Events to) {
        if (random.nextInt(100) >= REPLACED_PERCENT) {
            int slot = random.nextInt(lives.length);
            Pod pod = pod(slot, random.nextInt());
            to.say(new PodEvent.Present(false, pod, PodEvent.Source.WATCH, Instant.now()), List.of(), List.of());
            return 1;
        }
        int slot = random.nextBoolean() ? targetSlot() : random.nextInt(lives.length);
        List<Wanted> ended = wanted(slot);
        to.say(new PodEvent.Gone(pod(slot, 0), PodEvent.Source.WATCH, Instant.now()), List.of(), ended);
        lives[slot]++;
        to.say(new PodEvent.Present(true, pod(slot, 0), PodEvent.Source.WATCH, Instant.now()), wanted(slot), List.of());
        return 2;
    }

    private int targetSlot() {
        int slot;
        do {
            slot = random.nextInt(lives.length);
        } while (slot / size.namespaces() % APPLICATIONS >= size.targets());
        return slot;
    }

    private List<Wanted> wanted(int slot) {
        int namespace = slot % size.namespaces();
        int application = slot / size.namespaces() % APPLICATIONS;
        PodUid uid = uid(slot);
        List<Wanted> wanted = new ArrayList<>();
        for (int k = application; namespace + (long) k * size.namespaces() < size.warrants(); k += APPLICATIONS) {
            wanted.add(new Wanted(warrant(namespace + k * size.namespaces()), uid));
        }
        return wanted;
    }

    private Pod pod(int slot, int mark) {
        String application = application(slot / size.namespaces() % APPLICATIONS);
        PodRef ref = new PodRef(
                CLUSTER,
                namespace(slot % size.namespaces()),
                new PodName(
                        application + "-6c46465cc6-" + Integer.toString(slot, Character.MAX_RADIX) + "-" + lives[slot]),
                uid(slot));
        Map<String, String> labels =
                Map.of("app", application, "pod-template-hash", "6c46465cc6", "mark", Integer.toString(mark));
        return new Pod(
                ref,
                labels,
                node(slot),
                false,
                Pod.Phase.RUNNING,
                List.of("10." + (slot >> 16 & 255) + "." + (slot >> 8 & 255) + "." + (slot & 255)),
                null,
                Integer.toString(random.nextInt(Integer.MAX_VALUE)));
    }

    private PodUid uid(int slot) {
        return new PodUid(new UUID(0x4000L | (long) slot << 32, 0x8000_0000_0000_0000L | lives[slot]).toString());
    }

    private NodeName node(int slot) {
        return new NodeName("node-" + (slot + lives[slot] * 7919L) % nodes);
    }

    private static WarrantId warrant(int number) {
        return new WarrantId(new UUID(0x4000L | (long) number << 32, 0x8000_0000_0000_0001L));
    }

    private static Namespace namespace(int number) {
        return new Namespace("team-" + number);
    }

    private static String application(int number) {
        return "app-" + number;
    }
}
