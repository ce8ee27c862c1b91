package org.lawtap.worker.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.lawtap.schemas.model.ClockState;

/** What this node's kernel says of the clock that gives packets their times. */
public final class KernelClock {
    private static final Path SOURCE = Path.of("/sys/devices/system/clocksource/clocksource0/current_clocksource");

    /** struct timex of linux/timex.h on 64-bit machines: modes 0, maxerror 24 (microseconds), status 40. */
    private static final int TIMEX_BYTES = 208;

    private static final int MAX_ERROR_AT = 24;
    private static final int STATUS_AT = 40;
    private static final int STA_UNSYNC = 0x40;
    private static final long NS_PER_US = 1000;

    private KernelClock() {}

    /** Asks; needs no capability, but a container's system call filter may refuse it: then the state is unknown. */
    public static ClockState read() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment timex = arena.allocate(TIMEX_BYTES, ValueLayout.JAVA_LONG.byteAlignment());
            Libc.adjtimex(timex);
            boolean synchronised = (timex.get(ValueLayout.JAVA_INT, STATUS_AT) & STA_UNSYNC) == 0;
            long maxErrorUs = timex.get(ValueLayout.JAVA_LONG, MAX_ERROR_AT);
            return new ClockState(Files.readString(SOURCE).strip(), synchronised, maxErrorUs * NS_PER_US);
        } catch (IOException e) {
            return ClockState.UNKNOWN;
        }
    }
}
