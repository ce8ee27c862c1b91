package org.lawtap.watcher;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The watcher service: one informer over all pods of one cluster, published to {@code lawtap.pods}. */
public final class Watcher implements ServiceMain.Service {
    private static final Logger LOG = LoggerFactory.getLogger(Watcher.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    @Override
    public String name() {
        return "watcher";
    }

    @Override
    public String purpose() {
        return "Publishes every change of every pod of one Kubernetes cluster to lawtap.pods. Needs get, list and watch"
                + " on pods, by KUBECONFIG or a service account.";
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

    /** Starts a watcher; returns once the first complete list is published. */
    public static ServiceMain.Running launch(WatcherConfig config, Config kubernetes, Clock clock)
            throws StartException {
        KafkaClients kafka = new KafkaClients(config.kafka(), "lawtap-watcher");
        try (Admin admin = kafka.admin()) {
            new TopicAdmin(admin, 0).require(List.of(Topic.PODS));
        }
        PodTracker tracker = new PodTracker(config.cluster());
        try (Consumer<String, byte[]> consumer = kafka.consumer(Map.of())) {
            PodPublisher.restore(consumer, event -> {
                if (event.cluster().equals(config.cluster())) {
                    tracker.restore(event);
                }
            });
        }
        Watch watch = new Watch(config, tracker, kafka.producer(Map.of("linger.ms", 0)), clock);
        try {
            watch.start(kubernetes);
        } catch (StartException e) {
            watch.close();
            throw e;
        }
        return watch;
    }

    /** The process's entry. */
    public static void main(String[] arguments) {
        System.exit(ServiceMain.run(new Watcher(), arguments, System.getenv(), System.err));
    }

    /** A running informer; its callbacks come from one thread at a time, the lock orders them with the first list. */
    private static final class Watch
            implements ServiceMain.Running, ResourceEventHandler<io.fabric8.kubernetes.api.model.Pod> {
        private final WatcherConfig config;
        private final PodTracker tracker;
        private final Producer<String, byte[]> producer;
        private final PodPublisher publisher;
        private final Clock clock;
        private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
        private final Object lock = new Object();
        private volatile boolean closing;
        private volatile boolean listed;
        private @Nullable KubernetesClient client;

        Watch(WatcherConfig config, PodTracker tracker, Producer<String, byte[]> producer, Clock clock) {
            this.config = config;
            this.tracker = tracker;
            this.producer = producer;
            this.clock = clock;
            this.publisher = new PodPublisher(producer, failure -> ended.completeExceptionally(failure));
        }

        void start(Config kubernetes) throws StartException {
            KubernetesClient opened =
                    new KubernetesClientBuilder().withConfig(kubernetes).build();
            client = opened;
            SharedIndexInformer<io.fabric8.kubernetes.api.model.Pod> informer;
            try {
                informer = opened.pods().inAnyNamespace().inform(this);
            } catch (KubernetesClientException e) {
                throw new StartException(
                        "the API server at " + kubernetes.getMasterUrl() + " did not list the pods: " + e.getMessage()
                                + "; check KUBECONFIG and the right to list and watch pods",
                        e);
            }
            informer.stopped().whenComplete((stopped, failure) -> {
                if (!closing) {
                    ended.completeExceptionally(
                            failure == null ? new IllegalStateException("the informer stopped") : failure);
                }
            });
            synchronized (lock) {
                List<Pod> pods = new ArrayList<>();
                informer.getStore().list().forEach(api -> {
                    Pod pod = mapped(api);
                    if (pod != null) {
                        pods.add(pod);
                    }
                });
                publisher.publish(tracker.listed(pods, PodEvent.Source.LIST, clock.instant()));
                listed = true;
            }
        }

        @Override
        public void onAdd(io.fabric8.kubernetes.api.model.Pod api) {
            seen(api);
        }

        @Override
        public void onUpdate(io.fabric8.kubernetes.api.model.Pod before, io.fabric8.kubernetes.api.model.Pod now) {
            seen(now);
        }

        @Override
        public void onDelete(io.fabric8.kubernetes.api.model.Pod api, boolean finalStateUnknown) {
            Pod pod = mapped(api);
            if (pod != null) {
                PodEvent.Source source = finalStateUnknown ? PodEvent.Source.RELIST : PodEvent.Source.WATCH;
                synchronized (lock) {
                    publisher.publish(tracker.vanished(pod, source, clock.instant()));
                }
            }
        }

        private void seen(io.fabric8.kubernetes.api.model.Pod api) {
            Pod pod = mapped(api);
            if (pod != null) {
                PodEvent.Source source = listed ? PodEvent.Source.WATCH : PodEvent.Source.LIST;
                synchronized (lock) {
                    publisher.publish(tracker.seen(pod, source, clock.instant()));
                }
            }
        }

        private @Nullable Pod mapped(io.fabric8.kubernetes.api.model.Pod api) {
            try {
                return PodMapping.pod(config.cluster(), api);
            } catch (RuntimeException e) {
                // One malformed object must not end the watch of all others; its names stay out of the log.
                LOG.error("a pod object is set aside: {}", e.getClass().getSimpleName());
                return null;
            }
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
            KubernetesClient opened = client;
            if (opened != null) {
                opened.close();
            }
            producer.close(CLOSE_TIMEOUT);
            ended.complete(null);
        }
    }
}
