package org.lawtap.deploy.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.lawtap.deploy.bench.micro.BatchBench;
import org.lawtap.deploy.bench.micro.ChainBench;
import org.lawtap.deploy.bench.micro.PcapngBench;
import org.lawtap.deploy.bench.micro.RingBench;
import org.lawtap.deploy.bench.micro.SealBench;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** What the hot pieces of capturing cost one by one, measured by JMH in JVMs of their own. */
final class MicroBench {
    private final Times times;
    private final Progress progress;

    /**
     * How long to measure.
     *
     * @param forks JVMs, one after the other; 0 measures in this one
     * @param iterations of this many milliseconds, to warm up and again to measure
     */
    record Times(int forks, int iterations, int milliseconds) {}

    /** A benchmark method. @param per what its time is of */
    enum Piece {
        WALK(RingBench.class, "walk", "walking the ring's frames", "packet"),
        ENCODE(BatchBench.class, "encode", "ring to record (Avro, copies)", "packet"),
        LEAF(ChainBench.class, "leaf", "hashing a record of 256 KiB", "record"),
        ROOT(ChainBench.class, "root", "tree over 215 records", "tree"),
        SIGN(SealBench.class, "sign", "sealing checkpoints", "round"),
        WRITE(PcapngBench.class, "write", "pcapng blocks", "packet");

        private final Class<?> benchmark;
        private final String method;
        private final String label;
        private final String per;

        Piece(Class<?> benchmark, String method, String label, String per) {
            this.benchmark = benchmark;
            this.method = method;
            this.label = label;
            this.per = per;
        }

        String method() {
            return method;
        }

        String label() {
            return label;
        }

        String per() {
            return per;
        }
    }

    /**
     * What one method took.
     *
     * @param size frame size, or number of checkpoints; empty if there is but one
     * @param error half of the 99.9 % confidence interval; NaN with less than three measurements
     */
    record Figure(Piece piece, String size, double nanos, double error) {}

    MicroBench(Times times, Progress progress) {
        this.times = times;
        this.progress = progress;
    }

    List<Figure> run() throws BenchException {
        // Two at a time spoil each other's figures, but a file that another user left must not stop one.
        System.setProperty("jmh.ignoreLock", "true");
        List<Figure> figures = new ArrayList<>();
        for (Piece piece : Piece.values()) {
            try {
                for (RunResult result : new Runner(options(piece)).run()) {
                    Figure figure = figure(piece, result);
                    figures.add(figure);
                    progress.tell("%s %s: %s ns per %s"
                            .formatted(piece.label(), figure.size(), Spread.number(figure.nanos()), piece.per()));
                }
            } catch (RunnerException e) {
                throw new BenchException(piece.label() + " can't be measured: " + e.getMessage(), e);
            }
        }
        return figures;
    }

    private Options options(Piece piece) {
        TimeValue each = TimeValue.milliseconds(times.milliseconds());
        return new OptionsBuilder()
                .include(Pattern.quote(piece.benchmark.getName() + "." + piece.method) + "$")
                .mode(Mode.AverageTime)
                .timeUnit(TimeUnit.NANOSECONDS)
                .forks(times.forks())
                .warmupIterations(times.iterations())
                .warmupTime(each)
                .measurementIterations(times.iterations())
                .measurementTime(each)
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .jvmArgs(
                        "-XX:+UseSerialGC",
                        "-Xmx512m",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow")
                .build();
    }

    private static Figure figure(Piece piece, RunResult result) {
        BenchmarkParams params = result.getParams();
        String size = params.getParamsKeys().stream()
                .map(params::getParam)
                .findFirst()
                .orElse("");
        Result<?> primary = result.getPrimaryResult();
        return new Figure(piece, size, primary.getScore(), primary.getScoreError());
    }
}
