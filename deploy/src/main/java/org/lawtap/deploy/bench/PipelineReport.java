package org.lawtap.deploy.bench;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What {@code bench pipeline} measured, as tables and among the results. */
final class PipelineReport {
    private final Results results;

    /** lawtap's figure by that of a peer. */
    private record Ratio(String name, PipelineWay peer, ToDoubleFunction<PipelineBench.Run> of) {}

    private static final List<Ratio> RATIOS = List.of(
            new Ratio("pipelineToTcpdumpRate", PipelineWay.TCPDUMP, PipelineBench.Run::rate),
            new Ratio("pipelineToPlainRate", PipelineWay.PLAIN, PipelineBench.Run::rate),
            new Ratio(
                    "pipelineToTcpdumpCpu",
                    PipelineWay.TCPDUMP,
                    run -> run.steady().allCpuMicros()),
            new Ratio(
                    "pipelineToPlainCpu", PipelineWay.PLAIN, run -> run.steady().allCpuMicros()));

    PipelineReport(Results results) {
        this.results = results;
    }

    /** Takes what was measured; returns whether no file holds a packet twice. */
    boolean take(PipelineBench.Options options, List<PipelineBench.Run> runs) {
        String times = options.rounds() == 1 ? "" : ", median (least-most) of " + options.rounds() + " rounds";
        for (Mix mix : options.mixes()) {
            List<PipelineBench.Run> some =
                    runs.stream().filter(run -> run.mix().equals(mix)).toList();
            table(options, mix.name() + times, some);
        }
        ratios(options, runs);
        json(options, runs);
        List<PipelineBench.Run> wrong =
                runs.stream().filter(run -> !run.plausible()).toList();
        wrong.forEach(run -> results.say("WRONG: " + run.way().label() + ", "
                + run.mix().name() + ", round " + run.round() + " has packets in its file that were not sent"));
        return wrong.isEmpty();
    }

    private void table(PipelineBench.Options options, String title, List<PipelineBench.Run> runs) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(row("", options.ways(), way -> way.label()));
        rows.add(row("highest packets/s without loss", options.ways(), way -> {
            String text = text(runs, way, PipelineBench.Run::rate);
            boolean limited = of(runs, way).stream().anyMatch(PipelineBench.Run::limited);
            return limited && !text.equals(Spread.NONE) ? "at least " + text : text;
        }));
        LinkedHashSet<String> stages = new LinkedHashSet<>();
        runs.forEach(run -> stages.addAll(run.steady().cpuMicros().keySet()));
        String at = " at %,d/s".formatted(options.rate());
        for (String stage : stages) {
            rows.add(row(
                    "CPU us per packet, " + stage + at,
                    options.ways(),
                    way -> text(runs, way, run -> run.steady().cpuMicros().getOrDefault(stage, Double.NaN))));
        }
        rows.add(row(
                "CPU us per packet, all" + at,
                options.ways(),
                way -> text(runs, way, run -> run.steady().allCpuMicros())));
        rows.add(row(
                "delay to the file p50, ms" + at,
                options.ways(),
                way -> text(runs, way, run -> run.steady().p50Ms())));
        rows.add(row(
                "delay to the file p99, ms" + at,
                options.ways(),
                way -> text(runs, way, run -> run.steady().p99Ms())));
        results.table("from interface to file, " + title, rows);
    }

    private interface Cell {
        String of(PipelineWay way);
    }

    private static List<String> row(String label, List<PipelineWay> ways, Cell cell) {
        List<String> row = new ArrayList<>(List.of(label));
        ways.forEach(way -> row.add(cell.of(way)));
        return row;
    }

    private static List<PipelineBench.Run> of(List<PipelineBench.Run> runs, PipelineWay way) {
        return runs.stream().filter(run -> run.way() == way).toList();
    }

    private static String text(
            List<PipelineBench.Run> runs, PipelineWay way, ToDoubleFunction<PipelineBench.Run> figure) {
        return Spread.text(
                Spread.of(of(runs, way).stream().map(figure::applyAsDouble).toList()));
    }

    /** Each round's own ratio, and the median of those. */
    private void ratios(PipelineBench.Options options, List<PipelineBench.Run> runs) {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(""));
        options.mixes().forEach(mix -> head.add(mix.name()));
        rows.add(head);
        for (Ratio ratio : RATIOS) {
            List<String> row = new ArrayList<>(List.of(ratio.name()));
            for (Mix mix : options.mixes()) {
                List<Double> values = new ArrayList<>();
                for (PipelineBench.Run ours : of(runs, PipelineWay.LAWTAP)) {
                    of(runs, ratio.peer()).stream()
                            .filter(peer -> peer.round() == ours.round()
                                    && peer.mix().equals(mix)
                                    && ours.mix().equals(mix))
                            .forEach(peer -> values.add(
                                    ratio.of().applyAsDouble(ours) / ratio.of().applyAsDouble(peer)));
                }
                Optional<Spread> spread = Spread.of(values);
                spread.ifPresent(value -> results.ratio(ratio.name(), mix.name(), value.median()));
                row.add(Spread.text(spread));
            }
            rows.add(row);
        }
        results.table("ratios: of rates, more than 1 favours lawtap; of CPU, less than 1 does", rows);
    }

    private void json(PipelineBench.Options options, List<PipelineBench.Run> runs) {
        results.options()
                .put("rate", options.rate())
                .put("seconds", options.seconds())
                .put("holdSeconds", options.holdSeconds())
                .put("rounds", options.rounds())
                .put("ringBytes", PipelineBench.RING_BYTES);
        for (PipelineBench.Run run : runs) {
            ObjectNode entry = results.list("pipeline").addObject();
            entry.put("way", run.way().label())
                    .put("size", run.mix().name())
                    .put("round", run.round())
                    .put("limitedByGenerator", run.limited());
            if (Double.isFinite(run.rate())) {
                entry.put("rate", run.rate());
            }
            PipelineBench.Steady steady = run.steady();
            ObjectNode at = entry.putObject("steady");
            at.put("sent", steady.packets())
                    .put("arrived", steady.arrived())
                    .put("delayP50Ms", steady.p50Ms())
                    .put("delayP99Ms", steady.p99Ms())
                    .put("delayMaxMs", steady.maxMs());
            ObjectNode cpu = at.putObject("cpuMicrosPerPacket");
            steady.cpuMicros().forEach(cpu::put);
            ArrayNode steps = entry.putArray("steps");
            for (PipelineBench.Step step : run.steps()) {
                steps.addObject()
                        .put("asked", step.asked())
                        .put("rate", step.rate())
                        .put("sent", step.sent())
                        .put("arrived", step.arrived());
            }
        }
    }
}
