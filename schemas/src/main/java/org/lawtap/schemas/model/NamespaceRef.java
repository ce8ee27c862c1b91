package org.lawtap.schemas.model;

/** A namespace of one cluster: the place where pods and warrants are joined. */
public record NamespaceRef(ClusterId cluster, Namespace namespace) {
    @Override
    public String toString() {
        return cluster + "/" + namespace;
    }
}
