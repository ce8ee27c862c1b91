package org.lawtap.worker.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** The C library: one method a call, named after its man page. Thread-safe; a failed call throws with its errno. */
@SuppressWarnings("restricted") // native calls are this class's purpose
final class Libc {
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int AF_NETLINK = 16;
    static final int AF_PACKET = 17;
    static final int SOCK_STREAM = 1;
    static final int SOCK_RAW = 3;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int SOCK_NONBLOCK = 0x800;
    static final int SOL_SOCKET = 1;
    static final int SOL_PACKET = 263;
    static final int SOL_NETLINK = 270;
    static final int SO_TYPE = 3;
    static final int SO_RCVBUF = 8;
    static final int SO_ERROR = 4;
    static final int SO_RCVTIMEO = 20;
    static final int SO_ATTACH_FILTER = 26;
    static final int PROT_READ_WRITE = 3;
    static final int MAP_SHARED = 1;
    static final short POLLIN = 1;
    static final int POLLFD_BYTES = 8;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final ThreadLocal<MemorySegment> CAPTURED =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final java.lang.foreign.AddressLayout POINTER = ValueLayout.ADDRESS;

    private static final MethodHandle SOCKET = handle("socket", FunctionDescriptor.of(INT, INT, INT, INT));
    private static final MethodHandle BIND = handle("bind", FunctionDescriptor.of(INT, INT, POINTER, INT));
    private static final MethodHandle SETSOCKOPT =
            handle("setsockopt", FunctionDescriptor.of(INT, INT, INT, INT, POINTER, INT));
    private static final MethodHandle GETSOCKOPT =
            handle("getsockopt", FunctionDescriptor.of(INT, INT, INT, INT, POINTER, POINTER));
    private static final MethodHandle GETSOCKNAME =
            handle("getsockname", FunctionDescriptor.of(INT, INT, POINTER, POINTER));
    private static final MethodHandle SEND = handle("send", FunctionDescriptor.of(LONG, INT, POINTER, LONG, INT));
    private static final MethodHandle RECV = handle("recv", FunctionDescriptor.of(LONG, INT, POINTER, LONG, INT));
    private static final MethodHandle RECVMSG = handle("recvmsg", FunctionDescriptor.of(LONG, INT, POINTER, INT));
    private static final MethodHandle POLL = handle("poll", FunctionDescriptor.of(INT, POINTER, LONG, INT));
    private static final MethodHandle ADJTIMEX = handle("adjtimex", FunctionDescriptor.of(INT, POINTER));
    private static final MethodHandle MMAP =
            handle("mmap", FunctionDescriptor.of(POINTER, POINTER, LONG, INT, INT, INT, LONG));
    private static final MethodHandle MUNMAP = handle("munmap", FunctionDescriptor.of(INT, POINTER, LONG));
    private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(INT, INT));
    private static final MethodHandle READ = handle("read", FunctionDescriptor.of(LONG, INT, POINTER, LONG));
    private static final MethodHandle WRITE = handle("write", FunctionDescriptor.of(LONG, INT, POINTER, LONG));
    private static final MethodHandle EVENTFD = handle("eventfd", FunctionDescriptor.of(INT, INT, INT));
    private static final MethodHandle INOTIFY_INIT = handle("inotify_init1", FunctionDescriptor.of(INT, INT));
    private static final MethodHandle INOTIFY_ADD_WATCH =
            handle("inotify_add_watch", FunctionDescriptor.of(INT, INT, POINTER, INT));
    private static final MethodHandle INOTIFY_RM_WATCH =
            handle("inotify_rm_watch", FunctionDescriptor.of(INT, INT, INT));

    private Libc() {}

    /** socket(2). */
    static int socket(int domain, int type, int protocol) throws KernelException {
        try {
            return (int) checked("socket", (int) SOCKET.invokeExact(state(), domain, type, protocol));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** bind(2). */
    static void bind(int fd, MemorySegment address) throws KernelException {
        try {
            checked("bind", (int) BIND.invokeExact(state(), fd, address, (int) address.byteSize()));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** setsockopt(2). */
    static void setsockopt(int fd, int level, int name, MemorySegment value, String what) throws KernelException {
        try {
            checked(what, (int) SETSOCKOPT.invokeExact(state(), fd, level, name, value, (int) value.byteSize()));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** getsockopt(2); fills {@code value}. */
    static void getsockopt(int fd, int level, int name, MemorySegment value, String what) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(INT, (int) value.byteSize());
            checked(what, (int) GETSOCKOPT.invokeExact(state(), fd, level, name, value, length));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** getsockname(2); fills {@code address}. */
    static void getsockname(int fd, MemorySegment address) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocateFrom(INT, (int) address.byteSize());
            checked("getsockname", (int) GETSOCKNAME.invokeExact(state(), fd, address, length));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** send(2). */
    static void send(int fd, MemorySegment bytes) throws KernelException {
        try {
            checked("send", (long) SEND.invokeExact(state(), fd, bytes, bytes.byteSize(), 0));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** recv(2); returns the number of bytes. */
    static int recv(int fd, MemorySegment into) throws KernelException {
        try {
            return (int) checked("recv", (long) RECV.invokeExact(state(), fd, into, into.byteSize(), 0));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** recvmsg(2); fills what the msghdr points to and returns the number of bytes, -1 if there is nothing now. */
    static int recvmsg(int fd, MemorySegment header) throws KernelException {
        try {
            return (int) checkedOrNothing("recvmsg", (long) RECVMSG.invokeExact(state(), fd, header, 0));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** poll(2); returns the number of ready descriptors, 0 also after a signal. */
    static int poll(MemorySegment pollfds, int count, int timeoutMs) throws KernelException {
        try {
            int ready = (int) POLL.invokeExact(state(), pollfds, (long) count, timeoutMs);
            return ready < 0 && errno() == 4 ? 0 : (int) checked("poll", ready);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** adjtimex(2); fills {@code timex}, whose modes decide what it changes. */
    static void adjtimex(MemorySegment timex) throws KernelException {
        try {
            checked("adjtimex", (int) ADJTIMEX.invokeExact(state(), timex));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** mmap(2) of a descriptor from its start, shared, readable and writable. */
    static MemorySegment mmap(int fd, long bytes) throws KernelException {
        try {
            MemorySegment at = (MemorySegment)
                    MMAP.invokeExact(state(), MemorySegment.NULL, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0L);
            checked("mmap", at.address() == -1L ? -1 : 0);
            return at.reinterpret(bytes);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** munmap(2). */
    static void munmap(MemorySegment mapped) throws KernelException {
        try {
            checked("munmap", (int) MUNMAP.invokeExact(state(), mapped, mapped.byteSize()));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** close(2). */
    static void close(int fd) throws KernelException {
        try {
            checked("close", (int) CLOSE.invokeExact(state(), fd));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** read(2); returns the number of bytes, -1 if there is nothing now. */
    static int read(int fd, MemorySegment into) throws KernelException {
        try {
            return (int) checkedOrNothing("read", (long) READ.invokeExact(state(), fd, into, into.byteSize()));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** write(2). */
    static void write(int fd, MemorySegment bytes) throws KernelException {
        try {
            checked("write", (long) WRITE.invokeExact(state(), fd, bytes, bytes.byteSize()));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** eventfd(2) with a count of 0. */
    static int eventfd(int flags) throws KernelException {
        try {
            return (int) checked("eventfd", (int) EVENTFD.invokeExact(state(), 0, flags));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** inotify_init1(2). */
    static int inotifyInit(int flags) throws KernelException {
        try {
            return (int) checked("inotify_init1", (int) INOTIFY_INIT.invokeExact(state(), flags));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** inotify_add_watch(2); returns the watch descriptor. */
    static int inotifyAddWatch(int fd, String path, int mask) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            return (int) checked("inotify_add_watch", (int)
                    INOTIFY_ADD_WATCH.invokeExact(state(), fd, arena.allocateFrom(path), mask));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** inotify_rm_watch(2). */
    static void inotifyRemoveWatch(int fd, int watch) throws KernelException {
        try {
            checked("inotify_rm_watch", (int) INOTIFY_RM_WATCH.invokeExact(state(), fd, watch));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private static MemorySegment state() {
        return CAPTURED.get();
    }

    private static int errno() {
        return (int) ERRNO.get(state(), 0L);
    }

    private static long checked(String call, long result) throws KernelException {
        if (result < 0) {
            throw new KernelException(call, errno());
        }
        return result;
    }

    /** Asked many times a second: an exception each time would cost more than all the rest. */
    private static long checkedOrNothing(String call, long result) throws KernelException {
        return result < 0 && errno() == KernelException.EAGAIN ? -1 : checked(call, result);
    }

    private static KernelException rethrown(Throwable e) {
        if (e instanceof KernelException kernel) {
            return kernel;
        }
        throw new IllegalStateException("a native call can't be made", e);
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), descriptor, Linker.Option.captureCallState("errno"));
    }
}
