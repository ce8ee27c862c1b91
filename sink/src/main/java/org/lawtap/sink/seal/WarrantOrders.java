package org.lawtap.sink.seal;

import java.time.Clock;
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
import org.lawtap.schemas.order.Retention;
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
    private final Clock clock;
    private final Map<WarrantId, List<Accepted>> accepted = new HashMap<>();
    private final Map<WarrantId, Kept> kept = new HashMap<>();

    public WarrantOrders(OrderCheck check, Clock clock) {
        this.check = check;
        this.clock = clock;
    }

    /**
     * What becomes of a warrant's evidence.
     *
     * @param destruction the newest order to destroy, which counts while {@code retention} says so
     * @param refused the newest order to destroy that did not count; null if there was none
     */
    public record Kept(
            Retention retention,
            @Nullable Accepted destruction,
            @Nullable RefusedDestruction refused) {}

    /** An order to destroy that did not count. */
    public record RefusedDestruction(long offset, Instant at, String why) {}

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
                if (order instanceof Order.OfRetention retention) {
                    retain(new Accepted(offset, at, signed, order), retention);
                    return;
                }
                List<Accepted> known = accepted.computeIfAbsent(order.id(), id -> new ArrayList<>());
                if (counts(order, known)) {
                    known.add(new Accepted(offset, at, signed, order));
                    keep(order, at);
                }
            }
        } catch (WireException e) {
            // Told by the deciding service.
        }
    }

    private void keep(Order order, Instant at) {
        Kept before = kept.get(order.id());
        Retention retention = before == null ? null : before.retention();
        Retention now = switch (order) {
            case Warrant warrant -> retention == null ? Retention.of(warrant) : retention.amended(warrant);
            case Order.Revocation revocation -> retention == null ? null : retention.revoked(revocation, came(at));
            case Order.OfRetention ignored -> retention;
        };
        if (now != null) {
            kept.put(
                    order.id(),
                    before == null ? new Kept(now, null, null) : new Kept(now, before.destruction(), before.refused()));
        }
    }

    private void retain(Accepted one, Order.OfRetention order) {
        Kept before = kept.get(order.id());
        if (before == null) {
            return;
        }
        switch (before.retention().take(order, came(one.at()))) {
            case Retention.Answer.Accepted taken ->
                kept.put(
                        order.id(),
                        new Kept(
                                taken.now(),
                                order instanceof Order.Destruction ? one : before.destruction(),
                                before.refused()));
            case Retention.Answer.Refused refused -> {
                if (order instanceof Order.Destruction) {
                    kept.put(
                            order.id(),
                            new Kept(
                                    before.retention(),
                                    before.destruction(),
                                    new RefusedDestruction(one.offset(), one.at(), refused.why())));
                }
            }
        }
    }

    /** A record's time is its writer's word; none comes from the future. */
    private Instant came(Instant at) {
        Instant now = clock.instant();
        return at.isBefore(now) ? at : now;
    }

    /** What becomes of a warrant's evidence as things stand; empty for an unknown one. */
    public Optional<Kept> kept(WarrantId warrant) {
        return Optional.ofNullable(kept.get(warrant));
    }

    private boolean counts(Order order, List<Accepted> known) {
        return switch (order) {
            case Warrant warrant ->
                !destroyed(warrant.id())
                        && (known.isEmpty()
                                || warrant.generation()
                                        > known.getLast().order().generation());
            case Order.Revocation revocation ->
                !known.isEmpty()
                        && revocation.generation() >= known.getLast().order().generation();
            case Order.OfRetention ignored -> false;
        };
    }

    private boolean destroyed(WarrantId warrant) {
        Kept before = kept.get(warrant);
        return before != null && before.retention().destruction();
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

    /** Whether each of its generations names a delivery key. */
    public boolean allEncrypted(WarrantId warrant) {
        return of(warrant).stream()
                .allMatch(one -> !(one.order() instanceof Warrant order) || order.deliveryKey() != null);
    }

    /** When the warrant ends as things stand. */
    public Optional<End> end(WarrantId warrant) {
        Instant notAfter = null;
        End end = null;
        for (Accepted one : of(warrant)) {
            switch (one.order()) {
                // Also after a revocation: a newer generation brings the warrant back.
                case Warrant order -> {
                    notAfter = order.notAfter();
                    end = new End(notAfter, Why.NOT_AFTER);
                }
                case Order.OfRetention ignored -> {}
                case Order.Revocation ignored -> {
                    if (notAfter != null && one.at().isBefore(notAfter)) {
                        end = new End(one.at(), Why.REVOKED);
                    }
                }
            }
        }
        return Optional.ofNullable(end);
    }
}
