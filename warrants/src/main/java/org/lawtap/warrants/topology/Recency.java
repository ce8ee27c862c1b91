package org.lawtap.warrants.topology;

import java.time.Instant;

/**
 * How recent the stores are. Behind an outage lies what is not read yet: a pod of which the stores still say that it runs may have lost
 * the label that made it a target, and a warrant may be revoked. So a START rests only on stores that are not behind. Any thread.
 */
@FunctionalInterface
public interface Recency {
    /** Whether the stores hold all pods and orders that were published until a few seconds before {@code now}. */
    boolean current(Instant now);
}
