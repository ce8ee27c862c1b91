package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lawtap.deploy.sandbox.QuietPods.QuietPod;

/**
 * What captures cost one node's worker as they become more: the same packets a second, spread over one capture and over hundreds.
 * Each number of captures meets a fresh worker, in an order that changes by round.
 */
final class NodesBench {
    private static final String HEAP = "512m";
    private static final Duration SETTLE = Duration.ofSeconds(5);
    private static final int WARM_UP_SECONDS = 30;
    private static final double NANOS_PER_MICRO = 1e3;

    private final Options options;
    private final Path directory;
    private final Progress progress;
    private int started;

    /**
     * What is measured.
     *
     * @param captures how many, one measurement each; the node has as many pods as the most of them
     * @param rate packets a second over all captures together
     * @param seconds of each state
     * @param ringBytes of each capture; 0: as the worker has it by default
     */
    record Options(List<Integer> captures, Mix mix, long rate, int seconds, int rounds, long ringBytes) {
        Options {
            captures = List.copyOf(captures);
        }

        /** The ratios compare the fewest with the most. */
        List<Integer> captures(int round) {
            return round == 1
                    ? captures
                    : captures.stream()
                            .filter(count -> count == least() || count == most())
                            .toList();
        }

        int least() {
            return captures.stream().mapToInt(Integer::intValue).min().orElse(1);
        }

        int most() {
            return captures.stream().mapToInt(Integer::intValue).max().orElse(1);
        }
    }

    /**
     * What one number of captures cost once.
     *
     * @param residentKib of the loaded worker, its rings included
     * @param ringBytes of all its rings, as the kernel mapped them
     * @param idlePercent CPU of one core without traffic
     * @param loadedPercent with it
     * @param cpuNanos of the worker while this was sent
     */
    record Run(
            int captures,
            int round,
            long residentKib,
            long ringBytes,
            double idlePercent,
            double loadedPercent,
            long cpuNanos,
            long sent,
            long kept) {
        double cpuMicrosPerPacket() {
            return kept > 0 ? cpuNanos / NANOS_PER_MICRO / kept : Double.NaN;
        }

        double lossPercent() {
            return sent > 0 ? 100.0 * (sent - kept) / sent : Double.NaN;
        }
    }

    /** @param directory a new one, for everything that is written */
    NodesBench(Options options, Path directory, Progress progress) {
        this.options = options;
        this.directory = directory;
        this.progress = progress;
    }

    List<Run> run() throws BenchException, InterruptedException {
        Path flood = NativeProgram.compile("flood", directory.resolve("bin"));
        try (BenchNode node = BenchNode.putUp(directory, options.most(), progress)) {
            BrokerProcess broker = node.keep(BrokerProcess.start(directory, HEAP));
            List<Run> runs = new ArrayList<>();
            for (int round = 1; round <= options.rounds(); round++) {
                for (int captures : CaptureBench.inTurn(options.captures(round), round)) {
                    runs.add(once(node, broker, flood, captures, round));
                }
            }
            return runs;
        }
    }

    private Run once(BenchNode node, BrokerProcess broker, Path flood, int captures, int round)
            throws BenchException, InterruptedException {
        Map<String, String> settings = options.ringBytes() > 0
                ? Map.of("LAWTAP_CAPTURE_RING_BYTES", Long.toString(options.ringBytes()))
                : Map.of();
        Path here = directory.resolve("worker-" + started++);
        List<QuietPod> pods = node.pods().subList(0, captures);
        Generator generator = node.toPods(flood, pods);
        try (WorkerTap tap = WorkerTap.start(node, broker, new WorkerTap.Options(HEAP, settings), here)) {
            tap.capture(pods);
            generator.send(warmUp());
            Pace.pass(SETTLE);
            tap.written();

            MeasuredProcess worker = tap.process();
            long cpu = worker.cpuNanos();
            long begin = System.nanoTime();
            Pace.pass(Duration.ofSeconds(options.seconds()));
            double idle = 100.0 * (worker.cpuNanos() - cpu) / (System.nanoTime() - begin);

            long passed = node.passed(pods);
            long before = tap.written();
            cpu = worker.cpuNanos();
            begin = System.nanoTime();
            generator.send(Generator.Traffic.steady(options.mix(), options.rate(), options.seconds()));
            double loaded = 100.0 * (worker.cpuNanos() - cpu) / (System.nanoTime() - begin);
            Pace.pass(CaptureBench.SETTLE);
            cpu = worker.cpuNanos() - cpu;
            passed = node.passed(pods) - passed;
            long kept = tap.written() - before;
            Run run =
                    new Run(captures, round, worker.residentKib(), worker.ringBytes(), idle, loaded, cpu, passed, kept);
            progress.tell("round %d, %d captures: %d MiB, CPU %s %% idle, %s %% loaded, %s us per packet, %s %% lost"
                    .formatted(
                            round,
                            captures,
                            run.residentKib() >> 10,
                            Spread.number(idle),
                            Spread.number(loaded),
                            Spread.number(run.cpuMicrosPerPacket()),
                            Spread.number(run.lossPercent())));
            return run;
        }
    }

    private Generator.Traffic warmUp() {
        return Generator.Traffic.steady(
                options.mix(), options.rate(), Math.min(3 * options.seconds(), WARM_UP_SECONDS));
    }
}
