package org.lawtap.deploy.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ObjectNode;

/** What {@code bench nodes} measured, as a table and among the results. */
final class NodesReport {
    private static final double KIB_PER_MIB = 1024;
    private static final double BYTES_PER_MIB = 1 << 20;
    private static final int MANY = 250;

    private static final List<Figure> FIGURES = List.of(
            new Figure("memory, MiB", run -> run.residentKib() / KIB_PER_MIB),
            new Figure("of it rings, MiB", run -> run.ringBytes() / BYTES_PER_MIB),
            new Figure("CPU idle, % of one core", NodesBench.Run::idlePercent),
            new Figure("CPU loaded, % of one core", NodesBench.Run::loadedPercent),
            new Figure("CPU us per packet", NodesBench.Run::cpuMicrosPerPacket),
            new Figure("packets lost, %", NodesBench.Run::lossPercent));

    private static final List<Ratio> RATIOS = List.of(
            new Ratio("costPerPacket250To1", NodesBench.Run::cpuMicrosPerPacket),
            new Ratio("idleCpu250To1", NodesBench.Run::idlePercent));

    private final Results results;

    private record Figure(String label, ToDoubleFunction<NodesBench.Run> of) {}

    /** With 250 captures by with one. */
    private record Ratio(String name, ToDoubleFunction<NodesBench.Run> of) {}

    NodesReport(Results results) {
        this.results = results;
    }

    /** Takes what was measured; returns whether no packet was counted twice. */
    boolean take(NodesBench.Options options, List<NodesBench.Run> runs) {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("captures"));
        options.captures().forEach(captures -> head.add(captures.toString()));
        rows.add(head);
        for (Figure figure : FIGURES) {
            List<String> row = new ArrayList<>(List.of(figure.label()));
            for (int captures : options.captures()) {
                row.add(Spread.text(Spread.of(runs.stream()
                        .filter(run -> run.captures() == captures)
                        .map(figure.of()::applyAsDouble)
                        .toList())));
            }
            rows.add(row);
        }
        results.table(
                "one node's worker, %d pods, %,d packets/s of %s over all captures together"
                                .formatted(
                                        options.most(),
                                        options.rate(),
                                        options.mix().name())
                        + (options.rounds() == 1 ? "" : ", median (least-most) of " + options.rounds() + " rounds"),
                rows);
        ratios(options, runs);
        json(options, runs);
        List<NodesBench.Run> wrong =
                runs.stream().filter(run -> run.kept() > run.sent()).toList();
        wrong.forEach(
                run -> results.say("WRONG: " + run.captures() + " captures kept " + run.kept() + " of " + run.sent()));
        return wrong.isEmpty();
    }

    private void ratios(NodesBench.Options options, List<NodesBench.Run> runs) {
        List<List<String>> rows = new ArrayList<>();
        for (Ratio ratio : RATIOS) {
            List<Double> values = IntStream.rangeClosed(1, options.rounds())
                    .mapToObj(round -> of(runs, round, MANY, ratio.of()) / of(runs, round, 1, ratio.of()))
                    .toList();
            Optional<Spread> spread = Spread.of(values);
            spread.ifPresent(value -> results.ratio(ratio.name(), options.mix().name(), value.median()));
            rows.add(List.of(ratio.name(), Spread.text(spread)));
        }
        results.table("ratios, 1 is best; -: not both of 1 and 250 captures were measured", rows);
    }

    private static double of(
            List<NodesBench.Run> runs, int round, int captures, ToDoubleFunction<NodesBench.Run> figure) {
        return runs.stream()
                .filter(run -> run.round() == round && run.captures() == captures)
                .mapToDouble(figure)
                .findFirst()
                .orElse(Double.NaN);
    }

    private void json(NodesBench.Options options, List<NodesBench.Run> runs) {
        results.options()
                .put("size", options.mix().name())
                .put("rate", options.rate())
                .put("seconds", options.seconds())
                .put("rounds", options.rounds());
        for (NodesBench.Run run : runs) {
            ObjectNode entry = results.list("nodes").addObject();
            entry.put("captures", run.captures())
                    .put("round", run.round())
                    .put("residentKib", run.residentKib())
                    .put("ringBytes", run.ringBytes())
                    .put("idlePercent", run.idlePercent())
                    .put("loadedPercent", run.loadedPercent())
                    .put("cpuNanos", run.cpuNanos())
                    .put("sent", run.sent())
                    .put("kept", run.kept());
        }
    }
}
