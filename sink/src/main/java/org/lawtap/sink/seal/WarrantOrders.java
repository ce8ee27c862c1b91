package org.lawtap.sink.seal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.order.X25519Key;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.schemas.wire.WireException;

/**
 * The orders of {@code lawtap.warrants} that count: properly signed at the time of their record, and not older than one before. What
 * can't be read or is refused is the deciding service's to tell; here it is passed over. Owned by one thread.
 */
public final class WarrantOrders {
    private final OrderCheck check;
    private final Map<WarrantId, List<Accepted>> accepted = new HashMap<>();

    public WarrantOrders(OrderCheck check) {
        this.check = check;
    }

    /** An order that counts. @param at its record's time */
    public record Accepted(long offset, Instant at, SignedOrder signed, Order order) {}

    /** When a warrant ends, or has ended. */
    public record End(Instant at, Why why) {}

    /** Why a warrant ends. */
    public enum Why {
        NOT_AFTER,
        REVOKED
    }

    /** Takes the next record of the topic. */
    public void take(long offset, Instant at, byte @Nullable [] value) {
        try {
            SignedOrder signed = OrderCodec.decode(value);
            if (check.check(signed, at) instanceof OrderCheck.Verdict.Approved approved) {
                Order order = approved.order();
                List<Accepted> known = accepted.computeIfAbsent(order.id(), id -> new ArrayList<>());
                if (counts(order, known)) {
                    known.add(new Accepted(offset, at, signed, order));
                }
            }
        } catch (WireException e) {
            // Told by the deciding service.
        }
    }

    private static boolean counts(Order order, List<Accepted> known) {
        return switch (order) {
            case Warrant warrant ->
                known.isEmpty()
                        || warrant.generation() > known.getLast().order().generation();
            case Order.Revocation revocation ->
                !known.isEmpty()
                        && revocation.generation() >= known.getLast().order().generation();
        };
    }

    /** The orders of a warrant that count, in the order of the log. */
    public List<Accepted> of(WarrantId warrant) {
        return List.copyOf(accepted.getOrDefault(warrant, List.of()));
    }

    /** Whether one of these orders names the delivery key with this id. */
    public boolean name(WarrantId warrant, Sha256 deliveryKeyId) {
        for (Accepted one : of(warrant)) {
            if (one.order() instanceof Warrant order) {
                X25519Key key = order.deliveryKey();
                if (key != null && key.id().equals(deliveryKeyId)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** When the warrant ends as things stand. */
    public Optional<End> end(WarrantId warrant) {
        Instant notAfter = null;
        for (Accepted one : of(warrant)) {
            switch (one.order()) {
                case Warrant order -> notAfter = order.notAfter();
                case Order.Revocation ignored -> {
                    if (notAfter != null && one.at().isBefore(notAfter)) {
                        return Optional.of(new End(one.at(), Why.REVOKED));
                    }
                }
            }
        }
        return notAfter == null ? Optional.empty() : Optional.of(new End(notAfter, Why.NOT_AFTER));
    }
}
