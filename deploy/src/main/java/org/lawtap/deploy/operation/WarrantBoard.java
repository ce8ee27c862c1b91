package org.lawtap.deploy.operation;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;

/** What custody says of each warrant, folded into one line. It holds nothing of a target. Pure; owned by one thread. */
final class WarrantBoard {
    private final Map<WarrantId, Line> lines = new LinkedHashMap<>();

    /**
     * How a warrant stands.
     *
     * @param state waiting, active, ended, revoked, sealed or destroyed; unknown if custody does not hold its acceptance
     * @param captures commanded and not stopped
     * @param blind of these, ones for which no session runs
     * @param gaps gaps that were stated
     * @param missing packets in them
     * @param spilling nodes and times are in custody: records wait on a node's disk
     * @param trouble the last thing that somebody should look at; empty if there was none
     */
    record Row(
            WarrantId warrant,
            long generation,
            String state,
            @Nullable Instant notAfter,
            int captures,
            int sessions,
            int blind,
            int degraded,
            long gaps,
            long missing,
            boolean spilling,
            boolean held,
            Instant lastEvent,
            String trouble) {}

    private static final class Line {
        private long generation;
        private @Nullable Instant notBefore;
        private @Nullable Instant notAfter;
        private String end = "";
        private final Set<String> captures = new HashSet<>();
        private final Map<SessionId, String> sessions = new HashMap<>();
        private final Set<SessionId> degraded = new HashSet<>();
        private final Set<String> spilling = new HashSet<>();
        private long gaps;
        private long missing;
        private boolean held;
        private Instant lastEvent = Instant.MIN;
        private String trouble = "";

        Row row(WarrantId id, Instant now) {
            Set<String> seen = new HashSet<>(sessions.values());
            int blind = Math.toIntExact(
                    captures.stream().filter(pod -> !seen.contains(pod)).count());
            return new Row(
                    id,
                    generation,
                    state(now),
                    notAfter,
                    captures.size(),
                    sessions.size(),
                    blind,
                    degraded.size(),
                    gaps,
                    missing,
                    !spilling.isEmpty(),
                    held,
                    lastEvent,
                    trouble);
        }

        private String state(Instant now) {
            if (!end.isEmpty()) {
                return end;
            }
            Instant from = notBefore;
            Instant to = notAfter;
            if (from == null || to == null) {
                return "unknown";
            }
            if (now.isBefore(from)) {
                return "waiting";
            }
            return now.isBefore(to) ? "active" : "ended";
        }
    }

    /** Takes the next event of custody. */
    void accept(CustodyEvent event) {
        WarrantId warrant = event.warrant();
        if (warrant == null) {
            return;
        }
        Line line = lines.computeIfAbsent(warrant, none -> new Line());
        line.lastEvent = event.at();
        String pod = event.pod() == null ? "" : event.pod().value();
        SessionId session = event.session();
        switch (event.action()) {
            case WARRANT_ACCEPTED -> {
                line.generation = number(event, "generation");
                line.notBefore = time(event, "notBefore");
                line.notAfter = time(event, "notAfter");
                line.end = "";
            }
            case WARRANT_REVOKED -> line.end = "revoked";
            case WARRANT_ENDED -> line.end = line.end.isEmpty() ? "ended" : line.end;
            case WARRANT_SEALED -> line.end = "sealed";
            case WARRANT_DESTROYED -> line.end = "destroyed";
            case WARRANT_HELD -> line.held = true;
            case WARRANT_RELEASED -> line.held = false;
            case CAPTURE_COMMANDED -> line.captures.add(pod);
            case CAPTURE_STOPPED -> line.captures.remove(pod);
            case SESSION_OPENED -> {
                if (session != null) {
                    line.sessions.put(session, pod);
                }
            }
            case SESSION_CLOSED -> {
                if (session != null) {
                    line.sessions.remove(session);
                    line.degraded.remove(session);
                }
            }
            case TAP_DEGRADED -> {
                if (session != null) {
                    line.degraded.add(session);
                }
                line.trouble = event.action().name();
            }
            case GAP -> gap(line, number(event, "packets"));
            case SESSION_FILED -> gap(line, number(event, "missing"));
            case SPILL_BEGUN -> {
                line.spilling.add(event.actor());
                line.trouble = event.action().name();
            }
            case SPILL_DRAINED -> line.spilling.remove(event.actor());
            case CAPTURE_REFUSED,
                    CAPTURE_WAITS,
                    INTERFACE_NOT_COVERED,
                    SPILL_FULL,
                    SPILL_DAMAGED,
                    RECORD_NOT_STORED,
                    DELIVERY_KEY_MISSING,
                    INTEGRITY,
                    RECORD_LATE,
                    SEAL_DELAYED,
                    DESTRUCTION_REFUSED,
                    EVIDENCE_MISMATCH,
                    RECORD_REFUSED -> line.trouble = event.action().name();
            case WARRANT_REFUSED, SPILL_RECOVERED, CONTENT_ACCESSED, DESTRUCTION_ORDERED, KAFKA_UNSAFE, OTHER -> {}
        }
    }

    /** One row for each warrant of which custody has heard, in that order. */
    List<Row> rows(Instant now) {
        return lines.entrySet().stream()
                .map(entry -> entry.getValue().row(entry.getKey(), now))
                .toList();
    }

    private static void gap(Line line, long packets) {
        line.gaps += packets > 0 ? 1 : 0;
        line.missing += packets;
    }

    private static long number(CustodyEvent event, String name) {
        try {
            return Long.parseLong(event.details().getOrDefault(name, "0"));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static @Nullable Instant time(CustodyEvent event, String name) {
        try {
            return Instant.parse(event.details().getOrDefault(name, ""));
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
