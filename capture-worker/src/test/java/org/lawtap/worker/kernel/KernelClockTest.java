package org.lawtap.worker.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.ClockState;

class KernelClockTest {
    /** The kernel's bound grows by 500 ppm while nobody sets it, up to 16 s: NTP_PHASE_LIMIT. */
    private static final long ERROR_MAX_NS = 16_000_000_000L;

    @Test
    void tellsTheKernelsClock() throws IOException {
        ClockState state = KernelClock.read();
        assertThat(state.source())
                .isEqualTo(Files.readString(Path.of("/sys/devices/system/clocksource/clocksource0/current_clocksource"))
                        .strip());
        assertThat(state.maxErrorNs()).isBetween(1L, ERROR_MAX_NS);
    }
}
