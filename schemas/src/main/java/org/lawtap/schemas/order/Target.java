package org.lawtap.schemas.order;

import java.util.Map;
import java.util.regex.Pattern;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NamespaceRef;
import org.lawtap.schemas.model.Pod;

/**
 * Whom a warrant names: the pods of one namespace that carry all these labels. Never an IP address, never everything.
 *
 * @param labels one or more; a pod must carry each with exactly this value
 */
public record Target(ClusterId cluster, Namespace namespace, Map<String, String> labels) {
    private static final int LABELS_MAX = 32;
    private static final Pattern KEY =
            Pattern.compile("([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");
    private static final Pattern VALUE = Pattern.compile("([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?");

    public Target {
        labels = Map.copyOf(labels);
        Warrant.require(!labels.isEmpty(), "target.labels is empty: that would match every pod of the namespace");
        Warrant.require(labels.size() <= LABELS_MAX, "target.labels has more than " + LABELS_MAX + " entries");
        labels.forEach((key, value) -> {
            Warrant.require(KEY.matcher(key).matches(), "target.labels: a key is not a Kubernetes label key");
            Warrant.require(
                    VALUE.matcher(value).matches(), "target.labels: the value of " + key + " is not a label value");
        });
    }

    /** Where the target lives. */
    public NamespaceRef namespaceRef() {
        return new NamespaceRef(cluster, namespace);
    }

    /** Whether the pod belongs to the target. */
    public boolean matches(Pod pod) {
        return pod.ref().namespaceRef().equals(namespaceRef()) && matches(pod.labels());
    }

    /** Whether a pod of the target's namespace with these labels belongs to it. */
    public boolean matches(Map<String, String> podLabels) {
        return labels.entrySet().stream().allMatch(label -> label.getValue().equals(podLabels.get(label.getKey())));
    }
}
