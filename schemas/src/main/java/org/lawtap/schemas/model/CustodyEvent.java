package org.lawtap.schemas.model;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What happened, by whom and why.
 *
 * @param actor the process and where it ran, for instance {@code capture-worker@n1}
 * @param text one sentence for a reader
 */
public record CustodyEvent(
        UUID id,
        Instant at,
        String actor,
        CustodyAction action,
        @Nullable WarrantId warrant,
        @Nullable SessionId session,
        @Nullable PodUid pod,
        String text,
        Map<String, String> details) {
    public CustodyEvent {
        details = Map.copyOf(details);
    }

    /** The key of the event's record: its warrant, or {@code none}. */
    public String key() {
        WarrantId id = warrant;
        return id == null ? "none" : id.toString();
    }
}
