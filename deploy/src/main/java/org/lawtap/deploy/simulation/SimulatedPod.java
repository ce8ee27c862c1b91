package org.lawtap.deploy.simulation;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodRef;

/** A pod as it truly is: its object in the API server, and its network on a node. */
final class SimulatedPod {
    final int number;
    final PodRef ref;
    final SimulatedNode node;
    final boolean hostNetwork;
    Map<String, String> labels;
    boolean scheduled;
    Pod.Phase phase = Pod.Phase.PENDING;
    boolean exists = true;
    SimulatedNode.@Nullable Wire wire;

    SimulatedPod(int number, PodRef ref, SimulatedNode node, boolean hostNetwork, Map<String, String> labels) {
        this.number = number;
        this.ref = ref;
        this.node = node;
        this.hostNetwork = hostNetwork;
        this.labels = labels;
    }

    /** As the API server describes it. */
    Pod object(long resourceVersion) {
        return new Pod(
                ref,
                labels,
                scheduled ? node.name() : null,
                hostNetwork,
                phase,
                List.of(),
                null,
                String.valueOf(resourceVersion));
    }

    /** Its address at the link layer, a local one. */
    long address() {
        return 0x0200_0000_0000L | number;
    }

    @Override
    public String toString() {
        return "pod-" + number;
    }
}
