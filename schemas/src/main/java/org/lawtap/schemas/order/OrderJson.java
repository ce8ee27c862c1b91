package org.lawtap.schemas.order;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.WarrantId;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON form of an order, which its approvers read and sign. Times are ISO 8601 in UTC ({@code 2026-11-23T12:00:00Z}).
 *
 * <pre>
 * {"version": 1, "id": UUID, "generation": 1, "authority": "...", "caseReference": "...",
 *  "target": {"cluster": "...", "namespace": "...", "labels": {"app": "nginx1"}},
 *  "notBefore": TIME, "notAfter": TIME, "scope": "CONTENT", "filter": "tcp port 80",
 *  "deliveryAgency": "...", "retentionDays": 3650, "deliveryKey": BASE64_SPKI}
 *
 * {"version": 1, "id": UUID, "generation": 2, "authority": "...", "revokedAt": TIME, "reason": "..."}
 *
 * {"version": 1, "order": "HOLD", "id": UUID, "generation": 2, "authority": "...", "orderedAt": TIME, "reason": "..."}
 * the same with "RELEASE" and "DESTRUCTION"
 * </pre>
 */
public final class OrderJson {
    private static final int VERSION = 1;
    private static final String ORDER = "order";

    private OrderJson() {}

    /** The bytes to sign. */
    public static byte[] write(Order order) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("version", VERSION);
        if (order instanceof Order.OfRetention retention) {
            json.put(ORDER, word(retention));
        }
        json.put("id", order.id().toString());
        json.put("generation", order.generation());
        switch (order) {
            case Warrant warrant -> writeWarrant(json, warrant);
            case Order.Revocation revocation -> {
                json.put("authority", revocation.authority());
                json.put("revokedAt", revocation.revokedAt().toString());
                json.put("reason", revocation.reason());
            }
            case Order.OfRetention retention -> {
                json.put("authority", retention.authority());
                json.put("orderedAt", retention.orderedAt().toString());
                json.put("reason", retention.reason());
            }
        }
        return (Json.MAPPER.writeValueAsString(json) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** Reads an order. @throws IllegalArgumentException naming the first mistake */
    public static Order read(String payloadType, byte[] payload) {
        return switch (payloadType) {
            case Warrant.PAYLOAD_TYPE -> readWarrant(payload);
            case Order.Revocation.PAYLOAD_TYPE -> readRevocation(payload);
            case Order.Hold.PAYLOAD_TYPE -> readRetention("HOLD", payload, Order.Hold::new);
            case Order.Release.PAYLOAD_TYPE -> readRetention("RELEASE", payload, Order.Release::new);
            case Order.Destruction.PAYLOAD_TYPE -> readRetention("DESTRUCTION", payload, Order.Destruction::new);
            default -> throw new IllegalArgumentException("unknown payload type; is this order from a newer version?");
        };
    }

    /** Reads a warrant. @throws IllegalArgumentException naming the first mistake */
    public static Warrant readWarrant(byte[] payload) {
        Json json = Json.parse("warrant", payload);
        checkVersion(json);
        Json target = json.object("target");
        Json labels = target.object("labels");
        Warrant warrant = new Warrant(
                WarrantId.parse(json.text("id")),
                json.number("generation"),
                json.text("authority"),
                json.text("caseReference"),
                new Target(
                        new ClusterId(target.text("cluster")), new Namespace(target.text("namespace")), labels.texts()),
                json.time("notBefore"),
                json.time("notAfter"),
                scope(json.text("scope")),
                json.textOrNull("filter"),
                json.text("deliveryAgency"),
                Math.toIntExact(Math.clamp(json.number("retentionDays"), -1, Integer.MAX_VALUE)),
                deliveryKey(json.textOrNull("deliveryKey")));
        target.noMore();
        json.noMore();
        return warrant;
    }

    private static Order.Revocation readRevocation(byte[] payload) {
        Json json = Json.parse("revocation", payload);
        checkVersion(json);
        Order.Revocation revocation = new Order.Revocation(
                WarrantId.parse(json.text("id")),
                json.number("generation"),
                json.text("authority"),
                json.time("revokedAt"),
                json.text("reason"));
        json.noMore();
        return revocation;
    }

    private interface Made {
        Order.OfRetention of(WarrantId id, long generation, String authority, Instant orderedAt, String reason);
    }

    private static Order.OfRetention readRetention(String word, byte[] payload, Made made) {
        Json json = Json.parse("order", payload);
        checkVersion(json);
        if (!json.text(ORDER).equals(word)) {
            throw new IllegalArgumentException("order: the type says " + word + " and the order another word");
        }
        Order.OfRetention order = made.of(
                WarrantId.parse(json.text("id")),
                json.number("generation"),
                json.text("authority"),
                json.time("orderedAt"),
                json.text("reason"));
        json.noMore();
        return order;
    }

    private static String word(Order.OfRetention order) {
        return switch (order) {
            case Order.Hold ignored -> "HOLD";
            case Order.Release ignored -> "RELEASE";
            case Order.Destruction ignored -> "DESTRUCTION";
        };
    }

    /**
     * A time in the form that orders have.
     *
     * @param name of what it is the time, for the refusal
     * @throws IllegalArgumentException if it is none
     */
    public static Instant time(String name, String text) {
        return Json.time(name, text);
    }

    /** The type of an order that stands alone, as in a draft. @throws IllegalArgumentException if it has none */
    public static String payloadType(byte[] payload) {
        Json json = Json.parse("order", payload);
        @Nullable String word = json.textOrNull(ORDER);
        if (word == null) {
            return json.textOrNull("revokedAt") == null ? Warrant.PAYLOAD_TYPE : Order.Revocation.PAYLOAD_TYPE;
        }
        return switch (word) {
            case "HOLD" -> Order.Hold.PAYLOAD_TYPE;
            case "RELEASE" -> Order.Release.PAYLOAD_TYPE;
            case "DESTRUCTION" -> Order.Destruction.PAYLOAD_TYPE;
            default -> throw new IllegalArgumentException("order must be HOLD, RELEASE or DESTRUCTION");
        };
    }

    private static void writeWarrant(ObjectNode json, Warrant warrant) {
        json.put("authority", warrant.authority());
        json.put("caseReference", warrant.caseReference());
        ObjectNode target = json.putObject("target");
        target.put("cluster", warrant.target().cluster().value());
        target.put("namespace", warrant.target().namespace().value());
        ObjectNode labels = target.putObject("labels");
        for (Map.Entry<String, String> label : new TreeMap<>(warrant.target().labels()).entrySet()) {
            labels.put(label.getKey(), label.getValue());
        }
        json.put("notBefore", warrant.notBefore().toString());
        json.put("notAfter", warrant.notAfter().toString());
        json.put("scope", warrant.scope().name());
        if (warrant.filter() != null) {
            json.put("filter", warrant.filter());
        }
        json.put("deliveryAgency", warrant.deliveryAgency());
        json.put("retentionDays", warrant.retentionDays());
        X25519Key deliveryKey = warrant.deliveryKey();
        if (deliveryKey != null) {
            json.put("deliveryKey", deliveryKey.base64());
        }
    }

    private static @Nullable X25519Key deliveryKey(@Nullable String base64) {
        try {
            return base64 == null ? null : new X25519Key(base64);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("warrant: deliveryKey is " + e.getMessage(), e);
        }
    }

    private static void checkVersion(Json json) {
        long version = json.number("version");
        if (version != VERSION) {
            throw new IllegalArgumentException(
                    "version " + version + " is unknown; this lawtap reads version " + VERSION);
        }
    }

    private static Warrant.Scope scope(String text) {
        return switch (text) {
            case "CONTENT" -> Warrant.Scope.CONTENT;
            case "HEADERS" -> Warrant.Scope.HEADERS;
            default -> throw new IllegalArgumentException("scope must be CONTENT or HEADERS");
        };
    }
}
