package org.lawtap.deploy.bench.peer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A workload that answers, a process of its own: {@code LatencyServer ADDRESS PORT}. One connection at a time. */
public final class LatencyServer {
    static final int MESSAGE_BYTES = 128;

    private LatencyServer() {}

    /** The process's entry; runs until it is killed. */
    public static void main(String[] arguments) throws IOException {
        try (ServerSocket listening =
                new ServerSocket(Integer.parseInt(arguments[1]), 1, InetAddress.getByName(arguments[0]))) {
            System.out.println("ready");
            while (true) {
                try (Socket socket = listening.accept()) {
                    socket.setTcpNoDelay(true);
                    answer(socket.getInputStream(), socket.getOutputStream());
                }
            }
        }
    }

    private static void answer(InputStream in, OutputStream out) throws IOException {
        byte[] message = new byte[MESSAGE_BYTES];
        while (read(in, message)) {
            out.write(message);
        }
    }

    /** Reads a whole message; false at the connection's end. */
    static boolean read(InputStream in, byte[] message) throws IOException {
        int read = in.readNBytes(message, 0, message.length);
        if (read > 0 && read < message.length) {
            throw new EOFException("the connection ended inside a message");
        }
        return read == message.length;
    }
}
