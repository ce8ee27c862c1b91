package org.lawtap.worker.session;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.CustodyLog;

/** The words in which a node's captures tell custody what happened to them, with the evidence for each. Owned by one thread. */
final class CaptureCustody {
    /** No device can have this name. */
    static final String NODES_NETWORK = "the node's network";

    private final CustodyLog log;
    private final Identity where;

    CaptureCustody(CustodyLog log, Identity where) {
        this.log = log;
        this.where = where;
    }

    /** A STOP came for a capture that is not here. */
    void stopOfNothing(Command.Stop stop) {
        log.record(
                CustodyAction.CAPTURE_STOPPED,
                stop.capture().warrant(),
                null,
                stop.capture().pod(),
                "STOP for a capture that does not run here",
                details("reason", stop.reason().name()));
    }

    /** Nothing of the pod was seen for a while. */
    void waits(PodCapture capture) {
        record(
                CustodyAction.CAPTURE_WAITS,
                capture,
                null,
                "UNKNOWN_UID: no process of this pod was seen on this node so far; it may not have begun, or be a static pod,"
                        + " whose UID on the node is another one",
                details());
    }

    /** The pod can't be captured, at least not now. */
    void refused(PodCapture capture, String reason) {
        record(CustodyAction.CAPTURE_REFUSED, capture, null, "capture refused: " + reason, details("reason", reason));
    }

    /** A device of the pod has no end on the node. */
    void notCovered(PodCapture capture, String device) {
        record(
                CustodyAction.INTERFACE_NOT_COVERED,
                capture,
                null,
                "NO_HOST_PEER: a device of the pod carries packets and no interface of this node leads to it; what passes"
                        + " there is captured only as far as another device of the pod carries it on",
                details("podSideInterface", device));
    }

    /** Some processes of the pod use the node's network. */
    void inNodesNetwork(PodCapture capture) {
        record(
                CustodyAction.INTERFACE_NOT_COVERED,
                capture,
                null,
                "HOST_NETWORK: some processes of the pod use the node's interfaces; what they send there is not captured",
                details("podSideInterface", NODES_NETWORK));
    }

    /** A session captures. @param seenAt when the pod's first process was seen @param armedAt when the session was */
    void opened(
            PodCapture capture,
            Session session,
            String engine,
            @Nullable SessionId before,
            Instant seenAt,
            Instant armedAt) {
        Map<String, String> details = new LinkedHashMap<>(session.proven().proof());
        details.putAll(details());
        details.put("engine", engine);
        details.put("scope", capture.warrant.scope().name());
        details.put("missedBeforeArm", String.valueOf(session.missedBeforeArm()));
        if (session.missedBeforeArm() > 0) {
            details.put("missedBecause", missedBecause(capture, before));
        }
        details.put("armedExactly", String.valueOf(session.armedExactly()));
        details.put("msFromCommandToSession", ms(capture.commandedAt, armedAt));
        details.put("msFromFirstProcessToSession", ms(seenAt, armedAt));
        details.put("namespace", capture.start.pod().namespace().value());
        details.put("pod", capture.start.pod().name().value());
        if (before != null) {
            details.put("previousSession", before.toString());
        }
        record(CustodyAction.SESSION_OPENED, capture, session.id(), "the session captures", details);
    }

    /** A session's tap does not see all. */
    void degraded(PodCapture capture, Session session, Blindness.Degradation degradation) {
        Map<String, String> details =
                details("interface", session.proven().link().name());
        details.putAll(degradation.details());
        record(CustodyAction.TAP_DEGRADED, capture, session.id(), degradation.text(), details);
    }

    /** A session ended with its account. */
    void closed(PodCapture capture, Session session, StopReason reason, Checkpoint last) {
        Map<String, String> details = details("reason", reason.name());
        details.put("delivered", String.valueOf(last.delivered()));
        details.put("kernelDrop", String.valueOf(last.kernelDrop()));
        details.put("outOfScopeDiscarded", String.valueOf(last.outOfScopeDiscarded()));
        details.put("outsideWindow", String.valueOf(session.outsideWindow()));
        details.put("notAddressedToPod", String.valueOf(session.notAddressedToPod()));
        if (session.ownTraffic() > 0) {
            details.put("ownTrafficNotKept", String.valueOf(session.ownTraffic()));
        }
        if (session.interruptions() > 0) {
            details.put("linkWentDown", String.valueOf(session.interruptions()));
        }
        if (capture.warrant.filter() != null) {
            details.put("refusedByFilter", String.valueOf(last.refusedByFilter()));
        }
        if (capture.warrant.scope() == Warrant.Scope.HEADERS) {
            details.put("cutByScopeBytes", String.valueOf(last.cutByScopeBytes()));
        }
        details.put("unseenByTap", String.valueOf(last.unseenByTap()));
        details.put("unseenByInterface", String.valueOf(last.unseenByInterface()));
        details.put("truncated", String.valueOf(last.truncated()));
        details.put("interfaceExact", String.valueOf(last.interfaceExact()));
        record(CustodyAction.SESSION_CLOSED, capture, session.id(), "the session ended: " + reason, details);
    }

    /** A session ended, and its account could not be made. */
    void closedWithoutAccount(PodCapture capture, Session session, StopReason reason, String why) {
        record(
                CustodyAction.SESSION_CLOSED,
                capture,
                session.id(),
                "the session ended without a final account: " + why,
                details("reason", reason.name()));
    }

    private static String missedBecause(PodCapture capture, @Nullable SessionId before) {
        if (before != null) {
            return "they passed while no session captured, or before; the session before accounts for its own";
        }
        return capture.livedBefore
                ? "the pod ran before its capture was commanded"
                : "they passed before an interface was proven to be the pod's, which takes the pod's first process";
    }

    private static String ms(Instant from, Instant to) {
        return String.valueOf(Duration.between(from, to).toMillis());
    }

    private Map<String, String> details() {
        Map<String, String> details = new LinkedHashMap<>();
        details.put("node", where.node().value());
        return details;
    }

    private Map<String, String> details(String name, String value) {
        Map<String, String> details = details();
        details.put(name, value);
        return details;
    }

    private void record(
            CustodyAction action,
            PodCapture capture,
            @Nullable SessionId session,
            String text,
            Map<String, String> details) {
        PodUid pod = capture.start.capture().pod();
        log.record(action, capture.warrant.id(), session, pod, text, details);
    }
}
