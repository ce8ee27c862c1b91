package org.lawtap.schemas.model;

/** The name of a Kubernetes node. */
public record NodeName(String value) {
    public NodeName {
        Ids.check("node name", value, Ids.DNS_NAME);
    }

    @Override
    public String toString() {
        return value;
    }
}
