package org.lawtap.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lawtap.deploy.pod.SteadySender;
import org.lawtap.deploy.sandbox.QuietPods.QuietPod;

/**
 * What a node's capture-worker costs: one sandbox node full of pods, the real worker in it, some of the pods captured under a
 * demo warrant.
 */
final class NodeBench {
    private static final Duration SETTLE = Duration.ofSeconds(5);
    private static final Duration SENDER_TIMEOUT = Duration.ofSeconds(60);
    private static final String BROKER_HEAP = "512m";

    private final Options options;
    private final Path directory;
    private final Progress progress;

    /** What is measured. @param rate packets a second to each captured pod */
    record Options(int pods, int captures, int rate, int seconds, String heap) {}

    /** What the worker cost in one state of its node. */
    record Phase(String name, double cpuPercent, long residentKib) {}

    /** All phases, and what became of the packets. */
    record Result(List<Phase> phases, long sent, long delivered, long dropped, long unaccounted) {
        Result {
            phases = List.copyOf(phases);
        }

        /** Whether each packet that was sent is in the topic, and no other. */
        boolean complete() {
            return sent == delivered && dropped == 0 && unaccounted == 0;
        }

        String sentence() {
            return complete()
                    ? "all of the " + sent + " packets sent are in the topic, and no others"
                    : "WRONG: " + sent + " packets were sent and " + delivered + " are in the topic; " + dropped
                            + " were dropped, " + unaccounted + " are not accounted for";
        }
    }

    /** @param directory a new one, for everything that is written */
    NodeBench(Options options, Path directory, Progress progress) {
        this.options = options;
        this.directory = directory;
        this.progress = progress;
    }

    Result run() throws BenchException, InterruptedException {
        try (BenchNode node = BenchNode.putUp(directory, options.pods(), progress)) {
            BrokerProcess broker = node.keep(BrokerProcess.start(directory, BROKER_HEAP));
            WorkerTap tap = node.keep(WorkerTap.start(
                    node, broker, new WorkerTap.Options(options.heap(), Map.of()), directory.resolve("worker")));
            return measure(node, tap);
        }
    }

    private Result measure(BenchNode node, WorkerTap tap) throws BenchException, InterruptedException {
        List<Phase> phases = new ArrayList<>();
        phases.add(phase("no capture", tap));

        List<QuietPod> captured = node.pods().subList(0, options.captures());
        tap.capture(captured);
        phases.add(phase("captures without traffic", tap));

        Path output = directory.resolve("sender.log");
        try (MeasuredProcess sender = sender(node, captured, output)) {
            phases.add(phase("captures, " + options.rate() + " packets/s each", tap));
            Pace.until(SENDER_TIMEOUT, () -> !sender.isAlive());
        }
        tap.stop();
        CaptureTally tally = tap.tally();
        return new Result(phases, sent(output), tally.delivered(), tally.dropped(), tally.unaccounted());
    }

    private static long sent(Path output) throws BenchException {
        try {
            String said = Files.readString(output).strip();
            if (said.startsWith("sent ")) {
                return Long.parseLong(said.substring("sent ".length()));
            }
            throw new BenchException(
                    "the sender failed: " + said.lines().findFirst().orElse("it said nothing"));
        } catch (IOException e) {
            throw new BenchException(output + " can't be read: " + e.getMessage(), e);
        }
    }

    /** Lets the state settle, then measures it. */
    private Phase phase(String name, WorkerTap tap) throws BenchException, InterruptedException {
        progress.tell("measuring: " + name);
        Pace.pass(SETTLE);
        long cpu = tap.process().cpuNanos();
        long begin = System.nanoTime();
        Pace.pass(Duration.ofSeconds(options.seconds()));
        double percent = 100.0 * (tap.process().cpuNanos() - cpu) / (System.nanoTime() - begin);
        return new Phase(name, percent, tap.process().residentKib());
    }

    private MeasuredProcess sender(BenchNode node, List<QuietPod> pods, Path output) throws BenchException {
        List<String> arguments = new ArrayList<>(
                List.of(Long.toString(options.seconds() + 2 * SETTLE.toSeconds()), Integer.toString(options.rate())));
        pods.forEach(pod -> arguments.add(pod.hostIndex() + "=" + pod.mac()));
        return MeasuredProcess.java(
                "the sender",
                node.enter(),
                new MeasuredProcess.Java("48m", SteadySender.class.getName(), arguments, Map.of()),
                output);
    }
}
