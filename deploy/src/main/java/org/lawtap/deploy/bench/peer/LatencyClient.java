package org.lawtap.deploy.bench.peer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Arrays;

/**
 * A workload that asks, a process of its own, one request after the other on one connection:
 *
 * <pre>
 *   LatencyClient ADDRESS PORT WARM_UP REQUESTS
 *   latency P50 P99 MAX SECONDS                 (on standard output, at the end; nanoseconds of the requests after the warm-up)
 * </pre>
 */
public final class LatencyClient {
    private LatencyClient() {}

    /** The process's entry. */
    public static void main(String[] arguments) throws IOException {
        int warmUp = Integer.parseInt(arguments[2]);
        long[] nanos = new long[Integer.parseInt(arguments[3])];
        try (Socket socket = new Socket(arguments[0], Integer.parseInt(arguments[1]))) {
            socket.setTcpNoDelay(true);
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            byte[] message = new byte[LatencyServer.MESSAGE_BYTES];
            for (int i = 0; i < warmUp; i++) {
                exchange(in, out, message);
            }
            long begin = System.nanoTime();
            for (int i = 0; i < nanos.length; i++) {
                long asked = System.nanoTime();
                exchange(in, out, message);
                nanos[i] = System.nanoTime() - asked;
            }
            double seconds = (System.nanoTime() - begin) / 1e9;
            Arrays.sort(nanos);
            System.out.println("latency " + quantile(nanos, 0.5) + " " + quantile(nanos, 0.99) + " "
                    + nanos[nanos.length - 1] + " " + seconds);
        }
    }

    private static void exchange(InputStream in, OutputStream out, byte[] message) throws IOException {
        out.write(message);
        if (!LatencyServer.read(in, message)) {
            throw new EOFException("the server ended the connection");
        }
    }

    /** Nearest rank. */
    private static long quantile(long[] sorted, double part) {
        return sorted[Math.max(1, (int) Math.ceil(part * sorted.length)) - 1];
    }
}
