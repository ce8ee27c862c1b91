package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing is lost without a record when worker and Kafka stand still, are killed, or are flooded. Needs root. */
class OutageIT {
    private static final String SECONDS = System.getProperty("lawtap.outage.seconds", "20");
    private static final long TIMEOUT_SECONDS = 300 + 3L * Integer.parseInt(SECONDS);

    @Test
    void losesNothingWithoutARecord(@TempDir Path directory) throws Exception {
        Path out = directory.resolve("out");
        Process scenes = OwnNetwork.start(
                out,
                "1g",
                OutageScenes.class.getName(),
                directory.resolve("scenes").toString(),
                SECONDS);
        boolean ended = scenes.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        scenes.destroy();
        scenes.waitFor(20, TimeUnit.SECONDS);
        String said = Files.readString(out);
        System.out.println(said);
        assertThat(ended).as(said).isTrue();
        assertThat(said).contains("all scenes came true");
        assertThat(scenes.exitValue()).isZero();
    }
}
