package org.lawtap.warrants.cli;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.Retention;
import org.lawtap.schemas.order.Warrant;

/** What the orders of the log come to: those that were properly signed when they came, in the order of the log. Pure. */
final class OrderHistory {
    private final List<OrderCheck.Verdict.Approved> approved = new ArrayList<>();
    private final Map<WarrantId, Retention> retention = new LinkedHashMap<>();

    private OrderHistory() {}

    static OrderHistory of(List<OrderLog.Entry> entries, OrderCheck check) {
        OrderHistory history = new OrderHistory();
        for (OrderLog.Entry entry : entries) {
            if (check.check(entry.order(), entry.at()) instanceof OrderCheck.Verdict.Approved verdict) {
                history.approved.add(verdict);
                history.retention.compute(
                        verdict.order().id(), (id, before) -> after(before, verdict.order(), entry.at()));
            }
        }
        return history;
    }

    private static @Nullable Retention after(@Nullable Retention before, Order order, Instant at) {
        return switch (order) {
            case Warrant warrant -> before == null ? Retention.of(warrant) : before.amended(warrant);
            case Order.Revocation revocation -> before == null ? null : before.revoked(revocation, at);
            case Order.OfRetention retention ->
                before != null && before.take(retention, at) instanceof Retention.Answer.Accepted accepted
                        ? accepted.now()
                        : before;
        };
    }

    List<OrderCheck.Verdict.Approved> approved() {
        return List.copyOf(approved);
    }

    /** What becomes of each warrant's evidence. */
    Map<WarrantId, Retention> retention() {
        return Map.copyOf(retention);
    }

    /** The newest generation of a warrant; empty if none is known. */
    Optional<Warrant> warrant(WarrantId id) {
        return orders(id)
                .filter(Warrant.class::isInstance)
                .map(Warrant.class::cast)
                .reduce((one, other) -> other.generation() > one.generation() ? other : one);
    }

    /** @throws IllegalArgumentException if it is not known */
    Warrant requireWarrant(WarrantId id) {
        return warrant(id)
                .orElseThrow(() -> new IllegalArgumentException("no properly signed warrant has the id " + id));
    }

    /** Whether a revocation came that no newer generation followed. */
    boolean revoked(WarrantId id) {
        long generation = warrant(id).map(Warrant::generation).orElse(0L);
        return orders(id).anyMatch(order -> order instanceof Order.Revocation && order.generation() >= generation);
    }

    /** Of all orders about a warrant. @throws IllegalArgumentException if it is not known */
    long newestGeneration(WarrantId id) {
        requireWarrant(id);
        return orders(id).mapToLong(Order::generation).max().orElseThrow();
    }

    /** Why the deciding service would refuse this order now; empty if it would take it. */
    Optional<String> hindrance(Order order, Instant now) {
        return switch (order) {
            case Warrant warrant -> hindrance(warrant, now);
            case Order.Revocation ignored -> Optional.empty();
            case Order.OfRetention about -> {
                Retention known = retention.get(about.id());
                if (known == null) {
                    yield Optional.of("no properly signed warrant has the id " + about.id());
                }
                yield known.take(about, now) instanceof Retention.Answer.Refused refused
                        ? Optional.of(refused.why())
                        : Optional.empty();
            }
        };
    }

    private Optional<String> hindrance(Warrant warrant, Instant now) {
        if (!now.isBefore(warrant.notAfter())) {
            return Optional.of("the warrant is over: it ended at " + warrant.notAfter());
        }
        Retention kept = retention.get(warrant.id());
        if (kept != null && kept.destruction()) {
            return Optional.of("the destruction of this warrant's content is ordered; what is captured would be lost");
        }
        long newest = orders(warrant.id())
                .filter(order -> !(order instanceof Order.OfRetention))
                .filter(order -> !(order instanceof Order.Revocation)
                        || warrant(order.id()).isPresent())
                .mapToLong(Order::generation)
                .max()
                .orElse(0);
        return warrant.generation() > newest
                ? Optional.empty()
                : Optional.of("generation " + warrant.generation() + " is not newer than " + newest
                        + ", which the log has; the next one is drafted with: lawtap warrant amend " + warrant.id());
    }

    private Stream<Order> orders(WarrantId id) {
        return approved.stream()
                .map(OrderCheck.Verdict.Approved::order)
                .filter(order -> order.id().equals(id));
    }
}
