package org.lawtap.warrants.decision;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;

/**
 * Who is intercepted, as a pure function of one pod, the warrants of its namespace and the time. Stops come before starts, so
 * that an amended warrant or a moved pod never runs twice.
 */
public final class Decision {
    private Decision() {}

    /**
     * What to do now.
     *
     * @param pod the pod's last state, or null when its UID is gone
     * @param running the pod's captures as commanded so far
     * @param warrants all warrants of the pod's namespace, active or not
     */
    public static List<Step> decide(
            @Nullable Pod pod, Collection<RunningCapture> running, Collection<Standing> warrants, Instant now) {
        List<Step> steps = new ArrayList<>();
        Set<WarrantId> kept = new HashSet<>();
        for (RunningCapture capture : running) {
            StopReason reason = reasonToStop(pod, capture, warrants, now);
            if (reason == null) {
                kept.add(capture.key().warrant());
            } else {
                steps.add(new Step.Stop(capture, reason));
            }
        }
        NodeName node = pod == null ? null : pod.node();
        if (pod != null && node != null && !pod.phase().ended()) {
            for (Standing standing : warrants) {
                boolean wanted = standing.active(now)
                        && standing.warrant().target().matches(pod)
                        && !kept.contains(standing.warrant().id());
                if (wanted) {
                    steps.add(new Step.Start(standing, node));
                }
            }
        }
        return steps;
    }

    private static @Nullable StopReason reasonToStop(
            @Nullable Pod pod, RunningCapture capture, Collection<Standing> warrants, Instant now) {
        Standing standing = find(warrants, capture.key().warrant());
        if (standing == null || standing.revoked()) {
            return StopReason.WARRANT_REVOKED;
        }
        if (standing.warrant().generation() != capture.key().generation()) {
            return StopReason.WARRANT_AMENDED;
        }
        if (!standing.warrant().inWindow(now)) {
            return StopReason.WARRANT_ENDED;
        }
        if (pod == null) {
            return StopReason.POD_GONE;
        }
        if (pod.phase().ended()) {
            return StopReason.POD_ENDED;
        }
        if (!standing.warrant().target().matches(pod)) {
            return StopReason.POD_LEFT_TARGET;
        }
        if (!capture.node().equals(pod.node())) {
            return StopReason.POD_MOVED;
        }
        return null;
    }

    private static @Nullable Standing find(Collection<Standing> warrants, WarrantId id) {
        for (Standing standing : warrants) {
            if (standing.warrant().id().equals(id)) {
                return standing;
            }
        }
        return null;
    }
}
