package org.lawtap.sink.seal;

import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;

/** Orders of two approvers, whom the trust list of the tests names. */
final class Approved {
    static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
    static final Instant END = NOW.plusSeconds(600);
    static final WarrantId ID = WarrantId.parse("00000000-0000-4000-8000-000000000001");

    private static final KeyPair JUDGE = OrderKeys.generate();
    private static final KeyPair PROSECUTOR = OrderKeys.generate();

    private Approved() {}

    static OrderCheck check() {
        return new OrderCheck(
                new TrustList(List.of(
                        new TrustList.Approver("judge", JUDGE.getPublic(), Instant.EPOCH, END.plusSeconds(9999), false),
                        new TrustList.Approver(
                                "prosecutor", PROSECUTOR.getPublic(), Instant.EPOCH, END.plusSeconds(9999), false))),
                false);
    }

    static Warrant draft(long generation, Instant notAfter) {
        return new Warrant(
                ID,
                generation,
                "court",
                "case 1",
                new Target(new ClusterId("c1"), new Namespace("shop"), Map.of("app", "web")),
                NOW.minusSeconds(60),
                notAfter,
                Warrant.Scope.CONTENT,
                null,
                "police",
                30);
    }

    static SignedOrder warrant(long generation, Instant notAfter) {
        return OrderKeys.sign(signedOnce(draft(generation, notAfter)), PROSECUTOR);
    }

    static SignedOrder destruction(long generation) {
        return OrderKeys.sign(
                signedOnce(new Order.Destruction(ID, generation, "court", NOW, "the law says so")), PROSECUTOR);
    }

    static SignedOrder revocation(long generation) {
        return signedOnce(new Order.Revocation(ID, generation, "court", NOW, "over"));
    }

    static SignedOrder signedOnce(Order order) {
        return OrderKeys.sign(new SignedOrder(order.payloadType(), OrderJson.write(order), List.of()), JUDGE);
    }
}
