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

/** The benchmark at a small size: that it works and that what it measures is correct, never how long it took. */
@Tag("long")
class WatchBenchIT {
    private static final int TIMEOUT_SECONDS = 240;

    @TempDir
    Path work;

    @Test
    void findsTheTopicEqualToTheClusterAfterChurn() throws Exception {
        WatchBench.Options options = new WatchBench.Options(300, 20, 100, 3, 1, "256m", "256m");
        List<WatchRun> runs = new WatchBench(options, work, sentence -> {}).run();

        assertThat(runs).extracting(WatchRun::who).containsExactly("watcher", "informer");
        assertThat(runs).allMatch(WatchRun::correct);
        assertThat(runs).allMatch(run -> run.comparison().pods() > 250 && run.changes() == 300);
        // The watcher does not say what means nothing; the informer says all.
        assertThat(runs.getFirst().records()).isLessThan(runs.getLast().records());
    }

    @Test
    void measuresAFullNodeAndRemovesIt() throws Exception {
        Path json = work.resolve("figures.json");
        Path out = work.resolve("out");
        Process bench = OwnNetwork.start(
                out,
                "2g",
                "org.lawtap.deploy.Lawtap",
                "bench",
                "watch",
                "--part",
                "node",
                "--node-pods",
                "12",
                "--captures",
                "3",
                "--packets",
                "50",
                "--seconds",
                "3",
                "--json",
                json.toString());
        boolean ended = bench.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        bench.destroyForcibly();

        String said = Files.readString(out);
        assertThat(ended).as(said).isTrue();
        assertThat(bench.exitValue()).as(said).isZero();
        JsonNode figures = JsonMapper.shared().readTree(Files.readString(json));
        assertThat(figures.path("ok").asBoolean()).isTrue();
        assertThat(figures.path("node").size()).isEqualTo(3);
        // 3 pods, 50 packets a second, for the measured time and 10 s around it.
        assertThat(said).contains("all of the 1950 packets sent are in the topic");
        assertThat(said).doesNotContain("while taking the node down");
    }
}
