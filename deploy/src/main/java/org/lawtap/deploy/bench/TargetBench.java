package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lawtap.deploy.bench.peer.LatencyClient;
import org.lawtap.deploy.bench.peer.LatencyServer;
import org.lawtap.deploy.sandbox.QuietPods.QuietPod;

/**
 * What the observed workload feels: TCP between two pods of a node, one of which is captured by nobody, by lawtap or by tcpdump, one
 * after the other in an order that changes by round.
 */
final class TargetBench {
    private static final String HEAP = "512m";
    private static final String WORKLOAD_HEAP = "64m";
    private static final int STREAM_PORT = 5201;
    private static final int REQUEST_PORT = 5202;
    private static final int STREAM_WARM_UP_SECONDS = 2;
    private static final long WARM_UP_RATE = 150_000;
    private static final Pattern STREAM_RATE =
            Pattern.compile("\"sum_received\":\\s*\\{[^}]*\"bits_per_second\":\\s*([0-9.e+]+)");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final double NANOS_PER_MICRO = 1e3;

    private final Options options;
    private final Path directory;
    private final Progress progress;
    private int started;

    /**
     * What is measured.
     *
     * @param requests one after the other on one connection, after a fifth as many that are not measured
     * @param warmUpSeconds of traffic before a JVM that captures is measured
     */
    record Options(int seconds, int requests, int warmUpSeconds, int rounds) {}

    /**
     * What the workload felt once.
     *
     * @param lostOfStream part of the stream's packets that the tap lost, percent; a tap that loses costs less. NaN: no tap
     */
    record Run(
            TargetTap tap,
            int round,
            double bitsPerSecond,
            double p50Micros,
            double p99Micros,
            double requestsPerSecond,
            double lostOfStream,
            double lostOfRequests) {}

    /** @param directory a new one, for everything that is written */
    TargetBench(Options options, Path directory, Progress progress) {
        this.options = options;
        this.directory = directory;
        this.progress = progress;
    }

    List<Run> run() throws BenchException, InterruptedException {
        Tools.require(Map.of("tcpdump", "tcpdump", "iperf3", "iperf3"));
        try (BenchNode node = BenchNode.putUp(directory, 2, progress)) {
            QuietPod target = node.pods().getFirst();
            QuietPod other = node.pods().getLast();
            node.connect(target, other);
            BrokerProcess broker = node.keep(BrokerProcess.start(directory, HEAP));
            CaptureTaps taps = new CaptureTaps(
                    node,
                    broker,
                    target,
                    new CaptureTaps.Options(CaptureBench.RING_BYTES, HEAP, directory.resolve("unused")));
            Generator generator = node.fromPod(NativeProgram.compile("flood", directory.resolve("bin")), target, other);
            Stand stand = new Stand(node, target, other, generator, taps);
            List<Run> runs = new ArrayList<>();
            for (int round = 1; round <= options.rounds(); round++) {
                for (TargetTap tap : CaptureBench.inTurn(List.of(TargetTap.values()), round)) {
                    runs.add(once(stand, tap, round));
                }
            }
            return runs;
        }
    }

    private record Stand(BenchNode node, QuietPod target, QuietPod other, Generator generator, CaptureTaps taps) {}

    private interface Workload<T> {
        T run() throws BenchException, InterruptedException;
    }

    private record Felt<T>(T figures, double lostPercent) {}

    private record Latency(double p50Micros, double p99Micros, double perSecond) {}

    private Run once(Stand stand, TargetTap tap, int round) throws BenchException, InterruptedException {
        Felt<Latency> requests = tapped(stand, tap, () -> requests(stand));
        Felt<Double> stream = tapped(stand, tap, () -> stream(stand));
        Run run = new Run(
                tap,
                round,
                stream.figures(),
                requests.figures().p50Micros(),
                requests.figures().p99Micros(),
                requests.figures().perSecond(),
                stream.lostPercent(),
                requests.lostPercent());
        progress.tell("round %d, %s: %s Gbit/s, requests p50 %s us, p99 %s us"
                .formatted(
                        round,
                        tap.label(),
                        Spread.number(run.bitsPerSecond() / 1e9),
                        Spread.number(run.p50Micros()),
                        Spread.number(run.p99Micros())));
        return run;
    }

    /** Runs the workload while the target is captured; whatever was captured is removed before the next. */
    private <T> Felt<T> tapped(Stand stand, TargetTap tap, Workload<T> workload)
            throws BenchException, InterruptedException {
        Optional<CaptureWay> way = tap.way();
        if (way.isEmpty()) {
            return new Felt<>(workload.run(), Double.NaN);
        }
        try (CaptureTap open = stand.taps().open(way.get(), directory)) {
            stand.generator().warmUp(way.get(), WARM_UP_RATE, options.warmUpSeconds());
            CaptureTap.Count before = way.get().tells() ? open.count() : new CaptureTap.Count(0, 0);
            long passed = stand.node().passed(stand.target());
            T figures = workload.run();
            Pace.pass(CaptureBench.SETTLE);
            passed = stand.node().passed(stand.target()) - passed;
            long kept = open.end().since(before).kept();
            return new Felt<>(figures, passed > 0 ? 100.0 * (passed - kept) / passed : Double.NaN);
        }
    }

    /** Bits per second that a single stream from the target delivers. */
    private double stream(Stand stand) throws BenchException, InterruptedException {
        String address = stand.other().address();
        List<String> server =
                List.of("iperf3", "-s", "-1", "--forceflush", "-B", address, "-p", Integer.toString(STREAM_PORT));
        List<String> client = List.of(
                "iperf3",
                "-c",
                address,
                "-p",
                Integer.toString(STREAM_PORT),
                "-t",
                Integer.toString(options.seconds()),
                "-O",
                Integer.toString(STREAM_WARM_UP_SECONDS),
                "-J");
        try (MeasuredProcess listening =
                MeasuredProcess.start("iperf3 -s", stand.node().enter(stand.other()), server, Map.of(), log())) {
            listening.awaitWords("Server listening");
            try (MeasuredProcess sending =
                    MeasuredProcess.start("iperf3", stand.node().enter(stand.target()), client, Map.of(), log())) {
                sending.awaitEnd(PATIENCE.plusSeconds(options.seconds()));
                Matcher received = STREAM_RATE.matcher(sending.said());
                if (!received.find()) {
                    throw new BenchException(
                            "iperf3 said no rate: " + sending.said().strip());
                }
                return Double.parseDouble(received.group(1));
            }
        }
    }

    private Latency requests(Stand stand) throws BenchException, InterruptedException {
        String address = stand.other().address();
        String port = Integer.toString(REQUEST_PORT);
        List<String> asked =
                List.of(address, port, Integer.toString(options.requests() / 5), Integer.toString(options.requests()));
        try (MeasuredProcess server =
                workload(stand, stand.other(), lastCpu(), LatencyServer.class, List.of(address, port))) {
            server.awaitWords("ready");
            try (MeasuredProcess client = workload(stand, stand.target(), 0, LatencyClient.class, asked)) {
                client.awaitEnd(PATIENCE.multipliedBy(5));
                List<String> said = client.lines("latency ");
                if (said.isEmpty()) {
                    throw new BenchException(
                            "the workload said no latency: " + client.said().strip());
                }
                String[] words = said.getLast().split(" ", -1);
                return new Latency(
                        Long.parseLong(words[0]) / NANOS_PER_MICRO,
                        Long.parseLong(words[1]) / NANOS_PER_MICRO,
                        options.requests() / Double.parseDouble(words[3]));
            }
        }
    }

    /**
     * Each on a processor of its own: where the scheduler puts the two on one, an answer takes a tenth of the time, and it does so
     * by chance.
     */
    private MeasuredProcess workload(Stand stand, QuietPod pod, int cpu, Class<?> peer, List<String> arguments)
            throws BenchException {
        List<String> before = new ArrayList<>(stand.node().enter(pod));
        before.addAll(List.of("taskset", "-c", Integer.toString(cpu)));
        return MeasuredProcess.java(
                peer.getSimpleName(),
                before,
                new MeasuredProcess.Java(WORKLOAD_HEAP, peer.getName(), arguments, Map.of()),
                log());
    }

    private static int lastCpu() {
        return Runtime.getRuntime().availableProcessors() - 1;
    }

    private Path log() {
        return directory.resolve("workload-" + started++ + ".log");
    }
}
