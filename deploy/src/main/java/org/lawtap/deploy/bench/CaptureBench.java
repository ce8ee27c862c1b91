package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lawtap.deploy.sandbox.QuietPods.QuietPod;

/**
 * What capturing costs, way by way: the same traffic out of one pod, captured at the node's end of its interface by one way after
 * the other, in an order that changes by round. A way that can say its count meanwhile lives through all traffic of a round.
 */
final class CaptureBench {
    static final long RING_BYTES = 32L << 20;
    static final long BURST_BYTES = 20_000_000;

    /** What is lost and not what it costs is the question then. */
    private static final int BURST_WARM_UP_SECONDS = 10;

    private static final String HEAP = "512m";
    /** tcpdump looks once a second at a ring that does not fill. */
    static final Duration SETTLE = Duration.ofMillis(1500);

    private static final double NANOS_PER_MICRO = 1e3;

    private final Options options;
    private final Path directory;
    private final Progress progress;

    /**
     * What is measured.
     *
     * @param rate packets a second of the measurements at a fixed rate; those at the highest rate of the generator follow
     * @param warmUpSeconds of IMIX at that rate, before a JVM is measured
     */
    record Options(List<CaptureWay> ways, List<Mix> mixes, long rate, int seconds, int warmUpSeconds, int rounds) {
        Options {
            ways = List.copyOf(ways);
            mixes = List.copyOf(mixes);
        }
    }

    /** One kind of traffic. @param rate 0: as fast as the generator can */
    record Load(Mix mix, long rate) {
        /** As the ratios name it. */
        String name() {
            return rate == 0 ? mix.name() + "@max" : mix.name();
        }
    }

    /**
     * What one way did once.
     *
     * @param sent packets that passed the interface
     * @param dropped by the kernel's count; -1: it does not say
     * @param sentPerSecond by the generator's clock
     */
    record Run(
            CaptureWay way,
            int round,
            Load load,
            long sent,
            long kept,
            long dropped,
            long cpuNanos,
            double sentPerSecond) {
        double cpuMicrosPerPacket() {
            return kept > 0 ? cpuNanos / NANOS_PER_MICRO / kept : Double.NaN;
        }

        double lossPercent() {
            return sent > 0 ? 100.0 * (sent - kept) / sent : Double.NaN;
        }

        /** Whether no packet was counted twice, and all that was not kept is a loss that the kernel knows of. */
        boolean plausible() {
            return sent > 0 && kept <= sent;
        }
    }

    /** What became of a burst, with everything as it is by default. */
    record Burst(CaptureWay way, int round, long sent, long kept) {
        long lost() {
            return sent - kept;
        }
    }

    /** All of it. */
    record Result(List<Run> runs, List<Burst> bursts) {
        Result {
            runs = List.copyOf(runs);
            bursts = List.copyOf(bursts);
        }
    }

    /** @param directory a new one, for everything that is written */
    CaptureBench(Options options, Path directory, Progress progress) {
        this.options = options;
        this.directory = directory;
        this.progress = progress;
    }

    Result run() throws BenchException, InterruptedException {
        Map<String, String> packages = new HashMap<>();
        options.ways().forEach(way -> packages.putAll(way.packages()));
        Tools.require(packages);
        Path flood = NativeProgram.compile("flood", directory.resolve("bin"));
        Path ring = NativeProgram.compile("ring", directory.resolve("bin"));
        try (BenchNode node = BenchNode.putUp(directory, 2, progress)) {
            QuietPod pod = node.pods().getFirst();
            Generator generator = node.fromPod(flood, pod, node.pods().getLast());
            BrokerProcess broker = node.keep(BrokerProcess.start(directory, HEAP));
            CaptureTaps taps = new CaptureTaps(node, broker, pod, new CaptureTaps.Options(RING_BYTES, HEAP, ring));
            CaptureTaps defaults = new CaptureTaps(node, broker, pod, new CaptureTaps.Options(0, HEAP, ring));
            return measure(new Stand(node, pod, generator, taps, defaults));
        }
    }

    private record Stand(BenchNode node, QuietPod pod, Generator generator, CaptureTaps taps, CaptureTaps defaults) {
        long passed() throws BenchException, InterruptedException {
            return node.passed(pod);
        }
    }

    private Result measure(Stand stand) throws BenchException, InterruptedException {
        List<Run> runs = new ArrayList<>();
        List<Burst> bursts = new ArrayList<>();
        for (int round = 1; round <= options.rounds(); round++) {
            for (CaptureWay way : inTurn(ways(round), round)) {
                if (way.tells()) {
                    inOneLife(stand, way, round, runs);
                } else {
                    for (Load load : loads()) {
                        runs.add(inALifeOfItsOwn(stand, way, round, load));
                    }
                }
            }
            for (CaptureWay way : inTurn(List.of(CaptureWay.WORKER, CaptureWay.TCPDUMP_FILE), round)) {
                if (options.ways().contains(way)) {
                    bursts.add(burst(stand, way, round));
                }
            }
        }
        return new Result(runs, bursts);
    }

    /** Who goes first changes by round: the machine's caches and its other work favour none. */
    static <T> List<T> inTurn(List<T> all, int round) {
        List<T> turned = new ArrayList<>(all);
        Collections.rotate(turned, -(round - 1));
        return turned;
    }

    /** Those that no ratio compares are measured once: three rounds of them would be a quarter of the time. */
    private List<CaptureWay> ways(int round) {
        return round == 1
                ? options.ways()
                : options.ways().stream().filter(CaptureWay::compared).toList();
    }

    private List<Load> loads() {
        List<Load> loads = new ArrayList<>();
        for (long rate : new long[] {options.rate(), 0}) {
            options.mixes().forEach(mix -> loads.add(new Load(mix, rate)));
        }
        return loads;
    }

    /** A JVM is warmed up once and not for each kind of traffic. */
    private void inOneLife(Stand stand, CaptureWay way, int round, List<Run> runs)
            throws BenchException, InterruptedException {
        try (CaptureTap tap = stand.taps().open(way, directory)) {
            stand.generator().warmUp(way, options.rate(), options.warmUpSeconds());
            for (Load load : loads()) {
                CaptureTap.Count before = tap.count();
                Sending sending = send(stand, tap, load);
                runs.add(run(way, round, load, sending, tap.count().since(before)));
            }
        }
    }

    private Run inALifeOfItsOwn(Stand stand, CaptureWay way, int round, Load load)
            throws BenchException, InterruptedException {
        try (CaptureTap tap = stand.taps().open(way, directory)) {
            Sending sending = send(stand, tap, load);
            return run(way, round, load, sending, tap.end());
        }
    }

    /** What passed, and what it cost. */
    private record Sending(long passed, long cpuNanos, double perSecond) {}

    private Sending send(Stand stand, CaptureTap tap, Load load) throws BenchException, InterruptedException {
        long passed = stand.passed();
        long cpu = tap.process().cpuNanos();
        Generator.Sent sent =
                stand.generator().send(Generator.Traffic.steady(load.mix(), load.rate(), options.seconds()));
        Pace.pass(SETTLE);
        return new Sending(stand.passed() - passed, tap.process().cpuNanos() - cpu, sent.rate());
    }

    private Run run(CaptureWay way, int round, Load load, Sending sending, CaptureTap.Count kept) {
        Run run = new Run(
                way,
                round,
                load,
                sending.passed(),
                kept.kept(),
                kept.dropped(),
                sending.cpuNanos(),
                sending.perSecond());
        progress.tell("round %d, %s, %s: %s us of CPU per packet, %s %% of %,d packets lost"
                .formatted(
                        round,
                        load.name(),
                        way.label(),
                        Spread.number(run.cpuMicrosPerPacket()),
                        Spread.number(run.lossPercent()),
                        run.sent()));
        return run;
    }

    private Burst burst(Stand stand, CaptureWay way, int round) throws BenchException, InterruptedException {
        try (CaptureTap tap = stand.defaults().open(way, directory)) {
            stand.generator().warmUp(way, options.rate(), Math.min(options.warmUpSeconds(), BURST_WARM_UP_SECONDS));
            CaptureTap.Count before = way.tells() ? tap.count() : new CaptureTap.Count(0, 0);
            long passed = stand.passed();
            stand.generator().send(Generator.Traffic.burst(Mix.IMIX, BURST_BYTES));
            Pace.pass(SETTLE);
            passed = stand.passed() - passed;
            Burst burst = new Burst(way, round, passed, tap.end().since(before).kept());
            progress.tell("round %d, a burst of %d MB, %s: %,d of %,d packets lost"
                    .formatted(round, BURST_BYTES / 1_000_000, way.label(), burst.lost(), burst.sent()));
            return burst;
        }
    }
}
