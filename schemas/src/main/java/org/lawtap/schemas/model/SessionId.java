package org.lawtap.schemas.model;

import java.util.UUID;

/** The id of one capture session: one warrant, one pod interface, from arm to close. */
public record SessionId(UUID value) {
    /** Reads the canonical lower-case form. @throws IllegalArgumentException on anything else */
    public static SessionId parse(String text) {
        return new SessionId(Ids.uuid("session id", text));
    }

    /** A new random id. */
    public static SessionId random() {
        return new SessionId(UUID.randomUUID());
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
