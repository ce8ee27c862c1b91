package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap bench nodes}. */
@Command(
        name = "nodes",
        sortOptions = false,
        description =
                "What captures cost one node's worker as they become more: memory, CPU idle and under the same load.",
        footer = {
            "",
            "The real capture-worker on a sandbox node; the same packets a second over one capture and over hundreds. Its rings"
                    + " are resident memory, a sixteenth of the machine's together by default. About 11 minutes.",
            "Exit codes: 0 measured, 1 not, or a packet was counted twice, 2 wrong arguments. Needs root."
        })
final class NodesCommand implements Callable<Integer> {
    private static final int CAPTURES_MAX = 250;

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(
            names = "--captures",
            split = ",",
            defaultValue = "1,10,50,250",
            description = "How many, 1 to 250; default: ${DEFAULT-VALUE}.")
    List<Integer> captures = List.of();

    @Option(
            names = "--size",
            defaultValue = "IMIX",
            description = "Frame size in bytes, or IMIX; default: ${DEFAULT-VALUE}.")
    String size = "";

    @Option(
            names = "--rate",
            defaultValue = "20000",
            description = "Packets a second over all captures together; default: ${DEFAULT-VALUE}.")
    long rate;

    @Option(
            names = "--ring-mib",
            defaultValue = "0",
            description = "Ring of each capture, MiB, at most; 0 is the worker's default.")
    int ringMib;

    @Option(
            names = "--seconds",
            defaultValue = "12",
            description = "How long each state is measured; default: ${DEFAULT-VALUE}.")
    int seconds;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description =
                    "How often; all but the fewest and the most captures in the first only; default: ${DEFAULT-VALUE}.")
    int rounds;

    @Option(names = "--quick", description = "1 and 10 captures, short, one round: to see that it works.")
    boolean quick;

    @Option(names = "--json", description = "Also write the figures to this file.")
    @Nullable
    Path json;

    @Override
    public Integer call() {
        NodesBench.Options options;
        try {
            long ring = (long) ringMib << 20;
            options = quick
                    ? new NodesBench.Options(List.of(1, 10), Mix.IMIX, rate, 2, 1, ring)
                    : new NodesBench.Options(captures, Mix.parse(size), rate, seconds, rounds, ring);
        } catch (IllegalArgumentException e) {
            return BenchRun.refuse(String.valueOf(e.getMessage()));
        }
        if (rate < 1 || seconds < 1 || rounds < 1 || ringMib < 0) {
            return BenchRun.refuse("--rate, --seconds and --rounds must be 1 or more, and --ring-mib 0 or more");
        }
        if (captures.isEmpty() || captures.stream().anyMatch(count -> count < 1 || count > CAPTURES_MAX)) {
            return BenchRun.refuse("--captures are from 1 to " + CAPTURES_MAX);
        }
        return BenchRun.asRoot("bench nodes", (directory, progress) -> {
            Results results = new Results(System.out);
            List<NodesBench.Run> runs = new NodesBench(options, directory.resolve("nodes"), progress).run();
            boolean ok = new NodesReport(results).take(options, runs);
            if (json != null) {
                results.write(json, ok);
            }
            return ok;
        });
    }
}
