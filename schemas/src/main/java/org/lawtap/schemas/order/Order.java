package org.lawtap.schemas.order;

import java.time.Instant;
import org.lawtap.schemas.model.WarrantId;

/** What an authority says about a warrant: the warrant itself, that it is revoked, or what becomes of its evidence. */
public sealed interface Order permits Warrant, Order.Revocation, Order.OfRetention {
    WarrantId id();

    /**
     * Grows with the orders about one warrant: an older one never replaces a newer one. Orders of retention are counted among
     * themselves, so that none counts twice.
     */
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
            check(generation, authority, reason);
        }

        @Override
        public String payloadType() {
            return PAYLOAD_TYPE;
        }
    }

    /** What becomes of a warrant's evidence. Whether it may is said by {@link Retention}. */
    sealed interface OfRetention extends Order {
        String authority();

        /** When the authority decided. */
        Instant orderedAt();

        String reason();
    }

    /** Evidence is kept beyond its time, until it is released. */
    record Hold(WarrantId id, long generation, String authority, Instant orderedAt, String reason)
            implements OfRetention {
        public static final String PAYLOAD_TYPE = "application/vnd.lawtap.hold+json";

        public Hold {
            check(generation, authority, reason);
        }

        @Override
        public String payloadType() {
            return PAYLOAD_TYPE;
        }
    }

    /** The end of a hold. */
    record Release(WarrantId id, long generation, String authority, Instant orderedAt, String reason)
            implements OfRetention {
        public static final String PAYLOAD_TYPE = "application/vnd.lawtap.release+json";

        public Release {
            check(generation, authority, reason);
        }

        @Override
        public String payloadType() {
            return PAYLOAD_TYPE;
        }
    }

    /** The content of a warrant is destroyed; what proves what it was, and that it was destroyed, is kept. */
    record Destruction(WarrantId id, long generation, String authority, Instant orderedAt, String reason)
            implements OfRetention {
        public static final String PAYLOAD_TYPE = "application/vnd.lawtap.destruction+json";

        public Destruction {
            check(generation, authority, reason);
        }

        @Override
        public String payloadType() {
            return PAYLOAD_TYPE;
        }
    }

    private static void check(long generation, String authority, String reason) {
        Warrant.require(generation >= 1, "generation must be 1 or more");
        Warrant.requireText("authority", authority);
        Warrant.requireText("reason", reason);
    }
}
