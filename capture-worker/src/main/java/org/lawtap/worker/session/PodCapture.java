package org.lawtap.worker.session;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
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
    /** Between looks while nothing is known of the pod; the net below events. */
    static final Duration LOOK_ARMED = Duration.ofMillis(50);

    /** Between looks while something happens in the pod's cgroup and no session captures yet; after a link's change, one look. */
    static final Duration LOOK_STIRRED = Duration.ofMillis(2);

    /** Between looks while sessions capture. */
    static final Duration LOOK_CAPTURING = Duration.ofSeconds(1);

    /** The same while something happens, and for a refused pod: one that flaps its interface must not keep the worker busy. */
    static final Duration LOOK_CAPTURING_STIRRED = Duration.ofMillis(50);

    static final Duration LOOK_DOWN = Duration.ofMillis(5);

    /** How long after the last event a pod counts as stirred. */
    static final Duration STIRRED = Duration.ofSeconds(3);

    /** How long a living pod may be without a provable interface, as it is while it starts, before that is called a refusal. */
    static final Duration UNPROVEN_GRACE = Duration.ofSeconds(5);

    /** How long no process of a commanded pod may be seen before that is told: its sandbox comes within seconds. */
    static final Duration UNSEEN_GRACE = Duration.ofSeconds(60);

    final Command.Start start;
    final Warrant warrant;
    final Instant commandedAt;
    final Map<Integer, Session> sessions = new LinkedHashMap<>();

    /** Devices of the pod that were told as not covered. */
    final Set<String> uncoveredTold = new HashSet<>();

    private Instant leaseUntil;
    private Instant lastLook = Instant.MIN;
    private Instant stirredUntil = Instant.MIN;
    private Instant nextLook;

    /** When its first process was seen; null if none was. */
    @Nullable
    Instant seenAt;

    /** Whether it had processes at the first look: then packets passed before anybody commanded a capture. */
    boolean livedBefore;

    boolean looked;
    boolean waitTold;

    @Nullable
    Instant unprovenSince;

    @Nullable
    Instant inNodesNetworkSince;

    boolean refusalTold;

    /** Since when it has no session, or is to have one. */
    private Instant blindSince;

    PodCapture(Command.Start start, Warrant warrant, Instant now) {
        this.start = start;
        this.warrant = warrant;
        this.leaseUntil = start.leaseUntil();
        this.commandedAt = now;
        this.nextLook = now;
        this.blindSince = now.isBefore(warrant.notBefore()) ? warrant.notBefore() : now;
    }

    /** Something happened in the pod's cgroup: for a while it is looked at often. */
    void stir(Instant now) {
        stirredUntil = now.plus(STIRRED);
        bringForward();
    }

    /** Something happened on the node that may concern it: it is looked at soon, once. */
    void bringForward() {
        Instant soon = lastLook.plus(sessions.isEmpty() && !refusalTold ? LOOK_STIRRED : LOOK_CAPTURING_STIRRED);
        if (soon.isBefore(nextLook)) {
            nextLook = soon;
        }
    }

    /** The next look is due at once, as its interface went down or away. */
    void hurry() {
        nextLook = Instant.MIN;
    }

    /** A look is made now; the next one comes after as long as the state asks for. */
    void lookedAt(Instant now) {
        lastLook = now;
        plan(now);
    }

    /** When the next look is due, as things stand after this one. */
    void plan(Instant now) {
        if (!sessions.isEmpty()) {
            // All at once, so that one list of the node's interfaces serves all.
            nextLook = now.truncatedTo(ChronoUnit.SECONDS).plus(LOOK_CAPTURING);
        } else if (refusalTold) {
            nextLook = now.plus(LOOK_CAPTURING);
        } else {
            nextLook = now.plus(now.isBefore(stirredUntil) ? LOOK_STIRRED : LOOK_ARMED);
        }
    }

    /** An interface is down: its counters now may be its last ones. */
    void lookAgainSoon(Instant now) {
        nextLook = now.plus(LOOK_DOWN);
    }

    Instant nextLook() {
        return nextLook;
    }

    /** When the capture ends unless it is renewed. */
    Instant leaseUntil() {
        return leaseUntil;
    }

    /** Its last session ended. */
    void blinded(Instant now) {
        blindSince = now;
    }

    Instant blindSince() {
        return blindSince;
    }

    /** A later end of the lease, also for packets that were captured and not read yet; an earlier one changes nothing. */
    void renew(Instant until) {
        if (until.isAfter(leaseUntil)) {
            leaseUntil = until;
            sessions.values().forEach(session -> session.keepUntil(until));
        }
    }
}
