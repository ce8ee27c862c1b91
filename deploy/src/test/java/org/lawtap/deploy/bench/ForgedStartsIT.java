package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is against the law opens no socket, written straight into a worker's commands. Needs root. */
class ForgedStartsIT {
    private static final Duration LONGEST = Duration.ofMinutes(5);

    @Test
    void openNoSocket(@TempDir Path directory) throws Exception {
        OwnNetwork.play(directory, ForgedStarts.class, "512m", LONGEST);
    }
}
