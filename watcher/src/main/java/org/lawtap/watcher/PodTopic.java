package org.lawtap.watcher;

import java.util.List;
import java.util.function.Consumer;
import org.lawtap.schemas.model.PodEvent;

/** The topic {@code lawtap.pods} as the one leader writes it. From its opening on no earlier leader can write. Owned by one thread. */
interface PodTopic extends AutoCloseable {
    /** Events of one transaction at most. */
    int TRANSACTION_EVENTS_MAX = 500;

    /** Hands over what this cluster's earlier leaders said, and drops GONE records that nobody needs any more. */
    void restore(Consumer<PodEvent> into) throws PublishException;

    /** Stores the events in this order, all or none; returns when they stand. @param events at most {@link #TRANSACTION_EVENTS_MAX} */
    void publish(List<PodEvent> events) throws PublishException;

    @Override
    void close();
}
