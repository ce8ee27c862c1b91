package org.lawtap.watcher;

import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.Settings;

/**
 * The settings of a watcher. How it reaches the API server is Kubernetes' own affair: KUBECONFIG, or the pod's service
 * account.
 *
 * @param cluster the name under which this cluster's pods appear in topics and warrants
 */
public record WatcherConfig(KafkaSettings kafka, ClusterId cluster) {
    /** Declares and reads the settings; {@link Settings#check} tells the mistakes. */
    public static WatcherConfig declare(Settings settings) {
        return new WatcherConfig(
                KafkaSettings.declare(settings),
                settings.required(
                        "LAWTAP_CLUSTER",
                        "Name of this cluster, as warrants name it",
                        new ClusterId("unset"),
                        ClusterId::new));
    }
}
