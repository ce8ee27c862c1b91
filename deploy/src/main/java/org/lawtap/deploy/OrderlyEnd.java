package org.lawtap.deploy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** Work that puts things in order before the JVM ends, also on SIGINT and SIGTERM. */
public final class OrderlyEnd {
    private OrderlyEnd() {}

    /**
     * Does the work and returns its exit code. SIGINT and SIGTERM interrupt the calling thread, and the end of the JVM waits until
     * the work has returned, at most this long.
     */
    public static int of(Duration limit, IntSupplier work) {
        Thread working = Thread.currentThread();
        CountDownLatch done = new CountDownLatch(1);
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
        try {
            return work.getAsInt();
        } finally {
            done.countDown();
        }
    }
}
