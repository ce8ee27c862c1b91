package org.lawtap.warrants.topology;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.schemas.wire.PodCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.warrants.decision.Core;
import org.lawtap.warrants.decision.RunningCapture;
import org.lawtap.warrants.decision.Standing;
import org.lawtap.warrants.decision.Step;

/**
 * The place where the pods and warrants of one namespace meet. Three stores, keyed {@code CLUSTER/NAMESPACE|ID}: the pods'
 * last states, the orders, the captures as commanded. A pod event decides for that pod, an order for all pods of its
 * namespace, and the wall clock (every half second) for what began or ended meanwhile; it also renews the leases.
 */
final class Decider extends ContextualProcessor<String, In, String, Out> {
    static final String PODS = "pods-by-namespace";
    static final String ORDERS = "orders-by-namespace";
    static final String CAPTURES = "captures-by-namespace";

    private static final Duration TICK = Duration.ofMillis(500);
    private static final int RENEWALS_PER_LEASE = 3;
    private static final String REVOKED = "/revoked";

    private final Core core;
    private final PacketTopics topics;
    private final Duration lease;
    private final Clock clock;
    private final Map<String, Boolean> activeAtLastTick = new HashMap<>();
    private Instant renewedAt = Instant.MIN;

    Decider(Core core, PacketTopics topics, Duration lease, Clock clock) {
        this.core = core;
        this.topics = topics;
        this.lease = lease;
        this.clock = clock;
    }

    @Override
    public void init(ProcessorContext<String, Out> context) {
        super.init(context);
        context.schedule(TICK, PunctuationType.WALL_CLOCK_TIME, ignored -> tick(clock.instant()));
    }

    @Override
    public void process(Record<String, In> record) {
        try {
            switch (record.value()) {
                case In.PodValue pod -> pod(record.key(), pod.value());
                case In.OrderValue order -> order(record.key(), order.value());
            }
        } catch (WireException e) {
            // The step before wrote only what it could read: this is a bug, and the log replays.
            throw new IllegalStateException("a placed record can't be read", e);
        }
    }

    private void pod(String place, byte[] value) throws WireException {
        switch (PodCodec.decode(value)) {
            case PodEvent.Present present -> {
                pods().put(key(place, present.pod().ref().uid().value()), value);
                decide(place, present.pod().ref().uid().value(), present.pod(), standings(place), clock.instant());
            }
            case PodEvent.Gone gone -> {
                pods().delete(key(place, gone.pod().ref().uid().value()));
                decide(place, gone.pod().ref().uid().value(), null, standings(place), clock.instant());
            }
            case PodEvent.Listed ignored -> {}
        }
    }

    private void order(String place, byte[] value) throws WireException {
        SignedOrder signed = OrderCodec.decode(value);
        switch (OrderJson.read(signed.payloadType(), signed.payload())) {
            case Warrant warrant -> {
                String key = key(place, warrant.id().toString());
                Instant now = clock.instant();
                orders().put(key, value);
                orders().delete(key + REVOKED);
                decideAll(place, now);
                if (warrant.target().namespaceRef().toString().equals(place)) {
                    // What the tick knew was of the generation before: this one may begin before the next tick.
                    activeAtLastTick.put(key, standing(key, value).active(now));
                } else {
                    // Amended into another namespace: known here only until its captures were stopped.
                    orders().delete(key);
                    activeAtLastTick.remove(key);
                }
            }
            case Order.Revocation revocation -> {
                orders().put(key(place, revocation.id() + REVOKED), value);
                decideAll(place, clock.instant());
            }
            case Order.OfRetention ignored -> {}
        }
    }

    /** What the clock brings: windows that open and close, topics that are ready now, leases to renew. */
    void tick(Instant now) {
        Set<String> changed = new HashSet<>();
        try (KeyValueIterator<String, byte[]> all = orders().all()) {
            while (all.hasNext()) {
                KeyValue<String, byte[]> entry = all.next();
                if (!entry.key.endsWith(REVOKED)) {
                    Standing standing = standing(entry.key, entry.value);
                    boolean active = standing.active(now);
                    Boolean before = activeAtLastTick.put(entry.key, active);
                    if (before == null || before != active) {
                        changed.add(entry.key.substring(0, entry.key.indexOf('|')));
                        if (before != null
                                && !standing.revoked()
                                && !now.isBefore(standing.warrant().notAfter())) {
                            custody(
                                    CustodyAction.WARRANT_ENDED,
                                    standing.warrant().id(),
                                    null,
                                    "the warrant reached its end",
                                    Map.of(
                                            "notAfter",
                                            standing.warrant().notAfter().toString()));
                        }
                    }
                }
            }
        }
        changed.forEach(place -> decideAll(place, now));
        if (!now.isBefore(renewedAt.equals(Instant.MIN) ? now : renewedAt.plus(lease.dividedBy(RENEWALS_PER_LEASE)))) {
            renew(now);
            renewedAt = now;
        }
    }

    private void renew(Instant now) {
        Map<NodeName, List<CaptureKey>> byNode = new LinkedHashMap<>();
        try (KeyValueIterator<String, byte[]> all = captures().all()) {
            while (all.hasNext()) {
                RunningCapture capture = running(all.next().value);
                byNode.computeIfAbsent(capture.node(), node -> new ArrayList<>())
                        .add(capture.key());
            }
        }
        byNode.forEach((node, keys) -> command(new Command.Renew(node, now, keys, now.plus(lease))));
    }

    private void decideAll(String place, Instant now) {
        List<Standing> standings = standings(place);
        Set<String> uids = new HashSet<>();
        try (KeyValueIterator<String, byte[]> range = range(pods(), place)) {
            while (range.hasNext()) {
                KeyValue<String, byte[]> entry = range.next();
                String uid = entry.key.substring(place.length() + 1);
                uids.add(uid);
                decide(place, uid, present(entry.value), standings, now);
            }
        }
        Set<String> orphans = new HashSet<>();
        try (KeyValueIterator<String, byte[]> range = range(captures(), place)) {
            while (range.hasNext()) {
                orphans.add(running(range.next().value).key().pod().value());
            }
        }
        orphans.removeAll(uids);
        orphans.forEach(uid -> decide(place, uid, null, standings, now));
    }

    private void decide(String place, String uid, @Nullable Pod pod, List<Standing> standings, Instant now) {
        List<RunningCapture> running = new ArrayList<>();
        try (KeyValueIterator<String, byte[]> range = range(captures(), key(place, uid))) {
            range.forEachRemaining(entry -> running.add(running(entry.value)));
        }
        for (Step step : core.decide(pod, running, standings, now)) {
            switch (step) {
                case Step.Stop stop -> stop(place, uid, stop, now);
                case Step.Start start -> start(place, uid, pod, start, now);
            }
        }
    }

    private void start(String place, String uid, @Nullable Pod pod, Step.Start step, Instant now) {
        if (pod == null) {
            throw new IllegalStateException("a START without a pod");
        }
        Warrant warrant = step.standing().warrant();
        CaptureKey capture =
                new CaptureKey(warrant.id(), warrant.generation(), pod.ref().uid());
        Command.Start start = new Command.Start(
                step.node(),
                now,
                capture,
                step.standing().signed(),
                pod.ref(),
                pod.labels(),
                pod.hostNetwork(),
                now.plus(lease));
        captures().put(key(key(place, uid), warrant.id().toString()), CommandCodec.encode(start));
        command(start);
        custody(
                CustodyAction.CAPTURE_COMMANDED,
                warrant.id(),
                pod,
                "capture of a pod of the target commanded",
                Map.of(
                        "node", step.node().value(),
                        "namespace", pod.ref().namespace().value(),
                        "pod", pod.ref().name().value(),
                        "labels", pod.labels().toString(),
                        "resourceVersion", pod.resourceVersion(),
                        "generation", String.valueOf(warrant.generation())));
    }

    private void stop(String place, String uid, Step.Stop step, Instant now) {
        CaptureKey key = step.capture().key();
        captures().delete(key(key(place, uid), key.warrant().toString()));
        command(new Command.Stop(step.capture().node(), now, key, step.reason()));
        StopReason reason = step.reason();
        CustodyEvent event = new CustodyEvent(
                UUID.randomUUID(),
                now,
                "warrants",
                CustodyAction.CAPTURE_STOPPED,
                key.warrant(),
                null,
                key.pod(),
                "capture stopped: " + reason,
                Map.of("node", step.capture().node().value(), "reason", reason.name()));
        context().forward(new Record<>(event.key(), new Out.Custody(CustodyCodec.encode(event)), now.toEpochMilli()));
    }

    private void command(Command command) {
        context()
                .forward(new Record<>(
                        command.node().value(),
                        new Out.ToNode(CommandCodec.encode(command)),
                        command.issuedAt().toEpochMilli()));
    }

    private void custody(
            CustodyAction action, WarrantId warrant, @Nullable Pod pod, String text, Map<String, String> details) {
        CustodyEvent event = new CustodyEvent(
                UUID.randomUUID(),
                clock.instant(),
                "warrants",
                action,
                warrant,
                null,
                pod == null ? null : pod.ref().uid(),
                text,
                details);
        context()
                .forward(new Record<>(
                        event.key(),
                        new Out.Custody(CustodyCodec.encode(event)),
                        event.at().toEpochMilli()));
    }

    private List<Standing> standings(String place) {
        List<Standing> standings = new ArrayList<>();
        try (KeyValueIterator<String, byte[]> range = range(orders(), place)) {
            while (range.hasNext()) {
                KeyValue<String, byte[]> entry = range.next();
                if (!entry.key.endsWith(REVOKED)) {
                    standings.add(standing(entry.key, entry.value));
                }
            }
        }
        return standings;
    }

    private Standing standing(String key, byte[] value) {
        try {
            SignedOrder signed = OrderCodec.decode(value);
            Warrant warrant = OrderJson.readWarrant(signed.payload());
            boolean revoked = orders().get(key + REVOKED) != null;
            return new Standing(signed, warrant, revoked, topics.ready(warrant.id()));
        } catch (WireException e) {
            throw new IllegalStateException("the store of orders can't be read", e);
        }
    }

    private static @Nullable Pod present(byte[] value) {
        try {
            return PodCodec.decode(value) instanceof PodEvent.Present present ? present.pod() : null;
        } catch (WireException e) {
            throw new IllegalStateException("the store of pods can't be read", e);
        }
    }

    private static RunningCapture running(byte[] value) {
        try {
            if (CommandCodec.decode(value) instanceof Command.Start start) {
                return new RunningCapture(start.capture(), start.node());
            }
            throw new IllegalStateException("the store of captures holds something else than a START");
        } catch (WireException e) {
            throw new IllegalStateException("the store of captures can't be read", e);
        }
    }

    private KeyValueStore<String, byte[]> pods() {
        return context().getStateStore(PODS);
    }

    private KeyValueStore<String, byte[]> orders() {
        return context().getStateStore(ORDERS);
    }

    private KeyValueStore<String, byte[]> captures() {
        return context().getStateStore(CAPTURES);
    }

    private static String key(String place, String id) {
        return place + "|" + id;
    }

    /** All entries {@code PLACE|...}; '}' follows '|' in UTF-8, so it ends the range. */
    private static KeyValueIterator<String, byte[]> range(KeyValueStore<String, byte[]> store, String place) {
        return store.range(place + "|", place + "}");
    }
}
