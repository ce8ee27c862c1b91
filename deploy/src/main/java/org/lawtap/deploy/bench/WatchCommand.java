package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap bench watch}. */
@Command(
        name = "watch",
        sortOptions = false,
        description = "What it costs to watch a large cluster, and what the worker of a full node costs.",
        footer = {
            "",
            "Part api: the real watcher lists and watches a stand-in API server and writes to a real Kafka, both on"
                    + " loopback; then the client's stock informer does the same, for comparison.",
            "Part node: the real capture-worker on a sandbox node of real network namespaces; needs root.",
            "Exit codes: 0 measured and all of it correct, 1 not, 2 wrong arguments."
        })
final class WatchCommand implements Callable<Integer> {
    /** Which part is measured. */
    enum Part {
        ALL,
        API,
        NODE
    }

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(names = "--part", defaultValue = "all", description = "all, api or node; default: ${DEFAULT-VALUE}.")
    String part = "all";

    @Option(names = "--pods", defaultValue = "150000", description = "Pods of the cluster; default: ${DEFAULT-VALUE}.")
    int pods;

    @Option(names = "--nodes", defaultValue = "5000", description = "Nodes of the cluster; default: ${DEFAULT-VALUE}.")
    int nodes;

    @Option(
            names = "--rate",
            defaultValue = "200",
            description = "Changes of the cluster a second; default: ${DEFAULT-VALUE}.")
    int rate;

    @Option(
            names = "--seconds",
            defaultValue = "60",
            description = "How long each state is measured; default: ${DEFAULT-VALUE}.")
    int seconds;

    @Option(
            names = "--rounds",
            defaultValue = "1",
            description = "How often the api part is repeated; default: ${DEFAULT-VALUE}.")
    int rounds;

    @Option(names = "--heap", defaultValue = "512m", description = "-Xmx of the watcher; default: ${DEFAULT-VALUE}.")
    String heap = "";

    @Option(
            names = "--peer-heap",
            defaultValue = "8g",
            description = "-Xmx of the informer that the watcher is compared with; 0: no comparison; default:"
                    + " ${DEFAULT-VALUE}.")
    String peerHeap = "";

    @Option(
            names = "--node-pods",
            defaultValue = "250",
            description = "Pods of the node, 1 to 250; default: ${DEFAULT-VALUE}.")
    int nodePods;

    @Option(
            names = "--captures",
            defaultValue = "20",
            description = "Pods of the node that are captured; default: ${DEFAULT-VALUE}.")
    int captures;

    @Option(
            names = "--packets",
            defaultValue = "200",
            description = "Packets a second to each captured pod; default: ${DEFAULT-VALUE}.")
    int packets;

    @Option(names = "--json", description = "Also write the figures to this file.")
    @Nullable
    Path json;

    @Override
    public Integer call() {
        Part chosen;
        try {
            chosen = Part.valueOf(part.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            return BenchRun.refuse("--part must be all, api or node");
        }
        String mistake = mistake();
        if (!mistake.isEmpty()) {
            return BenchRun.refuse(mistake);
        }
        if (chosen != Part.API && !BenchRun.root()) {
            System.err.println("lawtap bench: the part node makes network namespaces and must run as root; try:"
                    + " sudo ./lawtap bench watch, or --part api");
            return 1;
        }
        return BenchRun.of((directory, progress) -> measure(chosen, directory, progress));
    }

    private String mistake() {
        if (pods < 1 || nodes < 1 || rate < 1 || seconds < 1 || rounds < 1 || packets < 1) {
            return "--pods, --nodes, --rate, --seconds, --rounds and --packets must be 1 or more";
        }
        if (nodePods < 1 || nodePods > 250 || captures < 1 || captures > nodePods) {
            return "--node-pods must be 1 to 250, and --captures from 1 to that";
        }
        if (!heap.matches("[1-9][0-9]*[kmgKMG]") || !peerHeap.matches("0|[1-9][0-9]*[kmgKMG]")) {
            return "--heap and --peer-heap are sizes such as 512m or 4g";
        }
        return "";
    }

    private boolean measure(Part chosen, Path directory, Progress progress)
            throws BenchException, InterruptedException {
        Results results = new Results(System.out);
        BenchReport report = new BenchReport(results, System.out);
        boolean ok = true;
        if (chosen != Part.NODE) {
            WatchBench.Options options = new WatchBench.Options(
                    pods, nodes, rate, seconds, rounds, heap, peerHeap.equals("0") ? "" : peerHeap);
            List<WatchRun> runs = new WatchBench(options, directory.resolve("api"), progress).run();
            ok = report.watch(options, runs);
        }
        if (chosen != Part.API) {
            NodeBench.Options options = new NodeBench.Options(nodePods, captures, packets, seconds, "256m");
            ok &= report.node(options, new NodeBench(options, directory.resolve("node"), progress).run());
        }
        if (json != null) {
            results.write(json, ok);
        }
        return ok;
    }
}
