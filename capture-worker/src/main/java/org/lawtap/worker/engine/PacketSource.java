package org.lawtap.worker.engine;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The packets of one interface. It begins with a filter that drops everything; nothing is captured until {@link #accept}.
 * Owned by one thread.
 */
public interface PacketSource extends AutoCloseable {
    /** Takes a frame; the view is valid during the call only. */
    @FunctionalInterface
    interface Handler {
        /** Returns whether there is room for another. */
        boolean frame(CapturedFrame frame);
    }

    /**
     * What the kernel counted since the source was opened.
     *
     * @param received packets that passed the filter, drops included
     * @param dropped packets lost because the buffer was full
     */
    record Counts(long received, long dropped) {
        /** Packets that must come out of the source. */
        public long toDeliver() {
            return received - dropped;
        }
    }

    /** {@code ring} or {@code pcap4j}. */
    String engine();

    /** Hands over what is ready, at most {@code packetsMax} and while there is room; returns how many, 0 when idle. */
    int poll(Handler handler, int packetsMax) throws IOException;

    /** From now on captures what the filter lets through. @param filter pcap-filter expression, or null for everything */
    void accept(@Nullable String filter) throws IOException;

    /** From now on captures nothing; what was captured before can still be polled. */
    void refuse() throws IOException;

    /** The kernel's counts. */
    Counts counts() throws IOException;

    /** Whether the counts are those of one moment, to the packet. */
    default boolean countsExactly() {
        return true;
    }

    /** Whether the source heard since the last call that the interface went down or away. */
    boolean takeInterruption() throws IOException;

    /** A descriptor to wait on, or -1 if there is none. */
    int descriptor();

    @Override
    void close() throws IOException;
}
