package org.lawtap.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lawtap.deploy.bench.peer.RebuildPeer;

/**
 * How fast a warrant's files are made again: the real rebuild from a file of records in Kafka's place, beside programs that read the
 * capture file which it makes and write its packets to another, one after the other, on the same disk.
 */
final class SinkBench {
    private static final String HEAP = "512m";
    private static final Duration TOOL_TIMEOUT = Duration.ofMinutes(1);
    private static final Map<String, String> PACKAGES =
            Map.of("mergecap", "wireshark-common", "tcpdump", "tcpdump", "bash", "bash", "cat", "coreutils");
    /** Small packets are many: more of them say nothing new. */
    private static final long PACKETS_MAX = 2_500_000;

    private static final double NANOS_PER_SECOND = 1e9;
    private static final double NANOS_PER_MICRO = 1e3;
    private static final double BYTES_PER_MB = 1e6;
    private static final double BYTES_PER_GB = 1e9;

    private final Options options;
    private final Path directory;
    private final Progress progress;

    /**
     * What is measured.
     *
     * @param megabytes of the records of each size, about
     * @param threads that read ahead
     * @param warmUps rebuilds before those that count
     */
    record Options(List<Mix> mixes, long megabytes, int threads, int warmUps, int rounds) {
        Options {
            mixes = List.copyOf(mixes);
        }
    }

    /** What one way did once. @param bytes of the capture file */
    record Run(
            SinkWay way,
            Mix mix,
            int round,
            long packets,
            long bytes,
            double seconds,
            double cpuSeconds,
            boolean right) {
        double packetsPerSecond() {
            return packets / seconds;
        }

        double gigabytesPerSecond() {
            return bytes / BYTES_PER_GB / seconds;
        }

        double cpuMicrosPerPacket() {
            return cpuSeconds * NANOS_PER_SECOND / NANOS_PER_MICRO / packets;
        }
    }

    /** @param directory a new one, for everything that is written */
    SinkBench(Options options, Path directory, Progress progress) {
        this.options = options;
        this.directory = directory;
        this.progress = progress;
    }

    List<Run> run() throws BenchException, InterruptedException {
        Tools.require(PACKAGES);
        List<Run> runs = new ArrayList<>();
        for (Mix mix : options.mixes()) {
            try {
                Path own = Files.createDirectories(directory.resolve(mix.name()));
                runs.addAll(measure(mix, own));
            } catch (IOException e) {
                throw new BenchException("files can't be written: " + e.getMessage(), e);
            }
        }
        return runs;
    }

    private List<Run> measure(Mix mix, Path own) throws IOException, BenchException, InterruptedException {
        Path records = own.resolve("records");
        double mean =
                mix.lengths().stream().mapToInt(Integer::intValue).average().orElse(1);
        long packets = Math.min(PACKETS_MAX, (long) (options.megabytes() * BYTES_PER_MB / mean));
        RecordedTraffic.Written log = RecordedTraffic.write(records, mix, packets);
        progress.tell("%s: a log of %,d packets in %,d records".formatted(mix.name(), log.packets(), log.records()));
        Path files = own.resolve("rebuilt");
        Path capture = files.resolve(log.warrant().toString()).resolve(log.warrant() + "-000001.pcapng");
        List<Run> runs = new ArrayList<>();
        try (MeasuredProcess peer = rebuilding(records, log, files, own)) {
            Subject subject = new Subject(mix, log.packets(), capture, own.resolve("written"));
            runs.add(rebuild(peer, subject, SinkWay.REBUILD_COLD, 1));
            for (int i = 1; i < options.warmUps(); i++) {
                rebuild(peer, subject, SinkWay.REBUILD, 0);
            }
            for (int round = 1; round <= options.rounds(); round++) {
                List<SinkWay> ways = List.of(SinkWay.REBUILD, SinkWay.MERGECAP, SinkWay.TCPDUMP, SinkWay.CAT);
                for (SinkWay way : CaptureBench.inTurn(ways, round)) {
                    Run run = way == SinkWay.REBUILD ? rebuild(peer, subject, way, round) : tool(subject, way, round);
                    runs.add(run);
                    progress.tell("%s, round %d, %s: %,.0f packets/s, %s GB/s"
                            .formatted(
                                    mix.name(),
                                    round,
                                    way.label(),
                                    run.packetsPerSecond(),
                                    Spread.number(run.gigabytesPerSecond())));
                }
            }
        }
        Files.delete(records);
        Files.delete(capture);
        return runs;
    }

    /** What all ways of one size read and write. */
    private record Subject(Mix mix, long packets, Path capture, Path out) {}

    private MeasuredProcess rebuilding(Path records, RecordedTraffic.Written log, Path files, Path own)
            throws BenchException, InterruptedException {
        MeasuredProcess peer = MeasuredProcess.java(
                "the rebuild",
                List.of(),
                new MeasuredProcess.Java(
                        HEAP,
                        RebuildPeer.class.getName(),
                        List.of(
                                records.toString(),
                                Long.toString(log.records()),
                                log.warrant().toString(),
                                files.toString(),
                                Integer.toString(options.threads())),
                        Map.of()),
                own.resolve("rebuild.log"));
        try {
            peer.awaitWords("ready");
        } catch (BenchException | InterruptedException e) {
            peer.close();
            throw e;
        }
        return peer;
    }

    private static Run rebuild(MeasuredProcess peer, Subject subject, SinkWay way, int round)
            throws IOException, BenchException, InterruptedException {
        String[] words = peer.ask("rebuilt ").split(" ", -1);
        boolean right = Long.parseLong(words[2]) == subject.packets() && Boolean.parseBoolean(words[4]);
        return new Run(
                way,
                subject.mix(),
                round,
                subject.packets(),
                Files.size(subject.capture()),
                Long.parseLong(words[0]) / NANOS_PER_SECOND,
                Long.parseLong(words[1]) / NANOS_PER_SECOND,
                right);
    }

    /** The shell times the program, to the millisecond. */
    private Run tool(Subject subject, SinkWay way, int round) throws IOException, BenchException, InterruptedException {
        String command = switch (way) {
            case MERGECAP -> "mergecap -w \"$2\" \"$1\"";
            case TCPDUMP -> "tcpdump -r \"$1\" -w \"$2\"";
            case CAT -> "cat \"$1\" > \"$2\"";
            case REBUILD, REBUILD_COLD -> throw new IllegalArgumentException("no program of its own");
        };
        Path log = directory.resolve("tools.log");
        Files.deleteIfExists(log);
        try (MeasuredProcess process = MeasuredProcess.start(
                way.label(),
                List.of(),
                List.of(
                        "bash",
                        "-c",
                        "TIMEFORMAT='took %3R %3U %3S'; time " + command,
                        "bash",
                        subject.capture().toString(),
                        subject.out().toString()),
                Map.of("LC_ALL", "C"),
                log)) {
            process.awaitEnd(TOOL_TIMEOUT);
            List<String> said = process.lines("took ");
            if (said.isEmpty()) {
                throw new BenchException(
                        way.label() + " was not timed: " + process.said().strip());
            }
            String[] seconds = said.getLast().split(" ", -1);
            long written = Files.size(subject.out());
            return new Run(
                    way,
                    subject.mix(),
                    round,
                    subject.packets(),
                    Files.size(subject.capture()),
                    Double.parseDouble(seconds[0]),
                    Double.parseDouble(seconds[1]) + Double.parseDouble(seconds[2]),
                    written > subject.packets() * subject.mix().lengths().getFirst());
        } finally {
            Files.deleteIfExists(subject.out());
        }
    }
}
