package org.lawtap.deploy.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap bench}: what lawtap costs, measured on this machine. */
@Command(
        name = "bench",
        description = "Measure on this machine what lawtap costs, beside other ways.",
        subcommands = {
            CaptureCommand.class,
            PipelineCommand.class,
            TargetCommand.class,
            NodesCommand.class,
            SinkCommand.class,
            MicroCommand.class,
            WatchCommand.class,
            DecideCommand.class
        })
public final class BenchCommand implements Callable<Integer> {
    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Override
    public Integer call() {
        System.err.println("lawtap bench: name what to measure: capture, pipeline, target, nodes, sink, micro, watch or"
                + " decide");
        return CommandLine.ExitCode.USAGE;
    }
}
