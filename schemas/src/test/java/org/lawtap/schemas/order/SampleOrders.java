package org.lawtap.schemas.order;

import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.WarrantId;

/** Orders and trust lists for tests. */
public final class SampleOrders {
    public static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    public static final WarrantId ID = WarrantId.parse("0b5a9a52-7a2e-4d0c-9a3e-111111111111");

    private SampleOrders() {}

    /** A warrant on {@code app=nginx1} in {@code c1/shop} from an hour before NOW to a day after. */
    public static Warrant warrant() {
        return new Warrant(
                ID,
                1,
                "Court of Sample",
                "7 Gs 12/26",
                new Target(new ClusterId("c1"), new Namespace("shop"), Map.of("app", "nginx1", "tier", "web")),
                NOW.minusSeconds(3600),
                NOW.plusSeconds(86_400),
                Warrant.Scope.CONTENT,
                "tcp port 80",
                "State Police",
                3650);
    }

    public static Order.Revocation revocation() {
        return new Order.Revocation(ID, 2, "Court of Sample", NOW, "the case was closed");
    }

    public static Order.Hold hold(long generation) {
        return new Order.Hold(ID, generation, "Court of Sample", NOW, "an appeal is pending");
    }

    public static Order.Release release(long generation) {
        return new Order.Release(ID, generation, "Court of Sample", NOW, "the appeal was withdrawn");
    }

    public static Order.Destruction destruction(long generation) {
        return new Order.Destruction(ID, generation, "Court of Sample", NOW, "the law says so");
    }

    /** The order with the signatures of these keys. */
    public static SignedOrder sign(Order order, KeyPair... keys) {
        SignedOrder signed = new SignedOrder(order.payloadType(), OrderJson.write(order), List.of());
        for (KeyPair pair : keys) {
            signed = OrderKeys.sign(signed, pair);
        }
        return signed;
    }

    /** An approver whose key is valid for a year around NOW. */
    public static TrustList.Approver approver(String name, KeyPair keys) {
        return new TrustList.Approver(
                name, keys.getPublic(), NOW.minusSeconds(15_000_000), NOW.plusSeconds(15_000_000), false);
    }
}
