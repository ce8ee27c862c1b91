package org.lawtap.watcher;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.process.KafkaOverride;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StatusPage;

/**
 * The settings of a watcher. How it reaches the API server is Kubernetes' own affair: KUBECONFIG, or the pod's service
 * account.
 *
 * @param override with what it starts although Kafka is not safe
 * @param cluster the name under which this cluster's pods appear in topics and warrants
 * @param watchTimeout after which the server ends each watch, having said how far it got
 * @param lease by which replicas agree on a leader; null: this one always leads
 * @param http where health and metrics are served; null: nowhere
 */
public record WatcherConfig(
        KafkaSettings kafka,
        KafkaOverride override,
        ClusterId cluster,
        Duration watchTimeout,
        @Nullable LeaseName lease,
        @Nullable InetSocketAddress http) {
    private static final int WATCH_SECONDS = 30;

    /** A Lease object. */
    public record LeaseName(String namespace, String name) {}

    /** Declares and reads the settings; {@link Settings#check} tells the mistakes. */
    public static WatcherConfig declare(Settings settings) {
        KafkaSettings kafka = KafkaSettings.declare(settings);
        KafkaOverride override = KafkaOverride.declare(settings);
        ClusterId cluster = settings.required(
                "LAWTAP_CLUSTER", "Name of this cluster, as warrants name it", new ClusterId("unset"), ClusterId::new);
        long watchSeconds = settings.number(
                "LAWTAP_WATCH_SECONDS",
                WATCH_SECONDS,
                5,
                600,
                "After this the API server ends a watch, having said how far it got; a silent watch is given up 10 s later");
        String namespace = settings.text(
                "LAWTAP_LEASE_NAMESPACE",
                "",
                "Namespace of the Lease by which replicas agree on a leader; empty: this replica always leads");
        String name = settings.text("LAWTAP_LEASE_NAME", "lawtap-watcher", "Name of that Lease");
        Optional<InetSocketAddress> http = StatusPage.declare(settings, "127.0.0.1:9440");
        return new WatcherConfig(
                kafka,
                override,
                cluster,
                Duration.ofSeconds(watchSeconds),
                namespace.isEmpty() ? null : new LeaseName(namespace, name),
                http.orElse(null));
    }
}
