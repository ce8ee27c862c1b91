package org.lawtap.deploy.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs a command to its end, within a timeout; whatever goes wrong becomes one sentence. */
final class Shell {
    static final Duration TIMEOUT = Duration.ofSeconds(20);

    private static final int ERROR_TEXT_MAX = 500;
    /** Platform threads: a read from a process's pipe holds on to the carrier of a virtual one, and there are few carriers. */
    private static final Executor THREAD_EACH =
            task -> Thread.ofPlatform().daemon().name("shell-output").start(task);

    private Shell() {}

    /** Runs a command and returns what it wrote to standard output. */
    static String run(String... command) throws SandboxException {
        return run("", List.of(command));
    }

    /** Runs a command with this text as its standard input. */
    static String run(String input, List<String> command) throws SandboxException {
        String name = String.join(" ", command);
        Process process;
        try {
            process = new ProcessBuilder(command).start();
        } catch (IOException e) {
            throw new SandboxException("\"" + name + "\" could not be started: " + e.getMessage(), e);
        }
        try {
            CompletableFuture<String> out = text(process.getInputStream());
            CompletableFuture<String> err = text(process.getErrorStream());
            try (OutputStream in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // It ended without reading all: its exit code and error text say why.
            }
            if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new SandboxException("\"" + name + "\" did not end within " + TIMEOUT.toSeconds() + " s");
            }
            String wrote = out.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            String complained = err.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (process.exitValue() != 0) {
                throw new SandboxException("\"" + name + "\" failed: " + sentence(complained, input));
            }
            return wrote;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SandboxException("interrupted while \"" + name + "\" ran", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new SandboxException("what \"" + name + "\" wrote could not be read", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static CompletableFuture<String> text(InputStream stream) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try (stream) {
                        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
                    } catch (IOException e) {
                        throw new CompletionException(e);
                    }
                },
                THREAD_EACH);
    }

    private static String sentence(String err, String input) {
        String text = err.strip().replace("\n", "; ");
        if (text.isEmpty()) {
            text = "it gave no reason";
        }
        String head = text.length() > ERROR_TEXT_MAX ? text.substring(0, ERROR_TEXT_MAX) + "..." : text;
        return input.isEmpty()
                ? head
                : head + " (its lines were: " + input.strip().replace("\n", "; ") + ")";
    }
}
