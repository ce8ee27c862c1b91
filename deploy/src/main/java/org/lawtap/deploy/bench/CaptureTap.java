package org.lawtap.deploy.bench;

/** A running capture. Owned by one thread. */
interface CaptureTap extends AutoCloseable {
    /** Whose cost is measured. */
    MeasuredProcess process();

    /** What it captured until now, once that stands still; only of a way that {@link CaptureWay#tells}. */
    Count count() throws BenchException, InterruptedException;

    /** Ends it and returns all that it captured. */
    Count end() throws BenchException, InterruptedException;

    @Override
    void close();

    /** Packets. @param dropped lost by the kernel's count; -1: it does not say */
    record Count(long kept, long dropped) {
        Count since(Count before) {
            return new Count(kept - before.kept, dropped < 0 || before.dropped < 0 ? -1 : dropped - before.dropped);
        }
    }
}
