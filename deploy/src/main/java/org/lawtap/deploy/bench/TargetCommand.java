package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap bench target}. */
@Command(
        name = "target",
        sortOptions = false,
        description = "What the observed workload feels: TCP throughput and request latency between two pods.",
        footer = {
            "",
            "One of the pods is captured by nobody, by lawtap (worker and Kafka on the same machine) and by tcpdump -w FILE, one"
                    + " after the other. About 7 minutes.",
            "Exit codes: 0 measured, 1 not, 2 wrong arguments. Needs root."
        })
final class TargetCommand implements Callable<Integer> {
    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(
            names = "--seconds",
            defaultValue = "5",
            description = "How long the stream is measured; default: ${DEFAULT-VALUE}.")
    int seconds;

    @Option(
            names = "--requests",
            defaultValue = "100000",
            description = "How many requests are measured; default: ${DEFAULT-VALUE}.")
    int requests;

    @Option(
            names = "--warm-up",
            defaultValue = "30",
            description =
                    "Seconds of IMIX at 150,000 packets/s before each workload that lawtap captures; its JVM compiles"
                            + " for a minute or more; default: ${DEFAULT-VALUE}.")
    int warmUp;

    @Option(names = "--rounds", defaultValue = "3", description = "How often; default: ${DEFAULT-VALUE}.")
    int rounds;

    @Option(names = "--quick", description = "Short, one round: to see that it works.")
    boolean quick;

    @Option(names = "--json", description = "Also write the figures to this file.")
    @Nullable
    Path json;

    @Override
    public Integer call() {
        if (seconds < 1 || requests < 100 || warmUp < 0 || rounds < 1) {
            return BenchRun.refuse(
                    "--seconds and --rounds must be 1 or more, --warm-up 0 or more, and --requests 100 or more");
        }
        TargetBench.Options options = quick
                ? new TargetBench.Options(2, 10_000, 2, 1)
                : new TargetBench.Options(seconds, requests, warmUp, rounds);
        return BenchRun.asRoot("bench target", (directory, progress) -> {
            Results results = new Results(System.out);
            List<TargetBench.Run> runs = new TargetBench(options, directory.resolve("target"), progress).run();
            new TargetReport(results).take(options, runs);
            if (json != null) {
                results.write(json, true);
            }
            return true;
        });
    }
}
