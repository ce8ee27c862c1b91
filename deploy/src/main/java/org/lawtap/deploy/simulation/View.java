package org.lawtap.deploy.simulation;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.Warrant;

/** What follows from the pods and orders read so far, by the oracle's own reckoning. */
final class View {
    private final Map<String, Pod> pods = new LinkedHashMap<>();
    private final Map<WarrantId, Stand> warrants = new LinkedHashMap<>();

    private record Stand(Warrant warrant, boolean revoked) {}

    /** A capture that should be, where it should be. */
    record Wanted(CaptureKey capture, NodeName node) {}

    View() {}

    View(View other) {
        pods.putAll(other.pods);
        warrants.putAll(other.warrants);
    }

    void read(PodEvent event) {
        switch (event) {
            case PodEvent.Present present -> pods.put(present.key(), present.pod());
            case PodEvent.Gone gone -> pods.remove(gone.key());
            case PodEvent.Listed ignored -> {}
        }
    }

    void read(Published record) {
        if (!record.counts()) {
            return;
        }
        @Nullable Stand before = warrants.get(record.key());
        if (record.order() instanceof Warrant warrant) {
            if (before == null || warrant.generation() > before.warrant().generation()) {
                warrants.put(record.key(), new Stand(warrant, false));
            }
        } else if (record.order() instanceof Order.Revocation revocation
                && before != null
                && revocation.generation() >= before.warrant().generation()) {
            warrants.put(record.key(), new Stand(before.warrant(), true));
        }
    }

    Set<Wanted> wanted(Instant now) {
        Set<Wanted> wanted = new LinkedHashSet<>();
        for (Stand stand : warrants.values()) {
            if (!stand.revoked()) {
                for (Pod pod : pods.values()) {
                    NodeName node = pod.node();
                    if (node != null && wants(stand.warrant(), pod, now)) {
                        CaptureKey capture = new CaptureKey(
                                stand.warrant().id(),
                                stand.warrant().generation(),
                                pod.ref().uid());
                        wanted.add(new Wanted(capture, node));
                    }
                }
            }
        }
        return wanted;
    }

    private static boolean wants(Warrant warrant, Pod pod, Instant now) {
        boolean ended = pod.phase() == Pod.Phase.SUCCEEDED || pod.phase() == Pod.Phase.FAILED;
        return !now.isBefore(warrant.notBefore())
                && now.isBefore(warrant.notAfter())
                && !ended
                && warrant.target().cluster().equals(pod.ref().cluster())
                && warrant.target().namespace().equals(pod.ref().namespace())
                && pod.labels().entrySet().containsAll(warrant.target().labels().entrySet());
    }
}
