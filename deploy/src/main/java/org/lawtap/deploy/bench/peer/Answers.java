package org.lawtap.deploy.bench.peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * How a peer talks with the benchmark that started it, a line at a time:
 *
 * <pre>
 *   ready                              it captures
 *   kept PACKETS dropped PACKETS       the answer to any line on standard input; dropped is the kernel's count, -1 if unknown
 * </pre>
 *
 * <p>A peer ends with its standard input.
 */
final class Answers {
    private Answers() {}

    /** What a peer says when it is asked. */
    interface Source {
        String answer() throws IOException;
    }

    static String line(long kept, long dropped) {
        return "kept " + kept + " dropped " + dropped;
    }

    /** Answers on a thread of its own, and ends the process with standard input. */
    static void serve(Source source) {
        Thread.ofPlatform().daemon().name("answers").start(() -> {
            try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
                while (in.readLine() != null) {
                    System.out.println(source.answer());
                }
            } catch (IOException e) {
                System.err.println("no more answers: " + e);
            }
            Runtime.getRuntime().halt(0);
        });
    }
}
