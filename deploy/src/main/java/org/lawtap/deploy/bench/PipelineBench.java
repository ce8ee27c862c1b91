package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lawtap.deploy.sandbox.QuietPods.QuietPod;

/**
 * How much the whole way from a pod's interface to a capture file bears, what each stage costs and how long a packet takes; beside
 * tcpdump and a plain pipeline of one record a packet, one after the other in an order that changes by round.
 */
final class PipelineBench {
    static final long RING_BYTES = 32L << 20;
    /** All of a step's packets must be in the file so soon after its last one. */
    static final Duration CATCH_UP = Duration.ofSeconds(3);
    /** A step that failed is tried again: another process of the machine may have been in the way. */
    static final int TRIES = 2;

    /** The search ends when the lowest rate that failed is so near the highest that was borne. */
    static final double NEAR = 1.08;

    private static final String HEAP = "512m";
    private static final long FIRST_RATE = 50_000;
    private static final long LOWEST_RATE = 12_500;
    private static final long HIGHEST_RATE = 6_400_000;
    /** A generator that sends less than this part of what it should has reached its limit. */
    private static final double REACHED = 0.95;

    private static final Duration DRAIN_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration DRAIN_STEADY = Duration.ofSeconds(2);
    private static final Duration LOOK_AFTER = Duration.ofMillis(100);
    private static final long LOOK_NANOS = 1_000_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final double NANOS_PER_MICRO = 1e3;

    private final Options options;
    private final Path directory;
    private final Progress progress;
    private int started;

    /**
     * What is measured.
     *
     * @param rate packets a second while cost and delay are measured
     * @param seconds of that, and of its warm-up
     * @param holdSeconds how long each rate of the search is held
     */
    record Options(List<PipelineWay> ways, List<Mix> mixes, long rate, int seconds, int holdSeconds, int rounds) {
        Options {
            ways = List.copyOf(ways);
            mixes = List.copyOf(mixes);
        }
    }

    /** One held rate. @param asked packets a second; 0: as fast as the generator can */
    record Step(long asked, double rate, long sent, long arrived) {
        boolean borne() {
            return sent > 0 && arrived == sent;
        }
    }

    /** At a moderate rate. @param cpuMicros of each stage for a packet */
    record Steady(long packets, long arrived, Map<String, Double> cpuMicros, double p50Ms, double p99Ms, double maxMs) {
        Steady {
            cpuMicros = new LinkedHashMap<>(cpuMicros);
        }

        double allCpuMicros() {
            return cpuMicros.values().stream().mapToDouble(Double::doubleValue).sum();
        }
    }

    /**
     * What one way did once.
     *
     * @param rate the highest packets a second that were borne; NaN if none
     * @param limited the generator could not send more beside it: the way itself may bear more
     */
    record Run(PipelineWay way, int round, Mix mix, double rate, boolean limited, Steady steady, List<Step> steps) {
        Run {
            steps = List.copyOf(steps);
        }

        /** Whether no packet is in a file twice. */
        boolean plausible() {
            return steps.stream().allMatch(step -> step.arrived() <= step.sent())
                    && steady.arrived() <= steady.packets();
        }
    }

    /** @param directory a new one, for everything that is written */
    PipelineBench(Options options, Path directory, Progress progress) {
        this.options = options;
        this.directory = directory;
        this.progress = progress;
    }

    List<Run> run() throws BenchException, InterruptedException {
        Tools.require(Map.of("tcpdump", "tcpdump"));
        Path flood = NativeProgram.compile("flood", directory.resolve("bin"));
        try (BenchNode node = BenchNode.putUp(directory, 2, progress)) {
            QuietPod pod = node.pods().getFirst();
            Generator generator = node.fromPod(flood, pod, node.pods().getLast());
            BrokerProcess broker = node.keep(BrokerProcess.start(directory, HEAP));
            Pipeline.Place place = new Pipeline.Place(node, broker, pod, RING_BYTES, HEAP);
            List<Run> runs = new ArrayList<>();
            for (int round = 1; round <= options.rounds(); round++) {
                for (Mix mix : options.mixes()) {
                    for (PipelineWay way : CaptureBench.inTurn(options.ways(), round)) {
                        runs.add(once(place, generator, way, round, mix));
                    }
                }
            }
            return runs;
        }
    }

    private Run once(Pipeline.Place place, Generator generator, PipelineWay way, int round, Mix mix)
            throws BenchException, InterruptedException {
        Path here = directory.resolve("pipeline-" + started++);
        try (Pipeline pipeline = Pipeline.start(way, place, here)) {
            Stand stand = new Stand(place, generator, pipeline, mix);
            hold(stand, options.rate(), options.seconds());
            Steady steady = steady(stand);
            progress.tell("round %d, %s, %s: %s us of CPU per packet at %,d packets/s, delay p50 %s ms, p99 %s ms"
                    .formatted(
                            round,
                            mix.name(),
                            way.label(),
                            Spread.number(steady.allCpuMicros()),
                            options.rate(),
                            Spread.number(steady.p50Ms()),
                            Spread.number(steady.p99Ms())));
            List<Step> steps = new ArrayList<>();
            boolean limited = search(stand, steps);
            double best = steps.stream()
                    .filter(Step::borne)
                    .mapToDouble(Step::rate)
                    .max()
                    .orElse(Double.NaN);
            progress.tell("round %d, %s, %s: bears %s packets/s%s"
                    .formatted(
                            round,
                            mix.name(),
                            way.label(),
                            Double.isNaN(best) ? Spread.NONE : Spread.number(best),
                            limited ? ", and the generator can't send more beside it" : ""));
            return new Run(way, round, mix, best, limited, steady, steps);
        }
    }

    private record Stand(Pipeline.Place place, Generator generator, Pipeline pipeline, Mix mix) {
        long passed() throws BenchException, InterruptedException {
            return place.node().passed(place.pod());
        }

        long inFile() throws BenchException {
            pipeline.check();
            return pipeline.file().read(time -> {});
        }
    }

    /** Twice the rate until one is not borne, then between the two; returns whether the generator was the limit. */
    private boolean search(Stand stand, List<Step> steps) throws BenchException, InterruptedException {
        double borne = 0;
        double failed = Double.POSITIVE_INFINITY;
        long rate = FIRST_RATE;
        while (failed / borne > NEAR) {
            Step step = tried(stand, rate, steps);
            if (!step.borne()) {
                failed = rate;
            } else if (step.rate() < REACHED * rate || rate >= HIGHEST_RATE) {
                Step most = tried(stand, 0, steps);
                return most.borne();
            } else {
                borne = step.rate();
            }
            if (Double.isInfinite(failed)) {
                rate *= 2;
            } else {
                rate = (long) ((borne + failed) / 2);
                if (rate < LOWEST_RATE) {
                    return false;
                }
            }
        }
        return false;
    }

    private Step tried(Stand stand, long rate, List<Step> steps) throws BenchException, InterruptedException {
        Step step = hold(stand, rate, options.holdSeconds());
        steps.add(step);
        for (int more = 1; more < TRIES && !step.borne(); more++) {
            step = hold(stand, rate, options.holdSeconds());
            steps.add(step);
        }
        return step;
    }

    /** Sends at one rate and looks whether all of it arrives. */
    private Step hold(Stand stand, long rate, int seconds) throws BenchException, InterruptedException {
        long passed = stand.passed();
        long before = stand.inFile();
        Generator.Sent sent = stand.generator().send(Generator.Traffic.steady(stand.mix(), rate, seconds));
        long through = stand.passed() - passed;
        boolean complete = arrives(stand, before + through);
        Step step = new Step(rate, through / sent.seconds(), through, stand.inFile() - before);
        if (!complete) {
            drain(stand);
        }
        progress.tell("  %s packets/s: %,d of %,d arrived"
                .formatted(Spread.number(step.rate()), step.arrived(), step.sent()));
        return step;
    }

    /** Whether so many packets are in the file in time. */
    private static boolean arrives(Stand stand, long packets) throws BenchException, InterruptedException {
        long end = System.nanoTime() + CATCH_UP.toNanos();
        while (stand.inFile() < packets) {
            if (System.nanoTime() - end > 0) {
                return false;
            }
            stand.pipeline().flush();
            Pace.pass(LOOK_AFTER);
        }
        return true;
    }

    /** Until nothing more arrives: what is late must not count for the next rate. */
    private static void drain(Stand stand) throws BenchException, InterruptedException {
        long[] last = {-1, System.nanoTime()};
        Pace.until(DRAIN_TIMEOUT, () -> {
            long now = stand.inFile();
            if (now != last[0]) {
                last[0] = now;
                last[1] = System.nanoTime();
            }
            return System.nanoTime() - last[1] > DRAIN_STEADY.toNanos();
        });
    }

    /** Cost and delay at the moderate rate; who reads the file looks every millisecond. */
    private Steady steady(Stand stand) throws BenchException, InterruptedException {
        Map<String, Long> cpu = new LinkedHashMap<>();
        for (Map.Entry<String, MeasuredProcess> stage :
                stand.pipeline().stages().entrySet()) {
            cpu.put(stage.getKey(), stage.getValue().cpuNanos());
        }
        long passed = stand.passed();
        long before = stand.inFile();
        Delays delays = new Delays();
        Generator.Traffic traffic = Generator.Traffic.steady(stand.mix(), options.rate(), options.seconds());
        try (MeasuredProcess process = stand.generator().begin(traffic)) {
            while (process.isAlive()) {
                look(stand, delays);
            }
            Generator.end(process, traffic);
        }
        long through = stand.passed() - passed;
        long end = System.nanoTime() + CATCH_UP.toNanos();
        while (look(stand, delays) - before < through && System.nanoTime() - end < 0) {
            // tcpdump holds back the last ones.
        }
        Map<String, Double> micros = new LinkedHashMap<>();
        for (Map.Entry<String, MeasuredProcess> stage :
                stand.pipeline().stages().entrySet()) {
            long took = stage.getValue().cpuNanos() - cpu.getOrDefault(stage.getKey(), 0L);
            micros.put(stage.getKey(), took / NANOS_PER_MICRO / Math.max(1, through));
        }
        arrives(stand, before + through);
        return new Steady(
                through,
                stand.inFile() - before,
                micros,
                delays.quantileMs(0.5),
                delays.quantileMs(0.99),
                delays.quantileMs(1));
    }

    /** Takes what is new in the file, and pauses; returns how many packets there are. */
    private static long look(Stand stand, Delays delays) throws BenchException, InterruptedException {
        stand.pipeline().check();
        long packets = stand.pipeline().file().read(time -> delays.add(now() - time));
        Pace.pause(LOOK_NANOS);
        return packets;
    }

    /** Nanoseconds since 1970, the clock of the kernel's timestamps. */
    private static long now() {
        Instant now = Instant.now();
        return now.getEpochSecond() * NANOS_PER_SECOND + now.getNano();
    }
}
