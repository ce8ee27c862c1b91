package org.lawtap.warrants;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread that measures how recent the stores are, and tells when they are not. */
final class Lookout implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Lookout.class);
    private static final Duration LOOK = Duration.ofMillis(100);

    /** Between two rounds: each costs Kafka some requests, and a few seconds are allowed. */
    private static final Duration REST = Duration.ofMillis(500);

    /** A start, and a failure of which a word is said. */
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

    private final GroupPositions positions;
    private final Rounds rounds;
    private final Clock clock;
    private final Instant begin;
    private final Thread thread;
    private volatile boolean closed;
    private boolean told;
    private String why = "";

    Lookout(GroupPositions positions, Rounds rounds, Clock clock) {
        this.positions = positions;
        this.rounds = rounds;
        this.clock = clock;
        this.begin = clock.instant();
        this.thread = Thread.ofPlatform().daemon().name("warrants-lookout").start(this::run);
    }

    private void run() {
        while (!closed) {
            boolean ended = false;
            try {
                try {
                    ended = rounds.look();
                    why = "";
                } catch (ExecutionException e) {
                    why = ", and Kafka can't be asked: " + e.getCause();
                } catch (RuntimeException e) {
                    // Whatever it is: without this thread nothing would ever begin again, and nobody would say why.
                    why = ", and Kafka can't be asked: " + e;
                }
                tell(clock.instant());
                Thread.sleep(ended ? REST : LOOK);
            } catch (InterruptedException e) {
                // Closed.
            }
        }
        // An interrupt would leave the consumer open.
        Thread.interrupted();
        positions.close();
    }

    private void tell(Instant now) {
        if (rounds.current(now)) {
            if (told) {
                LOG.info("deciding on what is recent again");
            }
            told = false;
        } else if (!told && behind().compareTo(PATIENCE) > 0) {
            told = true;
            LOG.warn(
                    "what pods and orders say is behind by {} s{}; until it has caught up no capture begins and none is renewed",
                    behind().toSeconds(),
                    why);
        }
    }

    /** Of what was published, how far back all is known; of what was published before this began, nothing is said. */
    Duration behind() {
        Instant until = rounds.until().isBefore(begin) ? begin : rounds.until();
        return Duration.between(until, clock.instant());
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(CLOSE_TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
