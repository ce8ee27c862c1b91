package org.lawtap.schemas.model;

/** The operator's name for a cluster. */
public record ClusterId(String value) {
    public ClusterId {
        Ids.check("cluster id", value, Ids.DNS_NAME);
    }

    @Override
    public String toString() {
        return value;
    }
}
