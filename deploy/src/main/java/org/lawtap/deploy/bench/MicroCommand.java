package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap bench micro}. */
@Command(
        name = "micro",
        sortOptions = false,
        description =
                "What the hot pieces of capturing take one by one, by JMH: walking the ring, encoding, hashing, sealing,"
                        + " writing pcapng.",
        footer = {
            "",
            "About 4 minutes; --quick about half of one. Each piece runs in JVMs of its own, on data in memory.",
            "Exit codes: 0 measured, 1 not, 2 wrong arguments. Needs no root."
        })
final class MicroCommand implements Callable<Integer> {
    private static final int MILLISECONDS = 1000;

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(names = "--forks", defaultValue = "2", description = "JVMs for each piece; default: ${DEFAULT-VALUE}.")
    int forks;

    @Option(
            names = "--iterations",
            defaultValue = "3",
            description = "Seconds to warm up in each of them, and as many to measure; default: ${DEFAULT-VALUE}.")
    int iterations;

    @Option(names = "--quick", description = "One JVM, a fifth of a second: to see that it works.")
    boolean quick;

    @Option(names = "--json", description = "Also write the figures to this file.")
    @Nullable
    Path json;

    @Override
    public Integer call() {
        if (forks < 1 || iterations < 1) {
            return BenchRun.refuse("--forks and --iterations must be 1 or more");
        }
        MicroBench.Times times = quick
                ? new MicroBench.Times(1, 1, MILLISECONDS / 5)
                : new MicroBench.Times(forks, iterations, MILLISECONDS);
        return BenchRun.of((directory, progress) -> {
            Results results = new Results(System.out);
            List<MicroBench.Figure> figures = new MicroBench(times, progress).run();
            new MicroReport(results).take(times, figures);
            if (json != null) {
                results.write(json, true);
            }
            return true;
        });
    }
}
