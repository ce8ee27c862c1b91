package org.lawtap.schemas.model;

/** The name of a pod: a label for readers, never an identity. */
public record PodName(String value) {
    public PodName {
        Ids.check("pod name", value, Ids.DNS_NAME);
    }

    @Override
    public String toString() {
        return value;
    }
}
