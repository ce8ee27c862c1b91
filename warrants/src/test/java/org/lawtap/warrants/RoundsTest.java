package org.lawtap.warrants;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.lawtap.warrants.topology.ManualClock;

/** Recency is the moment at which a round began whose records have all reached the stores. */
class RoundsTest {
    private static final Instant BEGIN = Instant.parse("2026-11-25T12:00:00Z");
    private static final TopicPartition PODS_0 = new TopicPartition("pods", 0);
    private static final TopicPartition PODS_1 = new TopicPartition("pods", 1);
    private static final TopicPartition INNER = new TopicPartition("inner", 0);

    private final Map<TopicPartition, Long> ends = new HashMap<>(Map.of(PODS_0, 0L, PODS_1, 0L, INNER, 0L));
    private final Map<TopicPartition, Long> committed = new HashMap<>(ends);
    private final ManualClock clock = new ManualClock(BEGIN);
    private final Rounds rounds = new Rounds(new Log(), clock);

    /** A log as numbers. */
    private final class Log implements Rounds.Positions {
        @Override
        public Map<TopicPartition, Long> published() {
            return Map.of(PODS_0, end(PODS_0), PODS_1, end(PODS_1));
        }

        @Override
        public Map<TopicPartition, Long> placed() {
            return Map.of(INNER, end(INNER));
        }

        private long end(TopicPartition partition) {
            return ends.getOrDefault(partition, 0L);
        }

        @Override
        public Set<TopicPartition> behind(Map<TopicPartition, Long> marks) {
            return marks.entrySet().stream()
                    .filter(mark -> committed.getOrDefault(mark.getKey(), 0L) < mark.getValue())
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toSet());
        }
    }

    @Test
    void isNotRecentBeforeTheFirstRound() {
        assertThat(rounds.current(BEGIN)).isFalse();
    }

    @Test
    void anIdleLogIsRecentAtOnceAndForAWhile() throws Exception {
        assertThat(rounds.look()).isTrue();
        assertThat(rounds.until()).isEqualTo(BEGIN);
        assertThat(rounds.current(BEGIN.plus(Rounds.BEHIND_MAX))).isTrue();
        assertThat(rounds.current(BEGIN.plus(Rounds.BEHIND_MAX).plusMillis(1))).isFalse();
    }

    /** The end of a partition was noted, and a broker failed before others had what stood there. */
    @Test
    void aRoundThatCantEndBeginsAnew() throws Exception {
        ends.put(PODS_0, 5L);
        rounds.look();
        ends.put(PODS_0, 4L);
        committed.put(PODS_0, 4L);
        clock.advance(Rounds.ROUND_MAX);
        rounds.look();
        assertThat(rounds.current(clock.instant())).isFalse();
        clock.advance(Duration.ofMillis(1));
        rounds.look();
        assertThat(rounds.until()).isEqualTo(clock.instant());
    }

    @Test
    void waitsForEveryPartitionAndThenForTheInnerTopic() throws Exception {
        ends.put(PODS_0, 5L);
        ends.put(PODS_1, 3L);
        assertThat(rounds.look()).isFalse();
        clock.advance(Duration.ofSeconds(1));
        committed.put(PODS_0, 5L);
        rounds.look();
        assertThat(rounds.current(clock.instant())).isFalse();
        // What comes later does not count for this round.
        ends.put(PODS_0, 9L);
        committed.put(PODS_1, 3L);
        ends.put(INNER, 8L);
        rounds.look();
        assertThat(rounds.current(clock.instant())).isFalse();
        committed.put(INNER, 8L);
        rounds.look();
        assertThat(rounds.until()).isEqualTo(BEGIN);
        // The next round sees what came meanwhile.
        rounds.look();
        rounds.look();
        assertThat(rounds.until()).isEqualTo(BEGIN);
        committed.put(PODS_0, 9L);
        rounds.look();
        assertThat(rounds.until()).isEqualTo(BEGIN.plusSeconds(1));
    }
}
