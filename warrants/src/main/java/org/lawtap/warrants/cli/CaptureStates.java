package org.lawtap.warrants.cli;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;

/**
 * What became of each pod that a warrant's target matched, told by its custody events in their order. Pure.
 *
 * <pre>
 *   COMMANDED -> CAPTURING -> CAPTURING, DEGRADED -> ENDED
 *             -> WAITING | REFUSED, with the reason
 * </pre>
 */
final class CaptureStates {
    private final Map<PodUid, State> states = new LinkedHashMap<>();

    /** The last word on one pod. */
    record State(String pod, String node, String state, Instant since, String why, Map<SessionId, String> sessions) {
        State {
            sessions = Map.copyOf(sessions);
        }

        private State now(String next, CustodyEvent event, String reason) {
            return new State(known(event, "pod", pod), known(event, "node", node), next, event.at(), reason, sessions);
        }

        private State with(SessionId session, @Nullable String running) {
            Map<SessionId, String> changed = new LinkedHashMap<>(sessions);
            if (running == null) {
                changed.remove(session);
            } else {
                changed.put(session, running);
            }
            return new State(pod, node, state, since, why, changed);
        }

        private static String known(CustodyEvent event, String what, String before) {
            return event.details().getOrDefault(what, before);
        }
    }

    /** Takes the next event of the warrant. */
    void accept(CustodyEvent event) {
        PodUid pod = event.pod();
        if (pod == null) {
            return;
        }
        State before = states.getOrDefault(pod, new State("?", "?", "", event.at(), "", Map.of()));
        SessionId session = event.session();
        State after = switch (event.action()) {
            case CAPTURE_COMMANDED -> before.now("COMMANDED", event, "");
            case CAPTURE_REFUSED -> before.now("REFUSED", event, event.details().getOrDefault("reason", event.text()));
            case CAPTURE_WAITS -> before.now("WAITING", event, event.text());
            case SESSION_OPENED -> {
                State opened = before.now(
                        "CAPTURING",
                        event,
                        event.details().getOrDefault("missedBeforeArm", "?") + " packets before it");
                yield session == null ? opened : opened.with(session, "CAPTURING");
            }
            case TAP_DEGRADED ->
                before.now(
                        "CAPTURING, DEGRADED",
                        event,
                        event.details().getOrDefault("packetsNotSeen", "?") + " packets not seen");
            case INTERFACE_NOT_COVERED ->
                new State(
                        before.pod(),
                        before.node(),
                        before.state(),
                        before.since(),
                        before.why() + "; not covered: " + event.details().getOrDefault("podSideInterface", "?"),
                        before.sessions());
            case SESSION_CLOSED -> {
                State left = session == null ? before : before.with(session, null);
                yield left.sessions().isEmpty()
                        ? left.now("ENDED", event, event.details().getOrDefault("reason", ""))
                        : left;
            }
            case CAPTURE_STOPPED ->
                before.state().startsWith("CAPTURING")
                        ? before
                        : before.now("ENDED", event, event.details().getOrDefault("reason", ""));
            case WARRANT_ACCEPTED,
                    WARRANT_REFUSED,
                    WARRANT_REVOKED,
                    WARRANT_ENDED,
                    GAP,
                    SPILL_BEGUN,
                    SPILL_FULL,
                    SPILL_DRAINED,
                    SPILL_RECOVERED,
                    SPILL_DAMAGED,
                    RECORD_NOT_STORED,
                    SESSION_FILED,
                    DELIVERY_KEY_MISSING,
                    WARRANT_HELD,
                    WARRANT_RELEASED,
                    DESTRUCTION_ORDERED,
                    DESTRUCTION_REFUSED,
                    WARRANT_DESTROYED,
                    INTEGRITY,
                    RECORD_LATE,
                    CONTENT_ACCESSED,
                    WARRANT_SEALED,
                    SEAL_DELAYED,
                    EVIDENCE_MISMATCH,
                    RECORD_REFUSED,
                    KAFKA_UNSAFE,
                    OTHER -> before;
        };
        if (!after.state().isEmpty()) {
            states.put(pod, after);
        }
    }

    /** The pods in the order in which they were first heard of. */
    Map<PodUid, State> states() {
        return new LinkedHashMap<>(states);
    }
}
