package org.lawtap.warrants;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.lawtap.warrants.topology.Recency;

/**
 * Measures {@link Recency} in rounds: where the topics of pods and orders end at a moment; until all before it is placed, wait; where the
 * inner topics end then; until all before that is in the stores, wait. Then the stores hold what was published until that moment, whichever
 * replica has which partition. {@link #look} belongs to one thread.
 */
final class Rounds implements Recency {
    /** Longer than a round on a busy machine takes, and short beside the lives of pods. */
    static final Duration BEHIND_MAX = Duration.ofSeconds(5);

    /** After which a round is given up: what it waits for may have been taken back by a broker that failed. */
    static final Duration ROUND_MAX = Duration.ofMinutes(1);

    private final Positions positions;
    private final Clock clock;
    private Instant begun = Instant.EPOCH;
    private @Nullable Map<TopicPartition, Long> published;
    private @Nullable Map<TopicPartition, Long> placed;
    private volatile Instant reached = Instant.EPOCH;

    /** Where topics and their readers stand. */
    interface Positions {
        /** Behind the last committed record of each partition of pods and orders. */
        Map<TopicPartition, Long> published() throws ExecutionException, InterruptedException;

        /** Behind the last record of each partition of the inner topics, committed or not yet. */
        Map<TopicPartition, Long> placed() throws ExecutionException, InterruptedException;

        /** Of these partitions those with records before the given offset that are not processed and committed yet. */
        Set<TopicPartition> behind(Map<TopicPartition, Long> ends) throws ExecutionException, InterruptedException;
    }

    Rounds(Positions positions, Clock clock) {
        this.positions = positions;
        this.clock = clock;
    }

    /** Goes on as far as it can now; returns whether that was the end of a round. */
    boolean look() throws ExecutionException, InterruptedException {
        if (clock.instant().isAfter(begun.plus(ROUND_MAX))) {
            published = null;
            placed = null;
        }
        Map<TopicPartition, Long> inputs = published;
        if (inputs == null) {
            begun = clock.instant();
            inputs = new HashMap<>(positions.published());
            published = inputs;
        }
        Map<TopicPartition, Long> inner = placed;
        if (inner == null) {
            inputs.keySet().retainAll(positions.behind(inputs));
            if (!inputs.isEmpty()) {
                return false;
            }
            inner = new HashMap<>(positions.placed());
            placed = inner;
        }
        inner.keySet().retainAll(positions.behind(inner));
        if (!inner.isEmpty()) {
            return false;
        }
        reached = begun;
        published = null;
        placed = null;
        return true;
    }

    @Override
    public boolean current(Instant now) {
        return !now.isAfter(until().plus(BEHIND_MAX));
    }

    /** The stores hold what was published until then; the epoch if that is not known yet. */
    Instant until() {
        return reached;
    }
}
