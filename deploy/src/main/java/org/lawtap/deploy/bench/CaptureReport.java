package org.lawtap.deploy.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** What {@code bench capture} measured, as tables and among the results. */
final class CaptureReport {
    private final Results results;

    /** CPU per packet of one way by that of another. */
    private record Ratio(String name, CaptureWay ours, CaptureWay peer) {}

    private static final List<Ratio> RATIOS = List.of(
            new Ratio("engineToCRing", CaptureWay.ENGINE, CaptureWay.C_RING),
            new Ratio("engineToTcpdumpNull", CaptureWay.ENGINE, CaptureWay.TCPDUMP_NULL),
            new Ratio("workerToTcpdumpFile", CaptureWay.WORKER, CaptureWay.TCPDUMP_FILE),
            new Ratio("workerToPcap4jLoop", CaptureWay.WORKER, CaptureWay.PCAP4J));

    CaptureReport(Results results) {
        this.results = results;
    }

    /** Takes what was measured; returns whether no way counted a packet twice. */
    boolean take(CaptureBench.Options options, CaptureBench.Result result) {
        List<CaptureBench.Load> loads =
                result.runs().stream().map(CaptureBench.Run::load).distinct().toList();
        String times = options.rounds() == 1 ? "" : ", median (least-most) of " + options.rounds() + " rounds";
        for (boolean most : new boolean[] {false, true}) {
            List<CaptureBench.Load> some =
                    loads.stream().filter(load -> (load.rate() == 0) == most).toList();
            String rate = most ? "at the generator's highest rate" : "at %,d packets/s".formatted(options.rate());
            table(
                    "CPU us per kept packet, " + rate + times,
                    options,
                    result,
                    some,
                    CaptureBench.Run::cpuMicrosPerPacket);
            table("packets lost, %, " + rate + times, options, result, some, CaptureBench.Run::lossPercent);
            if (most) {
                table(
                        "packets kept per second, " + rate + times,
                        options,
                        result,
                        some,
                        run -> run.sentPerSecond() * run.kept() / run.sent());
            }
        }
        ratios(loads, result);
        bursts(result);
        json(options, result);
        List<CaptureBench.Run> wrong =
                result.runs().stream().filter(run -> !run.plausible()).toList();
        for (CaptureBench.Run run : wrong) {
            results.say("WRONG: " + run.way().label() + ", " + run.load().name() + ", round " + run.round() + " kept "
                    + run.kept() + " of " + run.sent() + " packets");
        }
        return wrong.isEmpty();
    }

    private void table(
            String title,
            CaptureBench.Options options,
            CaptureBench.Result result,
            List<CaptureBench.Load> loads,
            ToDoubleFunction<CaptureBench.Run> figure) {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(""));
        loads.forEach(load -> head.add(load.mix().name()));
        rows.add(head);
        for (CaptureWay way : options.ways()) {
            List<String> row = new ArrayList<>(List.of(way.label()));
            for (CaptureBench.Load load : loads) {
                row.add(Spread.text(Spread.of(result.runs().stream()
                        .filter(run -> run.way() == way && run.load().equals(load))
                        .map(figure::applyAsDouble)
                        .toList())));
            }
            rows.add(row);
        }
        results.table(title, rows);
    }

    /** Each round's own ratio, and the median of those. */
    private void ratios(List<CaptureBench.Load> loads, CaptureBench.Result result) {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of(""));
        loads.forEach(load -> head.add(load.name()));
        rows.add(head);
        for (Ratio ratio : RATIOS) {
            List<String> row = new ArrayList<>(List.of(ratio.name()));
            for (CaptureBench.Load load : loads) {
                Optional<Spread> spread = Spread.of(of(ratio, load, result.runs()));
                spread.ifPresent(value -> results.ratio(ratio.name(), load.name(), value.median()));
                row.add(Spread.text(spread));
            }
            rows.add(row);
        }
        results.table("CPU per packet as a ratio, less than 1 favours lawtap; -: a peer was left out", rows);
    }

    private static Collection<Double> of(Ratio ratio, CaptureBench.Load load, List<CaptureBench.Run> runs) {
        List<Double> values = new ArrayList<>();
        for (CaptureBench.Run ours : runs) {
            for (CaptureBench.Run peer : runs) {
                if (ours.way() == ratio.ours()
                        && peer.way() == ratio.peer()
                        && ours.load().equals(load)
                        && peer.load().equals(load)
                        && ours.round() == peer.round()) {
                    values.add(ours.cpuMicrosPerPacket() / peer.cpuMicrosPerPacket());
                }
            }
        }
        return values;
    }

    private void bursts(CaptureBench.Result result) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("", "sent", "lost"));
        for (CaptureWay way : result.bursts().stream()
                .map(CaptureBench.Burst::way)
                .collect(Collectors.toCollection(java.util.TreeSet::new))) {
            List<CaptureBench.Burst> some =
                    result.bursts().stream().filter(burst -> burst.way() == way).toList();
            rows.add(List.of(
                    way.label() + ", its default buffer",
                    Spread.text(Spread.of(
                            some.stream().map(burst -> (double) burst.sent()).toList())),
                    Spread.text(Spread.of(
                            some.stream().map(burst -> (double) burst.lost()).toList()))));
        }
        results.table(
                "packets of a burst of %d MB, IMIX, as fast as the generator can"
                        .formatted(CaptureBench.BURST_BYTES / 1_000_000),
                rows);
    }

    private void json(CaptureBench.Options options, CaptureBench.Result result) {
        results.options()
                .put("rate", options.rate())
                .put("seconds", options.seconds())
                .put("warmUpSeconds", options.warmUpSeconds())
                .put("rounds", options.rounds())
                .put("ringBytes", CaptureBench.RING_BYTES);
        for (CaptureBench.Run run : result.runs()) {
            ObjectNode entry = results.list("capture").addObject();
            entry.put("way", run.way().key())
                    .put("size", run.load().name())
                    .put("round", run.round())
                    .put("sent", run.sent())
                    .put("kept", run.kept())
                    .put("sentPerSecond", run.sentPerSecond())
                    .put("cpuNanos", run.cpuNanos());
            if (run.dropped() >= 0) {
                entry.put("dropped", run.dropped());
            }
            if (Double.isFinite(run.cpuMicrosPerPacket())) {
                entry.put("cpuMicrosPerPacket", run.cpuMicrosPerPacket());
            }
        }
        for (CaptureBench.Burst burst : result.bursts()) {
            results.list("burst")
                    .addObject()
                    .put("way", burst.way().key())
                    .put("round", burst.round())
                    .put("sent", burst.sent())
                    .put("lost", burst.lost());
        }
    }
}
