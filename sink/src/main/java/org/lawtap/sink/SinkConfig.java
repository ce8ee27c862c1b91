package org.lawtap.sink;

import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.process.KafkaOverride;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StatusPage;

/**
 * The settings of a sink.
 *
 * @param override with what it starts although Kafka is not safe
 * @param directory where evidence goes, one directory a warrant
 * @param rotateBytes size at which a file ends and the next begins; part of what a rebuild must repeat
 * @param topicRefreshMs how soon a new warrant's topic is noticed
 * @param trustList whose signatures count: a seal holds the orders that do
 * @param demoKeysAllowed sandbox only
 * @param keysDirectory the sink's own keys; made there if missing
 * @param deliveryKeysDirectory the private halves of warrants' delivery keys, WARRANT.key.pem
 * @param timestampAuthority whom to ask for a timestamp of each seal; null for none
 * @param sealDelay how long after the end of a warrant, and after its last record, it is sealed
 * @param http where health and metrics are served; null: nowhere
 */
public record SinkConfig(
        KafkaSettings kafka,
        KafkaOverride override,
        Path directory,
        long rotateBytes,
        int topicRefreshMs,
        Path trustList,
        boolean demoKeysAllowed,
        Path keysDirectory,
        Path deliveryKeysDirectory,
        @Nullable URI timestampAuthority,
        Duration sealDelay,
        @Nullable InetSocketAddress http) {
    /** Declares and reads the settings; {@link Settings#check} tells the mistakes. */
    public static SinkConfig declare(Settings settings) {
        return new SinkConfig(
                KafkaSettings.declare(settings),
                KafkaOverride.declare(settings),
                settings.path("LAWTAP_EVIDENCE_DIR", "Directory for evidence, one directory a warrant inside"),
                settings.number(
                        "LAWTAP_EVIDENCE_ROTATE_BYTES",
                        1L << 30,
                        1 << 16,
                        1L << 40,
                        "Size at which an evidence file ends; keep it as it is for the life of a warrant"),
                Math.toIntExact(settings.number(
                        "LAWTAP_TOPIC_REFRESH_MS", 1000, 100, 300_000, "How soon a new warrant's topic is noticed")),
                settings.path("LAWTAP_TRUST_LIST", "JSON file of the approvers whose signatures count"),
                settings.flag("LAWTAP_DEMO_KEYS_ALLOWED", false, "Accept keys marked as demo; for the sandbox only"),
                settings.path(
                        "LAWTAP_SINK_KEYS_DIR",
                        "/var/lib/lawtap/sink-keys",
                        "Directory of the sink's keys (sink.key.pem, sink-cms.key.pem and their public halves); made if missing"),
                deliveryKeysDirectory(settings),
                settings.optional(
                                "LAWTAP_TSA_URL",
                                "",
                                "Timestamp authority (RFC 3161, http or https) that stamps each seal; empty for none",
                                Optional.<URI>empty(),
                                SinkConfig::timestampAuthority)
                        .orElse(null),
                Duration.ofMillis(settings.number(
                        "LAWTAP_SEAL_DELAY_MS",
                        10_000,
                        0,
                        3_600_000,
                        "How long after a warrant's end and its last record it is sealed")),
                StatusPage.declare(settings, "127.0.0.1:9443").orElse(null));
    }

    /** Declares and reads where delivery keys lie. */
    public static Path deliveryKeysDirectory(Settings settings) {
        return settings.path(
                "LAWTAP_DELIVERY_KEYS_DIR",
                "/var/lib/lawtap/delivery-keys",
                "Directory of the delivery keys with which content is read, WARRANT.key.pem each");
    }

    private static Optional<URI> timestampAuthority(String url) {
        if (url.isEmpty()) {
            return Optional.empty();
        }
        URI uri = URI.create(url);
        if (uri.getHost() == null || !List.of("http", "https").contains(uri.getScheme())) {
            throw new IllegalArgumentException("must be an http or https URL");
        }
        return Optional.of(uri);
    }
}
