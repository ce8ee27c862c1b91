package org.lawtap.sink.seal;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.sink.evidence.EvidenceSeries;
import org.lawtap.sink.evidence.FileDigest;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The words of a seal: what the warrant was, what it brought, what was lost, and the hash of every file. Form: docs/evidence.md. */
final class SealText {
    private static final List<String> SUMMED = List.of(
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

    private SealText() {}

    /**
     * What a seal is made of.
     *
     * @param tools name to version of what made it
     * @param timestampAuthority null if none is asked
     */
    record Facts(
            WarrantId warrant,
            Instant sealedAt,
            WarrantOrders.End end,
            List<WarrantOrders.Accepted> orders,
            List<FileDigest> files,
            EvidenceSeries.Records records,
            long nextOffset,
            List<EvidenceSeries.SessionState> sessions,
            int captureFiles,
            Map<String, String> tools,
            String signer,
            @Nullable String timestampAuthority) {}

    static String write(Facts facts) {
        ObjectNode json = SealJson.object();
        json.put("form", "lawtap seal 1");
        json.put("warrant", facts.warrant().toString());
        json.put("sealedAt", facts.sealedAt().toString());
        ObjectNode end = json.putObject("end");
        end.put("at", facts.end().at().toString());
        end.put("why", facts.end().why().name());
        ArrayNode orders = json.putArray("orders");
        facts.orders().forEach(order -> SealJson.put(orders.addObject(), order));
        ArrayNode files = json.putArray("files");
        facts.files().forEach(file -> SealJson.add(files, file));
        ObjectNode log = json.putObject("log");
        log.put("topic", Topic.packets(facts.warrant()).name());
        log.put("next", facts.nextOffset());
        ObjectNode totals = json.putObject("totals");
        ArrayNode sessions = json.putArray("sessions");
        facts.sessions().forEach(state -> session(sessions.addObject(), state));
        totals(totals, facts, sessions);
        ObjectNode tools = json.putObject("tools");
        new TreeMap<>(facts.tools()).forEach(tools::put);
        json.put("signer", facts.signer());
        json.put("timestampAuthority", facts.timestampAuthority());
        return SealJson.text(json);
    }

    private static void totals(ObjectNode totals, Facts facts, ArrayNode sessions) {
        totals.put("files", facts.captureFiles());
        totals.put("records", facts.records().all());
        totals.put("refused", facts.records().refused());
        totals.put("repeated", facts.records().repeated());
        totals.put("sessions", facts.sessions().size());
        totals.put(
                "cutOff",
                facts.sessions().stream().filter(state -> reason(state) == null).count());
        for (String name : SUMMED) {
            long sum = 0;
            for (int i = 0; i < sessions.size(); i++) {
                sum = Math.addExact(sum, sessions.get(i).get(name).asLong());
            }
            totals.put(name, sum);
        }
    }

    private static @Nullable StopReason reason(EvidenceSeries.SessionState state) {
        Checkpoint last = state.last();
        return last == null ? null : last.endReason();
    }

    private static void session(ObjectNode json, EvidenceSeries.SessionState state) {
        Checkpoint last = state.last();
        StopReason reason = reason(state);
        SessionId previous = state.opened().previousSession();
        json.put("session", state.session().toString());
        json.put("generation", state.opened().generation());
        json.put(
                "pod",
                state.opened().pod().namespace() + "/" + state.opened().pod().name());
        json.put("podUid", state.opened().pod().uid().value());
        json.put("node", state.opened().node().value());
        json.put("interface", state.opened().interfaceName());
        json.put("podInterface", state.opened().podInterfaceName());
        json.put("previousSession", previous == null ? null : previous.toString());
        json.put("openedAt", time(state.opened().openedAtNs()));
        json.put("endedAt", last == null || reason == null ? null : time(last.atNs()));
        json.put("endReason", reason == null ? null : reason.name());
        json.put("packets", state.packets());
        json.put("missing", state.missing());
        json.put("delivered", last == null ? 0 : last.delivered());
        json.put("deliveredBytes", last == null ? 0 : last.deliveredBytes());
        json.put("kernelDrop", last == null ? 0 : last.kernelDrop());
        json.put("userDrop", last == null ? 0 : last.userDrop());
        json.put("outOfScopeDiscarded", last == null ? 0 : last.outOfScopeDiscarded());
        json.put("unseenByTap", last == null ? 0 : last.unseenByTap());
        json.put("unseenByInterface", last == null ? 0 : last.unseenByInterface());
        json.put("truncated", last == null ? 0 : last.truncated());
        json.put("truncatedBytes", last == null ? 0 : last.truncatedBytes());
        json.put("cutByScopeBytes", last == null ? 0 : last.cutByScopeBytes());
        json.put("missedBeforeArm", state.opened().missedBeforeArm());
        json.put("interfaceExact", last != null && last.interfaceExact());
        json.put("unaccounted", last == null ? 0 : last.unaccounted());
    }

    private static String time(long ns) {
        return Instant.ofEpochSecond(Math.floorDiv(ns, 1_000_000_000L), Math.floorMod(ns, 1_000_000_000L))
                .toString();
    }
}
