package org.lawtap.schemas.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A pod as the API server last described it.
 *
 * @param node spec.nodeName; null until the pod is scheduled
 * @param addresses status.podIPs; empty until the network is set up
 * @param deletionRequestedAt metadata.deletionTimestamp: asked to go, not gone
 * @param resourceVersion opaque; compare for equality only
 */
public record Pod(
        PodRef ref,
        Map<String, String> labels,
        @Nullable NodeName node,
        boolean hostNetwork,
        Phase phase,
        List<String> addresses,
        @Nullable Instant deletionRequestedAt,
        String resourceVersion) {
    public Pod {
        labels = Map.copyOf(labels);
        addresses = List.copyOf(addresses);
    }

    /** status.phase. After SUCCEEDED or FAILED the object stays while its network is gone. */
    public enum Phase {
        PENDING,
        RUNNING,
        SUCCEEDED,
        FAILED,
        UNKNOWN;

        /** Whether the pod's containers have ended for good. */
        public boolean ended() {
            return this == SUCCEEDED || this == FAILED;
        }
    }
}
