package org.lawtap.worker.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Ends another thread's {@link Waiting}, by eventfd(2). {@link #wake} may be called by any thread, the rest by the waiting one. */
public final class Wakeup implements AutoCloseable {
    private static final int NONBLOCK_CLOEXEC = 0x800 | 0x80000;

    private final int fd;
    private boolean closed;

    private Wakeup(int fd) {
        this.fd = fd;
    }

    /** Opens it. */
    public static Wakeup open() throws KernelException {
        return new Wakeup(Libc.eventfd(NONBLOCK_CLOEXEC));
    }

    /** Makes the descriptor readable. */
    public synchronized void wake() throws KernelException {
        if (!closed) {
            try (Arena arena = Arena.ofConfined()) {
                Libc.write(fd, arena.allocateFrom(ValueLayout.JAVA_LONG, 1L));
            }
        }
    }

    /** Makes it unreadable again. */
    public void clear() throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            // Nothing is read when nobody has woken it.
            Libc.read(fd, count);
        }
    }

    /** The descriptor, for {@link Waiting}. */
    public int fd() {
        return fd;
    }

    @Override
    public synchronized void close() throws KernelException {
        closed = true;
        Libc.close(fd);
    }
}
