package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap bench capture}. */
@Command(
        name = "capture",
        sortOptions = false,
        description =
                "CPU per captured packet and loss: lawtap's engine and worker beside other ways, one after the other.",
        footer = {
            "",
            "Two pods of a sandbox node; one sends, and each way captures at the node's end of its interface. All have a ring of"
                    + " 32 MiB. A burst of 20 MB follows, with everything as it is by default. About 20 minutes.",
            "Exit codes: 0 measured, 1 not, or a packet was counted twice, 2 wrong arguments. Needs root."
        })
final class CaptureCommand implements Callable<Integer> {

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(
            names = "--peers",
            defaultValue = "c-ring,tcpdump-null,tcpdump,pcap4j,dumpcap,netsniff-ng",
            description = "Which peers, separated by commas; default: ${DEFAULT-VALUE}.")
    String peers = "";

    @Option(
            names = "--sizes",
            defaultValue = "64,512,1514,IMIX",
            description = "Frame sizes in bytes, or IMIX (7:4:1 of 64, 594 and 1514); default: ${DEFAULT-VALUE}.")
    String sizes = "";

    @Option(
            names = "--rate",
            defaultValue = "150000",
            description = "Packets a second of the first part; the second is the generator's highest rate; default:"
                    + " ${DEFAULT-VALUE}.")
    long rate;

    @Option(
            names = "--seconds",
            defaultValue = "3",
            description = "How long each way is measured with each traffic; default: ${DEFAULT-VALUE}.")
    int seconds;

    @Option(
            names = "--rounds",
            defaultValue = "3",
            description = "How often; dumpcap and netsniff-ng, which no ratio compares, are measured in the first only;"
                    + " default: ${DEFAULT-VALUE}.")
    int rounds;

    @Option(
            names = "--warm-up",
            defaultValue = "30",
            description =
                    "Seconds of IMIX at that rate before a JVM is measured, once a round; it compiles for a minute or"
                            + " more; default: ${DEFAULT-VALUE}.")
    int warmUp;

    @Option(names = "--quick", description = "IMIX only, 2 s, one round: to see that it works.")
    boolean quick;

    @Option(names = "--json", description = "Also write the figures to this file.")
    @Nullable
    Path json;

    @Override
    public Integer call() {
        CaptureBench.Options options;
        try {
            List<CaptureWay> ways = CaptureWay.withPeers(peers);
            options = quick
                    ? new CaptureBench.Options(ways, List.of(Mix.IMIX), rate, 2, 1, 1)
                    : new CaptureBench.Options(ways, Mix.parseAll(sizes), rate, seconds, warmUp, rounds);
        } catch (IllegalArgumentException e) {
            return BenchRun.refuse(String.valueOf(e.getMessage()));
        }
        if (rate < 1 || seconds < 1 || rounds < 1) {
            return BenchRun.refuse("--rate, --seconds and --rounds must be 1 or more");
        }
        return BenchRun.asRoot("bench capture", (directory, progress) -> {
            Results results = new Results(System.out);
            CaptureBench.Result result = new CaptureBench(options, directory.resolve("capture"), progress).run();
            boolean ok = new CaptureReport(results).take(options, result);
            if (json != null) {
                results.write(json, ok);
            }
            return ok;
        });
    }
}
