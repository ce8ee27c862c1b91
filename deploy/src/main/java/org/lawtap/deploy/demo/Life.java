package org.lawtap.deploy.demo;

import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.pod.PodCounters;
import org.lawtap.deploy.sandbox.SandboxPod;

/**
 * The truth about one life of a target pod's sandbox, from the pod's own kernel counters and from nowhere else. Begin and end
 * are each known between two readings; they are equal when nothing passed between them.
 *
 * @param beginLeast counters before the warrant took effect, null for a life that began under it
 * @param endLeast final counters, or counters before the warrant's end
 */
record Life(
        SandboxPod pod,
        @Nullable PodCounters beginLeast,
        @Nullable PodCounters beginMost,
        PodCounters endLeast,
        PodCounters endMost) {
    long beginPacketsLeast() {
        return beginLeast == null ? 0 : beginLeast.packets();
    }

    long beginPacketsMost() {
        return beginMost == null ? 0 : beginMost.packets();
    }
}
