package org.lawtap.sink.verify;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.Warrant;
import tools.jackson.databind.node.ObjectNode;

/** An explanation in words: one part a step of the chain, each with its facts by name. */
public final class ExplanationText {
    private ExplanationText() {}

    /** Prints it for a terminal. */
    public static void print(Explanation told, PrintWriter out) {
        out.println("frame " + told.frame() + " of " + told.file());
        parts(told).forEach((part, facts) -> {
            out.println("  " + part);
            facts.forEach((name, value) ->
                    out.println("    %-22s %s".formatted(TextReport.printable(name), TextReport.printable(value))));
        });
    }

    /** The same as JSON: {"file", "frame", PART: {NAME: TEXT}}. */
    public static String json(Explanation told) {
        ObjectNode json = Fields.MAPPER.createObjectNode();
        json.put("file", told.file());
        json.put("frame", told.frame());
        parts(told).forEach((part, facts) -> {
            ObjectNode object = json.putObject(part);
            facts.forEach(object::put);
        });
        return Fields.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    }

    private static Map<String, Map<String, String>> parts(Explanation told) {
        Map<String, Map<String, String>> parts = new LinkedHashMap<>();
        parts.put("packet", packet(told.packet()));
        parts.put("session", session(told.session(), told.opened()));
        parts.put("record", record(told.record()));
        parts.put("checkpoint", voucher(told.voucher()));
        parts.put("command", event(told.commanded(), "no command to capture this pod is in custody.jsonl"));
        parts.put("capture", event(told.sessionOpened(), "no opening of this session is in custody.jsonl"));
        parts.put("warrant", warrant(told));
        return parts;
    }

    private static Map<String, String> packet(Explanation.Explained packet) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("time", packet.time().toString());
        facts.put(
                "direction",
                switch (packet.direction()) {
                    case FROM_POD -> "from the pod";
                    case TO_POD -> "to the pod";
                    case UNKNOWN -> "unknown";
                });
        facts.put("sequence", String.valueOf(packet.sequence()));
        boolean cut = (packet.flags() & Packet.CUT_BY_SCOPE) != 0;
        facts.put(
                "bytes",
                packet.length() + " of " + packet.originalLength()
                        + (cut
                                ? "; the warrant grants headers only, the rest was left out where it was captured"
                                : ""));
        return facts;
    }

    private static Map<String, String> session(SessionId session, SessionOpened opened) {
        Map<String, String> facts = new LinkedHashMap<>();
        SessionId previous = opened.previousSession();
        facts.put("session", session.toString());
        facts.put("pod", opened.pod().namespace() + "/" + opened.pod().name());
        facts.put("podUid", opened.pod().uid().value());
        facts.put("cluster", opened.pod().cluster().value());
        facts.put("node", opened.node().value());
        facts.put("interface", opened.interfaceName() + " <-> " + opened.podInterfaceName());
        facts.put("openedAt", SealNumbers.time(opened.openedAtNs()).toString());
        if (previous != null) {
            facts.put("continues", previous.toString());
        }
        facts.put("missedBeforeArm", String.valueOf(opened.missedBeforeArm()));
        return facts;
    }

    private static Map<String, String> record(Explanation.Logged record) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("offset", String.valueOf(record.offset()));
        facts.put("ledger", record.ledger() + " line " + record.ledgerLine());
        facts.put("packets", record.first() + " to " + (record.first() + record.count() - 1));
        facts.put("leaf", record.leaf().hex());
        facts.put("capture file", record.same() ? "leads to this leaf" : "leads to ANOTHER leaf: it was changed");
        return facts;
    }

    private static Map<String, String> voucher(Explanation.@Nullable Voucher voucher) {
        Map<String, String> facts = new LinkedHashMap<>();
        if (voucher == null) {
            facts.put("none", "no checkpoint follows: nothing vouches for this record");
            return facts;
        }
        Checkpoint checkpoint = voucher.checkpoint();
        facts.put("offset", String.valueOf(voucher.offset()));
        facts.put("ledger", voucher.ledger());
        facts.put("number", String.valueOf(checkpoint.number()));
        facts.put("at", SealNumbers.time(checkpoint.atNs()).toString());
        facts.put("root", checkpoint.chain().root().hex());
        facts.put(
                "seal",
                voucher.sealed() ? "of the key that the session names" : "NOT of the key that the session names");
        return facts;
    }

    private static Map<String, String> event(@Nullable CustodyEvent event, String without) {
        Map<String, String> facts = new LinkedHashMap<>();
        if (event == null) {
            facts.put("none", without);
            return facts;
        }
        facts.put("at", event.at().toString());
        facts.put("by", event.actor());
        facts.put("what", event.action() + ": " + event.text());
        new TreeMap<>(event.details()).forEach(facts::put);
        return facts;
    }

    private static Map<String, String> warrant(Explanation told) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("warrant", told.warrant().toString());
        facts.put("generation", String.valueOf(told.opened().generation()));
        for (WarrantReport.ApprovedOrder approved : told.orders()) {
            String approvers = String.join(", ", approved.approvers());
            switch (approved.order()) {
                case Warrant order
                when order.generation() == told.opened().generation() -> {
                    facts.put("authority", order.authority());
                    facts.put("case", order.caseReference());
                    facts.put(
                            "target",
                            order.target().cluster() + "/" + order.target().namespace() + " "
                                    + new TreeMap<>(order.target().labels()));
                    facts.put("window", order.notBefore() + " to " + order.notAfter());
                    facts.put("approvers", approvers);
                }
                case Warrant order -> facts.put("generation " + order.generation(), "approved by " + approvers);
                case Order.Revocation order ->
                    facts.put("revoked", order.revokedAt() + " by " + approvers + ": " + order.reason());
                case Order.OfRetention order ->
                    facts.put(order.payloadType(), order.orderedAt() + " by " + approvers + ": " + order.reason());
            }
        }
        if (!told.ordersProblem().isEmpty()) {
            facts.put("problem", told.ordersProblem());
        }
        return facts;
    }
}
