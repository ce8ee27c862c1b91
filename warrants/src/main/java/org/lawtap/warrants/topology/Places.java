package org.lawtap.warrants.topology;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.NamespaceRef;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.Retention;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.schemas.wire.PodCodec;
import org.lawtap.schemas.wire.WireException;

/** The first step of the topology: pods and warrants are keyed anew by cluster/namespace, the place where they meet. */
final class Places {
    static final String ORDER_STORE = "orders-by-warrant";

    /** Behind a warrant's id: the key of its {@link Retention}. */
    private static final String RETENTION = "/retention";

    private static final String ACTOR = "warrants";
    private static final Pattern UUID_FORM = Pattern.compile("[0-9a-f-]{36}");

    /** With all that is added to it on the way, as a warrant to the labels of a pod, a value must still fit into a record. */
    private static final int VALUE_BYTES_MAX = Topic.RECORD_BYTES_MAX * 3 / 4;

    private static final int DEAD_LETTER_BYTES_MAX = 1024 * 1024;
    private static final int DEAD_KEY_MAX = 300;

    private Places() {}

    /** What an order's place is kept as: {@code GENERATION CLUSTER/NAMESPACE}. */
    private record Placed(long generation, NamespaceRef place) {
        String text() {
            return generation + " " + place;
        }

        static long generationOf(String text) {
            return Long.parseLong(text.substring(0, text.indexOf(' ')));
        }

        static String placeOf(String text) {
            return text.substring(text.indexOf(' ') + 1);
        }
    }

    /** Sends each pod event to its namespace; list marks end here. */
    static final class PodPlace extends ContextualProcessor<String, byte[], String, Out> {
        private final Clock clock;
        private final DecidingCounts counts;

        PodPlace(Clock clock, DecidingCounts counts) {
            this.clock = clock;
            this.counts = counts;
        }

        @Override
        public void process(Record<String, byte[]> record) {
            if (record.value() == null) {
                // The watcher drops from the compacted topic what is gone for long; that was said when it went.
                return;
            }
            PodEvent event;
            try {
                event = PodCodec.decode(whole(record.value()));
            } catch (WireException e) {
                counts.deadLetter();
                setAside(context(), record, clock, e);
                return;
            }
            @Nullable
            NamespaceRef place = switch (event) {
                case PodEvent.Present present -> present.pod().ref().namespaceRef();
                case PodEvent.Gone gone -> gone.pod().ref().namespaceRef();
                case PodEvent.Listed ignored -> null;
            };
            if (place != null) {
                context().forward(new Record<>(place.toString(), new Out.Placed(record.value()), record.timestamp()));
            }
        }
    }

    /** Admits orders: signatures, generation; then sends each to the namespace of its warrant. */
    static final class OrderPlace extends ContextualProcessor<String, byte[], String, Out> {
        private final OrderCheck check;
        private final Clock clock;
        private final DecidingCounts counts;

        OrderPlace(OrderCheck check, Clock clock, DecidingCounts counts) {
            this.check = check;
            this.clock = clock;
            this.counts = counts;
        }

        @Override
        public void process(Record<String, byte[]> record) {
            SignedOrder signed;
            try {
                if (record.value() == null) {
                    throw new WireException("a tombstone; a revocation is a signed record", new NullPointerException());
                }
                signed = OrderCodec.decode(whole(record.value()));
            } catch (WireException e) {
                counts.deadLetter();
                setAside(context(), record, clock, e);
                return;
            }
            switch (check.check(signed, clock.instant())) {
                case OrderCheck.Verdict.Refused refused ->
                    say(record, CustodyAction.WARRANT_REFUSED, null, refused.reason(), whichRecord(record));
                case OrderCheck.Verdict.Approved approved -> admit(record, approved);
            }
        }

        /** What an order that isn't valid says of itself proves nothing: custody names the record, and what key it came under. */
        private Map<String, String> whichRecord(Record<String, byte[]> record) {
            String key = record.key();
            return Map.of(
                    "record",
                    context()
                            .recordMetadata()
                            .map(at -> at.topic() + "-" + at.partition() + "@" + at.offset())
                            .orElse("unknown"),
                    "key",
                    key != null && UUID_FORM.matcher(key).matches() ? key : "none that is a warrant's id");
        }

        private void admit(Record<String, byte[]> record, OrderCheck.Verdict.Approved approved) {
            Order order = approved.order();
            KeyValueStore<String, String> store = context().getStateStore(ORDER_STORE);
            @Nullable String before = store.get(order.id().toString());
            if (!order.id().toString().equals(record.key())) {
                say(
                        record,
                        CustodyAction.WARRANT_REFUSED,
                        order.id(),
                        "the record's key is not the warrant's id",
                        Map.of());
                return;
            }
            String approvers = String.join(", ", approved.approvers());
            switch (order) {
                case Warrant warrant -> {
                    @Nullable String kept = store.get(order.id() + RETENTION);
                    if (kept != null && Retention.parse(kept).destruction()) {
                        say(
                                record,
                                CustodyAction.WARRANT_REFUSED,
                                order.id(),
                                "the destruction of this warrant's content is ordered; what is captured would be lost",
                                Map.of());
                        return;
                    }
                    if (before != null && warrant.generation() <= Placed.generationOf(before)) {
                        say(
                                record,
                                CustodyAction.WARRANT_REFUSED,
                                order.id(),
                                "generation " + warrant.generation() + " is not newer than "
                                        + Placed.generationOf(before),
                                Map.of());
                        return;
                    }
                    Placed placed =
                            new Placed(warrant.generation(), warrant.target().namespaceRef());
                    store.put(order.id().toString(), placed.text());
                    store.put(
                            order.id() + RETENTION,
                            (kept == null
                                            ? Retention.of(warrant)
                                            : Retention.parse(kept).amended(warrant))
                                    .text());
                    if (before == null && !clock.instant().isBefore(warrant.notAfter())) {
                        // Remembered all the same: no older one counts, and there may be evidence to hold or destroy.
                        // An amendment that is over ends captures.
                        say(
                                record,
                                CustodyAction.WARRANT_REFUSED,
                                order.id(),
                                "the warrant is over: it ended at " + warrant.notAfter(),
                                Map.of("generation", String.valueOf(warrant.generation())));
                        return;
                    }
                    send(record, placed.place().toString());
                    if (before != null
                            && !Placed.placeOf(before).equals(placed.place().toString())) {
                        send(record, Placed.placeOf(before));
                    }
                    say(
                            record,
                            CustodyAction.WARRANT_ACCEPTED,
                            order.id(),
                            (before == null ? "warrant accepted" : "warrant amended") + ", approved by " + approvers,
                            Map.of(
                                    "generation", String.valueOf(warrant.generation()),
                                    "amends", before == null ? "none" : String.valueOf(Placed.generationOf(before)),
                                    "notBefore", warrant.notBefore().toString(),
                                    "notAfter", warrant.notAfter().toString(),
                                    "approvers", approvers));
                }
                case Order.Revocation revocation -> {
                    if (before == null || revocation.generation() < Placed.generationOf(before)) {
                        say(
                                record,
                                CustodyAction.WARRANT_REFUSED,
                                order.id(),
                                before == null
                                        ? "a revocation of an unknown warrant"
                                        : "a revocation of an older generation",
                                Map.of());
                        return;
                    }
                    store.put(order.id().toString(), revocation.generation() + " " + Placed.placeOf(before));
                    @Nullable String kept = store.get(order.id() + RETENTION);
                    if (kept != null) {
                        store.put(
                                order.id() + RETENTION,
                                Retention.parse(kept)
                                        .revoked(revocation, cameAt(record))
                                        .text());
                    }
                    send(record, Placed.placeOf(before));
                    say(
                            record,
                            CustodyAction.WARRANT_REVOKED,
                            order.id(),
                            "warrant revoked by " + approvers,
                            Map.of(
                                    "generation",
                                    String.valueOf(revocation.generation()),
                                    "reason",
                                    revocation.reason()));
                }
                case Order.OfRetention retention -> retain(record, retention, approvers);
            }
        }

        /** Captures have nothing to do with it: such an order goes no further. */
        private void retain(Record<String, byte[]> record, Order.OfRetention order, String approvers) {
            KeyValueStore<String, String> store = context().getStateStore(ORDER_STORE);
            @Nullable String kept = store.get(order.id() + RETENTION);
            Retention.Answer answer = kept == null
                    ? new Retention.Answer.Refused("an order about an unknown warrant")
                    : Retention.parse(kept).take(order, cameAt(record));
            switch (answer) {
                case Retention.Answer.Refused refused ->
                    say(record, CustodyAction.WARRANT_REFUSED, order.id(), refused.why(), details(order));
                case Retention.Answer.Accepted accepted -> {
                    store.put(order.id() + RETENTION, accepted.now().text());
                    CustodyAction action = switch (order) {
                        case Order.Hold ignored -> CustodyAction.WARRANT_HELD;
                        case Order.Release ignored -> CustodyAction.WARRANT_RELEASED;
                        case Order.Destruction ignored -> CustodyAction.DESTRUCTION_ORDERED;
                    };
                    String what = switch (order) {
                        case Order.Hold ignored -> "the warrant's evidence is held";
                        case Order.Release ignored -> "the warrant's evidence is held no longer";
                        case Order.Destruction ignored -> "the destruction of the warrant's content is ordered";
                    };
                    say(record, action, order.id(), what + ", approved by " + approvers, details(order));
                }
            }
        }

        private static Map<String, String> details(Order.OfRetention order) {
            return Map.of(
                    "generation", String.valueOf(order.generation()),
                    "order", order.payloadType(),
                    "authority", order.authority(),
                    "reason", order.reason());
        }

        /** A record's time is its writer's word; none comes from the future. */
        private Instant cameAt(Record<String, byte[]> record) {
            Instant now = clock.instant();
            Instant said = Instant.ofEpochMilli(record.timestamp());
            return said.isBefore(now) ? said : now;
        }

        private void send(Record<String, byte[]> record, String place) {
            context().forward(new Record<>(place, new Out.Placed(record.value()), record.timestamp()));
        }

        private void say(
                Record<String, byte[]> record,
                CustodyAction action,
                @Nullable WarrantId warrant,
                String text,
                Map<String, String> details) {
            if (action == CustodyAction.WARRANT_REFUSED) {
                counts.orderRefused();
            }
            context().forward(custody(record.timestamp(), clock, action, warrant, text, details));
        }
    }

    private static Record<String, Out> custody(
            long timestamp,
            Clock clock,
            CustodyAction action,
            @Nullable WarrantId warrant,
            String text,
            Map<String, String> details) {
        CustodyEvent event =
                new CustodyEvent(UUID.randomUUID(), clock.instant(), ACTOR, action, warrant, null, null, text, details);
        return new Record<>(event.key(), new Out.Custody(CustodyCodec.encode(event)), Math.max(0, timestamp));
    }

    private static byte[] whole(byte[] value) throws WireException {
        if (value.length > VALUE_BYTES_MAX) {
            throw new WireException(
                    "a value of " + value.length + " bytes; at most " + VALUE_BYTES_MAX + " are taken",
                    new IllegalArgumentException());
        }
        return value;
    }

    /** The record goes to the dead letters, custody is told, and the next one is read. */
    private static void setAside(
            ProcessorContext<String, Out> context, Record<String, byte[]> record, Clock clock, WireException e) {
        String where = context.recordMetadata()
                .map(at -> at.topic() + "-" + at.partition() + "@" + at.offset())
                .orElse("a record");
        byte @Nullable [] value = record.value();
        byte[] kept = value == null ? new byte[0] : Arrays.copyOf(value, Math.min(value.length, DEAD_LETTER_BYTES_MAX));
        long timestamp = Math.max(0, record.timestamp());
        @Nullable String key = record.key();
        String shortKey = key == null ? "" : key.substring(0, Math.min(key.length(), DEAD_KEY_MAX));
        Record<String, Out> letter = new Record<>(shortKey, new Out.DeadLetter(kept), timestamp);
        letter.headers()
                .add("lawtap.from", where.getBytes(UTF_8))
                .add("lawtap.why", String.valueOf(e.getMessage()).getBytes(UTF_8))
                .add(
                        "lawtap.bytes",
                        String.valueOf(value == null ? -1 : value.length).getBytes(UTF_8));
        context.forward(letter);
        context.forward(custody(
                timestamp,
                clock,
                CustodyAction.RECORD_REFUSED,
                null,
                where + " is set aside: " + e.getMessage(),
                Map.of("topic", Topic.DEAD_LETTERS.name())));
    }
}
