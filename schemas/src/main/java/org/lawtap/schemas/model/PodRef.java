package org.lawtap.schemas.model;

/** Which pod: its identity is cluster and UID; namespace and name are for readers and selectors. */
public record PodRef(ClusterId cluster, Namespace namespace, PodName name, PodUid uid) {
    /** The key of the pod in {@code lawtap.pods}. */
    public String key() {
        return cluster + "/" + uid;
    }

    /** Where the pod's events and its warrants meet. */
    public NamespaceRef namespaceRef() {
        return new NamespaceRef(cluster, namespace);
    }
}
