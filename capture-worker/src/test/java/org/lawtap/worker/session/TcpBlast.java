package org.lawtap.worker.session;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A process of its own that sends TCP as fast as it can: segmentation is left to the device, which a veth never does. */
final class TcpBlast {
    private static final int WRITE_BYTES = 1 << 20;

    private TcpBlast() {}

    /** {@code serve ADDRESS PORT}, or {@code send ADDRESS PORT MILLISECONDS}. */
    public static void main(String[] arguments) throws IOException {
        InetAddress address = InetAddress.getByName(arguments[1]);
        int port = Integer.parseInt(arguments[2]);
        if (arguments[0].equals("serve")) {
            try (ServerSocket server = new ServerSocket(port, 1, address)) {
                System.out.println("there");
                try (Socket one = server.accept();
                        InputStream in = one.getInputStream()) {
                    in.transferTo(OutputStream.nullOutputStream());
                }
            }
            return;
        }
        long until = System.nanoTime() + Long.parseLong(arguments[3]) * 1_000_000L;
        byte[] bytes = new byte[WRITE_BYTES];
        try (Socket socket = new Socket(address, port);
                OutputStream out = socket.getOutputStream()) {
            while (System.nanoTime() < until) {
                out.write(bytes);
            }
        }
    }
}
