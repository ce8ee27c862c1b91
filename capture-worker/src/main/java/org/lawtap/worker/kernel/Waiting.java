package org.lawtap.worker.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Waits until one of some descriptors has something. */
public final class Waiting {
    private Waiting() {}

    /** Returns when a descriptor is readable or in error, or after {@code timeoutMs}. */
    public static void forAny(List<Integer> fds, int timeoutMs) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pollfds = arena.allocate(Math.max(1, fds.size()) * (long) Libc.POLLFD_BYTES, 4);
            for (int i = 0; i < fds.size(); i++) {
                pollfds.set(ValueLayout.JAVA_INT, i * (long) Libc.POLLFD_BYTES, fds.get(i));
                pollfds.set(ValueLayout.JAVA_SHORT, i * (long) Libc.POLLFD_BYTES + 4, Libc.POLLIN);
            }
            Libc.poll(pollfds, fds.size(), timeoutMs);
        }
    }
}
