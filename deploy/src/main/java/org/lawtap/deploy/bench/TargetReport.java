package org.lawtap.deploy.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.node.ObjectNode;

/** What {@code bench target} measured, as a table and among the results. */
final class TargetReport {
    private static final double BITS_PER_GBIT = 1e9;
    /** As the ratios name what was sent. */
    private static final String STREAM = "stream";

    private static final String REQUESTS = "128B";

    private static final List<Figure> FIGURES = List.of(
            new Figure("TCP, one stream, Gbit/s", run -> run.bitsPerSecond() / BITS_PER_GBIT),
            new Figure("of its packets lost by the tap, %", TargetBench.Run::lostOfStream),
            new Figure("request p50, us", TargetBench.Run::p50Micros),
            new Figure("request p99, us", TargetBench.Run::p99Micros),
            new Figure("requests/s", TargetBench.Run::requestsPerSecond),
            new Figure("of their packets lost by the tap, %", TargetBench.Run::lostOfRequests));

    private static final List<Ratio> RATIOS = List.of(
            new Ratio("throughputToUntapped", STREAM, TargetTap.UNTAPPED, TargetBench.Run::bitsPerSecond),
            new Ratio("throughputToTcpdump", STREAM, TargetTap.TCPDUMP, TargetBench.Run::bitsPerSecond),
            new Ratio("latencyP99ToUntapped", REQUESTS, TargetTap.UNTAPPED, TargetBench.Run::p99Micros),
            new Ratio("latencyP99ToTcpdump", REQUESTS, TargetTap.TCPDUMP, TargetBench.Run::p99Micros));

    private final Results results;

    private record Figure(String label, ToDoubleFunction<TargetBench.Run> of) {}

    /** Under lawtap by what it is under the peer. */
    private record Ratio(String name, String size, TargetTap peer, ToDoubleFunction<TargetBench.Run> of) {}

    TargetReport(Results results) {
        this.results = results;
    }

    /** Takes what was measured. */
    void take(TargetBench.Options options, List<TargetBench.Run> runs) {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(""));
        for (TargetTap tap : TargetTap.values()) {
            head.add(tap.label());
        }
        rows.add(head);
        for (Figure figure : FIGURES) {
            List<String> row = new ArrayList<>(List.of(figure.label()));
            for (TargetTap tap : TargetTap.values()) {
                row.add(Spread.text(Spread.of(runs.stream()
                        .filter(run -> run.tap() == tap)
                        .map(figure.of()::applyAsDouble)
                        .toList())));
            }
            rows.add(row);
        }
        results.table(
                "what the workload feels"
                        + (options.rounds() == 1 ? "" : ", median (least-most) of " + options.rounds() + " rounds"),
                rows);
        ratios(runs);
        json(options, runs);
    }

    private void ratios(List<TargetBench.Run> runs) {
        List<List<String>> rows = new ArrayList<>();
        for (Ratio ratio : RATIOS) {
            List<Double> values = new ArrayList<>();
            for (TargetBench.Run ours : runs) {
                for (TargetBench.Run peer : runs) {
                    if (ours.tap() == TargetTap.LAWTAP && peer.tap() == ratio.peer() && ours.round() == peer.round()) {
                        values.add(ratio.of().applyAsDouble(ours) / ratio.of().applyAsDouble(peer));
                    }
                }
            }
            Optional<Spread> spread = Spread.of(values);
            spread.ifPresent(value -> results.ratio(ratio.name(), ratio.size(), value.median()));
            rows.add(List.of(ratio.name(), Spread.text(spread)));
        }
        results.table("ratios: of throughput, 1 is best; of latency, less is better", rows);
    }

    private void json(TargetBench.Options options, List<TargetBench.Run> runs) {
        results.options()
                .put("seconds", options.seconds())
                .put("requests", options.requests())
                .put("warmUpSeconds", options.warmUpSeconds())
                .put("rounds", options.rounds());
        for (TargetBench.Run run : runs) {
            ObjectNode entry = results.list("target").addObject();
            entry.put("tap", run.tap().label())
                    .put("round", run.round())
                    .put("bitsPerSecond", run.bitsPerSecond())
                    .put("requestP50Micros", run.p50Micros())
                    .put("requestP99Micros", run.p99Micros())
                    .put("requestsPerSecond", run.requestsPerSecond());
            if (Double.isFinite(run.lostOfStream())) {
                entry.put("lostOfStreamPercent", run.lostOfStream());
            }
            if (Double.isFinite(run.lostOfRequests())) {
                entry.put("lostOfRequestsPercent", run.lostOfRequests());
            }
        }
    }
}
