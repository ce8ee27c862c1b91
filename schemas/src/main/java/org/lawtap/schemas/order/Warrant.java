package org.lawtap.schemas.order;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;

/**
 * An authority's order to intercept one target for a time.
 *
 * @param notBefore first instant of the window
 * @param notAfter end of the window; a packet with this time or a later one is never kept
 * @param filter pcap-filter expression that narrows the capture, or null
 * @param deliveryAgency who gets the evidence
 * @param retentionDays how long the evidence must be kept after the end
 * @param deliveryKey for whom packets are encrypted on their way: only who has its private half reads them; null: nothing is encrypted
 */
public record Warrant(
        WarrantId id,
        long generation,
        String authority,
        String caseReference,
        Target target,
        Instant notBefore,
        Instant notAfter,
        Scope scope,
        @Nullable String filter,
        String deliveryAgency,
        int retentionDays,
        @Nullable X25519Key deliveryKey)
        implements Order {
    public static final String PAYLOAD_TYPE = "application/vnd.lawtap.warrant+json";

    /** The longest window: whoever needs more time amends, and two approvers look at it again. */
    public static final int WINDOW_DAYS_MAX = 366;

    public Warrant {
        require(generation >= 1, "generation must be 1 or more");
        requireText("authority", authority);
        requireText("caseReference", caseReference);
        requireText("deliveryAgency", deliveryAgency);
        require(notBefore.isBefore(notAfter), "notBefore " + notBefore + " is not before notAfter " + notAfter);
        require(
                Duration.between(notBefore, notAfter).compareTo(Duration.ofDays(WINDOW_DAYS_MAX)) <= 0,
                "a warrant lasts " + WINDOW_DAYS_MAX + " days at most, and " + notBefore + " to " + notAfter
                        + " is longer");
        if (filter != null) {
            require(!filter.isBlank(), "filter is empty: leave it out");
            requireText("filter", filter);
        }
        require(retentionDays >= 0 && retentionDays <= 36_500, "retentionDays must be 0 to 36500");
    }

    /** A warrant whose packets are not encrypted on their way. */
    public Warrant(
            WarrantId id,
            long generation,
            String authority,
            String caseReference,
            Target target,
            Instant notBefore,
            Instant notAfter,
            Scope scope,
            @Nullable String filter,
            String deliveryAgency,
            int retentionDays) {
        this(
                id,
                generation,
                authority,
                caseReference,
                target,
                notBefore,
                notAfter,
                scope,
                filter,
                deliveryAgency,
                retentionDays,
                null);
    }

    /** The same warrant with this delivery key. */
    public Warrant deliveredTo(@Nullable X25519Key key) {
        return new Warrant(
                id,
                generation,
                authority,
                caseReference,
                target,
                notBefore,
                notAfter,
                scope,
                filter,
                deliveryAgency,
                retentionDays,
                key);
    }

    /** What of a packet may be kept. */
    public enum Scope {
        /** Whole frames. */
        CONTENT,
        /** Link, network and transport headers only. */
        HEADERS
    }

    @Override
    public String payloadType() {
        return PAYLOAD_TYPE;
    }

    /** Whether {@code now} lies in the window. */
    public boolean inWindow(Instant now) {
        return !now.isBefore(notBefore) && now.isBefore(notAfter);
    }

    static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Such a character can make a text look like another one. */
    private static boolean isHidden(int character) {
        return Character.isISOControl(character)
                || Character.getType(character) == Character.FORMAT
                || Character.getType(character) == Character.SURROGATE;
    }

    static void requireText(String name, String value) {
        require(!value.isBlank() && value.length() <= 500, name + " must have 1 to 500 characters");
        require(
                value.codePoints().noneMatch(Warrant::isHidden),
                name + " holds control characters, or characters that are not shown");
    }
}
