package org.lawtap.warrants.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.order.X25519Key;
import tools.jackson.databind.node.ArrayNode;

/**
 * What a newer generation of a warrant changes. A change is wider when something may be captured, read or kept under it that was not
 * before; where two values can't be compared, as two filters, it counts as wider. Pure.
 */
record Amendment(List<Change> changes) {
    Amendment {
        changes = List.copyOf(changes);
    }

    /** One field. */
    record Change(String field, String before, String after, boolean wider) {
        String text() {
            return "%s%s: %s -> %s".formatted(wider ? "WIDER  " : "       ", field, before, after);
        }
    }

    static Amendment of(Warrant before, Warrant after) {
        List<Change> changes = new ArrayList<>();
        Target was = before.target();
        Target is = after.target();
        add(changes, "cluster/namespace", was.namespaceRef(), is.namespaceRef(), true);
        boolean moreLabels = is.labels().entrySet().containsAll(was.labels().entrySet());
        add(changes, "labels", new TreeMap<>(was.labels()), new TreeMap<>(is.labels()), !moreLabels);
        add(
                changes,
                "notBefore",
                before.notBefore(),
                after.notBefore(),
                after.notBefore().isBefore(before.notBefore()));
        add(
                changes,
                "notAfter",
                before.notAfter(),
                after.notAfter(),
                after.notAfter().isAfter(before.notAfter()));
        add(changes, "scope", before.scope(), after.scope(), after.scope() == Warrant.Scope.CONTENT);
        add(changes, "filter", orNone(before.filter()), orNone(after.filter()), before.filter() != null);
        add(changes, "deliveryAgency", before.deliveryAgency(), after.deliveryAgency(), true);
        add(changes, "deliveryKey", keyOf(before), keyOf(after), true);
        add(
                changes,
                "retentionDays",
                before.retentionDays(),
                after.retentionDays(),
                after.retentionDays() > before.retentionDays());
        add(changes, "authority", before.authority(), after.authority(), false);
        add(changes, "caseReference", before.caseReference(), after.caseReference(), false);
        return new Amendment(changes);
    }

    private static void add(List<Change> changes, String field, Object before, Object after, boolean wider) {
        if (!before.equals(after)) {
            changes.add(new Change(field, before.toString(), after.toString(), wider));
        }
    }

    boolean wider() {
        return changes.stream().anyMatch(Change::wider);
    }

    /** Tells it to a reader, a widening clearly, and to a program. */
    void tell(long generationBefore, Answer answer) {
        answer.say(
                wider()
                        ? "this amendment is WIDER than generation " + generationBefore
                                + ": more may be captured, read or kept than was approved before"
                        : "this amendment is not wider than generation " + generationBefore);
        changes.forEach(change -> answer.say("  " + change.text()));
        answer.facts().put("amends", generationBefore).put("wider", wider());
        ArrayNode list = answer.facts().putArray("changes");
        for (Change change : changes) {
            list.addObject()
                    .put("field", change.field())
                    .put("before", change.before())
                    .put("after", change.after())
                    .put("wider", change.wider());
        }
    }

    private static String orNone(@Nullable String text) {
        return text == null ? "none" : text;
    }

    private static String keyOf(Warrant warrant) {
        X25519Key key = warrant.deliveryKey();
        return key == null ? "none" : key.id().toString();
    }
}
