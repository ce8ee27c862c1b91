package org.lawtap.warrants.cli;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.Retention;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.StartException;
import picocli.CommandLine.Command;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(name = "list", description = "List the properly signed warrants in the log, each as it stands.")
final class ListCommand extends Step {
    /** A warrant's newest generation, and the revocation that came after it. */
    private record Row(Warrant warrant, List<String> approvers, Order.@Nullable Revocation revocation) {
        String state(Instant now) {
            if (revocation != null) {
                return "revoked";
            }
            if (now.isBefore(warrant.notBefore())) {
                return "waiting";
            }
            return warrant.inWindow(now) ? "active" : "ended";
        }
    }

    @Override
    void run(Answer answer) throws StartException {
        OrderHistory history = history();
        Map<WarrantId, Row> rows = rows(history);
        Instant now = now();
        ArrayNode list = answer.facts().putArray("warrants");
        rows.forEach((id, row) -> {
            Warrant warrant = row.warrant();
            Retention retention = history.retention().getOrDefault(id, Retention.of(warrant));
            Order.Revocation revocation = row.revocation();
            answer.say("%s  generation %d  %s  %s to %s  approved by %s%s%s%s"
                    .formatted(
                            id,
                            warrant.generation(),
                            row.state(now),
                            warrant.notBefore(),
                            warrant.notAfter(),
                            String.join(", ", row.approvers()),
                            revocation == null ? "" : "  REVOKED at " + revocation.revokedAt(),
                            retention.held() ? "  HELD" : "",
                            retention.destruction() ? "  DESTRUCTION ORDERED" : ""));
            ObjectNode one = list.addObject()
                    .put("warrant", id.toString())
                    .put("generation", warrant.generation())
                    .put("state", row.state(now))
                    .put("notBefore", warrant.notBefore().toString())
                    .put("notAfter", warrant.notAfter().toString())
                    .put(
                            "revokedAt",
                            revocation == null ? null : revocation.revokedAt().toString())
                    .put("held", retention.held())
                    .put("destructionOrdered", retention.destruction());
            ArrayNode approvers = one.putArray("approvers");
            row.approvers().forEach(approvers::add);
        });
        if (rows.isEmpty()) {
            answer.say("no warrants");
        }
    }

    private static Map<WarrantId, Row> rows(OrderHistory history) {
        Map<WarrantId, Row> rows = new LinkedHashMap<>();
        for (OrderCheck.Verdict.Approved approved : history.approved()) {
            switch (approved.order()) {
                case Warrant warrant ->
                    rows.compute(
                            warrant.id(),
                            (id, before) -> before != null && before.warrant().generation() >= warrant.generation()
                                    ? before
                                    : new Row(warrant, approved.approvers(), null));
                case Order.Revocation revocation ->
                    rows.computeIfPresent(
                            revocation.id(),
                            (id, before) ->
                                    revocation.generation() < before.warrant().generation()
                                            ? before
                                            : new Row(before.warrant(), before.approvers(), revocation));
                case Order.OfRetention ignored -> {}
            }
        }
        return rows;
    }
}
