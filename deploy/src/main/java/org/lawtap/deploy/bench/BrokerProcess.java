package org.lawtap.deploy.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.SandboxCluster;
import org.lawtap.deploy.sandbox.SandboxException;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;

/**
 * The sandbox's Kafka in a process of its own, so that its cost can be told apart: {@code BrokerProcess DIRECTORY HOST PORT [FILE]}, the
 * file with more settings. Lives in the benchmark's network namespace and ends with its standard input.
 */
final class BrokerProcess implements AutoCloseable {
    private static final int PORT = 9092;
    private static final String LOOPBACK = "127.0.0.1";
    private static final String READY = "the broker is ready at ";
    private static final Duration LOOK = Duration.ofMillis(20);

    private final MeasuredProcess process;
    private final String bootstrapServers;
    private final Map<String, String> client;

    private BrokerProcess(MeasuredProcess process, String bootstrapServers, Map<String, String> client) {
        this.process = process;
        this.client = client;
        this.bootstrapServers = bootstrapServers;
    }

    /** The process's entry. */
    public static void main(String[] arguments) throws SandboxException, IOException {
        Map<String, String> more = arguments.length > 3 ? KafkaSettings.readProperties(arguments[3]) : Map.of();
        try (EmbeddedKafka broker = EmbeddedKafka.start(
                        Path.of(arguments[0]), arguments[1], Integer.parseInt(arguments[2]), more, sentence -> {
                            System.out.println(sentence);
                            Runtime.getRuntime().halt(1);
                        });
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            System.out.println(READY + broker.bootstrapServers());
            while (in.readLine() != null) {
                // Until the benchmark ends.
            }
        }
    }

    /** Starts it where the nodes of the sandbox reach it, and returns when it answers clients. */
    static BrokerProcess start(Path directory, String heap) throws BenchException, InterruptedException {
        return start(directory, heap, SandboxCluster.CONTROL_ADDRESS, PORT, OPEN, directory.resolve("kafka.log"));
    }

    /** Starts it at any free port of the loopback, for what needs no sandbox. */
    static BrokerProcess startOnLoopback(Path directory, String heap) throws BenchException, InterruptedException {
        return start(directory, heap, LOOPBACK, 0, OPEN, directory.resolve("kafka.log"));
    }

    /** Who is let in. @param settings of the broker, in a file @param client properties of a client that may do everything */
    record Doors(Path settings, Map<String, String> client) {
        Doors {
            client = Map.copyOf(client);
        }

        private List<String> arguments() {
            return settings.toString().isEmpty() ? List.of() : List.of(settings.toString());
        }
    }

    private static final Doors OPEN = new Doors(Path.of(""), Map.of());

    /** Starts it in the sandbox, with what an earlier one left if there is any. @param life from 1: each has its own log */
    static BrokerProcess start(Path directory, String heap, Doors doors, int life)
            throws BenchException, InterruptedException {
        return start(
                directory,
                heap,
                SandboxCluster.CONTROL_ADDRESS,
                PORT,
                doors,
                directory.resolve("kafka-" + life + ".log"));
    }

    private static BrokerProcess start(Path directory, String heap, String host, int port, Doors doors, Path log)
            throws BenchException, InterruptedException {
        List<String> arguments =
                new ArrayList<>(List.of(directory.resolve("kafka").toString(), host, Integer.toString(port)));
        arguments.addAll(doors.arguments());
        MeasuredProcess process = MeasuredProcess.java(
                "Kafka",
                List.of(),
                new MeasuredProcess.Java(heap, BrokerProcess.class.getName(), arguments, Map.of()),
                log);
        try {
            process.awaitWords(READY);
            List<String> where = process.lines(READY);
            while (where.isEmpty()) {
                // The line is not whole yet.
                Pace.pass(LOOK);
                process.check();
                where = process.lines(READY);
            }
            return new BrokerProcess(process, where.getFirst(), doors.client());
        } catch (BenchException | InterruptedException e) {
            process.close();
            throw e;
        }
    }

    MeasuredProcess process() {
        return process;
    }

    String bootstrapServers() {
        return bootstrapServers;
    }

    KafkaClients clients() {
        return new KafkaClients(new KafkaSettings(bootstrapServers(), client), "lawtap-bench");
    }

    @Override
    public void close() {
        process.close();
    }
}
