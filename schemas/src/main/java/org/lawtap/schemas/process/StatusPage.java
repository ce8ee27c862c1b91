package org.lawtap.schemas.process;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * A process's state over HTTP, for Kubernetes' probes and Prometheus: {@code /livez}, {@code /readyz} and {@code /startupz}
 * answer 200 {@code ok} or 503 with a reason on each line, {@code /metrics} the Prometheus text format. A process has started when it was
 * ready once. The page has no login and tells no target's name; by default it listens on loopback.
 */
public final class StatusPage implements AutoCloseable {
    private static final int OK = 200;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int UNAVAILABLE = 503;
    private static final int PORT_MAX = 65_535;

    /** Probes are few; more than that wait. */
    private static final int THREADS = 2;

    private final HttpServer server;
    private final ExecutorService executor;

    private StatusPage(HttpServer server, ExecutorService executor) {
        this.server = server;
        this.executor = executor;
    }

    /** How a process says that it is well. Called by any thread; must not wait. */
    public interface Health {
        /** Why it should be restarted; empty when it works. */
        List<String> notLive();

        /** Why it can't do its job now; empty when it can. */
        List<String> notReady();
    }

    /** Declares {@code LAWTAP_HTTP_LISTEN} and reads it; empty when it is off. */
    public static Optional<InetSocketAddress> declare(Settings settings, String defaultValue) {
        return settings.optional(
                "LAWTAP_HTTP_LISTEN",
                defaultValue,
                "HOST:PORT that serves /livez, /readyz, /startupz and /metrics, or off",
                Optional.empty(),
                StatusPage::address);
    }

    /** Begins to serve. @param metrics the Prometheus text */
    public static StatusPage start(InetSocketAddress listen, Health health, Supplier<String> metrics)
            throws StartException {
        HttpServer server;
        try {
            server = HttpServer.create(listen, 0);
        } catch (IOException e) {
            throw new StartException("LAWTAP_HTTP_LISTEN=" + listen + " can't be served: " + e.getMessage(), e);
        }
        ExecutorService executor = Executors.newFixedThreadPool(
                THREADS, Thread.ofPlatform().name("status-", 0).daemon().factory());
        server.setExecutor(executor);
        server.createContext("/livez", exchange -> answer(exchange, health.notLive()));
        server.createContext("/readyz", exchange -> answer(exchange, health.notReady()));
        AtomicBoolean started = new AtomicBoolean();
        server.createContext("/startupz", exchange -> answer(exchange, notStarted(health, started)));
        server.createContext(
                "/metrics", exchange -> send(exchange, OK, "text/plain; version=0.0.4; charset=utf-8", metrics.get()));
        server.start();
        return new StatusPage(server, executor);
    }

    /** The port it listens on. */
    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }

    private static List<String> notStarted(Health health, AtomicBoolean started) {
        List<String> reasons = started.get() ? List.of() : health.notReady();
        started.compareAndSet(false, reasons.isEmpty());
        return reasons;
    }

    private static void answer(HttpExchange exchange, List<String> reasons) throws IOException {
        boolean well = reasons.isEmpty();
        send(
                exchange,
                well ? OK : UNAVAILABLE,
                "text/plain; charset=utf-8",
                well ? "ok\n" : String.join("\n", reasons) + "\n");
    }

    private static void send(HttpExchange exchange, int code, String type, String text) throws IOException {
        try (exchange) {
            if (!exchange.getRequestMethod().equals("GET")) {
                exchange.sendResponseHeaders(METHOD_NOT_ALLOWED, -1);
                return;
            }
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(code, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    private static Optional<InetSocketAddress> address(String text) {
        if (text.equals("off")) {
            return Optional.empty();
        }
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("must be HOST:PORT or off");
        }
        String host = text.substring(0, colon);
        int port = Integer.parseInt(text.substring(colon + 1));
        if (port < 0 || port > PORT_MAX) {
            throw new IllegalArgumentException("must have a port of 0 to " + PORT_MAX);
        }
        return Optional.of(new InetSocketAddress(
                host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host, port));
    }
}
