package org.lawtap.watcher;

import java.util.Optional;

/** Whether this replica is the one that speaks. Any thread. */
interface Leadership extends AutoCloseable {
    /** Whether it leads now. */
    boolean held();

    /** Why a replica that doesn't lead could not take over; empty if it could. */
    Optional<String> hindrance();

    /** Gives leadership back. */
    @Override
    void close();

    /** Of a replica that is alone. The topic's fence protects it from one that should not be there. */
    record Alone() implements Leadership {
        @Override
        public boolean held() {
            return true;
        }

        @Override
        public Optional<String> hindrance() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }
}
