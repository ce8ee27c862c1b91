package org.lawtap.warrants.topology;

import java.time.Duration;
import org.lawtap.schemas.command.Command;

/** What is counted of deciding. Called by the topology's threads; after a failure what is decided anew counts again. */
public interface DecidingCounts {
    /** Counts nothing. */
    DecidingCounts NONE = new DecidingCounts() {
        @Override
        public void sent(Command command) {}

        @Override
        public void decided(Duration delay) {}

        @Override
        public void orderRefused() {}

        @Override
        public void deadLetter() {}

        @Override
        public void holds(String task, Held held) {}

        @Override
        public void leaves(String task) {}
    };

    /** A command goes out. */
    void sent(Command command);

    /** A pod's event led to a command. @param delay since the watcher observed it */
    void decided(Duration delay);

    void orderRefused();

    void deadLetter();

    /**
     * What a task stands at.
     *
     * @param active warrants in their window and not revoked
     * @param idle of these, ones under which nothing is captured; as of the last renewal of leases
     * @param captures commanded and not stopped
     */
    record Held(long active, long idle, long captures) {}

    /** What a task stands at now. */
    void holds(String task, Held held);

    /** The task is no longer this process's. */
    void leaves(String task);
}
