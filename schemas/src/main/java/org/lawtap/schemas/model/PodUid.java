package org.lawtap.schemas.model;

/** The UID that the API server gave a pod: unique over time, unlike its name. Mirror pods carry 32 hex digits, others a UUID. */
public record PodUid(String value) {
    public PodUid {
        Ids.check("pod UID", value, Ids.UID);
    }

    @Override
    public String toString() {
        return value;
    }
}
