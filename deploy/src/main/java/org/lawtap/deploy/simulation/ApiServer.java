package org.lawtap.deploy.simulation;

import java.util.ArrayList;
import java.util.List;
import org.lawtap.schemas.model.Pod;

/** The API server: its pods, and every change of them; a change's place in the list is its resource version. */
final class ApiServer {
    private final List<SimulatedPod> pods = new ArrayList<>();
    private final List<Change> changes = new ArrayList<>();

    /** A change of one pod. */
    record Change(boolean deleted, Pod pod) {}

    void create(SimulatedPod pod) {
        pods.add(pod);
        changed(pod);
    }

    void changed(SimulatedPod pod) {
        changes.add(new Change(false, pod.object(changes.size())));
    }

    void delete(SimulatedPod pod) {
        pod.exists = false;
        changes.add(new Change(true, pod.object(changes.size())));
    }

    /** All pods there ever were. */
    List<SimulatedPod> pods() {
        return pods;
    }

    List<Change> changes() {
        return changes;
    }

    /** The objects there are now. */
    List<Pod> list() {
        return pods.stream()
                .filter(pod -> pod.exists)
                .map(pod -> pod.object(changes.size()))
                .toList();
    }
}
