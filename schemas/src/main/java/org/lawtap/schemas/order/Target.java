package org.lawtap.schemas.order;

import java.util.Map;
import java.util.regex.Pattern;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.ForeignCharacter;
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
    private static final String DNS_PART = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?";
    private static final Pattern KEY = Pattern.compile("(?:(?=.{1,253}/)" + DNS_PART + "(?:\\." + DNS_PART
            + ")*/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");
    private static final Pattern VALUE = Pattern.compile("([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?");

    public Target {
        labels = Map.copyOf(labels);
        Warrant.require(!labels.isEmpty(), "target.labels is empty: that would match every pod of the namespace");
        Warrant.require(labels.size() <= LABELS_MAX, "target.labels has more than " + LABELS_MAX + " entries");
        labels.forEach((key, value) -> {
            requireForm("a label's name", key, KEY);
            requireForm("the value of " + key, value, VALUE);
        });
    }

    private static void requireForm(String what, String text, Pattern form) {
        if (!form.matcher(text).matches()) {
            throw new IllegalArgumentException("target.labels can never match: " + what + " "
                    + ForeignCharacter.in(text)
                            .map(character -> "holds the character " + character + ", which no label holds")
                            .orElse("is of a form that Kubernetes takes for no label"));
        }
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
