package org.lawtap.deploy.pod;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** The calls of the C library that the pod's process needs; each returns what its man page says, errno stands in {@link #errno}. */
final class Libc {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle SOCKET = call(
            "socket",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final MethodHandle BIND = call(
            "bind",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final MethodHandle SEND = call(
            "send",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT));
    private static final MethodHandle CLOSE =
            call("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final MemorySegment state;

    Libc(Arena arena) {
        state = arena.allocate(STATE);
    }

    /** The error number of the last call that failed. */
    int errno() {
        return (int) ERRNO.get(state, 0L);
    }

    /** socket(2). */
    int socket(int domain, int type, int protocol) {
        try {
            return (int) SOCKET.invokeExact(state, domain, type, protocol);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** bind(2). */
    int bind(int socket, MemorySegment address, int length) {
        try {
            return (int) BIND.invokeExact(state, socket, address, length);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** send(2). */
    long send(int socket, MemorySegment bytes, long length, int flags) {
        try {
            return (long) SEND.invokeExact(state, socket, bytes, length, flags);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** close(2). */
    int close(int socket) {
        try {
            return (int) CLOSE.invokeExact(state, socket);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("restricted") // the launcher grants native access
    private static MethodHandle call(String name, FunctionDescriptor shape) {
        MemorySegment address = LINKER.defaultLookup().findOrThrow(name);
        return LINKER.downcallHandle(address, shape, Linker.Option.captureCallState("errno"));
    }
}
