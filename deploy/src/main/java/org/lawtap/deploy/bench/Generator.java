package org.lawtap.deploy.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Sends traffic from one network namespace, by the C program {@code flood}; used by one thread.
 *
 * @param netNamespace name below /run/netns
 * @param seen whether captures at the sending interfaces are to see the frames
 * @param ways as the program takes them
 */
record Generator(Path program, String netNamespace, boolean seen, List<String> ways, Path directory) {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final double NANOS_PER_SECOND = 1e9;

    Generator {
        ways = List.copyOf(ways);
    }

    /**
     * What is to be sent.
     *
     * @param rate frames a second; 0: as fast as it can
     * @param seconds 0: until the bytes are sent
     * @param bytes 0: until the time is over
     */
    record Traffic(Mix mix, long rate, double seconds, long bytes) {
        static Traffic steady(Mix mix, long rate, double seconds) {
            return new Traffic(mix, rate, seconds, 0);
        }

        static Traffic burst(Mix mix, long bytes) {
            return new Traffic(mix, 0, 0, bytes);
        }
    }

    /** What was sent, by the generator's own word. */
    record Sent(long packets, long bytes, double seconds) {
        double rate() {
            return seconds > 0 ? packets / seconds : 0;
        }
    }

    /** Begins to send; the process ends when all is sent. */
    MeasuredProcess begin(Traffic traffic) throws BenchException {
        return MeasuredProcess.start(
                "the generator",
                List.of("nsenter", "--net=/run/netns/" + netNamespace),
                command(traffic),
                Map.of(),
                directory.resolve("flood.log"));
    }

    /** Sends all of it. */
    Sent send(Traffic traffic) throws BenchException, InterruptedException {
        try (MeasuredProcess process = begin(traffic)) {
            return end(process, traffic);
        }
    }

    /** Lets a way whose JVM compiles meet IMIX at this rate for so long, before it is measured. */
    void warmUp(CaptureWay way, long rate, int seconds) throws BenchException, InterruptedException {
        if (way.compiles()) {
            send(Traffic.steady(Mix.IMIX, rate, seconds));
            Pace.pass(CaptureBench.SETTLE);
        }
    }

    /** Waits until all is sent. */
    static Sent end(MeasuredProcess process, Traffic traffic) throws BenchException, InterruptedException {
        process.awaitEnd(PATIENCE.plusSeconds((long) traffic.seconds()));
        List<String> said = process.lines("sent ");
        if (said.isEmpty()) {
            throw new BenchException(
                    "the generator did not say what it sent: " + process.said().strip());
        }
        String[] words = said.getLast().split(" ", -1);
        return new Sent(
                Long.parseLong(words[0]), Long.parseLong(words[1]), Long.parseLong(words[2]) / NANOS_PER_SECOND);
    }

    private List<String> command(Traffic traffic) {
        List<String> command = new ArrayList<>(List.of(
                program.toString(),
                Double.toString(traffic.seconds()),
                Long.toString(traffic.rate()),
                Long.toString(traffic.bytes()),
                traffic.mix().argument(),
                seen ? "1" : "0"));
        command.addAll(ways);
        return command;
    }
}
