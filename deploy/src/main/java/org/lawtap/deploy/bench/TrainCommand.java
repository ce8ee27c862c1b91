package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap train}. */
@Command(
        name = "train",
        sortOptions = false,
        description =
                "Let a capture-worker capture on a sandbox node for half a minute and keep what its JVM learned, so that every"
                        + " worker of this build starts faster and compiles sooner.",
        footer = {
            "",
            "The file is a JDK's AOT cache with profiles, good for this JDK, this build and the launcher's JVM options; a JVM that"
                    + " can't use it starts without. ./lawtap capture-worker and the benchmarks use it once it is there.",
            "Exit codes: 0 made, 1 not, 2 wrong arguments. Needs root."
        })
public final class TrainCommand implements Callable<Integer> {
    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(
            names = "--out",
            required = true,
            description = "The file to write; the launcher names one below deploy/target.")
    Path out = Path.of("capture-worker.aot");

    @Option(names = "--seconds", defaultValue = "30", description = "How long packets come; default: ${DEFAULT-VALUE}.")
    int seconds;

    @Override
    public Integer call() {
        if (seconds < 1) {
            return BenchRun.refuse("--seconds must be 1 or more");
        }
        return BenchRun.asRoot("train", (directory, progress) -> {
            WorkerCache.make(out.toAbsolutePath(), seconds, directory.resolve("train"), progress);
            return true;
        });
    }
}
