package org.lawtap.deploy.simulation;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A broken part that can be planted, to see that the oracle notices: each breaks the invariant that it names. */
public enum Fault {
    NONE(null),
    CORE_FORGETS_REVOCATIONS(Invariant.NOTHING_WITHOUT_A_WARRANT),
    CORE_FORGETS_GONE_PODS(Invariant.NOTHING_WITHOUT_A_WARRANT),
    CORE_SERVES_ONE_WARRANT_ONLY(Invariant.EVERYTHING_THAT_MATCHES),
    WATCHER_NEVER_LISTS_AGAIN(Invariant.EVERYTHING_THAT_MATCHES),
    WORKER_IGNORES_ITS_LEASE(Invariant.NOTHING_WITHOUT_A_WARRANT),
    WORKER_IGNORES_STOPS(Invariant.NOTHING_WITHOUT_A_WARRANT),
    WORKER_TRUSTS_ANYBODY(Invariant.NOTHING_WITHOUT_A_WARRANT),
    WORKER_IGNORES_THE_END(Invariant.NOTHING_OUTSIDE_THE_WINDOW),
    WORKER_MIXES_TOPICS(Invariant.NO_DATA_IN_ANOTHERS_TOPIC),
    WORKER_LOSES_A_BATCH(Invariant.EACH_PACKET_IN_ONE_CLASS),
    SINK_FILES_INTO_ANOTHER_WARRANT(Invariant.NO_DATA_IN_ANOTHERS_TOPIC),
    SINK_SKIPS_A_BATCH(Invariant.EACH_PACKET_IN_ONE_CLASS);

    private final @Nullable Invariant breaks;

    Fault(@Nullable Invariant breaks) {
        this.breaks = breaks;
    }

    /** What it breaks; nothing for {@link #NONE}. */
    public Optional<Invariant> breaks() {
        return Optional.ofNullable(breaks);
    }
}
