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

/** The benchmark at a small size: that it works and counts right, never what it measured. */
@Tag("long")
class CaptureBenchIT {
    private static final int TIMEOUT_SECONDS = 400;
    private static final List<String> RATIOS =
            List.of("engineToCRing", "engineToTcpdumpNull", "workerToTcpdumpFile", "workerToPcap4jLoop");

    @TempDir
    Path work;

    @Test
    void givesEveryRatioAndCountsNoPacketTwice() throws Exception {
        Path json = work.resolve("figures.json");
        Path out = work.resolve("out");
        Process bench = OwnNetwork.start(
                out,
                "2g",
                "org.lawtap.deploy.Lawtap",
                "bench",
                "capture",
                "--quick",
                "--rate",
                "20000",
                "--peers",
                "tcpdump-null,tcpdump,pcap4j,c-ring",
                "--json",
                json.toString());
        boolean ended = bench.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        bench.destroyForcibly();

        String said = Files.readString(out);
        assertThat(ended).as(said).isTrue();
        assertThat(bench.exitValue()).as(said).isZero();
        assertThat(said).doesNotContain("while taking the node down");
        JsonNode figures = JsonMapper.shared().readTree(Files.readString(json));
        for (String ratio : RATIOS) {
            for (String size : List.of("IMIX", "IMIX@max")) {
                assertThat(figures.path("ratios").path(ratio).path(size).asDouble())
                        .as(ratio + " " + size)
                        .isFinite()
                        .isPositive();
            }
        }
        JsonNode runs = figures.path("capture");
        assertThat(runs.size()).isEqualTo(2 * 6);
        for (JsonNode run : runs) {
            assertThat(run.path("kept").asLong()).as(run.toString()).isPositive();
            assertThat(run.path("kept").asLong())
                    .as(run.toString())
                    .isLessThanOrEqualTo(run.path("sent").asLong());
        }
        assertThat(figures.path("burst").size()).isEqualTo(2);
    }
}
