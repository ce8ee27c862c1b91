package org.lawtap.warrants;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.process.KafkaOverride;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StatusPage;

/**
 * The settings of the deciding process.
 *
 * @param override with what it starts although Kafka is not safe
 * @param trustList whose signatures count
 * @param demoKeysAllowed sandbox only
 * @param lease how long a capture goes on without word from here
 * @param replication copies of internal and packet topics; 0 is the broker's default
 * @param standbys copies of the stores that other replicas hold ready, so that one takes over without reading them first
 * @param stateDir where this replica keeps its name and a lock; the stores are in memory, their truth is in Kafka
 * @param http where health and metrics are served; null: nowhere
 */
public record WarrantsConfig(
        KafkaSettings kafka,
        KafkaOverride override,
        Path trustList,
        boolean demoKeysAllowed,
        Duration lease,
        int replication,
        int standbys,
        Path stateDir,
        @Nullable InetSocketAddress http) {
    /** Declares and reads the settings; {@link Settings#check} tells the mistakes. */
    public static WarrantsConfig declare(Settings settings) {
        return new WarrantsConfig(
                KafkaSettings.declare(settings),
                KafkaOverride.declare(settings),
                settings.path("LAWTAP_TRUST_LIST", "JSON file of the approvers whose signatures count"),
                settings.flag("LAWTAP_DEMO_KEYS_ALLOWED", false, "Accept keys marked as demo; for the sandbox only"),
                Duration.ofSeconds(settings.number(
                        "LAWTAP_LEASE_SECONDS",
                        30,
                        3,
                        300,
                        "Seconds that a capture goes on when nothing is heard from here; a worker grants no more than its own"
                                + " LAWTAP_LEASE_SECONDS_MAX")),
                Math.toIntExact(settings.number(
                        "LAWTAP_TOPIC_REPLICATION", 0, 0, 9, "Copies of new topics; 0 is the broker's default")),
                Math.toIntExact(settings.number(
                        "LAWTAP_STANDBY_REPLICAS",
                        0,
                        0,
                        3,
                        "Copies of the decided state that other replicas hold ready; 1 where two or more run")),
                settings.path(
                        "LAWTAP_STATE_DIR",
                        "/var/lib/lawtap/warrants",
                        "Directory of this replica alone, for its name in Kafka and a lock"),
                StatusPage.declare(settings, "127.0.0.1:9441").orElse(null));
    }
}
