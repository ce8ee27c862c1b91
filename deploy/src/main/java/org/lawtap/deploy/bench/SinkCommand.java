package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap bench sink}. */
@Command(
        name = "sink",
        sortOptions = false,
        description = "How fast a warrant's files are rebuilt, hashed and checked, beside mergecap, tcpdump and cat.",
        footer = {
            "",
            "Records come from a file in Kafka's place. The peers read the capture file that the rebuild makes and write its packets"
                    + " to another one, in turn with it, on the same disk; nobody waits for the disk itself.",
            "Exit codes: 0 measured, 1 not, or a rebuild was wrong, 2 wrong arguments."
        })
final class SinkCommand implements Callable<Integer> {
    private static final int MEGABYTES_MAX = 100_000;

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(
            names = "--sizes",
            defaultValue = "64,IMIX,1514",
            description = "Frame sizes in bytes, or IMIX (7:4:1 of 64, 594 and 1514); default: ${DEFAULT-VALUE}.")
    String sizes = "";

    @Option(
            names = "--megabytes",
            defaultValue = "300",
            description = "Frames' bytes of each size, of at most 2.5 million packets; default: ${DEFAULT-VALUE}.")
    long megabytes;

    @Option(names = "--threads", description = "That read ahead; default: one for each processor.")
    int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--warm-ups",
            defaultValue = "5",
            description = "Rebuilds before those that count; default: ${DEFAULT-VALUE}.")
    int warmUps;

    @Option(names = "--rounds", defaultValue = "3", description = "How often; default: ${DEFAULT-VALUE}.")
    int rounds;

    @Option(names = "--quick", description = "20 MB, one round: to see that it works.")
    boolean quick;

    @Option(names = "--json", description = "Also write the figures to this file.")
    @Nullable
    Path json;

    @Override
    public Integer call() {
        SinkBench.Options options;
        try {
            options = quick
                    ? new SinkBench.Options(Mix.parseAll(sizes), 20, threads, 1, 1)
                    : new SinkBench.Options(Mix.parseAll(sizes), megabytes, threads, warmUps, rounds);
        } catch (IllegalArgumentException e) {
            return BenchRun.refuse(String.valueOf(e.getMessage()));
        }
        if (megabytes < 1 || megabytes > MEGABYTES_MAX || threads < 1 || warmUps < 1 || rounds < 1) {
            return BenchRun.refuse(
                    "--megabytes, --threads, --warm-ups and --rounds must be 1 or more, and megabytes at most "
                            + MEGABYTES_MAX);
        }
        return BenchRun.of((directory, progress) -> {
            Results results = new Results(System.out);
            boolean ok = new SinkReport(results)
                    .take(options, new SinkBench(options, directory.resolve("sink"), progress).run());
            if (json != null) {
                results.write(json, ok);
            }
            return ok;
        });
    }
}
