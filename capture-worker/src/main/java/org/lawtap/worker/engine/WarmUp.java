package org.lawtap.worker.engine;

import java.io.IOException;
import java.util.List;
import org.lawtap.worker.kernel.PacketRing;
import org.lawtap.worker.kernel.Waiting;

/**
 * Does often at once, on the loopback, what is done for a ring some dozen times a second: a JVM interprets for minutes what runs so
 * seldom, and that was half of what a capture of small packets cost. Nothing is captured.
 */
public final class WarmUp {
    /** After so many a JVM has compiled it for good; they take a tenth of a second. */
    private static final int ROUNDS = 20_000;

    private static final int LOOPBACK_INDEX = 1;

    private WarmUp() {}

    /** Warms up; needs what a capture needs. */
    public static void run() throws IOException {
        RingBudget budget = new RingBudget(PacketRing.BLOCK_BYTES, PacketRing.BLOCK_BYTES);
        try (PacketSource source = RingSource.open(LOOPBACK_INDEX, budget)) {
            List<Integer> descriptors = List.of(source.descriptor());
            for (int round = 0; round < ROUNDS; round++) {
                source.poll(frame -> true, 1);
                source.counts();
                source.takeInterruption();
                Waiting.forAny(descriptors, 0);
            }
        }
    }
}
