package org.lawtap.worker.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small eBPF programs, pinned where ip(8) and tc(8) find them, by bpf(2). Needs root. */
@SuppressWarnings("restricted") // native calls are this class's purpose
public final class BpfPrograms implements AutoCloseable {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle SYSCALL = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS,
                    ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(1));
    private static final long SYS_BPF = System.getProperty("os.arch").equals("aarch64") ? 280 : 321;
    private static final int PROG_LOAD = 5;
    private static final int OBJ_PIN = 6;
    private static final int ATTRIBUTE_BYTES = 128;
    private static final int SCHED_CLS = 3;
    private static final int XDP = 6;
    private static final int REDIRECT_PEER = 155;
    private static final int TC_ACT_SHOT = 2;
    private static final int XDP_DROP = 1;

    private final Path directory;

    /** @param directory a new, empty directory */
    public BpfPrograms(Path directory) throws IOException {
        this.directory = directory;
        Namespaces.run("mount", "-t", "bpf", "bpf", directory.toString());
    }

    /** For tc: drops every packet. */
    public String tcDrop() throws IOException {
        return pin("tc-drop", SCHED_CLS, move(0, TC_ACT_SHOT), exit());
    }

    /** For XDP: drops every packet. */
    public String xdpDrop() throws IOException {
        return pin("xdp-drop", XDP, move(0, XDP_DROP), exit());
    }

    /** For tc ingress: hands every packet to the other end of this interface, past the interface itself. */
    public String redirectPeer(int interfaceIndex) throws IOException {
        return pin("peer", SCHED_CLS, move(1, interfaceIndex), move(2, 0), call(REDIRECT_PEER), exit());
    }

    @Override
    public void close() throws IOException {
        Namespaces.run("umount", directory.toString());
        Files.deleteIfExists(directory);
    }

    private String pin(String name, int type, long... instructions) throws IOException {
        String path = directory.resolve(name).toString();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment load = arena.allocate(ATTRIBUTE_BYTES, 8);
            load.set(ValueLayout.JAVA_INT, 0, type);
            load.set(ValueLayout.JAVA_INT, 4, instructions.length);
            load.set(ValueLayout.ADDRESS, 8, arena.allocateFrom(ValueLayout.JAVA_LONG, instructions));
            load.set(ValueLayout.ADDRESS, 16, arena.allocateFrom("GPL"));
            int fd = bpf(PROG_LOAD, load);
            try {
                MemorySegment pin = arena.allocate(ATTRIBUTE_BYTES, 8);
                pin.set(ValueLayout.ADDRESS, 0, arena.allocateFrom(path));
                pin.set(ValueLayout.JAVA_INT, 8, fd);
                bpf(OBJ_PIN, pin);
            } finally {
                Libc.close(fd);
            }
        }
        return path;
    }

    private static int bpf(int command, MemorySegment attribute) throws IOException {
        try {
            long result = (long) SYSCALL.invokeExact(SYS_BPF, command, attribute, ATTRIBUTE_BYTES);
            if (result < 0) {
                throw new IOException("bpf command " + command + " failed; are you root?");
            }
            return (int) result;
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** An instruction: u8 code | u4 destination | u4 source | i16 offset | i32 immediate. */
    private static long instruction(int code, int destination, int immediate) {
        return code | (long) destination << 8 | (long) immediate << 32;
    }

    private static long move(int register, int value) {
        return instruction(0xb7, register, value);
    }

    private static long call(int function) {
        return instruction(0x85, 0, function);
    }

    private static long exit() {
        return instruction(0x95, 0, 0);
    }
}
