package org.lawtap.deploy.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.Lawtap;
import org.lawtap.deploy.bench.OwnNetwork;

/** A short nemesis run, by the command. Needs root. */
@Tag("long")
class FaultsIT {
    private static final long MINUTES_MAX = 8;

    @Test
    void losesNothingWithoutATrace(@TempDir Path directory) throws Exception {
        Path out = directory.resolve("out");
        Path json = directory.resolve("report.json");
        Process run = OwnNetwork.start(
                out,
                "512m",
                Lawtap.class.getName(),
                "test",
                "--faults",
                "--seed",
                "1",
                "--minutes",
                "1",
                "--verifier",
                Path.of("..", "docs", "verify.py").toAbsolutePath().normalize().toString(),
                "--json",
                json.toString());
        boolean ended = run.waitFor(MINUTES_MAX, TimeUnit.MINUTES);
        run.destroy();
        String said = Files.readString(out);
        System.out.println(said);
        assertThat(ended).as(said).isTrue();
        assertThat(run.exitValue()).as(said).isZero();
        assertThat(said).contains("verified by lawtap verify and docs/verify.py");
        assertThat(Files.readString(json)).contains("\"lostWithoutTrace\" : 0", "\"clean\" : true");
    }
}
