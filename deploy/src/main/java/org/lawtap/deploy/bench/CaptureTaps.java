package org.lawtap.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lawtap.deploy.bench.peer.EnginePeer;
import org.lawtap.deploy.bench.peer.Pcap4jPeer;
import org.lawtap.deploy.pod.CaptureFile;
import org.lawtap.deploy.pod.CaptureFileException;
import org.lawtap.deploy.sandbox.QuietPods.QuietPod;

/** Opens every way to capture on the interface of one pod, with the same size of the kernel's ring. */
final class CaptureTaps {
    /** After it said that it captures, dumpcap and netsniff-ng take a moment until they do. */
    private static final Duration AFTER_WORDS = Duration.ofMillis(500);

    private static final Duration END_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration STEADY = Duration.ofMillis(200);
    private static final Pattern TCPDUMP_CAPTURED = Pattern.compile("(\\d+) packets? captured");
    private static final Pattern TCPDUMP_DROPPED = Pattern.compile("(\\d+) packets? dropped by kernel");
    private static final Pattern DUMPCAP_DROPPED =
            Pattern.compile("received/dropped on interface '[^']*': \\d+/(\\d+)");
    private static final Pattern NETSNIFF_DROPPED = Pattern.compile("(\\d+)\\s+packets failed filter");

    private final BenchNode node;
    private final BrokerProcess broker;
    private final QuietPod pod;
    private final Options options;
    private int opened;

    /**
     * How to capture.
     *
     * @param ringBytes 0: each as it is without being told
     * @param heap of each JVM
     * @param ring the C program
     */
    record Options(long ringBytes, String heap, Path ring) {}

    CaptureTaps(BenchNode node, BrokerProcess broker, QuietPod pod, Options options) {
        this.node = node;
        this.broker = broker;
        this.pod = pod;
        this.options = options;
    }

    /** Opens one; it captures when this returns. */
    CaptureTap open(CaptureWay way, Path parent) throws BenchException, InterruptedException {
        Path directory = parent.resolve(way.key() + "-" + opened++);
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new BenchException(directory + " can't be made: " + e.getMessage(), e);
        }
        long ring = options.ringBytes();
        return switch (way) {
            case ENGINE ->
                java(
                        way,
                        EnginePeer.class,
                        List.of(pod.hostVeth(), Integer.toString(pod.hostIndex()), Long.toString(ring)),
                        directory);
            case PCAP4J -> java(way, Pcap4jPeer.class, List.of(pod.hostVeth(), Long.toString(ring)), directory);
            case C_RING -> {
                Path log = directory.resolve("log");
                List<String> command =
                        List.of(options.ring().toString(), Integer.toString(pod.hostIndex()), Long.toString(ring));
                yield Asked.when(MeasuredProcess.start(way.label(), node.enter(), command, Map.of(), log));
            }
            case WORKER -> worker(directory);
            case TCPDUMP_NULL -> tcpdump(way, Path.of("/dev/null"), directory);
            case TCPDUMP_FILE -> tcpdump(way, directory.resolve("capture.pcap"), directory);
            case DUMPCAP -> {
                Path file = directory.resolve("capture.pcapng");
                List<String> command =
                        new ArrayList<>(List.of("dumpcap", "-i", pod.hostVeth(), "-q", "-w", file.toString()));
                if (ring > 0) {
                    command.addAll(List.of("-B", Long.toString(ring >> 20)));
                }
                yield tool(way, command, "Capturing on", file, directory, DUMPCAP_DROPPED);
            }
            case NETSNIFF -> {
                Path file = directory.resolve("capture.pcap");
                // -A: it would change the machine's limits of socket memory.
                List<String> command = new ArrayList<>(
                        List.of("netsniff-ng", "--in", pod.hostVeth(), "--out", file.toString(), "-s", "-A", "-Q"));
                if (ring > 0) {
                    command.addAll(List.of("--ring-size", (ring >> 20) + "MiB"));
                }
                yield tool(way, command, "Running!", file, directory, NETSNIFF_DROPPED);
            }
        };
    }

    private CaptureTap java(CaptureWay way, Class<?> peer, List<String> arguments, Path directory)
            throws BenchException, InterruptedException {
        return Asked.when(MeasuredProcess.java(
                way.label(),
                node.enter(),
                new MeasuredProcess.Java(options.heap(), peer.getName(), arguments, Map.of()),
                directory.resolve("log")));
    }

    private CaptureTap worker(Path directory) throws BenchException, InterruptedException {
        Map<String, String> settings = options.ringBytes() > 0
                ? Map.of("LAWTAP_CAPTURE_RING_BYTES", Long.toString(options.ringBytes()))
                : Map.of();
        WorkerTap tap = WorkerTap.start(node, broker, new WorkerTap.Options(options.heap(), settings), directory);
        try {
            tap.capture(List.of(pod));
            return new Worker(tap);
        } catch (BenchException | InterruptedException e) {
            tap.close();
            throw e;
        }
    }

    private CaptureTap tcpdump(CaptureWay way, Path file, Path directory) throws BenchException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("tcpdump", "-i", pod.hostVeth(), "-n", "-Z", "root", "-w", file.toString()));
        if (options.ringBytes() > 0) {
            command.addAll(List.of("-B", Long.toString(options.ringBytes() >> 10)));
        }
        return tool(way, command, "listening on", file, directory, TCPDUMP_DROPPED);
    }

    private CaptureTap tool(
            CaptureWay way, List<String> command, String words, Path file, Path directory, Pattern dropped)
            throws BenchException, InterruptedException {
        MeasuredProcess process =
                MeasuredProcess.start(way.label(), node.enter(), command, Map.of(), directory.resolve("log"));
        try {
            process.awaitWords(words);
            Pace.pass(AFTER_WORDS);
            return new Tool(process, file, dropped);
        } catch (BenchException | InterruptedException e) {
            process.close();
            throw e;
        }
    }

    /** A process that answers. */
    private record Asked(MeasuredProcess process) implements CaptureTap {
        static CaptureTap when(MeasuredProcess process) throws BenchException, InterruptedException {
            try {
                process.awaitWords("ready");
                return new Asked(process);
            } catch (BenchException | InterruptedException e) {
                process.close();
                throw e;
            }
        }

        @Override
        public Count count() throws BenchException, InterruptedException {
            Count last = ask();
            while (true) {
                Pace.pass(STEADY);
                Count now = ask();
                if (now.kept() == last.kept()) {
                    return now;
                }
                last = now;
            }
        }

        private Count ask() throws BenchException, InterruptedException {
            String[] words = process.ask("kept ").split(" ", -1);
            return new Count(Long.parseLong(words[0]), Long.parseLong(words[2]));
        }

        @Override
        public Count end() throws BenchException, InterruptedException {
            Count last = count();
            close();
            return last;
        }

        @Override
        public void close() {
            process.close();
        }
    }

    /** A program that says at its end what it captured. */
    private record Tool(MeasuredProcess process, Path file, Pattern dropped) implements CaptureTap {
        @Override
        public Count count() {
            throw new IllegalStateException("only known at the end");
        }

        @Override
        public Count end() throws BenchException, InterruptedException {
            process.terminate(END_TIMEOUT);
            String said = process.said();
            Matcher lost = dropped.matcher(said);
            long lostPackets = lost.find() ? Long.parseLong(lost.group(1)) : -1;
            if (Files.isRegularFile(file)) {
                try {
                    return new Count(CaptureFile.survey(file).frames(), lostPackets);
                } catch (CaptureFileException e) {
                    throw new BenchException("what was captured can't be read: " + e.getMessage(), e);
                }
            }
            Matcher captured = TCPDUMP_CAPTURED.matcher(said);
            if (!captured.find()) {
                throw new BenchException("tcpdump did not say what it captured: " + said.strip());
            }
            return new Count(Long.parseLong(captured.group(1)), lostPackets);
        }

        @Override
        public void close() {
            process.close();
            try {
                if (Files.isRegularFile(file)) {
                    Files.delete(file);
                }
            } catch (IOException e) {
                // It goes with its directory.
            }
        }
    }

    /** The whole worker. */
    private record Worker(WorkerTap tap) implements CaptureTap {
        // Before its end the kernel's drops are those of the last checkpoint.
        @Override
        public MeasuredProcess process() {
            return tap.process();
        }

        @Override
        public Count count() throws BenchException, InterruptedException {
            return new Count(tap.written(), tap.tally().dropped());
        }

        @Override
        public Count end() throws BenchException, InterruptedException {
            tap.stop();
            return new Count(tap.tally().delivered(), tap.tally().dropped());
        }

        @Override
        public void close() {
            tap.close();
        }
    }
}
