package org.lawtap.warrants.cli;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.order.Target;

/**
 * What a target matches in the cluster as the watcher last told it: whom a warrant would reach, before anybody signs it. Pure.
 *
 * @param matches the pods of the target
 * @param namespacePods all pods of its namespace that have not ended
 * @param asOf the watcher's last word on the cluster; null: none, so that nothing is known
 */
record Preview(
        List<Match> matches, long namespacePods, @Nullable Instant asOf) {
    /** Labels that say which application a pod belongs to, the most telling first. */
    private static final List<String> APPLICATION_LABELS =
            List.of("app.kubernetes.io/instance", "app.kubernetes.io/name", "app", "k8s-app");

    Preview {
        matches = List.copyOf(matches);
    }

    /** What would become of a pod. */
    enum Fate {
        CAPTURED,
        WAITS,
        REFUSED
    }

    /** A pod of the target. @param why it is not captured; empty if it is */
    record Match(Pod pod, Fate fate, String why) {}

    /** @param events what the watchers said, in its order for each pod */
    static Preview of(Target target, Collection<PodEvent> events) {
        Map<PodUid, Pod> pods = new LinkedHashMap<>();
        Instant asOf = null;
        for (PodEvent event : events) {
            if (event.cluster().equals(target.cluster())) {
                asOf = asOf == null || asOf.isBefore(event.observedAt()) ? event.observedAt() : asOf;
                switch (event) {
                    case PodEvent.Present present ->
                        pods.put(present.pod().ref().uid(), present.pod());
                    case PodEvent.Gone gone -> pods.remove(gone.pod().ref().uid());
                    case PodEvent.Listed ignored -> {}
                }
            }
        }
        List<Match> matches = new ArrayList<>();
        for (Pod pod : pods.values()) {
            if (target.matches(pod)) {
                matches.add(match(pod));
            }
        }
        long others = pods.values().stream()
                .filter(pod -> pod.ref().namespaceRef().equals(target.namespaceRef())
                        && !pod.phase().ended())
                .count();
        return new Preview(matches, others, asOf);
    }

    private static Match match(Pod pod) {
        if (pod.phase().ended()) {
            return new Match(pod, Fate.REFUSED, "ENDED: its containers have ended for good (" + pod.phase() + ")");
        }
        if (pod.hostNetwork()) {
            return new Match(
                    pod,
                    Fate.REFUSED,
                    "HOST_NETWORK: it shares the node's interfaces; capturing it would capture the node");
        }
        if (pod.node() == null) {
            return new Match(pod, Fate.WAITS, "it is not scheduled to a node yet; it is captured once it is");
        }
        return new Match(
                pod, Fate.CAPTURED, pod.deletionRequestedAt() == null ? "" : "it was asked to go, and is not gone");
    }

    /** How many pods of the target each application has that is captured or would be. */
    Map<String, Long> applications() {
        Map<String, Long> counts = new TreeMap<>();
        matches.stream()
                .filter(match -> !match.pod().phase().ended())
                .forEach(match -> counts.merge(application(match.pod()), 1L, Long::sum));
        return counts;
    }

    /** How many pods of the target are captured on each node. */
    Map<NodeName, Long> nodes() {
        Map<NodeName, Long> counts = new LinkedHashMap<>();
        for (Match match : matches) {
            NodeName node = match.pod().node();
            if (match.fate() == Fate.CAPTURED && node != null) {
                counts.merge(node, 1L, Long::sum);
            }
        }
        return counts;
    }

    /** What whoever signs should think about. */
    List<String> warnings(Target target) {
        List<String> warnings = new ArrayList<>();
        if (asOf == null) {
            warnings.add("nothing is known of cluster " + target.cluster()
                    + ": is this its name, and does its watcher run?");
        } else if (matches.isEmpty()) {
            warnings.add("no pod matches now: is the selector right?");
        }
        Map<String, Long> applications = applications();
        if (applications.size() > 1) {
            List<String> names = new ArrayList<>();
            applications.forEach((name, pods) -> names.add(name + " (" + pods + (pods == 1 ? " pod)" : " pods)")));
            warnings.add("this selector is wider than one application: it matches " + String.join(", ", names));
        }
        long alive = applications.values().stream().mapToLong(Long::longValue).sum();
        if (alive == namespacePods && alive > 0) {
            warnings.add("this selector matches every pod of namespace " + target.namespace() + ", " + alive
                    + " of them: is all of it meant?");
        }
        return warnings;
    }

    /** By the label that names it; a pod without one belongs to what made it. */
    static String application(Pod pod) {
        for (String label : APPLICATION_LABELS) {
            String value = pod.labels().get(label);
            if (value != null && !value.isEmpty()) {
                return label + "=" + value;
            }
        }
        return owner(pod);
    }

    /**
     * The Deployment, DaemonSet, StatefulSet or Job whose controller made the pod: it names its pods after itself, and says by a label
     * that it made them. A pod without one is its own.
     */
    private static String owner(Pod pod) {
        Map<String, String> labels = pod.labels();
        String name = pod.ref().name().value();
        String job = labels.get("batch.kubernetes.io/job-name");
        if (job != null) {
            return job;
        }
        String hash = labels.get("pod-template-hash");
        if (hash != null && name.contains("-" + hash + "-")) {
            return name.substring(0, name.lastIndexOf("-" + hash + "-"));
        }
        boolean numbered = labels.containsKey("controller-revision-hash") && name.contains("-");
        return numbered ? name.substring(0, name.lastIndexOf('-')) : name;
    }

    /** The matches with this fate. */
    List<Match> with(Fate fate) {
        return matches.stream().filter(match -> match.fate() == fate).toList();
    }

    Optional<Instant> lastWord() {
        return Optional.ofNullable(asOf);
    }
}
