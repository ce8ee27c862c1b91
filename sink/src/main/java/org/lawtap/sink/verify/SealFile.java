package org.lawtap.sink.verify;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.SignedOrder;
import tools.jackson.databind.JsonNode;

/** What seal.json says. @param next the offset after the last record of the log @param timestampAuthority null if none is asked */
record SealFile(
        WarrantId warrant,
        Instant sealedAt,
        Instant endedAt,
        String endedBecause,
        List<SealedOrder> orders,
        List<ListedFile> files,
        String topic,
        long next,
        Map<String, Long> totals,
        Map<SessionId, SealedSession> sessions,
        Map<String, String> tools,
        String signer,
        @Nullable String timestampAuthority) {
    /** An order of the warrant, with its offset in the log of orders. */
    record SealedOrder(SignedOrder order, long offset) {}

    /** What the seal says of a session: its texts and its numbers by their names. */
    record SealedSession(
            long generation,
            Map<String, @Nullable String> texts,
            @Nullable Instant openedAt,
            @Nullable Instant endedAt,
            boolean interfaceExact,
            Map<String, Long> numbers) {}

    private static final String[] SESSION_FIELDS = {
        "session",
        "generation",
        "pod",
        "podUid",
        "node",
        "interface",
        "podInterface",
        "previousSession",
        "openedAt",
        "endedAt",
        "endReason",
        "packets",
        "missing",
        "delivered",
        "deliveredBytes",
        "kernelDrop",
        "userDrop",
        "outOfScopeDiscarded",
        "unseenByTap",
        "unseenByInterface",
        "truncated",
        "truncatedBytes",
        "cutByScopeBytes",
        "missedBeforeArm",
        "interfaceExact",
        "unaccounted"
    };

    private static final List<String> SESSION_TEXTS =
            List.of("pod", "podUid", "node", "interface", "podInterface", "previousSession", "endReason");

    /** The numbers of a session, which the totals sum up. */
    static final List<String> NUMBERS = List.of(
            "packets",
            "missing",
            "delivered",
            "deliveredBytes",
            "kernelDrop",
            "userDrop",
            "outOfScopeDiscarded",
            "unseenByTap",
            "unseenByInterface",
            "truncated",
            "truncatedBytes",
            "cutByScopeBytes",
            "missedBeforeArm",
            "unaccounted");

    static SealFile parse(byte[] bytes) throws FormException {
        Fields fields = Fields.of(
                Fields.parse(bytes),
                "form",
                "warrant",
                "sealedAt",
                "end",
                "orders",
                "files",
                "log",
                "totals",
                "sessions",
                "tools",
                "signer",
                "timestampAuthority");
        if (!fields.text("form").equals("lawtap seal 1")) {
            throw new FormException("not of the form lawtap seal 1");
        }
        Fields end = Fields.of(fields.node("end"), "at", "why");
        Fields log = Fields.of(fields.node("log"), "topic", "next");
        return new SealFile(
                fields.warrant("warrant"),
                fields.time("sealedAt"),
                end.time("at"),
                end.text("why"),
                orders(fields),
                ListedFile.list(fields, "files"),
                log.text("topic"),
                log.count("next"),
                totals(fields.node("totals")),
                sessions(fields),
                fields.texts("tools"),
                fields.text("signer"),
                fields.textOrNull("timestampAuthority"));
    }

    private static List<SealedOrder> orders(Fields seal) throws FormException {
        List<SealedOrder> orders = new ArrayList<>();
        for (JsonNode node : seal.list("orders")) {
            orders.add(order(node));
        }
        return List.copyOf(orders);
    }

    /** A signed order with its offset. */
    static SealedOrder order(JsonNode node) throws FormException {
        Fields order = Fields.of(node, "payloadType", "payload", "signatures", "offset");
        List<SignedOrder.OrderSignature> signatures = new ArrayList<>();
        for (JsonNode signature : order.list("signatures")) {
            Fields one = Fields.of(signature, "keyId", "signature");
            signatures.add(new SignedOrder.OrderSignature(one.text("keyId"), one.base64("signature")));
        }
        return new SealedOrder(
                new SignedOrder(order.text("payloadType"), order.base64("payload"), signatures), order.count("offset"));
    }

    private static Map<String, Long> totals(JsonNode node) throws FormException {
        List<String> names = new ArrayList<>(List.of("files", "records", "refused", "repeated", "sessions", "cutOff"));
        names.addAll(NUMBERS);
        Fields totals = Fields.of(node, names.toArray(String[]::new));
        Map<String, Long> numbers = new LinkedHashMap<>();
        for (String name : names) {
            numbers.put(name, totals.number(name));
        }
        return numbers;
    }

    private static Map<SessionId, SealedSession> sessions(Fields seal) throws FormException {
        Map<SessionId, SealedSession> sessions = new LinkedHashMap<>();
        for (JsonNode node : seal.list("sessions")) {
            Fields session = Fields.of(node, SESSION_FIELDS);
            Map<String, @Nullable String> texts = new LinkedHashMap<>();
            for (String name : SESSION_TEXTS) {
                texts.put(name, session.textOrNull(name));
            }
            Map<String, Long> numbers = new LinkedHashMap<>();
            for (String name : NUMBERS) {
                numbers.put(name, session.number(name));
            }
            SealedSession read = new SealedSession(
                    session.count("generation"),
                    texts,
                    session.textOrNull("openedAt") == null ? null : session.time("openedAt"),
                    session.textOrNull("endedAt") == null ? null : session.time("endedAt"),
                    session.flag("interfaceExact"),
                    numbers);
            if (sessions.put(session.session("session"), read) != null) {
                throw new FormException("a session stands there twice");
            }
        }
        return sessions;
    }
}
