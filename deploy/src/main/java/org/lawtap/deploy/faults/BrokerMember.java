package org.lawtap.deploy.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.SandboxException;

/**
 * One broker of a set, in a process of its own: {@code BrokerMember DIRECTORY NUMBER CLUSTER HOST...}. Ends with its standard input, or when
 * Kafka gives up.
 */
final class BrokerMember {
    static final String READY = "the broker is ready";

    private BrokerMember() {}

    /** The process's entry. */
    public static void main(String[] arguments) throws SandboxException, IOException {
        List<String> hosts = List.of(arguments).subList(3, arguments.length);
        EmbeddedKafka.Members members = new EmbeddedKafka.Members(arguments[2], hosts);
        try (EmbeddedKafka broker = EmbeddedKafka.startMember(
                        Path.of(arguments[0]), members, Integer.parseInt(arguments[1]), sentence -> {
                            System.out.println(sentence);
                            Runtime.getRuntime().halt(1);
                        });
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            System.out.println(READY + " at " + broker.bootstrapServers());
            while (in.readLine() != null) {
                // Until the run ends.
            }
        }
    }
}
