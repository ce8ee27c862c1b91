package org.lawtap.schemas.order;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What the orders about one warrant come to for its evidence, one after the other in the order of the log. Pure: an order is judged
 * by those before it and by the time of its record, and not judged again.
 *
 * <pre>
 *   kept -- hold --> held -- release --> kept -- destruction, once the time is over --> to be destroyed, when it is sealed
 *                                         ^                                                 |
 *                                         '----------------------- hold (held) <------------'
 * </pre>
 *
 * @param end when the warrant ends, or has ended
 * @param retentionDays how long its evidence must be kept after that
 * @param generation of the newest order of retention; 0 if there is none
 * @param held whether it must be kept until it is released
 * @param destruction whether it is to be destroyed
 */
public record Retention(Instant end, int retentionDays, long generation, boolean held, boolean destruction) {
    private static final int PARTS = 5;

    /** What is answered to an order. */
    public sealed interface Answer {
        /** It counts. */
        record Accepted(Retention now) implements Answer {}

        /** It does not; the reason is a clause that fits after "refused: ". */
        record Refused(String why) implements Answer {}
    }

    /** Of a new warrant. */
    public static Retention of(Warrant warrant) {
        return new Retention(warrant.notAfter(), warrant.retentionDays(), 0, false, false);
    }

    /** After a newer generation of the warrant. */
    public Retention amended(Warrant warrant) {
        return new Retention(warrant.notAfter(), warrant.retentionDays(), generation, held, destruction);
    }

    /** After the warrant was revoked. @param at when the order came; it ends no warrant before the authority decided */
    public Retention revoked(Order.Revocation order, Instant at) {
        Instant revokedAt = at.isBefore(order.revokedAt()) ? order.revokedAt() : at;
        return new Retention(revokedAt.isBefore(end) ? revokedAt : end, retentionDays, generation, held, destruction);
    }

    /** From when on the evidence may be destroyed. */
    public Instant keptUntil() {
        return end.plus(Duration.ofDays(retentionDays));
    }

    /** Judges an order. @param at when it came: the time of its record, never later than now */
    public Answer take(Order.OfRetention order, Instant at) {
        if (order.generation() <= generation) {
            return new Answer.Refused(
                    "generation " + order.generation() + " is not newer than " + generation + "; was it sent before?");
        }
        return switch (order) {
            case Order.Hold hold -> take(hold);
            case Order.Release release -> take(release);
            case Order.Destruction wanted -> take(wanted, at);
        };
    }

    private Answer take(Order.Hold hold) {
        return held
                ? new Answer.Refused("the warrant's evidence is held already")
                : accepted(hold.generation(), true, false);
    }

    private Answer take(Order.Release release) {
        return held
                ? accepted(release.generation(), false, false)
                : new Answer.Refused("the warrant's evidence is not held");
    }

    private Answer take(Order.Destruction wanted, Instant at) {
        if (destruction) {
            return new Answer.Refused("the destruction of the warrant's content is ordered already");
        }
        if (at.isBefore(end)) {
            return new Answer.Refused("the warrant has not ended; it ends at " + end);
        }
        if (held) {
            return new Answer.Refused("the warrant's evidence is held; it must be released first");
        }
        if (at.isBefore(keptUntil())) {
            return new Answer.Refused("the warrant's evidence must be kept until " + keptUntil() + ", " + retentionDays
                    + " days after its end");
        }
        return accepted(wanted.generation(), false, true);
    }

    private Answer accepted(long newest, boolean nowHeld, boolean nowDestruction) {
        return new Answer.Accepted(new Retention(end, retentionDays, newest, nowHeld, nowDestruction));
    }

    /** Why the content can't be destroyed now; empty if it must be. */
    public Optional<String> hindrance(boolean sealed) {
        if (!destruction) {
            return Optional.of("nobody ordered it");
        }
        return sealed ? Optional.empty() : Optional.of("the warrant's evidence is not sealed yet");
    }

    /** A line that {@link #parse} reads. */
    public String text() {
        return end + " " + retentionDays + " " + generation + " " + held + " " + destruction;
    }

    /** Reads {@link #text}. @throws IllegalArgumentException if it is none */
    public static Retention parse(String text) {
        String[] parts = text.split(" ", -1);
        try {
            if (parts.length == PARTS) {
                return new Retention(
                        Instant.parse(parts[0]),
                        Integer.parseInt(parts[1]),
                        Long.parseLong(parts[2]),
                        Boolean.parseBoolean(parts[3]),
                        Boolean.parseBoolean(parts[4]));
            }
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("not a state of retention: " + text, e);
        }
        throw new IllegalArgumentException("not a state of retention: " + text);
    }
}
