package org.lawtap.schemas.order;

import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The check every process makes before it acts on an order: read it, then count the different approvers whose valid keys
 * signed its exact bytes. A warrant needs two, and so does what becomes of its evidence; a revocation one, because stopping must never wait for a
 * second hand.
 */
public final class OrderCheck {
    private static final int WARRANT_APPROVERS = 2;
    private static final int REVOCATION_APPROVERS = 1;
    private static final int RETENTION_APPROVERS = 2;

    private final TrustList trust;
    private final boolean demoKeysAllowed;
    private final VerifiedSignatures verified = new VerifiedSignatures();

    /** @param demoKeysAllowed true in the sandbox only: the private halves of demo keys are no secret */
    public OrderCheck(TrustList trust, boolean demoKeysAllowed) {
        this.trust = trust;
        this.demoKeysAllowed = demoKeysAllowed;
    }

    /** What came of the check. */
    public sealed interface Verdict {
        /** Properly signed; whether it is in its window is asked elsewhere. */
        record Approved(Order order, List<String> approvers) implements Verdict {
            public Approved {
                approvers = List.copyOf(approvers);
            }
        }

        /** Not to be acted on; the reason is a clause that fits after "refused: ". */
        record Refused(String reason) implements Verdict {}
    }

    /** Checks form and signatures as of {@code now}. */
    public Verdict check(SignedOrder signed, Instant now) {
        if (signed.payload().length > SignedOrder.PAYLOAD_BYTES_MAX) {
            return new Verdict.Refused("the order is longer than " + SignedOrder.PAYLOAD_BYTES_MAX + " bytes");
        }
        if (signed.signatures().size() > SignedOrder.SIGNATURES_MAX) {
            return new Verdict.Refused("the order has more than " + SignedOrder.SIGNATURES_MAX + " signatures");
        }
        Order order;
        try {
            order = OrderJson.read(signed.payloadType(), signed.payload());
        } catch (IllegalArgumentException e) {
            return new Verdict.Refused(String.valueOf(e.getMessage()));
        }
        return checkSignatures(signed, order, now);
    }

    private Verdict checkSignatures(SignedOrder signed, Order order, Instant now) {
        byte[] message = signed.preAuthenticationEncoding();
        Set<String> approvers = new LinkedHashSet<>();
        Set<String> problems = new LinkedHashSet<>();
        for (SignedOrder.OrderSignature signature : signed.signatures()) {
            TrustList.Approver approver = trust.find(signature.keyId());
            if (approver == null) {
                problems.add("a key is not on the trust list");
                continue;
            }
            Optional<String> hindrance = approver.hindrance(order, now);
            if (hindrance.isPresent()) {
                problems.add(hindrance.get());
            } else if (approver.demo() && !demoKeysAllowed) {
                problems.add("the key of " + approver.name() + " is a demo key");
            } else if (!verified.verifies(message, signature.signature(), approver.key())) {
                problems.add("the signature of " + approver.name() + " does not fit the bytes");
            } else {
                approvers.add(approver.name());
            }
        }
        int needed = switch (order) {
            case Warrant ignored -> WARRANT_APPROVERS;
            case Order.Revocation ignored -> REVOCATION_APPROVERS;
            case Order.OfRetention ignored -> RETENTION_APPROVERS;
        };
        if (approvers.size() < needed) {
            String why = problems.isEmpty() ? "" : " (" + String.join("; ", problems) + ")";
            return new Verdict.Refused("it has valid signatures of " + approvers.size()
                    + " different approvers and needs " + needed + why);
        }
        return new Verdict.Approved(order, List.copyOf(approvers));
    }
}
