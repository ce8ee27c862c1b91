package org.lawtap.deploy.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** What {@code bench decide} measured, as tables and among the results. */
final class DecideReport {
    private static final double KIB_PER_MIB = 1024;
    private static final double BYTES_PER_MIB = 1024 * 1024;
    private static final int THOUSAND = 1000;

    private static final List<Figure> FIGURES = List.of(
            new Figure("captures", "", DecideBench.Run::captures),
            new Figure("start to last command, s", "start", DecideBench.Run::startSeconds),
            new Figure(
                    "event to command p50, ms", "delayP50", run -> run.delays().p50Ms()),
            new Figure(
                    "event to command p99, ms", "delayP99", run -> run.delays().p99Ms()),
            new Figure("event to command max, ms", "", run -> run.delays().maxMs()),
            new Figure("CPU us per event", "eventCpu", DecideBench.Run::cpuMicrosPerEvent),
            new Figure("CPU at rest, % of one core", "idleCpu", DecideBench.Run::idlePercent),
            new Figure("captures renewed a second", "", DecideBench.Run::renewalsPerSecond),
            new Figure("state on Kafka's disk, MiB", "state", run -> run.stateBytes() / BYTES_PER_MIB),
            new Figure("memory, MiB", "memory", run -> run.residentKib() / KIB_PER_MIB),
            new Figure(
                    "live heap, MiB",
                    "heap",
                    run -> run.liveHeapKib().isPresent() ? run.liveHeapKib().getAsLong() / KIB_PER_MIB : Double.NaN));

    private final Results results;

    /** A row of the table. @param ratio how the growth of it is called; empty if it has no such name */
    private record Figure(String label, String ratio, ToDoubleFunction<DecideBench.Run> of) {}

    DecideReport(Results results) {
        this.results = results;
    }

    /** Takes what was measured; returns whether every command was right and came. */
    boolean take(DecideBench.Options options, List<DecideBench.Run> runs) {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("pods"));
        options.sizes().forEach(pods -> head.add("%,d".formatted(pods)));
        rows.add(head);
        for (Figure figure : FIGURES) {
            List<String> row = new ArrayList<>(List.of(figure.label()));
            for (int pods : options.sizes()) {
                row.add(Spread.text(Spread.of(runs.stream()
                        .filter(run -> run.pods() == pods)
                        .map(figure.of()::applyAsDouble)
                        .toList())));
            }
            rows.add(row);
        }
        results.table(
                "the deciding service, %,d namespaces, %,d warrants, %,d events/s"
                                .formatted(options.namespaces(), options.warrants(), options.rate())
                        + (options.rounds() == 1 ? "" : ", median (least-most) of " + options.rounds() + " rounds"),
                rows);
        growth(options, runs);
        json(options, runs);
        List<DecideBench.Run> wrong =
                runs.stream().filter(run -> !run.problem().isEmpty()).toList();
        wrong.forEach(
                run -> results.say("WRONG: %,d pods, round %d: %s".formatted(run.pods(), run.round(), run.problem())));
        return wrong.isEmpty();
    }

    /** The largest size by the smallest, within each round. */
    private void growth(DecideBench.Options options, List<DecideBench.Run> runs) {
        int small = options.sizes().getFirst();
        int large = options.sizes().getLast();
        if (small == large) {
            return;
        }
        List<List<String>> rows = new ArrayList<>();
        for (Figure figure : FIGURES) {
            if (figure.ratio().isEmpty()) {
                continue;
            }
            List<Double> values = new ArrayList<>();
            for (int round = 1; round <= options.rounds(); round++) {
                values.add(of(runs, round, large, figure) / of(runs, round, small, figure));
            }
            String name = figure.ratio() + name(large) + "To" + name(small);
            Optional<Spread> spread = Spread.of(values);
            spread.ifPresent(value -> results.ratio(name, "pods", value.median()));
            rows.add(List.of(name, Spread.text(spread)));
        }
        results.table(
                "growth at %s times the pods: less is better".formatted(Spread.number((double) large / small)), rows);
    }

    private static double of(List<DecideBench.Run> runs, int round, int pods, Figure figure) {
        return runs.stream()
                .filter(run -> run.round() == round && run.pods() == pods)
                .mapToDouble(figure.of())
                .findFirst()
                .orElse(Double.NaN);
    }

    private static String name(int pods) {
        return pods % THOUSAND == 0 ? pods / THOUSAND + "k" : Integer.toString(pods);
    }

    private void json(DecideBench.Options options, List<DecideBench.Run> runs) {
        results.options()
                .put("namespaces", options.namespaces())
                .put("warrants", options.warrants())
                .put("rate", options.rate())
                .put("seconds", options.seconds())
                .put("rounds", options.rounds())
                .put("heap", options.heap());
        for (DecideBench.Run run : runs) {
            results.list("decide")
                    .addObject()
                    .put("pods", run.pods())
                    .put("round", run.round())
                    .put("captures", run.captures())
                    .put("startSeconds", run.startSeconds())
                    .put("events", run.events())
                    .put("commands", run.delays().count())
                    .put("delayP50Ms", run.delays().p50Ms())
                    .put("delayP99Ms", run.delays().p99Ms())
                    .put("delayMaxMs", run.delays().maxMs())
                    .put("cpuMicrosPerEvent", run.cpuMicrosPerEvent())
                    .put("idlePercent", run.idlePercent())
                    .put("renewalsPerSecond", run.renewalsPerSecond())
                    .put("stateBytes", run.stateBytes())
                    .put("residentKib", run.residentKib())
                    .put("liveHeapKib", run.liveHeapKib().orElse(0))
                    .put("problem", run.problem());
        }
    }
}
