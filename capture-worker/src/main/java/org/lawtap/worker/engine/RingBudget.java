package org.lawtap.worker.engine;

/**
 * How large the next ring is: as large as the settings allow while there is plenty of the memory set aside for rings, smaller as
 * it gets scarce, so that a node with a few captures bears long stalls and one with hundreds fits in. Owned by one thread.
 */
final class RingBudget {
    /** The smallest ring that still has four blocks of full size; given also when nothing is left. */
    static final long LEAST_BYTES = 2L << 20;

    /** A ring takes at most this part of what is left. */
    private static final int PART = 32;

    private final long most;
    private long left;

    /** @param most of one ring @param all of all rings together, as far as {@link #LEAST_BYTES} each allows */
    RingBudget(long most, long all) {
        this.most = most;
        this.left = all;
    }

    /** Takes memory for one ring; returns its size. */
    long take() {
        long bytes = Math.min(most, Math.max(LEAST_BYTES, Long.highestOneBit(Math.max(1, left / PART))));
        left -= bytes;
        return bytes;
    }

    /** Gives a ring's memory back. */
    void giveBack(long bytes) {
        left += bytes;
    }
}
