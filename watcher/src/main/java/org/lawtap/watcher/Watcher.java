package org.lawtap.watcher;

import io.fabric8.kubernetes.client.Config;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaGate;
import org.lawtap.schemas.process.ProcessMetrics;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.process.StatusPage;
import org.lawtap.schemas.topics.KafkaFinding;
import org.lawtap.schemas.topics.KafkaSafety;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The watcher service: the pods of one cluster, listed and watched by one leader at a time, published to {@code lawtap.pods}. */
public final class Watcher implements ServiceMain.Service {
    private static final Logger LOG = LoggerFactory.getLogger(Watcher.class);

    @Override
    public String name() {
        return "watcher";
    }

    @Override
    public String purpose() {
        return "Publishes every change of every pod of one Kubernetes cluster to lawtap.pods. Needs get, list and watch"
                + " on pods, by KUBECONFIG or a service account; with a lease also its rights on that (see"
                + " deploy/kubernetes/base/watcher-rbac.yaml).";
    }

    @Override
    public void declare(Settings settings) {
        WatcherConfig.declare(settings);
    }

    @Override
    public ServiceMain.Running start(Settings settings) throws StartException {
        WatcherConfig config = WatcherConfig.declare(settings);
        settings.check();
        return launch(config, Config.autoConfigure(null), Clock.systemUTC());
    }

    /**
     * Starts a watcher. One that is alone returns once the first complete list is published, however long the API server keeps it
     * waiting; one that is a candidate for leadership returns at once.
     */
    public static ServiceMain.Running launch(WatcherConfig config, Config kubernetes, Clock clock)
            throws StartException {
        KafkaClients kafka = new KafkaClients(config.kafka(), "lawtap-watcher");
        List<KafkaFinding> overridden;
        try (Admin admin = kafka.admin()) {
            List<Topic> topics = List.of(Topic.PODS);
            new TopicAdmin(admin, 0).require(topics);
            overridden = new KafkaGate(kafka, config.override(), "watcher@" + config.cluster(), clock)
                    .pass(new KafkaSafety(admin).state(topics));
        }
        Replica replica = new Replica(config, kubernetes, kafka, overridden, clock);
        try {
            replica.start();
        } catch (StartException e) {
            replica.close();
            throw e;
        }
        return replica;
    }

    /** The process's entry. */
    public static void main(String[] arguments) {
        System.exit(ServiceMain.run(new Watcher(), arguments, System.getenv(), System.err));
    }

    /** A running watcher: one thread that leads whenever it may. */
    private static final class Replica implements ServiceMain.Running, StatusPage.Health {
        /** The idle loop's rest; a signal of the watch cuts it short. */
        private static final Duration REST = Duration.ofMillis(50);

        private static final Duration BEAT_MAX = Duration.ofSeconds(90);
        private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

        /** A term that lasted so long began well: after its end the next is tried soon. */
        private static final Duration TERM_GOOD = Duration.ofSeconds(60);

        private final WatcherConfig config;
        private final Config kubernetes;
        private final KafkaClients kafka;
        private final Clock clock;
        private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        private final WatcherMetrics metrics = new WatcherMetrics(registry);
        private final CompletableFuture<@Nullable Void> listed = new CompletableFuture<>();
        private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
        private final Thread thread = new Thread(this::run, "watcher");
        private final KubernetesPodApi api;
        private final Leadership leadership;
        private @Nullable StatusPage page;
        private volatile @Nullable PodLoop loop;
        private volatile long beatNs = System.nanoTime();
        private volatile boolean closing;

        Replica(
                WatcherConfig config,
                Config kubernetes,
                KafkaClients kafka,
                List<KafkaFinding> overridden,
                Clock clock) {
            this.config = config;
            this.kubernetes = kubernetes;
            this.kafka = kafka;
            this.clock = clock;
            this.api = new KubernetesPodApi(config.cluster(), kubernetes, clock, this::wake);
            WatcherConfig.LeaseName lease = config.lease();
            this.leadership = lease == null ? new Leadership.Alone() : candidate(lease);
            ProcessMetrics.measure(registry, overridden);
            metrics.gauge("progress.age", "seconds", "Since the API server last said something, while leading", () -> {
                PodLoop current = loop;
                return current == null ? 0 : current.silence().toMillis() / 1000.0;
            });
            metrics.gauge("pods", "", "Pods of the cluster, while leading", () -> {
                PodLoop current = loop;
                return current == null ? 0 : current.pods();
            });
            metrics.gauge("leader", "", "1 while this replica leads", () -> loop == null ? 0 : 1);
        }

        void start() throws StartException {
            if (config.http() != null) {
                page = StatusPage.start(config.http(), this, registry::scrape);
            }
            if (leadership instanceof LeaseLeadership lease) {
                lease.start();
            }
            thread.start();
            if (leadership instanceof Leadership.Alone) {
                try {
                    CompletableFuture.anyOf(listed, ended).get();
                } catch (ExecutionException e) {
                    throw new StartException("the watcher did not start: " + e.getCause(), e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new StartException("interrupted before the first list was published", e);
                }
            }
        }

        private LeaseLeadership candidate(WatcherConfig.LeaseName lease) {
            String host = System.getenv("HOSTNAME");
            String identity = (host == null ? "watcher" : host) + "-"
                    + UUID.randomUUID().toString().substring(0, 8);
            return new LeaseLeadership(
                    KubernetesPodApi.client(kubernetes),
                    lease.namespace(),
                    lease.name(),
                    identity,
                    System::nanoTime,
                    this::wake);
        }

        private void run() {
            try {
                Backoff backoff = new Backoff();
                while (!closing) {
                    beat();
                    if (!leadership.held()) {
                        LockSupport.parkNanos(REST.toNanos());
                        continue;
                    }
                    long began = System.nanoTime();
                    try {
                        term();
                        backoff.succeeded();
                    } catch (PublishException e) {
                        if (e.reason() == PublishException.Reason.TOPIC_GONE) {
                            throw new IllegalStateException("there is no topic " + Topic.PODS.name() + " any more", e);
                        }
                        LOG.warn("the term ended, {}: {}", e.reason(), e.getMessage());
                        if (System.nanoTime() - began > TERM_GOOD.toNanos()) {
                            backoff.succeeded();
                        }
                        rest(backoff.failed());
                    }
                }
            } catch (RuntimeException e) {
                if (!closing) {
                    LOG.error("the watcher ends by a bug or because its topic is gone", e);
                    ended.completeExceptionally(e);
                }
            }
        }

        /** One time of leading: bar earlier leaders, read back, then list and watch until it is over. */
        private void term() throws PublishException {
            try (PodTopic topic = KafkaPodTopic.open(kafka, config.cluster(), clock, this::beat)) {
                PodTracker tracker = new PodTracker(config.cluster());
                topic.restore(tracker::restore);
                LOG.info("leading; {} pods were known", tracker.pods());
                try (PodLoop current =
                        new PodLoop(api, tracker, topic, config.watchTimeout(), clock, System::nanoTime, metrics)) {
                    loop = current;
                    while (!closing && leadership.held()) {
                        beat();
                        if (current.doWork() == 0) {
                            LockSupport.parkNanos(REST.toNanos());
                        }
                        if (current.complete()) {
                            listed.complete(null);
                        }
                    }
                } finally {
                    loop = null;
                }
            }
        }

        private void rest(Duration delay) {
            long until = System.nanoTime() + delay.toNanos();
            while (!closing && System.nanoTime() - until < 0) {
                beat();
                LockSupport.parkNanos(REST.toNanos());
            }
        }

        private void beat() {
            beatNs = System.nanoTime();
        }

        private void wake() {
            LockSupport.unpark(thread);
        }

        @Override
        public List<String> notLive() {
            List<String> reasons = new ArrayList<>();
            if (!thread.isAlive()) {
                reasons.add("the loop has ended");
            }
            long still = System.nanoTime() - beatNs;
            if (still > BEAT_MAX.toNanos()) {
                reasons.add("the loop has not moved for " + still / 1_000_000_000 + " s");
            }
            return reasons;
        }

        @Override
        public List<String> notReady() {
            List<String> reasons = new ArrayList<>(notLive());
            PodLoop current = loop;
            if (!leadership.held()) {
                Optional<String> hindrance = leadership.hindrance();
                hindrance.ifPresent(reasons::add);
            } else if (current == null || !current.complete()) {
                reasons.add("no complete list is published yet");
            } else {
                Duration most = config.watchTimeout().multipliedBy(2).plus(PodLoop.HANG_GRACE);
                if (current.silence().compareTo(most) > 0) {
                    reasons.add("the API server has been silent for "
                            + current.silence().toSeconds() + " s");
                }
            }
            return reasons;
        }

        @Override
        public void await() throws InterruptedException {
            try {
                ended.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("watching ended: " + e.getCause(), e);
            }
        }

        @Override
        public void close() {
            closing = true;
            wake();
            try {
                if (thread.isAlive() && !thread.join(CLOSE_WAIT)) {
                    // A request that hangs; without its client it fails.
                    api.close();
                    thread.join(CLOSE_WAIT);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            api.close();
            leadership.close();
            StatusPage served = page;
            if (served != null) {
                served.close();
            }
            registry.close();
            ended.complete(null);
        }
    }
}
