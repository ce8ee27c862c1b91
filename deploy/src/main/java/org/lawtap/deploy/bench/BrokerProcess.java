package org.lawtap.deploy.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.SandboxCluster;
import org.lawtap.deploy.sandbox.SandboxException;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;

/**
 * The sandbox's Kafka in a process of its own, so that its cost can be told apart: {@code BrokerProcess DIRECTORY PORT}. Lives in the
 * benchmark's network namespace and ends with its standard input.
 */
final class BrokerProcess implements AutoCloseable {
    private static final int PORT = 9092;
    private static final String READY = "the broker is ready";

    private final MeasuredProcess process;

    private BrokerProcess(MeasuredProcess process) {
        this.process = process;
    }

    /** The process's entry. */
    public static void main(String[] arguments) throws SandboxException, IOException {
        try (EmbeddedKafka broker = EmbeddedKafka.start(
                        Path.of(arguments[0]),
                        SandboxCluster.CONTROL_ADDRESS,
                        Integer.parseInt(arguments[1]),
                        sentence -> {
                            System.out.println(sentence);
                            Runtime.getRuntime().halt(1);
                        });
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            System.out.println(READY + " at " + broker.bootstrapServers());
            while (in.readLine() != null) {
                // Until the benchmark ends.
            }
        }
    }

    /** Starts it and returns when it answers clients. */
    static BrokerProcess start(Path directory, String heap) throws BenchException, InterruptedException {
        MeasuredProcess process = MeasuredProcess.java(
                "Kafka",
                List.of(),
                new MeasuredProcess.Java(
                        heap,
                        BrokerProcess.class.getName(),
                        List.of(directory.resolve("kafka").toString(), Integer.toString(PORT)),
                        Map.of()),
                directory.resolve("kafka.log"));
        try {
            process.awaitWords(READY);
        } catch (BenchException | InterruptedException e) {
            process.close();
            throw e;
        }
        return new BrokerProcess(process);
    }

    MeasuredProcess process() {
        return process;
    }

    String bootstrapServers() {
        return SandboxCluster.CONTROL_ADDRESS + ":" + PORT;
    }

    KafkaClients clients() {
        return new KafkaClients(new KafkaSettings(bootstrapServers(), Map.of()), "lawtap-bench");
    }

    @Override
    public void close() {
        process.close();
    }
}
