package org.lawtap.worker.command;

import java.security.KeyPair;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;

/** Warrants, signatures and commands for tests. */
public final class Orders {
    public static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
    public static final ClusterId CLUSTER = new ClusterId("c1");
    public static final NodeName NODE = new NodeName("n1");
    public static final PodUid POD = new PodUid("0a1b2c3d-1111-2222-3333-444455556666");
    public static final PodRef REF = new PodRef(CLUSTER, new Namespace("shop"), new PodName("cart-0"), POD);
    public static final Map<String, String> LABELS = Map.of("app", "cart");
    public static final WarrantId ID = new WarrantId(UUID.fromString("00000000-0000-0000-0000-000000000001"));

    private static final KeyPair JUDGE = OrderKeys.generate();
    private static final KeyPair PROSECUTOR = OrderKeys.generate();

    private Orders() {}

    public static Warrant warrant() {
        return warrant(1, Warrant.Scope.CONTENT, null);
    }

    public static Warrant warrant(long generation, Warrant.Scope scope, @Nullable String filter) {
        return new Warrant(
                ID,
                generation,
                "court",
                "case 1",
                new Target(CLUSTER, new Namespace("shop"), LABELS),
                NOW.minusSeconds(3600),
                NOW.plusSeconds(3600),
                scope,
                filter,
                "police",
                30);
    }

    public static OrderCheck check() {
        return new OrderCheck(
                new TrustList(List.of(
                        new TrustList.Approver("judge", JUDGE.getPublic(), Instant.EPOCH, NOW.plusSeconds(9999), false),
                        new TrustList.Approver(
                                "prosecutor", PROSECUTOR.getPublic(), Instant.EPOCH, NOW.plusSeconds(9999), false))),
                false);
    }

    public static SignedOrder unsigned(Order order) {
        return new SignedOrder(order.payloadType(), OrderJson.write(order), List.of());
    }

    public static SignedOrder signedOnce(Order order) {
        return OrderKeys.sign(unsigned(order), JUDGE);
    }

    public static SignedOrder signed(Order order) {
        return OrderKeys.sign(signedOnce(order), PROSECUTOR);
    }

    public static Command.Start start(Warrant warrant, Instant leaseUntil) {
        return start(warrant, signed(warrant), REF, LABELS, false, leaseUntil);
    }

    public static Command.Start start(
            Warrant warrant,
            SignedOrder order,
            PodRef pod,
            Map<String, String> labels,
            boolean hostNetwork,
            Instant leaseUntil) {
        return new Command.Start(
                NODE,
                NOW,
                new CaptureKey(warrant.id(), warrant.generation(), pod.uid()),
                order,
                pod,
                labels,
                hostNetwork,
                leaseUntil);
    }
}
