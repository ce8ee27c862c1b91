package org.lawtap.deploy.bench;

import java.util.Arrays;

/** Delays of many events, nanoseconds; owned by whoever synchronizes. */
final class Delays {
    private static final double NANOS_PER_MS = 1e6;

    private long[] nanos = new long[4096];
    private int count;

    void add(long delay) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, count * 2);
        }
        nanos[count++] = delay;
    }

    int count() {
        return count;
    }

    /** The delay that this part of all does not exceed (nearest rank), milliseconds; 0 if there is none. */
    double quantileMs(double part) {
        if (count == 0) {
            return 0;
        }
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        int rank = Math.max(1, (int) Math.ceil(part * count));
        return sorted[rank - 1] / NANOS_PER_MS;
    }
}
