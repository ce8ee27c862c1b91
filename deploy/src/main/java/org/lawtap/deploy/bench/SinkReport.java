package org.lawtap.deploy.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** What {@code bench sink} measured, as tables and among the results. */
final class SinkReport {
    private static final List<Ratio> RATIOS = List.of(
            new Ratio("rebuildToMergecap", SinkWay.MERGECAP),
            new Ratio("rebuildToTcpdump", SinkWay.TCPDUMP),
            new Ratio("rebuildToCat", SinkWay.CAT));

    private final Results results;

    /** The rebuild's rate by that of a peer. */
    private record Ratio(String name, SinkWay peer) {}

    SinkReport(Results results) {
        this.results = results;
    }

    /** Takes what was measured; returns whether every rebuild had all packets, and chains and seals were right. */
    boolean take(SinkBench.Options options, List<SinkBench.Run> runs) {
        String times = options.rounds() == 1 ? "" : ", median (least-most) of " + options.rounds() + " rounds";
        for (Mix mix : options.mixes()) {
            List<List<String>> rows = new ArrayList<>();
            rows.add(List.of("", "packets/s", "GB/s", "CPU us per packet"));
            for (SinkWay way : SinkWay.values()) {
                rows.add(List.of(
                        way.label(),
                        text(runs, mix, way, SinkBench.Run::packetsPerSecond),
                        text(runs, mix, way, SinkBench.Run::gigabytesPerSecond),
                        text(runs, mix, way, SinkBench.Run::cpuMicrosPerPacket)));
            }
            results.table("to a capture file, " + mix.name() + times, rows);
        }
        ratios(options, runs);
        json(options, runs);
        List<SinkBench.Run> wrong = runs.stream().filter(run -> !run.right()).toList();
        wrong.forEach(run -> results.say("WRONG: " + run.way().label() + ", "
                + run.mix().name() + ", round " + run.round() + " lacks packets, or a chain or seal"));
        return wrong.isEmpty();
    }

    /** Each round's own ratio, and the median of those. */
    private void ratios(SinkBench.Options options, List<SinkBench.Run> runs) {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(""));
        options.mixes().forEach(mix -> head.add(mix.name()));
        rows.add(head);
        for (Ratio ratio : RATIOS) {
            List<String> row = new ArrayList<>(List.of(ratio.name()));
            for (Mix mix : options.mixes()) {
                List<Double> values = new ArrayList<>();
                for (SinkBench.Run ours : of(runs, mix, SinkWay.REBUILD)) {
                    of(runs, mix, ratio.peer()).stream()
                            .filter(peer -> peer.round() == ours.round())
                            .forEach(peer -> values.add(ours.packetsPerSecond() / peer.packetsPerSecond()));
                }
                Optional<Spread> spread = Spread.of(values);
                spread.ifPresent(value -> results.ratio(ratio.name(), mix.name(), value.median()));
                row.add(Spread.text(spread));
            }
            rows.add(row);
        }
        results.table("ratios of packets/s: more than 1 favours lawtap", rows);
    }

    private static List<SinkBench.Run> of(List<SinkBench.Run> runs, Mix mix, SinkWay way) {
        return runs.stream()
                .filter(run -> run.way() == way && run.mix().equals(mix))
                .toList();
    }

    private static String text(List<SinkBench.Run> runs, Mix mix, SinkWay way, ToDoubleFunction<SinkBench.Run> figure) {
        return Spread.text(
                Spread.of(of(runs, mix, way).stream().map(figure::applyAsDouble).toList()));
    }

    private void json(SinkBench.Options options, List<SinkBench.Run> runs) {
        results.options()
                .put("megabytes", options.megabytes())
                .put("threads", options.threads())
                .put("warmUps", options.warmUps())
                .put("rounds", options.rounds());
        for (SinkBench.Run run : runs) {
            results.list("sink")
                    .addObject()
                    .put("way", run.way().label())
                    .put("size", run.mix().name())
                    .put("round", run.round())
                    .put("packets", run.packets())
                    .put("bytes", run.bytes())
                    .put("seconds", run.seconds())
                    .put("cpuSeconds", run.cpuSeconds());
        }
    }
}
