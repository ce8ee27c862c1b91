package org.lawtap.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.process.ProcessMetrics;

class SinkStatusTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    @TempDir
    private Path directory;

    private long nanos;

    @Test
    void isReadyWithAShareAndADirectoryToWriteTo() throws Exception {
        Path evidence = Files.createDirectory(directory.resolve("evidence"));
        SinkStatus status = status(evidence);
        assertThat(status.notReady()).containsExactly("the group of sinks has given this one no share yet");
        status.assigned(true);
        assertThat(status.notReady()).isEmpty();
        Files.delete(evidence);
        assertThat(status.notReady()).containsExactly("LAWTAP_EVIDENCE_DIR can't be written");
    }

    @Test
    void isNotLiveWhenItStandsStillOrHasEnded() {
        SinkStatus status = status(directory);
        nanos += 91_000_000_000L;
        assertThat(status.notLive()).containsExactly("the sink has not moved for 91 s");
        status.turned();
        assertThat(status.notLive()).isEmpty();
        status.ended();
        assertThat(status.notLive()).containsExactly("the sink's thread has ended; its log says why");
    }

    @Test
    void servesWhatItCounts() {
        try (ProcessMetrics metrics = new ProcessMetrics("sink")) {
            SinkStatus status = status(directory);
            status.measure(metrics);
            status.filed(100);
            status.filed(50);
            status.gap(7);
            status.gap(0);
            status.wrote(NOW.minusSeconds(3));
            status.sealDelayed();
            status.show(new SinkStatus.State(4, 3, 2, 1, 99, 1));
            assertThat(metrics.scrape())
                    .contains("\nlawtap_sink_records_filed_total 2.0\n")
                    .contains("\nlawtap_sink_records_filed_bytes_total 150.0\n")
                    .contains("\nlawtap_sink_gaps_total 1.0\n")
                    .contains("\nlawtap_sink_packets_missing_total 7.0\n")
                    .contains("\nlawtap_sink_write_age_seconds 3.0\n")
                    .contains("\nlawtap_sink_seals_delayed_total 1.0\n")
                    .contains("\nlawtap_sink_warrants_open 4.0\n")
                    .contains("\nlawtap_sink_warrants_silent 3.0\n")
                    .contains("\nlawtap_sink_warrants_without_key 2.0\n")
                    .contains("\nlawtap_sink_warrants_mismatched 1.0\n")
                    .contains("\nlawtap_sink_lag_records 99.0\n")
                    .contains("\nlawtap_sink_seals_due 1.0\n");
        }
    }

    private SinkStatus status(Path evidence) {
        return new SinkStatus(evidence, Clock.fixed(NOW, ZoneOffset.UTC), () -> nanos);
    }
}
