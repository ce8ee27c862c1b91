package org.lawtap.worker.command;

import java.util.function.BooleanSupplier;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads commands for as long as the worker lives. A worker that starts while Kafka is away waits for it: until all commands of the past
 * are read nothing was handed on, so the reading can begin anew. Owned by one thread.
 */
public final class CommandLoop {
    private static final Logger LOG = LoggerFactory.getLogger(CommandLoop.class);

    private final Opening opening;
    private @Nullable CommandReader reader;

    /** Where a reading begins. */
    public interface Opening {
        /** @throws TimeoutException if Kafka did not answer for a while */
        CommandReader open();
    }

    public CommandLoop(Opening opening) {
        this.opening = opening;
    }

    /** Returns when {@code ending} says so. @param read called again and again while all commands there are were read */
    public void run(BooleanSupplier ending, Runnable read) {
        while (!ending.getAsBoolean()) {
            if (look()) {
                read.run();
            }
        }
    }

    private boolean look() {
        CommandReader current = reader;
        try {
            if (current == null) {
                current = opening.open();
                reader = current;
            }
            current.poll();
            return current.live();
        } catch (TimeoutException e) {
            if (current != null && current.live()) {
                throw e;
            }
            LOG.warn("Kafka does not answer, commands are read when it does: {}", e.getMessage());
            reader = null;
            return false;
        }
    }
}
