package org.lawtap.schemas.order;

import java.time.Instant;
import org.lawtap.schemas.model.WarrantId;

/** What an authority says about a warrant: the warrant itself, or that it is revoked. */
public sealed interface Order permits Warrant, Order.Revocation {
    WarrantId id();

    /** Grows with every order about one warrant; an older one never replaces a newer one. */
    long generation();

    /** The media type of the order's bytes; part of what is signed. */
    String payloadType();

    /**
     * The end of a warrant before its time.
     *
     * @param revokedAt when the authority decided; the capture stops when the order arrives
     */
    record Revocation(WarrantId id, long generation, String authority, Instant revokedAt, String reason)
            implements Order {
        public static final String PAYLOAD_TYPE = "application/vnd.lawtap.revocation+json";

        public Revocation {
            Warrant.require(generation >= 1, "generation must be 1 or more");
            Warrant.requireText("authority", authority);
            Warrant.requireText("reason", reason);
        }

        @Override
        public String payloadType() {
            return PAYLOAD_TYPE;
        }
    }
}
