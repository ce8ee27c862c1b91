package org.lawtap.watcher;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leadership by a Lease ({@code coordination.k8s.io/v1}): held as long as it is renewed. An elector of fabric8 serves one time of
 * leading; when that ends, a new one makes this replica a candidate again.
 */
final class LeaseLeadership implements Leadership {
    static final Duration LEASE = Duration.ofSeconds(15);
    static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);
    static final Duration RETRY = Duration.ofSeconds(2);

    /** A candidate that has not read the lease for so long could not take over. */
    private static final Duration CONTACT_MAX = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(LeaseLeadership.class);

    private final KubernetesClient client;
    private final String namespace;
    private final String name;
    private final String identity;
    private final LongSupplier nanos;
    private final Runnable wake;
    private final ExecutorService executor = Executors.newCachedThreadPool(
            Thread.ofPlatform().name("lease-", 0).daemon().factory());
    private volatile boolean held;
    private volatile long contactNs;
    private boolean closed;
    private @Nullable CompletableFuture<?> election;

    /**
     * A candidate from now on.
     *
     * @param client closed with this
     * @param identity differs from every other replica's
     * @param wake called when leadership comes or goes
     */
    LeaseLeadership(
            KubernetesClient client,
            String namespace,
            String name,
            String identity,
            LongSupplier nanos,
            Runnable wake) {
        this.client = client;
        this.namespace = namespace;
        this.name = name;
        this.identity = identity;
        this.nanos = nanos;
        this.wake = wake;
        this.contactNs = nanos.getAsLong();
    }

    /** Enters the election. */
    void start() {
        stand();
    }

    @Override
    public boolean held() {
        return held;
    }

    @Override
    public Optional<String> hindrance() {
        long silent = nanos.getAsLong() - contactNs;
        return silent < CONTACT_MAX.toNanos()
                ? Optional.empty()
                : Optional.of("the lease " + namespace + "/" + name + " was not reached for " + silent / 1_000_000_000
                        + " s");
    }

    @Override
    public void close() {
        CompletableFuture<?> standing;
        synchronized (this) {
            closed = true;
            standing = election;
        }
        if (standing != null) {
            // The elector gives the lease back in this thread, so that another replica need not wait for it to run out.
            standing.cancel(true);
        }
        executor.shutdownNow();
        client.close();
    }

    private synchronized void stand() {
        if (closed) {
            return;
        }
        LeaderElectionConfig config = new LeaderElectionConfig(
                new Contact(new LeaseLock(namespace, name, identity)),
                LEASE,
                RENEW_DEADLINE,
                RETRY,
                new LeaderCallbacks(() -> change(true), () -> change(false), leader -> {}),
                true,
                name);
        CompletableFuture<?> standing = new LeaderElector(client, config, executor).start();
        election = standing;
        standing.whenComplete((ended, failure) -> {
            change(false);
            synchronized (this) {
                if (!closed) {
                    CompletableFuture.delayedExecutor(RETRY.toMillis(), TimeUnit.MILLISECONDS, executor)
                            .execute(this::stand);
                }
            }
        });
    }

    private void change(boolean leads) {
        if (held != leads) {
            LOG.info(
                    leads ? "{} leads by lease {}/{}" : "{} no longer leads by lease {}/{}", identity, namespace, name);
        }
        held = leads;
        wake.run();
    }

    /**
     * A lock that notes every answer. What it throws is what an elector bears: anything else would silently end the candidacy.
     */
    private final class Contact implements Lock {
        private final Lock lock;

        Contact(Lock lock) {
            this.lock = lock;
        }

        @Override
        public LeaderElectionRecord get(KubernetesClient by) {
            try {
                LeaderElectionRecord record = lock.get(by);
                contactNs = nanos.getAsLong();
                return record;
            } catch (RuntimeException e) {
                throw borne(e);
            }
        }

        @Override
        public void create(KubernetesClient by, LeaderElectionRecord record) {
            try {
                lock.create(by, record);
            } catch (RuntimeException e) {
                throw borne(e);
            }
        }

        @Override
        public void update(KubernetesClient by, LeaderElectionRecord record) {
            try {
                lock.update(by, record);
            } catch (RuntimeException e) {
                throw borne(e);
            }
        }

        @Override
        public String identity() {
            return lock.identity();
        }

        @Override
        public String describe() {
            return lock.describe();
        }

        private static KubernetesClientException borne(RuntimeException e) {
            return e instanceof KubernetesClientException known
                    ? known
                    : new KubernetesClientException("the lease could not be handled: " + e, e);
        }
    }
}
