package org.lawtap.sink;

import java.nio.file.Path;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.Settings;

/**
 * The settings of a sink.
 *
 * @param directory where evidence goes, one directory a warrant
 * @param rotateBytes size at which a file ends and the next begins; part of what a rebuild must repeat
 * @param topicRefreshMs how soon a new warrant's topic is noticed
 */
public record SinkConfig(KafkaSettings kafka, Path directory, long rotateBytes, int topicRefreshMs) {
    /** Declares and reads the settings; {@link Settings#check} tells the mistakes. */
    public static SinkConfig declare(Settings settings) {
        return new SinkConfig(
                KafkaSettings.declare(settings),
                settings.path("LAWTAP_EVIDENCE_DIR", "Directory for evidence, one directory a warrant inside"),
                settings.number(
                        "LAWTAP_EVIDENCE_ROTATE_BYTES",
                        1L << 30,
                        1 << 16,
                        1L << 40,
                        "Size at which an evidence file ends; keep it as it is for the life of a warrant"),
                Math.toIntExact(settings.number(
                        "LAWTAP_TOPIC_REFRESH_MS", 1000, 100, 300_000, "How soon a new warrant's topic is noticed")));
    }
}
