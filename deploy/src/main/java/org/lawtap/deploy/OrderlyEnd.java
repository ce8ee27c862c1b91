package org.lawtap.deploy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGINT and SIGTERM into an interrupt of the thread that made it, and holds the end of the JVM up until that thread has
 * put things in order and closed this.
 */
public final class OrderlyEnd implements AutoCloseable {
    private final CountDownLatch done = new CountDownLatch(1);

    /** @param limit how long the end of the JVM is held up at most */
    public OrderlyEnd(Duration limit) {
        Thread working = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (done.getCount() > 0) {
                working.interrupt();
                try {
                    // Not a join: the thread itself may wait in System.exit for this hook.
                    done.await(limit.toMillis(), TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }));
    }

    @Override
    public void close() {
        done.countDown();
    }
}
