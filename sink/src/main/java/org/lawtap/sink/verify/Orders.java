package org.lawtap.sink.verify;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;

/**
 * The orders of a warrant whose signatures hold, by generation. An approver's key counts if it was valid at a moment of the
 * order's window, and a revocation's if it was from then on.
 */
final class Orders {
    private static final String FILE = "seal.json";

    private final Signatures signatures;
    private final Map<Long, Warrant> warrants = new LinkedHashMap<>();
    private final List<WarrantReport.ApprovedOrder> approved = new ArrayList<>();
    private final Set<String> demoApprovers = new LinkedHashSet<>();
    private boolean revoked;

    private Orders(Signatures signatures) {
        this.signatures = signatures;
    }

    /** Checks what the seal holds. */
    static Orders check(
            SealFile seal, WarrantId warrant, @Nullable TrustList trust, Signatures signatures, Findings findings) {
        Orders orders = new Orders(signatures);
        for (SealFile.SealedOrder sealed : seal.orders()) {
            orders.take(sealed, warrant, trust, findings);
        }
        if (orders.warrants.isEmpty()) {
            findings.add(FindingCode.ORDER_INVALID, FILE, "the seal holds no valid warrant");
        }
        if (seal.endedBecause().equals("REVOKED") && !orders.revoked) {
            findings.add(
                    FindingCode.ORDER_INVALID,
                    FILE,
                    "the seal says that the warrant was revoked, and holds no valid revocation");
        }
        if (!orders.demoApprovers.isEmpty()) {
            findings.note("approved with demo keys, whose private halves are no secret ("
                    + String.join(", ", orders.demoApprovers) + "): this is a demonstration, not evidence");
        }
        return orders;
    }

    /** The valid warrant of this generation. */
    @Nullable
    Warrant warrant(long generation) {
        return warrants.get(generation);
    }

    /** For how many days after its end the evidence must be kept, by the newest valid warrant. */
    int retentionDays() {
        return warrants.values().stream()
                .max(Comparator.comparingLong(Warrant::generation))
                .map(Warrant::retentionDays)
                .orElse(0);
    }

    /** The valid orders, in the order of the log. */
    List<WarrantReport.ApprovedOrder> approved() {
        return List.copyOf(approved);
    }

    private void take(SealFile.SealedOrder sealed, WarrantId warrant, @Nullable TrustList trust, Findings findings) {
        findings.count(Check.ORDERS, 1);
        String which = "the order at offset " + sealed.offset() + " of lawtap.warrants ";
        if (trust == null) {
            findings.add(FindingCode.ORDER_INVALID, FILE, which + "can't be checked: there is no trust.json");
            return;
        }
        Order order;
        try {
            order = OrderJson.read(sealed.order().payloadType(), sealed.order().payload());
        } catch (IllegalArgumentException e) {
            findings.add(FindingCode.ORDER_INVALID, FILE, which + "can't be read: " + e.getMessage());
            return;
        }
        if (!order.id().equals(warrant)) {
            findings.add(FindingCode.ORDER_INVALID, FILE, which + "is of another warrant");
            return;
        }
        if (order instanceof Order.OfRetention) {
            findings.add(FindingCode.ORDER_INVALID, FILE, which + "is none that a seal lists");
            return;
        }
        switch (verdict(sealed.order(), order, trust)) {
            case OrderCheck.Verdict.Approved verdict -> accept(order, verdict.approvers(), sealed, trust);
            case OrderCheck.Verdict.Refused refused ->
                findings.add(FindingCode.ORDER_INVALID, FILE, which + "is not valid: " + refused.reason());
        }
    }

    private void accept(Order order, List<String> approvers, SealFile.SealedOrder sealed, TrustList trust) {
        switch (order) {
            case Warrant one -> warrants.put(one.generation(), one);
            case Order.Revocation _ -> revoked = true;
            case Order.OfRetention _ -> {}
        }
        approved.add(new WarrantReport.ApprovedOrder(order, approvers, sealed.offset()));
        trust.approvers().stream()
                .filter(approver -> approver.demo() && approvers.contains(approver.name()))
                .forEach(approver -> demoApprovers.add(approver.name()));
    }

    /** The verdict of the best moment: the window's first one, or the first of a key that became valid inside it. */
    private OrderCheck.Verdict verdict(SignedOrder signed, Order order, TrustList trust) {
        Instant from = switch (order) {
            case Warrant warrant -> warrant.notBefore();
            case Order.Revocation revocation -> revocation.revokedAt();
            case Order.OfRetention retention -> retention.orderedAt();
        };
        Instant until = order instanceof Warrant warrant ? warrant.notAfter() : Instant.MAX;
        OrderCheck.Verdict verdict = signatures.approved(signed, trust, from);
        for (TrustList.Approver approver : trust.approvers()) {
            Instant moment = approver.notBefore();
            if (verdict instanceof OrderCheck.Verdict.Refused && moment.isAfter(from) && moment.isBefore(until)) {
                verdict = signatures.approved(signed, trust, moment);
            }
        }
        return verdict;
    }
}
