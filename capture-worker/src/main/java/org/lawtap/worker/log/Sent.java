package org.lawtap.worker.log;

import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;

/**
 * A record that the producer has taken. The producer's thread says what became of it; everything else belongs to the capture
 * thread.
 */
final class Sent {
    private final SessionId session;
    private final int bytes;
    private final long at;
    private byte @Nullable [] value;
    private @Nullable Place place;
    private @Nullable Exception failure;
    private volatile boolean done;

    /** @param place where it stands on the disk; null if it came directly, and then {@code value} is kept */
    Sent(SessionId session, byte[] value, @Nullable Place place, long at) {
        this.session = session;
        this.bytes = value.length;
        this.at = at;
        this.value = place == null ? value : null;
        this.place = place;
    }

    /** Called once, by any thread. */
    void done(@Nullable Exception why) {
        failure = why;
        done = true;
    }

    boolean isDone() {
        return done;
    }

    /** Why it was not stored; null if it was. Only when it is done. */
    @Nullable
    Exception failure() {
        return failure;
    }

    SessionId session() {
        return session;
    }

    int bytes() {
        return bytes;
    }

    /** When the producer took it, nanoseconds. */
    long at() {
        return at;
    }

    /** The record while it is nowhere else but in the producer. */
    byte @Nullable [] value() {
        return value;
    }

    @Nullable
    Place place() {
        return place;
    }

    /** It is on the disk now. */
    void keptAt(Place where) {
        place = where;
        value = null;
    }
}
