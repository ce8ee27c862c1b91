package org.lawtap.deploy.bench;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code bench watch} measured, as tables and among the results.
 *
 * <pre>
 *   "watch": [RUN...], "node": [PHASE...],
 *   "ratios": {"watch-list-cpu": {"150000": 0.5}, ...}       watcher / informer: less than 1 is better
 * </pre>
 */
final class BenchReport {
    private static final double KIB_PER_MIB = 1024;
    private static final int LABEL_WIDTH = 34;
    private static final int VALUE_WIDTH = 26;

    private static final List<Figure> FIGURES = List.of(
            new Figure("list, s", "watch-list-seconds", WatchRun::listSeconds),
            new Figure("list, CPU s", "watch-list-cpu", WatchRun::listCpuSeconds),
            new Figure("memory, MiB", "watch-memory", run -> run.residentKib() / KIB_PER_MIB),
            new Figure("memory at its peak, MiB", "watch-memory-peak", run -> run.peakKib() / KIB_PER_MIB),
            new Figure("live heap, MiB", "", run -> run.liveHeapKib().orElse(0) / KIB_PER_MIB),
            new Figure("CPU us per change", "watch-cpu-per-change", WatchRun::cpuMicrosPerChange),
            new Figure("records per change", "", run -> (double) run.records() / run.changes()),
            new Figure("delay p50, ms", "watch-delay-p50", run -> run.delays().p50Ms()),
            new Figure("delay p99, ms", "watch-delay-p99", run -> run.delays().p99Ms()),
            new Figure("delay max, ms", "", run -> run.delays().maxMs()),
            new Figure("(load server: CPU us per change)", "", WatchRun::serverCpuMicrosPerChange));

    private final Results results;
    private final PrintStream out;

    /** A line of the table. @param ratio its name among the ratios; empty: it is none */
    private record Figure(String label, String ratio, ToDoubleFunction<WatchRun> of) {
        double median(List<WatchRun> runs) {
            double[] sorted = sorted(runs);
            int middle = sorted.length / 2;
            return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }

        String text(List<WatchRun> runs) {
            double[] sorted = sorted(runs);
            String median = number(median(runs));
            return sorted.length == 1
                    ? median
                    : median + " (" + number(sorted[0]) + " to " + number(sorted[sorted.length - 1]) + ")";
        }

        private double[] sorted(List<WatchRun> runs) {
            return runs.stream().mapToDouble(of).sorted().toArray();
        }
    }

    BenchReport(Results results, PrintStream out) {
        this.results = results;
        this.out = out;
    }

    /** Takes the runs of the API side; returns whether all were correct. */
    boolean watch(WatchBench.Options options, List<WatchRun> runs) {
        List<WatchRun> watcher =
                runs.stream().filter(run -> run.who().equals("watcher")).toList();
        List<WatchRun> informer =
                runs.stream().filter(run -> run.who().equals("informer")).toList();
        out.printf(
                Locale.ROOT,
                "%nwatching %d pods on %d nodes, %d changes/s for %d s, %d round%s; -Xmx %s%s%n%n",
                options.pods(),
                options.nodes(),
                options.rate(),
                options.seconds(),
                options.rounds(),
                options.rounds() == 1 ? "" : "s (median, least to most)",
                options.heap(),
                informer.isEmpty() ? "" : " and " + options.peerHeap());
        line("", "watcher", informer.isEmpty() ? "" : "informer", informer.isEmpty() ? "" : "ratio");
        for (Figure figure : FIGURES) {
            String ratio = "";
            if (!informer.isEmpty() && !figure.ratio().isEmpty() && figure.median(informer) > 0) {
                double value = figure.median(watcher) / figure.median(informer);
                ratio = number(value);
                results.ratio(figure.ratio(), Integer.toString(options.pods()), value);
            }
            line(figure.label(), figure.text(watcher), informer.isEmpty() ? "" : figure.text(informer), ratio);
        }
        out.println();
        ArrayNode array = results.list("watch");
        boolean ok = true;
        for (WatchRun run : runs) {
            json(array.addObject(), options, run);
            ok &= run.correct();
            out.println(run.who() + ", round " + run.round() + ": "
                    + (run.correct()
                            ? "the topic's content equals the cluster: "
                                    + run.comparison().pods() + " pods and no more"
                            : "WRONG: " + run.late() + " changes are missing; "
                                    + String.join("; ", run.comparison().problems())));
        }
        return ok;
    }

    /** Takes the phases of one node's worker; returns whether nothing was lost. */
    boolean node(NodeBench.Options options, NodeBench.Result result) {
        out.printf(
                Locale.ROOT,
                "%none node with %d pods, %d of them captured, measured for %d s each%n%n",
                options.pods(),
                options.captures(),
                options.seconds());
        line("", "CPU % of one core", "memory, MiB", "");
        ArrayNode array = results.list("node");
        for (NodeBench.Phase phase : result.phases()) {
            line(phase.name(), number(phase.cpuPercent()), number(phase.residentKib() / KIB_PER_MIB), "");
            array.addObject()
                    .put("phase", phase.name())
                    .put("cpuPercent", phase.cpuPercent())
                    .put("residentKib", phase.residentKib());
        }
        out.println();
        out.println(result.sentence());
        results.put("nodeAccount", result.sentence());
        return result.complete();
    }

    private static void json(ObjectNode entry, WatchBench.Options options, WatchRun run) {
        entry.put("who", run.who())
                .put("round", run.round())
                .put("pods", options.pods())
                .put("nodes", options.nodes())
                .put("rate", options.rate())
                .put("seconds", options.seconds())
                .put("heap", run.who().equals("watcher") ? options.heap() : options.peerHeap())
                .put("listSeconds", run.listSeconds())
                .put("listCpuSeconds", run.listCpuSeconds())
                .put("changes", run.changes())
                .put("cpuMicrosPerChange", run.cpuMicrosPerChange())
                .put("delayCount", run.delays().count())
                .put("delayP50Ms", run.delays().p50Ms())
                .put("delayP99Ms", run.delays().p99Ms())
                .put("delayMaxMs", run.delays().maxMs())
                .put("residentKib", run.residentKib())
                .put("peakKib", run.peakKib())
                .put("liveHeapKib", run.liveHeapKib().orElse(0))
                .put("records", run.records())
                .put("serverCpuMicrosPerChange", run.serverCpuMicrosPerChange())
                .put("correct", run.correct());
    }

    private void line(String label, String... values) {
        StringBuilder line = new StringBuilder("%-".concat(LABEL_WIDTH + "s").formatted(label));
        for (String value : values) {
            line.append("%-".concat(VALUE_WIDTH + "s").formatted(value));
        }
        out.println(line.toString().stripTrailing());
    }

    /** Three digits that count. */
    private static String number(double value) {
        int decimals = value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2;
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
