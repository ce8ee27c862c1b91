package org.lawtap.worker.session;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a worker's captures stand at. Packets are of all sessions since the worker began.
 *
 * @param captures wanted now: commanded, in the warrant's window, with a lease
 * @param blind of these, captures without a session
 * @param blindSince since when the one that is blind for longest is; null if none is
 * @param degraded sessions whose tap is known not to see all
 * @param silent sessions that have kept no packet for long
 * @param leftBehind packets that the log had no room for
 * @param unseen packets that passed the interface or the pod and not the tap
 * @param lastCheckpoint when a session last made one; null if none did
 */
public record LoopFigures(
        int captures,
        int sessions,
        int blind,
        @Nullable Instant blindSince,
        int degraded,
        int silent,
        long delivered,
        long deliveredBytes,
        long kernelDropped,
        long leftBehind,
        long unseen,
        long checkpoints,
        @Nullable Instant lastCheckpoint) {
    /** Of a loop that has not begun. */
    public static final LoopFigures NONE = new LoopFigures(0, 0, 0, null, 0, 0, 0, 0, 0, 0, 0, 0, null);

    /** What sessions have counted. Owned by one thread. */
    static final class Sum {
        private int degraded;
        private long delivered;
        private long deliveredBytes;
        private long kernelDropped;
        private long leftBehind;
        private long unseen;
        private long checkpoints;
        private @Nullable Instant lastCheckpoint;

        void add(Session.Figures session) {
            degraded += session.unseen() > 0 ? 1 : 0;
            delivered += session.delivered();
            deliveredBytes += session.deliveredBytes();
            kernelDropped += session.kernelDropped();
            leftBehind += session.leftBehind();
            unseen += session.unseen();
            checkpoints += session.checkpoints();
            Instant at = session.lastCheckpoint();
            if (at != null && (lastCheckpoint == null || at.isAfter(lastCheckpoint))) {
                lastCheckpoint = at;
            }
        }

        /** The same without the sessions that are degraded now: these are over. */
        Sum past() {
            Sum copy = new Sum();
            copy.delivered = delivered;
            copy.deliveredBytes = deliveredBytes;
            copy.kernelDropped = kernelDropped;
            copy.leftBehind = leftBehind;
            copy.unseen = unseen;
            copy.checkpoints = checkpoints;
            copy.lastCheckpoint = lastCheckpoint;
            return copy;
        }

        LoopFigures with(int captures, int sessions, int blind, @Nullable Instant blindSince, int silent) {
            return new LoopFigures(
                    captures,
                    sessions,
                    blind,
                    blindSince,
                    degraded,
                    silent,
                    delivered,
                    deliveredBytes,
                    kernelDropped,
                    leftBehind,
                    unseen,
                    checkpoints,
                    lastCheckpoint);
        }
    }
}
