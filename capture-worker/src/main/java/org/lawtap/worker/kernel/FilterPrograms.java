package org.lawtap.worker.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The two classic BPF programs that need no compiler, and the way a socket gets one. */
public final class FilterPrograms {
    /** BPF_RET | BPF_K. */
    private static final short RETURN = 6;

    /** struct sock_fprog of 64-bit Linux. */
    private static final int PROGRAM_BYTES = 16;

    private static final int INSTRUCTION_BYTES = 8;
    private static final int INSTRUCTIONS_MAX = 4096;

    private FilterPrograms() {}

    /** Gives a socket this program in place of the one it has, in one step; classic BPF, 8 bytes an instruction. */
    public static void attach(int fd, byte[] program) throws KernelException {
        int instructions = program.length / INSTRUCTION_BYTES;
        if (program.length % INSTRUCTION_BYTES != 0 || instructions == 0 || instructions > INSTRUCTIONS_MAX) {
            throw new IllegalArgumentException("a BPF program of " + program.length + " bytes");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment code = arena.allocate(program.length, 8);
            MemorySegment.copy(program, 0, code, ValueLayout.JAVA_BYTE, 0, program.length);
            MemorySegment header = arena.allocate(PROGRAM_BYTES, 8);
            header.set(ValueLayout.JAVA_SHORT, 0, (short) instructions);
            header.set(ValueLayout.ADDRESS, 8, code);
            Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_ATTACH_FILTER, header, "SO_ATTACH_FILTER");
        }
    }

    /** Keeps nothing: what a socket has until the pod's identity is proven. */
    public static byte[] dropAll() {
        return returns(0);
    }

    /** Keeps every frame, cut at the snap length. */
    public static byte[] acceptAll() {
        return returns(PacketRing.SNAP_LENGTH);
    }

    private static byte[] returns(int bytes) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.nativeOrder())
                .putShort(RETURN)
                .put((byte) 0)
                .put((byte) 0)
                .putInt(bytes)
                .array();
    }
}
