package org.lawtap.schemas.model;

import java.util.UUID;

/** The opaque id of a warrant; the only thing of it that names topics and files. */
public record WarrantId(UUID value) {
    /** Reads the canonical lower-case form. @throws IllegalArgumentException on anything else */
    public static WarrantId parse(String text) {
        return new WarrantId(Ids.uuid("warrant id", text));
    }

    /** A new random id. */
    public static WarrantId random() {
        return new WarrantId(UUID.randomUUID());
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
