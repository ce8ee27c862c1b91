package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing is kept that no warrant covers, whoever is killed or cut off, and nobody calls the target by name. Needs root. */
@Tag("long")
class LawIT {
    private static final Duration LONGEST = Duration.ofMinutes(5);

    @Test
    void keepsNothingThatNoWarrantCovers(@TempDir Path directory) throws Exception {
        OwnNetwork.play(directory, LawScenes.class, "512m", LONGEST);
    }
}
