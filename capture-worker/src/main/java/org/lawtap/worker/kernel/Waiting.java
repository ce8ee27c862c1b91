package org.lawtap.worker.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Waits until one of some descriptors has something. Done some hundred times a second: it reuses its memory. */
public final class Waiting {
    private static final long POLLFD_BYTES = Libc.POLLFD_BYTES;
    private static final int FDS_LEAST = 16;
    private static final ThreadLocal<MemorySegment> POLLFDS = ThreadLocal.withInitial(() -> memory(FDS_LEAST));

    private Waiting() {}

    private static MemorySegment memory(int fds) {
        return Arena.ofAuto().allocate(fds * POLLFD_BYTES, ValueLayout.JAVA_INT.byteAlignment());
    }

    /** Returns when a descriptor is readable or in error, or after {@code timeoutMs}. */
    public static void forAny(List<Integer> fds, int timeoutMs) throws KernelException {
        int count = fds.size();
        MemorySegment pollfds = POLLFDS.get();
        if (pollfds.byteSize() < count * POLLFD_BYTES) {
            pollfds = memory(2 * count);
            POLLFDS.set(pollfds);
        }
        for (int i = 0; i < count; i++) {
            pollfds.set(ValueLayout.JAVA_INT, i * POLLFD_BYTES, fds.get(i));
            pollfds.set(ValueLayout.JAVA_SHORT, i * POLLFD_BYTES + 4, Libc.POLLIN);
        }
        Libc.poll(pollfds, count, timeoutMs);
    }
}
