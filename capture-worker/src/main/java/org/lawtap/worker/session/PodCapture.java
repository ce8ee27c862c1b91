package org.lawtap.worker.session;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.order.Warrant;

/**
 * One commanded capture: a warrant and a pod, with a session for each of the pod's interfaces that was found.
 *
 * <pre>
 *   armed (no session) -- interface proven --> capturing -- interface gone --> armed ...
 * </pre>
 */
final class PodCapture {
    static final Duration LOOK_ARMED = Duration.ofMillis(50);
    static final Duration LOOK_CAPTURING = Duration.ofSeconds(1);
    static final Duration LOOK_DOWN = Duration.ofMillis(5);

    /** How long a living pod may be without a provable interface, as it is while it starts, before that is called a refusal. */
    static final Duration UNPROVEN_GRACE = Duration.ofSeconds(5);

    final Command.Start start;
    final Warrant warrant;
    final Map<Integer, Session> sessions = new LinkedHashMap<>();
    private Instant leaseUntil;
    Instant nextLook;

    @Nullable
    Instant unprovenSince;

    boolean refusalTold;

    PodCapture(Command.Start start, Warrant warrant, Instant now) {
        this.start = start;
        this.warrant = warrant;
        this.leaseUntil = start.leaseUntil();
        this.nextLook = now;
    }

    /** When the capture ends unless it is renewed. */
    Instant leaseUntil() {
        return leaseUntil;
    }

    /** A later end of the lease, also for packets that were captured and not read yet; an earlier one changes nothing. */
    void renew(Instant until) {
        if (until.isAfter(leaseUntil)) {
            leaseUntil = until;
            sessions.values().forEach(session -> session.keepUntil(until));
        }
    }
}
