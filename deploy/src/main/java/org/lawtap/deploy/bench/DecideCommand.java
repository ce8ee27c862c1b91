package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap bench decide}. */
@Command(
        name = "decide",
        sortOptions = false,
        description = "What deciding costs, how late commands come, and how both grow with the cluster.",
        footer = {
            "",
            "The real deciding service, Kafka and what feeds and reads them are processes of their own on loopback. A command is late"
                    + " from when its event is sent until it is committed in a reader's hands.",
            "Exit codes: 0 measured and every command right, 1 not, 2 wrong arguments."
        })
final class DecideCommand implements Callable<Integer> {
    private static final int GROWTH = 10;
    private static final int IDLE_SECONDS = 10;

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(
            names = "--pods",
            defaultValue = "150000",
            description = "Pods of the cluster; a tenth of them is measured first; default: ${DEFAULT-VALUE}.")
    int pods;

    @Option(names = "--namespaces", defaultValue = "1000", description = "Default: ${DEFAULT-VALUE}.")
    int namespaces;

    @Option(names = "--warrants", defaultValue = "10000", description = "Default: ${DEFAULT-VALUE}.")
    int warrants;

    @Option(names = "--rate", defaultValue = "2000", description = "Events a second; default: ${DEFAULT-VALUE}.")
    int rate;

    @Option(
            names = "--seconds",
            defaultValue = "60",
            description = "How long the events are measured; default: ${DEFAULT-VALUE}.")
    int seconds;

    @Option(
            names = "--warm-up",
            defaultValue = "20",
            description = "Seconds of events before; default: ${DEFAULT-VALUE}.")
    int warmUpSeconds;

    @Option(names = "--rounds", defaultValue = "1", description = "How often; default: ${DEFAULT-VALUE}.")
    int rounds;

    @Option(
            names = "--heap",
            defaultValue = "1g",
            description = "-Xmx of the deciding service and of Kafka; default: ${DEFAULT-VALUE}.")
    String heap = "";

    @Option(
            names = "--quick",
            description = "2,000 pods, 40 namespaces, 200 warrants, 500 events a second for 3 s: to see that it works.")
    boolean quick;

    @Option(names = "--json", description = "Also write the figures to this file.")
    @Nullable
    Path json;

    @Override
    public Integer call() {
        String mistake = mistake();
        if (!mistake.isEmpty()) {
            return BenchRun.refuse(mistake);
        }
        DecideBench.Options options = quick
                ? new DecideBench.Options(List.of(200, 2000), 40, 200, 500, 1, 3, 1, 1, "256m")
                : new DecideBench.Options(
                        List.of(pods / GROWTH, pods),
                        namespaces,
                        warrants,
                        rate,
                        warmUpSeconds,
                        seconds,
                        IDLE_SECONDS,
                        rounds,
                        heap);
        return BenchRun.of((directory, progress) -> {
            Results results = new Results(System.out);
            boolean ok = new DecideReport(results)
                    .take(options, new DecideBench(options, directory.resolve("decide"), progress).run());
            if (json != null) {
                results.write(json, ok);
            }
            return ok;
        });
    }

    private String mistake() {
        if (namespaces < 1 || rate < 1 || seconds < 1 || warmUpSeconds < 0 || rounds < 1) {
            return "--namespaces, --rate, --seconds and --rounds must be 1 or more, and --warm-up not negative";
        }
        if (warrants < namespaces || pods / GROWTH < namespaces) {
            return "--warrants must be at least --namespaces, and --pods ten times that";
        }
        if (!heap.matches("[1-9][0-9]*[kmgKMG]")) {
            return "--heap is a size such as 512m or 4g";
        }
        return "";
    }
}
