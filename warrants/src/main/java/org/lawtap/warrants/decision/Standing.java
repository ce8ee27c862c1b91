package org.lawtap.warrants.decision;

import java.time.Instant;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Warrant;

/**
 * A warrant as it stands: its newest generation, and whether it was revoked.
 *
 * @param ready whether its packet topic exists, so that a capture would have a place to write to
 */
public record Standing(SignedOrder signed, Warrant warrant, boolean revoked, boolean ready) {
    /** Whether captures may run under it at {@code now}. */
    public boolean active(Instant now) {
        return ready && !revoked && warrant.inWindow(now);
    }
}
