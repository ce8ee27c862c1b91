package org.lawtap.warrants.topology;

import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
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
 *
 * <p>What is asked at every event is also kept outside the stores, as objects. After a failure the task begins again with the
 * stores as they were last committed, so {@link #init} makes all of it anew.
 */
final class Decider extends ContextualProcessor<String, In, String, Out> {
    static final String PODS = "pods-by-namespace";
    static final String ORDERS = "orders-by-namespace";
    static final String CAPTURES = "captures-by-namespace";

    /** How long it is remembered that a pod is gone: an event of it that comes later brings it back for nobody. */
    static final Duration GONE_KEPT = Duration.ofHours(1);

    private static final Duration TICK = Duration.ofMillis(500);
    private static final int RENEWALS_PER_LEASE = 3;

    /** Behind a warrant's key: its revocation. */
    private static final String REVOKED = "/revoked";

    /** Behind a warrant's key: that custody knows of its end. */
    private static final String END_TOLD = "/end-told";

    /** In the store of orders, and of no namespace: when all leases were last renewed. */
    private static final String RENEWED = "/renewed";

    private final Core core;
    private final PacketTopics topics;
    private final Recency recency;
    private final Duration lease;
    private final Clock clock;
    private final DecidingCounts counts;

    /** By namespace, then by the warrant's id. */
    private final Map<String, SortedMap<String, Known>> warrants = new HashMap<>();

    /** When the pods of these keys went; the eldest first. */
    private final Map<String, Instant> gone = new LinkedHashMap<>();

    private @Nullable Instant renewedAt;
    private boolean remembered;

    /** Warrants with a capture, as of the last renewal and since. */
    private final Set<String> captured = new HashSet<>();

    /** A warrant of the store, read. */
    private static final class Known {
        final SignedOrder signed;
        final Warrant warrant;
        boolean revoked;
        boolean endTold;

        /** Null before the first tick, which decides for all of its pods. */
        @Nullable
        Boolean activeAtLastTick;

        Known(SignedOrder signed, Warrant warrant) {
            this.signed = signed;
            this.warrant = warrant;
        }
    }

    Decider(Core core, PacketTopics topics, Recency recency, Duration lease, Clock clock, DecidingCounts counts) {
        this.core = core;
        this.topics = topics;
        this.recency = recency;
        this.lease = lease;
        this.clock = clock;
        this.counts = counts;
    }

    @Override
    public void init(ProcessorContext<String, Out> context) {
        super.init(context);
        remembered = false;
        context.schedule(TICK, PunctuationType.WALL_CLOCK_TIME, ignored -> tick(clock.instant()));
    }

    /** Takes what the stores hold into memory, before the first record or tick. */
    private void remember() {
        if (remembered) {
            return;
        }
        remembered = true;
        warrants.clear();
        gone.clear();
        renewedAt = null;
        try (KeyValueIterator<String, byte[]> all = orders().all()) {
            all.forEachRemaining(entry -> restore(entry.key, entry.value));
        }
        List<PodEvent.Gone> left = new ArrayList<>();
        try (KeyValueIterator<String, byte[]> all = pods().all()) {
            all.forEachRemaining(entry -> {
                if (podEvent(entry.value) instanceof PodEvent.Gone event) {
                    left.add(event);
                }
            });
        }
        left.sort(Comparator.comparing(PodEvent.Gone::observedAt));
        left.forEach(event -> gone.put(
                key(
                        event.pod().ref().namespaceRef().toString(),
                        event.pod().ref().uid().value()),
                event.observedAt()));
    }

    /** An entry of the store of orders; a warrant's own key comes before those behind it. */
    private void restore(String key, byte[] value) {
        if (key.equals(RENEWED)) {
            renewedAt = Instant.ofEpochMilli(ByteBuffer.wrap(value).getLong());
            return;
        }
        int bar = key.indexOf('|');
        int slash = key.indexOf('/', bar);
        String place = key.substring(0, bar);
        if (slash < 0) {
            know(place, signed(value));
            return;
        }
        Known known = known(place, key.substring(bar + 1, slash));
        if (known != null && key.endsWith(REVOKED)) {
            known.revoked = true;
        } else if (known != null && key.endsWith(END_TOLD)) {
            known.endTold = true;
        }
    }

    @Override
    public void process(Record<String, In> record) {
        remember();
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
                String key = key(place, present.pod().ref().uid().value());
                if (gone.containsKey(key)) {
                    // A UID never returns: this was said before the pod went, and comes late.
                    return;
                }
                pods().put(key, value);
                Instant now = clock.instant();
                if (decide(place, present.pod().ref().uid().value(), present.pod(), standings(place, now), now)) {
                    counts.decided(Duration.between(present.observedAt(), now));
                }
            }
            case PodEvent.Gone event -> {
                String key = key(place, event.pod().ref().uid().value());
                pods().put(key, value);
                gone.putIfAbsent(key, event.observedAt());
                Instant now = clock.instant();
                decide(place, event.pod().ref().uid().value(), null, standings(place, now), now);
            }
            case PodEvent.Listed ignored -> {}
        }
    }

    private void order(String place, byte[] value) throws WireException {
        SignedOrder signed = OrderCodec.decode(value);
        switch (OrderJson.read(signed.payloadType(), signed.payload())) {
            case Warrant warrant -> {
                String key = key(place, warrant.id().toString());
                orders().put(key, value);
                orders().delete(key + REVOKED);
                orders().delete(key + END_TOLD);
                know(place, signed);
                decideAll(place, clock.instant());
                if (!warrant.target().namespaceRef().toString().equals(place)) {
                    // Amended into another namespace: known here only until its captures were stopped.
                    orders().delete(key);
                    forget(place, warrant.id().toString());
                }
            }
            case Order.Revocation revocation -> {
                Known known = known(place, revocation.id().toString());
                if (known != null) {
                    orders().put(key(place, revocation.id() + REVOKED), value);
                    known.revoked = true;
                    decideAll(place, clock.instant());
                }
            }
            case Order.OfRetention ignored -> {}
        }
    }

    /** What the clock brings: windows that open and close, topics that are ready now, leases to renew. */
    void tick(Instant now) {
        remember();
        Set<String> changed = new LinkedHashSet<>();
        warrants.forEach((place, here) -> here.forEach((id, known) -> {
            boolean active = standing(known, now).active(now);
            Boolean before = known.activeAtLastTick;
            if (before == null || before != active) {
                known.activeAtLastTick = active;
                changed.add(place);
            }
            if (!known.endTold && !known.revoked && !now.isBefore(known.warrant.notAfter())) {
                tellEnd(key(place, id), known);
            }
        }));
        changed.forEach(place -> decideAll(place, now));
        forgetGone(now);
        List<String> active = active(now);
        counts.holds(
                context().taskId().toString(),
                new DecidingCounts.Held(
                        active.size(),
                        active.stream().filter(id -> !captured.contains(id)).count(),
                        captures().approximateNumEntries()));
        Instant last = renewedAt;
        boolean due = last == null || !now.isBefore(last.plus(lease.dividedBy(RENEWALS_PER_LEASE)));
        // Whether a capture may go on is as little known as whether one may begin.
        if (due && recency.current(now)) {
            if (last == null || now.isBefore(last.plus(lease))) {
                renew(now);
            } else {
                startAgain(now);
            }
            renewedAt = now;
            orders().put(
                            RENEWED,
                            ByteBuffer.allocate(Long.BYTES)
                                    .putLong(now.toEpochMilli())
                                    .array());
        }
    }

    private List<String> active(Instant now) {
        List<String> active = new ArrayList<>();
        for (SortedMap<String, Known> here : warrants.values()) {
            for (Known known : here.values()) {
                if (!known.revoked && known.warrant.inWindow(now)) {
                    active.add(known.warrant.id().toString());
                }
            }
        }
        return active;
    }

    @Override
    public void close() {
        counts.leaves(context().taskId().toString());
    }

    private void tellEnd(String key, Known known) {
        known.endTold = true;
        orders().put(key + END_TOLD, new byte[] {1});
        custody(
                CustodyAction.WARRANT_ENDED,
                known.warrant.id(),
                null,
                "the warrant reached its end",
                Map.of("notAfter", known.warrant.notAfter().toString()));
    }

    private void forgetGone(Instant now) {
        Iterator<Map.Entry<String, Instant>> eldest = gone.entrySet().iterator();
        while (eldest.hasNext()) {
            Map.Entry<String, Instant> entry = eldest.next();
            if (now.isBefore(entry.getValue().plus(GONE_KEPT))) {
                return;
            }
            pods().delete(entry.getKey());
            eldest.remove();
        }
    }

    private void renew(Instant now) {
        captured.clear();
        Map<NodeName, List<CaptureKey>> byNode = new LinkedHashMap<>();
        try (KeyValueIterator<String, byte[]> all = captures().all()) {
            while (all.hasNext()) {
                RunningCapture capture = running(all.next().value);
                captured.add(capture.key().warrant().toString());
                byNode.computeIfAbsent(capture.node(), node -> new ArrayList<>())
                        .add(capture.key());
            }
        }
        byNode.forEach((node, keys) -> command(new Command.Renew(node, now, keys, now.plus(lease))));
    }

    /**
     * Nothing was heard from here for longer than a lease, and a worker that began meanwhile took the captures for ended. So they are
     * commanded anew; where one still stands, a repeated START is a renewal.
     */
    private void startAgain(Instant now) {
        try (KeyValueIterator<String, byte[]> all = captures().all()) {
            while (all.hasNext()) {
                KeyValue<String, byte[]> entry = all.next();
                RunningCapture capture = running(entry.value);
                String place = entry.key.substring(0, entry.key.indexOf('|'));
                Known known = known(place, capture.key().warrant().toString());
                byte[] value = pods().get(key(place, capture.key().pod().value()));
                if (known != null && value != null && podEvent(value) instanceof PodEvent.Present present) {
                    command(startOf(present.pod(), capture.node(), known.signed, known.warrant, now));
                }
            }
        }
    }

    private void decideAll(String place, Instant now) {
        List<Standing> standings = standings(place, now);
        Set<String> uids = new HashSet<>();
        try (KeyValueIterator<String, byte[]> range = range(pods(), place)) {
            while (range.hasNext()) {
                KeyValue<String, byte[]> entry = range.next();
                String uid = entry.key.substring(place.length() + 1);
                uids.add(uid);
                Pod pod = podEvent(entry.value) instanceof PodEvent.Present present ? present.pod() : null;
                decide(place, uid, pod, standings, now);
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

    /** Returns whether anything was commanded. */
    private boolean decide(String place, String uid, @Nullable Pod pod, List<Standing> standings, Instant now) {
        List<RunningCapture> running = new ArrayList<>();
        try (KeyValueIterator<String, byte[]> range = range(captures(), key(place, uid))) {
            range.forEachRemaining(entry -> running.add(running(entry.value)));
        }
        List<Step> steps = core.decide(pod, running, standings, now);
        for (Step step : steps) {
            switch (step) {
                case Step.Stop stop -> stop(place, uid, stop, now);
                case Step.Start start -> start(place, uid, pod, start, now);
            }
        }
        return !steps.isEmpty();
    }

    private void start(String place, String uid, @Nullable Pod pod, Step.Start step, Instant now) {
        if (pod == null) {
            throw new IllegalStateException("a START without a pod");
        }
        Warrant warrant = step.standing().warrant();
        Command.Start start = startOf(pod, step.node(), step.standing().signed(), warrant, now);
        // As short as a renewal of it: a START holds the whole warrant.
        Command.Renew kept = new Command.Renew(step.node(), now, List.of(start.capture()), start.leaseUntil());
        captures().put(key(key(place, uid), warrant.id().toString()), CommandCodec.encode(kept));
        captured.add(warrant.id().toString());
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

    private Command.Start startOf(Pod pod, NodeName node, SignedOrder signed, Warrant warrant, Instant now) {
        CaptureKey capture =
                new CaptureKey(warrant.id(), warrant.generation(), pod.ref().uid());
        return new Command.Start(
                node, now, capture, signed, pod.ref(), pod.labels(), pod.hostNetwork(), now.plus(lease));
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
        counts.sent(command);
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

    private List<Standing> standings(String place, Instant now) {
        SortedMap<String, Known> here = warrants.get(place);
        return here == null
                ? List.of()
                : here.values().stream().map(known -> standing(known, now)).toList();
    }

    private Standing standing(Known known, Instant now) {
        // What is over needs no topic: one that was destroyed since is not made again.
        boolean over = known.revoked || !now.isBefore(known.warrant.notAfter());
        boolean ready = !over && topics.ready(known.warrant.id());
        if (ready && !recency.current(now)) {
            // What is held back now comes at the first tick that finds the stores recent.
            ready = false;
            known.activeAtLastTick = false;
        }
        return new Standing(known.signed, known.warrant, known.revoked, ready);
    }

    private @Nullable Known known(String place, String warrant) {
        SortedMap<String, Known> here = warrants.get(place);
        return here == null ? null : here.get(warrant);
    }

    private void know(String place, SignedOrder signed) {
        Warrant warrant = OrderJson.readWarrant(signed.payload());
        warrants.computeIfAbsent(place, none -> new TreeMap<>())
                .put(warrant.id().toString(), new Known(signed, warrant));
    }

    private void forget(String place, String warrant) {
        SortedMap<String, Known> here = warrants.get(place);
        if (here != null) {
            here.remove(warrant);
            if (here.isEmpty()) {
                warrants.remove(place);
            }
        }
    }

    private static SignedOrder signed(byte[] value) {
        try {
            return OrderCodec.decode(value);
        } catch (WireException e) {
            throw new IllegalStateException("the store of orders can't be read", e);
        }
    }

    private static PodEvent podEvent(byte[] value) {
        try {
            return PodCodec.decode(value);
        } catch (WireException e) {
            throw new IllegalStateException("the store of pods can't be read", e);
        }
    }

    private static RunningCapture running(byte[] value) {
        try {
            if (CommandCodec.decode(value) instanceof Command.Renew kept) {
                return new RunningCapture(kept.captures().getFirst(), kept.node());
            }
            throw new IllegalStateException("the store of captures holds something else than a capture");
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
