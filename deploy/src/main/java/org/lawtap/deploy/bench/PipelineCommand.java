package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap bench pipeline}. */
@Command(
        name = "pipeline",
        sortOptions = false,
        description =
                "The whole way from a pod's interface to a capture file: the highest rate without loss, CPU of each stage,"
                        + " delay.",
        footer = {
            "",
            "lawtap (worker, Kafka, sink) beside tcpdump -w FILE and a plain pipeline (pcap4j, one Kafka record a packet, a"
                    + " consumer that writes), one after the other. The rate is doubled until packets are lost, then halved in"
                    + " between; every packet of a step must be in the file 3 s after it. About 20 minutes for each size.",
            "Exit codes: 0 measured, 1 not, or a packet was counted twice, 2 wrong arguments. Needs root."
        })
final class PipelineCommand implements Callable<Integer> {
    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(
            names = "--sizes",
            defaultValue = "IMIX",
            description = "Frame sizes in bytes, or IMIX (7:4:1 of 64, 594 and 1514); default: ${DEFAULT-VALUE}.")
    String sizes = "";

    @Option(
            names = "--rate",
            defaultValue = "20000",
            description = "Packets a second while CPU and delay are measured; default: ${DEFAULT-VALUE}.")
    long rate;

    @Option(
            names = "--seconds",
            defaultValue = "8",
            description = "How long CPU and delay are measured, after as long a warm-up; default: ${DEFAULT-VALUE}.")
    int seconds;

    @Option(
            names = "--hold",
            defaultValue = "12",
            description = "Seconds that each rate of the search is held; default: ${DEFAULT-VALUE}.")
    int hold;

    @Option(names = "--rounds", defaultValue = "3", description = "How often; default: ${DEFAULT-VALUE}.")
    int rounds;

    @Option(names = "--quick", description = "IMIX only, short, one round: to see that it works.")
    boolean quick;

    @Option(names = "--json", description = "Also write the figures to this file.")
    @Nullable
    Path json;

    @Override
    public Integer call() {
        PipelineBench.Options options;
        try {
            List<PipelineWay> ways = List.of(PipelineWay.values());
            options = quick
                    ? new PipelineBench.Options(ways, List.of(Mix.IMIX), rate, 3, 2, 1)
                    : new PipelineBench.Options(ways, Mix.parseAll(sizes), rate, seconds, hold, rounds);
        } catch (IllegalArgumentException e) {
            return BenchRun.refuse(String.valueOf(e.getMessage()));
        }
        if (rate < 1 || seconds < 1 || hold < 1 || rounds < 1) {
            return BenchRun.refuse("--rate, --seconds, --hold and --rounds must be 1 or more");
        }
        return BenchRun.asRoot("bench pipeline", (directory, progress) -> {
            Results results = new Results(System.out);
            List<PipelineBench.Run> runs = new PipelineBench(options, directory.resolve("pipeline"), progress).run();
            boolean ok = new PipelineReport(results).take(options, runs);
            if (json != null) {
                results.write(json, ok);
            }
            return ok;
        });
    }
}
