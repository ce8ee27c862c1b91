package org.lawtap.deploy.pod;

import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/**
 * One pod's conversation with one peer: rounds of an HTTP request and some UDP datagrams, each waiting for its reply, at about
 * a given number of packets a second. Every request carries this pod's marker.
 */
final class Talk implements Runnable {
    private static final int EXCHANGE_TIMEOUT_MS = 1000;
    private static final long AFTER_FAILURE_NS = 200_000_000;
    private static final long SECOND_NS = 1_000_000_000;
    /** Handshake, request, answer, two ends and their acknowledgements; both directions. */
    private static final int PACKETS_PER_REQUEST = 11;

    private static final int PACKETS_PER_ECHO = 2;
    private static final int ECHOES_PER_ROUND_MIN = 4;
    private static final int ECHOES_PER_ROUND_MAX = 100;
    private static final int PACKETS_PER_SECOND_PER_ECHO = 50;
    private static final int ROUNDS_PER_LARGE_PAGE = 50;
    private static final int DATAGRAM_BYTES_MIN = 96;
    private static final int DATAGRAM_SIZES = 900;

    private final InetAddress peer;
    private final int packetsPerSecond;
    private final String marker;
    private final Gate gate;
    private volatile boolean ended;

    Talk(InetAddress peer, int packetsPerSecond, String marker, Gate gate) {
        this.peer = peer;
        this.packetsPerSecond = packetsPerSecond;
        this.marker = marker;
        this.gate = gate;
    }

    /** The loop ends after the exchange under way. */
    void end() {
        ended = true;
    }

    @Override
    public void run() {
        int echoes =
                Math.clamp(packetsPerSecond / PACKETS_PER_SECOND_PER_ECHO, ECHOES_PER_ROUND_MIN, ECHOES_PER_ROUND_MAX);
        long roundNs = SECOND_NS * (PACKETS_PER_REQUEST + PACKETS_PER_ECHO * echoes) / packetsPerSecond;
        long due = System.nanoTime();
        try (DatagramSocket udp = new DatagramSocket()) {
            udp.setSoTimeout(EXCHANGE_TIMEOUT_MS);
            udp.connect(peer, PodServer.UDP_PORT);
            for (long round = 0; !ended; round++) {
                long number = round;
                String page = round % ROUNDS_PER_LARGE_PAGE == ROUNDS_PER_LARGE_PAGE - 1 ? "/large" : "/";
                exchange(() -> get(page));
                long stepNs = roundNs / (echoes + 1);
                for (int i = 0; i < echoes && !ended; i++) {
                    due = pace(due + stepNs);
                    long sequence = number * echoes + i;
                    exchange(() -> echo(udp, sequence));
                }
                due = pace(due + stepNs);
            }
        } catch (IOException e) {
            System.err.println("talk with " + peer.getHostAddress() + " ended: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private interface Exchange {
        void run() throws IOException;
    }

    /** One exchange inside the gate. A peer that is away is no reason to end: it may come back. */
    private void exchange(Exchange exchange) throws InterruptedException {
        boolean failed = false;
        gate.enter();
        try {
            exchange.run();
        } catch (IOException e) {
            failed = true;
        } finally {
            gate.leave();
        }
        if (failed) {
            LockSupport.parkNanos(AFTER_FAILURE_NS);
        }
    }

    private static long pace(long due) {
        long now = System.nanoTime();
        if (due - now < -SECOND_NS) {
            return now;
        }
        while (due - System.nanoTime() > 0) {
            LockSupport.parkNanos(due - System.nanoTime());
        }
        return due;
    }

    private void get(String page) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(EXCHANGE_TIMEOUT_MS);
            socket.connect(new InetSocketAddress(peer, PodServer.HTTP_PORT), EXCHANGE_TIMEOUT_MS);
            String request = "GET " + page + " HTTP/1.1\r\nHost: " + peer.getHostAddress() + "\r\nUser-Agent: " + marker
                    + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[16 << 10];
            while (in.read(buffer) >= 0) {
                // Read to the end: closing with unread bytes would answer the peer with a reset.
            }
        }
    }

    private void echo(DatagramSocket udp, long sequence) throws IOException {
        byte[] payload = new byte[DATAGRAM_BYTES_MIN + (int) (sequence * 37 % DATAGRAM_SIZES)];
        byte[] head = (marker + " " + sequence + " ").getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < payload.length; i++) {
            payload[i] = head[i % head.length];
        }
        udp.send(new DatagramPacket(payload, payload.length));
        DatagramPacket reply = new DatagramPacket(new byte[2048], 2048);
        long end = System.nanoTime() + EXCHANGE_TIMEOUT_MS * 1_000_000L;
        do {
            udp.receive(reply);
            String text = new String(reply.getData(), 0, reply.getLength(), StandardCharsets.US_ASCII);
            if (text.startsWith(marker + " " + sequence + " ")) {
                return;
            }
        } while (System.nanoTime() < end);
        throw new SocketTimeoutException("no echo of " + sequence);
    }
}
