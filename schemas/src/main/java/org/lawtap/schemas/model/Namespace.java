package org.lawtap.schemas.model;

/** A Kubernetes namespace. */
public record Namespace(String value) {
    public Namespace {
        Ids.check("namespace", value, Ids.DNS_LABEL);
    }

    @Override
    public String toString() {
        return value;
    }
}
