package org.lawtap.deploy.bench.peer;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The CPU time of a process by its clock (clock_getcpuclockid(3)): user and system time of all its threads, those that ended too.
 * The same time as utime and stime of proc_pid_stat(5), which tell it in steps of 10 ms; a lean capture costs no more in a second.
 */
public final class CpuClock {
    private static final int TIMESPEC_BYTES = 16;
    private static final int CLOCK_SCHEDULER = 2;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final MethodHandle CLOCK_GETTIME = clockGettime();

    private CpuClock() {}

    /** Nanoseconds of CPU time since the process began. @throws IOException when there is no such process */
    public static long nanos(long pid) throws IOException {
        // Linux' form of a process's clock id, as glibc makes it.
        int clock = (~Math.toIntExact(pid) << 3) | CLOCK_SCHEDULER;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment time = arena.allocate(TIMESPEC_BYTES, Long.BYTES);
            if ((int) CLOCK_GETTIME.invokeExact(clock, time) != 0) {
                throw new IOException("process " + pid + " has no CPU clock any more");
            }
            return time.get(ValueLayout.JAVA_LONG, 0) * NANOS_PER_SECOND + time.get(ValueLayout.JAVA_LONG, Long.BYTES);
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("restricted") // the launcher grants native access
    private static MethodHandle clockGettime() {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow("clock_gettime"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
    }
}
