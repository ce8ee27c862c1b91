package org.lawtap.sink.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RebuildMeterTest {
    private static final long SECOND = 1_000_000_000L;

    private final AtomicLong time = new AtomicLong(5);
    private final StringWriter said = new StringWriter();

    @Test
    void drawsABarWithItsRateOnATerminal() {
        RebuildMeter meter = meter(true);
        time.addAndGet(2 * SECOND);
        meter.read(1100, 1000, 600_000_000);
        assertThat(said.toString())
                .isEqualTo("\r[==========          ]  50 %  1,000 records, to offset 1,100 of 2,100  600 MB  300 MB/s");
        meter.done();
        assertThat(said.toString()).endsWith(" \r");
    }

    @Test
    void coversALongerLineByAShorterOne() {
        RebuildMeter meter = meter(true);
        time.addAndGet(SECOND);
        meter.read(2100, 2000, 600_000_000);
        int width = said.toString().length() - 1;
        time.addAndGet(SECOND);
        meter.sorted(1_000_000, 2_000_000);
        assertThat(said.toString()).hasSize(2 * (width + 1)).contains(" 50 %  put in order  1 MB");
    }

    @Test
    void saysALineNowAndThenElsewhere() {
        RebuildMeter meter = meter(false);
        for (int tenths = 0; tenths < 120; tenths++) {
            time.addAndGet(SECOND / 10);
            meter.read(200 + tenths, tenths, tenths * 1_000_000L);
        }
        meter.done();
        assertThat(said.toString().lines())
                .containsExactly(
                        "lawtap rebuild: 7 %  49 records, to offset 249 of 2,100  49 MB  10 MB/s",
                        "lawtap rebuild: 9 %  99 records, to offset 299 of 2,100  99 MB  10 MB/s");
    }

    @Test
    void isSilentWhenItIsSoonOver() {
        RebuildMeter meter = meter(false);
        meter.read(2100, 2000, 1);
        meter.done();
        assertThat(said.toString()).isEmpty();
    }

    private RebuildMeter meter(boolean terminal) {
        return new RebuildMeter("rebuild", new PrintWriter(said), terminal, time::get, 100, 2100);
    }
}
