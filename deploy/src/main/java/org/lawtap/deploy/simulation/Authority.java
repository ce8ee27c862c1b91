package org.lawtap.deploy.simulation;

import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.wire.OrderCodec;

/** Who signs orders, rightly and wrongly, and remembers which of them count. */
final class Authority {
    private static final KeyPair JUDGE = OrderKeys.generate();
    private static final KeyPair JUDGES_SECOND_KEY = OrderKeys.generate();
    private static final KeyPair PROSECUTOR = OrderKeys.generate();
    private static final KeyPair RETIRED = OrderKeys.generate();
    private static final KeyPair FORGER = OrderKeys.generate();
    private static final KeyPair FORGERS_FRIEND = OrderKeys.generate();
    private static final Duration LONG = Duration.ofDays(365);

    private static final OrderCheck CHECK = new OrderCheck(new TrustList(approvers()), false);
    private static final OrderCheck CREDULOUS = alsoOfForgers();

    private final Map<SignedOrder, Warrant> genuine = new LinkedHashMap<>();

    /** How an order is signed. */
    enum Hands {
        /** By two approvers: it counts. */
        TWO,
        /** By one; it counts for a revocation only. */
        ONE,
        /** By two keys of one person. */
        ONE_TWICE,
        /** By one whose key is no longer valid, and another. */
        RETIRED_ONE,
        /** By two whom nobody trusts. */
        FORGERS,
        /** By two, and then a byte of the order was changed. */
        TWO_THEN_CHANGED
    }

    /** The check that every process makes. */
    static OrderCheck check() {
        return CHECK;
    }

    /** The check of a process that trusts the forgers, too. */
    static OrderCheck credulousCheck() {
        return CREDULOUS;
    }

    private static OrderCheck alsoOfForgers() {
        List<TrustList.Approver> all = approvers();
        all.add(approver("Forger", FORGER, LONG));
        all.add(approver("Forger's friend", FORGERS_FRIEND, LONG));
        return new OrderCheck(new TrustList(all), false);
    }

    private static List<TrustList.Approver> approvers() {
        List<TrustList.Approver> list = new ArrayList<>();
        list.add(approver("Judge", JUDGE, LONG));
        list.add(approver("Judge", JUDGES_SECOND_KEY, LONG));
        list.add(approver("Prosecutor", PROSECUTOR, LONG));
        list.add(approver("Retired", RETIRED, LONG.negated().dividedBy(2)));
        return list;
    }

    private static TrustList.Approver approver(String name, KeyPair keys, Duration until) {
        Instant begin = SimulatedTime.BEGIN;
        return new TrustList.Approver(name, keys.getPublic(), begin.minus(LONG), begin.plus(until), false);
    }

    /** A record with this order, signed like this. */
    Published sign(Order order, Hands hands) {
        SignedOrder signed = new SignedOrder(order.payloadType(), OrderJson.write(order), List.of());
        signed = switch (hands) {
            case TWO -> by(signed, JUDGE, PROSECUTOR);
            case ONE -> by(signed, PROSECUTOR);
            case ONE_TWICE -> by(signed, JUDGE, JUDGES_SECOND_KEY);
            case RETIRED_ONE -> by(signed, JUDGE, RETIRED);
            case FORGERS -> by(signed, FORGER, FORGERS_FRIEND);
            case TWO_THEN_CHANGED -> changed(by(signed, JUDGE, PROSECUTOR));
        };
        boolean counts = hands == Hands.TWO || (order instanceof Order.Revocation && hands == Hands.ONE);
        if (counts && order instanceof Warrant warrant) {
            genuine.put(signed, warrant);
        }
        return new Published(order.id(), OrderCodec.encode(signed), signed, order, counts);
    }

    /** The warrant that two approvers signed with exactly these bytes and signatures; null if there is none. */
    @Nullable
    Warrant signed(SignedOrder order) {
        return genuine.get(order);
    }

    /** The warrant that two approvers signed with this generation; null if there is none. */
    @Nullable
    Warrant warrant(WarrantId id, long generation) {
        return genuine.values().stream()
                .filter(warrant -> warrant.id().equals(id) && warrant.generation() == generation)
                .findFirst()
                .orElse(null);
    }

    private static SignedOrder by(SignedOrder order, KeyPair... hands) {
        SignedOrder signed = order;
        for (KeyPair keys : hands) {
            signed = OrderKeys.sign(signed, keys);
        }
        return signed;
    }

    /** A year more, as somebody would like it who has no approver at hand. */
    private static SignedOrder changed(SignedOrder order) {
        byte[] payload = order.payload();
        for (int i = 0; i + 4 < payload.length; i++) {
            if (payload[i] == '2' && payload[i + 1] == '0' && payload[i + 2] == '2' && payload[i + 3] == '6') {
                payload[i + 3] = '7';
            }
        }
        return new SignedOrder(order.payloadType(), payload, order.signatures());
    }
}
