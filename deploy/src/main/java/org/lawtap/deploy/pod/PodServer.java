package org.lawtap.deploy.pod;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/** A small application: an HTTP server on port 80 whose pages all carry the pod's marker, and a UDP echo on port 5353. */
final class PodServer {
    static final int HTTP_PORT = 80;
    static final int UDP_PORT = 5353;

    private static final int LARGE_PAGE_BYTES = 100_000;
    private static final int HTTP_THREADS = 4;
    private static final int DATAGRAM_BYTES_MAX = 65_535;

    private final byte[] small;
    private final byte[] large;

    private PodServer(String marker) {
        small = ("<html><body>" + marker + "</body></html>\n").getBytes(StandardCharsets.US_ASCII);
        StringBuilder text = new StringBuilder(LARGE_PAGE_BYTES + 100);
        for (int line = 0; text.length() < LARGE_PAGE_BYTES; line++) {
            text.append("line ").append(line).append(" of ").append(marker).append('\n');
        }
        large = text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** Opens both ports; the threads are daemons and live as long as the process. */
    static void start(String marker) throws IOException {
        PodServer server = new PodServer(marker);
        HttpServer http = HttpServer.create(new InetSocketAddress(HTTP_PORT), 0);
        http.createContext("/", server::page);
        http.setExecutor(Executors.newFixedThreadPool(HTTP_THREADS, task -> {
            Thread thread = new Thread(task, "http");
            thread.setDaemon(true);
            return thread;
        }));
        http.start();
        @SuppressWarnings("resource") // lives as long as the process
        DatagramSocket udp = new DatagramSocket(UDP_PORT);
        Thread thread = new Thread(() -> echo(udp), "echo");
        thread.setDaemon(true);
        thread.start();
    }

    private void page(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            byte[] body = path.equals("/large") ? large : small;
            int status = path.equals("/") || path.equals("/large") ? 200 : 404;
            exchange.getResponseHeaders().set("Content-Type", "text/html");
            exchange.sendResponseHeaders(status, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    private static void echo(DatagramSocket udp) {
        DatagramPacket packet = new DatagramPacket(new byte[DATAGRAM_BYTES_MAX], DATAGRAM_BYTES_MAX);
        while (true) {
            try {
                packet.setLength(DATAGRAM_BYTES_MAX);
                udp.receive(packet);
                udp.send(packet);
            } catch (IOException e) {
                System.err.println("echo: " + e);
            }
        }
    }
}
