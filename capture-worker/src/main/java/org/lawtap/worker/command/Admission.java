package org.lawtap.worker.command;

import java.time.Instant;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.worker.engine.Filters;

/**
 * The sensor's own check of a START. It trusts nobody before it: not the topology, not the broker. Whatever is unclear is
 * refused, and no socket is opened.
 */
public final class Admission {
    private final OrderCheck orders;
    private final ClusterId cluster;
    private final NodeName node;

    public Admission(OrderCheck orders, ClusterId cluster, NodeName node) {
        this.orders = orders;
        this.cluster = cluster;
        this.node = node;
    }

    /** What came of the check. */
    public sealed interface Verdict {
        /** It may be captured. */
        record Admitted(Warrant warrant) implements Verdict {}

        /** It may not. */
        record Refused(String reason) implements Verdict {}
    }

    /** Whether an order is properly signed as of {@code now}, whatever it is for. */
    public boolean approves(SignedOrder order, Instant now) {
        return orders.check(order, now) instanceof OrderCheck.Verdict.Approved;
    }

    /** Checks a START as of {@code now}. */
    public Verdict check(Command.Start start, Instant now) {
        return switch (orders.check(start.order(), now)) {
            case OrderCheck.Verdict.Refused refused ->
                new Verdict.Refused("the warrant is not valid: " + refused.reason());
            case OrderCheck.Verdict.Approved approved -> check(start, approved.order(), now);
        };
    }

    private Verdict check(Command.Start start, Order order, Instant now) {
        if (!(order instanceof Warrant warrant)) {
            return new Verdict.Refused("the order inside is not a warrant");
        }
        if (!start.capture()
                .equals(new CaptureKey(
                        warrant.id(), warrant.generation(), start.pod().uid()))) {
            return new Verdict.Refused("the command is for another warrant, generation or pod than it carries");
        }
        if (!start.node().equals(node)) {
            return new Verdict.Refused("the command is for another node");
        }
        if (!start.pod().cluster().equals(cluster)) {
            return new Verdict.Refused("the pod belongs to another cluster");
        }
        if (!now.isBefore(warrant.notAfter())) {
            return new Verdict.Refused("the warrant ended at " + warrant.notAfter());
        }
        if (!start.pod().namespaceRef().equals(warrant.target().namespaceRef())
                || !warrant.target().matches(start.labels())) {
            return new Verdict.Refused("the pod is not of the warrant's target");
        }
        if (start.hostNetwork()) {
            return new Verdict.Refused(
                    "HOST_NETWORK: the pod shares the node's interfaces; capturing it would capture the node");
        }
        if (warrant.scope() != Warrant.Scope.CONTENT) {
            return new Verdict.Refused(
                    "the scope HEADERS can't be enforced by this version, and more than it may not be kept");
        }
        String filter = warrant.filter();
        if (filter != null) {
            try {
                Filters.compile(filter);
            } catch (IllegalArgumentException e) {
                return new Verdict.Refused(String.valueOf(e.getMessage()));
            }
        }
        return new Verdict.Admitted(warrant);
    }
}
