package org.lawtap.worker.log;

/**
 * Bytes that warrants share. A warrant may take more while what it has is less than what is free, so that one that takes all it
 * can get leaves as much again for the others: of n such warrants each gets 1/(n+1). (Choudhury and Hahne, "Dynamic queue length
 * thresholds", 1998.) Owned by one thread.
 */
final class Budget {
    private final long bytesMax;
    private long used;

    Budget(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /** Whether one that has {@code own} bytes may take more. */
    boolean open(long own) {
        return own < free();
    }

    long bytesMax() {
        return bytesMax;
    }

    /** Bytes that nobody has; negative after a last record went beyond. */
    long free() {
        return bytesMax - used;
    }

    long used() {
        return used;
    }

    void take(long bytes) {
        used += bytes;
    }

    void release(long bytes) {
        used -= bytes;
    }
}
