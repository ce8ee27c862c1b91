package org.lawtap.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.process.ProcessMetrics;
import org.lawtap.worker.log.LogFigures;
import org.lawtap.worker.session.LoopFigures;

class WorkerStatusTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    private long nanos = 1_000_000_000L;
    private final WorkerStatus status = new WorkerStatus(Clock.fixed(NOW, ZoneOffset.UTC), () -> nanos);

    @Test
    void isReadyWhenItsCommandsAreReadAndItsLoopTurns() {
        assertThat(status.notReady()).hasSize(2);
        status.turned(nanos);
        assertThat(status.notReady()).containsExactly("this node's commands are not read to their end yet");
        status.commandsRead();
        assertThat(status.notReady()).isEmpty();
    }

    @Test
    void isNotLiveWhenItsLoopStandsStill() {
        status.turned(nanos);
        nanos += WorkerStatus.STILL_MAX.toNanos();
        assertThat(status.notLive()).isEmpty();
        nanos += 1_000_000_000L;
        assertThat(status.notLive()).containsExactly("the capture loop has not turned for 61 s");
        status.turned(nanos);
        assertThat(status.notLive()).isEmpty();
    }

    @Test
    void isNotLiveWhenAThreadHasEnded() {
        status.failed();
        assertThat(status.notLive()).containsExactly("a thread of the worker has ended; its log says why");
    }

    @Test
    void asksForFiguresOnceASecond() {
        assertThat(status.turned(nanos)).isTrue();
        status.show(LoopFigures.NONE, LogFigures.NONE);
        nanos += 999_999_999L;
        assertThat(status.turned(nanos)).isFalse();
        nanos++;
        assertThat(status.turned(nanos)).isTrue();
    }

    @Test
    void servesWhatWasShown() {
        try (ProcessMetrics metrics = new ProcessMetrics("worker")) {
            status.measure(metrics);
            nanos += Duration.ofMillis(250).toNanos();
            status.turned(nanos - Duration.ofMillis(250).toNanos());
            status.show(
                    new LoopFigures(3, 2, 1, NOW.minusSeconds(7), 1, 0, 1000, 64_000, 5, 6, 4, 9, NOW.minusSeconds(2)),
                    new LogFigures(11, 12, 13, 14, 15));
            assertThat(metrics.scrape())
                    .contains("\nlawtap_worker_captures_wanted 3.0\n")
                    .contains("\nlawtap_worker_blind_taps 1.0\n")
                    .contains("\nlawtap_worker_blind_age_seconds 7.0\n")
                    .contains("\nlawtap_worker_sessions_degraded 1.0\n")
                    .contains("\nlawtap_worker_packets_delivered_total 1000.0\n")
                    .contains("\nlawtap_worker_packets_dropped_kernel_total 5.0\n")
                    .contains("\nlawtap_worker_packets_dropped_user_total 6.0\n")
                    .contains("\nlawtap_worker_packets_unseen_total 4.0\n")
                    .contains("\nlawtap_worker_checkpoint_age_seconds 2.0\n")
                    .contains("\nlawtap_worker_spill_bytes 13.0\n")
                    .contains("\nlawtap_worker_spill_free_bytes 14.0\n")
                    .contains("\nlawtap_worker_refusals_total 15.0\n")
                    .contains("\nlawtap_worker_loop_turn_max_seconds 0.25\n")
                    .contains("\nlawtap_worker_loop_turns_total 1.0\n");
        }
    }
}
