package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The benchmark at a small size: that it works and that every command is right, never how late it came. */
@Tag("long")
class DecideBenchIT {
    private static final int TIMEOUT_SECONDS = 240;

    @TempDir
    Path work;

    @Test
    void findsEveryCommandRightAndGivesEveryRatio() throws Exception {
        Path json = work.resolve("figures.json");
        Path out = work.resolve("out");
        Process bench = OwnNetwork.start(
                out, "1g", "org.lawtap.deploy.Lawtap", "bench", "decide", "--quick", "--json", json.toString());
        boolean ended = bench.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        bench.destroyForcibly();

        String said = Files.readString(out);
        System.out.println(said);
        assertThat(ended).as(said).isTrue();
        assertThat(bench.exitValue()).as(said).isZero();
        JsonNode figures = JsonMapper.shared().readTree(Files.readString(json));
        assertThat(figures.path("ok").asBoolean()).isTrue();
        assertThat(figures.path("decide").size()).isEqualTo(2);
        for (JsonNode run : figures.path("decide")) {
            // 5 of 50 applications in each namespace are under a warrant.
            assertThat(run.path("captures").asInt()).isEqualTo(200);
            assertThat(run.path("events").asInt()).isBetween(1500, 1501);
            assertThat(run.path("commands").asInt()).isGreaterThan(100);
        }
        for (String figure :
                List.of("eventCpu", "delayP50", "delayP99", "idleCpu", "state", "memory", "heap", "start")) {
            assertThat(figures.path("ratios")
                            .path(figure + "2kTo200")
                            .path("pods")
                            .asDouble())
                    .as(figure)
                    .isFinite()
                    .isPositive();
        }
    }
}
