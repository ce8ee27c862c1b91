package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing is lost without a record when worker and Kafka stand still, are killed, or are flooded. Needs root. */
@Tag("long")
class OutageIT {
    private static final String SECONDS = System.getProperty("lawtap.outage.seconds", "20");
    private static final Duration LONGEST = Duration.ofSeconds(300 + 3L * Integer.parseInt(SECONDS));

    @Test
    void losesNothingWithoutARecord(@TempDir Path directory) throws Exception {
        OwnNetwork.play(directory, OutageScenes.class, "1g", LONGEST, SECONDS);
    }
}
