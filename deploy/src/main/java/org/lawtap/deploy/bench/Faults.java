package org.lawtap.deploy.bench;

import java.util.concurrent.atomic.AtomicInteger;

/** What a {@link LoadApiServer} is told to do wrong; for tests of its clients. Safe for many threads. */
public final class Faults {
    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicInteger truncations = new AtomicInteger();
    private volatile int refusalStatus = 503;
    private volatile boolean hanging;
    private volatile Runnable dropper = () -> {};
    private final LoadCluster cluster;

    Faults(LoadCluster cluster) {
        this.cluster = cluster;
    }

    void onDrop(Runnable drop) {
        dropper = drop;
    }

    /** Resets every connection that is open now. */
    public void dropConnections() {
        dropper.run();
    }

    /** Watches say nothing more and do not end, for as long as this is true; their connections stay open. */
    public void hangWatches(boolean hang) {
        hanging = hang;
        cluster.wake();
    }

    /** Answers the next requests with this status: 410, 429 or any 5xx. 429 and 503 ask to come back after a second. */
    public void refuse(int status, int requests) {
        refusalStatus = status;
        refusals.set(requests);
    }

    /** Ends the next bodies in the middle of a JSON object, and in HTTP's eyes properly. */
    public void truncate(int bodies) {
        truncations.set(bodies);
    }

    /** Forgets all history: watches from before now and lists that were begun are told 410. */
    public void forget() {
        cluster.forget();
    }

    boolean hanging() {
        return hanging;
    }

    /** The status to refuse this request with, or 0. */
    int takeRefusal() {
        return take(refusals) ? refusalStatus : 0;
    }

    boolean takeTruncation() {
        return take(truncations);
    }

    private static boolean take(AtomicInteger left) {
        return left.getAndUpdate(count -> Math.max(0, count - 1)) > 0;
    }
}
