package org.lawtap.deploy.registry;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Apicurio Registry itself, with its storage in memory; the build fetches it. */
final class ApicurioServer implements AutoCloseable {
    private static final Path PROGRAM =
            Path.of("target", "tools", "apicurio", "quarkus-run.jar").toAbsolutePath();
    private static final long PATIENCE_NS = TimeUnit.MINUTES.toNanos(3);
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int HTTP_OK = 200;

    private final Process process;
    private final int port;

    private ApicurioServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Returns when it answers. @param directory for what it says */
    static ApicurioServer start(Path directory) throws IOException, InterruptedException {
        if (!Files.exists(PROGRAM)) {
            throw new AssertionError(PROGRAM + " is not there; ./lawtap test fetches it before the integration tests");
        }
        int port = freePort();
        Path log = directory.resolve("apicurio.log");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-jar",
                PROGRAM.toString());
        builder.environment()
                .putAll(Map.of(
                        "QUARKUS_HTTP_HOST", "127.0.0.1",
                        "QUARKUS_HTTP_PORT", Integer.toString(port),
                        "QUARKUS_MANAGEMENT_HOST", "127.0.0.1",
                        "QUARKUS_MANAGEMENT_PORT", "0"));
        ApicurioServer server = new ApicurioServer(
                builder.directory(directory.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start(),
                port);
        server.awaitAnswer(log);
        return server;
    }

    /** Where it has Confluent's API. */
    String url() {
        return "http://127.0.0.1:" + port + "/apis/ccompat/v7";
    }

    private void awaitAnswer(Path log) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url() + "/subjects")).build();
        long end = System.nanoTime() + PATIENCE_NS;
        try (HttpClient client = HttpClient.newHttpClient()) {
            while (!answers(client, request)) {
                if (!process.isAlive() || System.nanoTime() - end > 0) {
                    close();
                    throw new AssertionError("Apicurio did not start: " + Files.readString(log));
                }
                LockSupport.parkNanos(POLL_NS);
            }
        }
    }

    private static boolean answers(HttpClient client, HttpRequest request) throws InterruptedException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == HTTP_OK;
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }
}
