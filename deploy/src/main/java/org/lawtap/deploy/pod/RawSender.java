package org.lawtap.deploy.pod;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A packet socket (packet(7), AF_PACKET SOCK_RAW) that sends whole Ethernet frames out of one device and receives nothing. The
 * frames pass the device's queue as any other packet does (PACKET_QDISC_BYPASS is off). Owned by one thread.
 */
final class RawSender implements AutoCloseable {
    static final int ETHERNET_HEADER_BYTES = 14;

    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final int SOCK_CLOEXEC = 0x80000;
    /** struct sockaddr_ll of linux/if_packet.h. */
    private static final int SOCKADDR_LL_BYTES = 20;

    private static final int SLL_FAMILY = 0;
    private static final int SLL_IFINDEX = 4;

    private final Arena arena = Arena.ofConfined();
    private final Libc libc = new Libc(arena);
    private final MemorySegment frame = arena.allocate(CaptureFile.FRAME_BYTES_MAX);
    private final int socket;

    /** Opens a socket on the device with this index. */
    RawSender(int ifindex) throws IOException {
        // Protocol 0: the socket gets no copy of what the device receives.
        socket = libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
        if (socket < 0) {
            int errno = libc.errno();
            arena.close();
            throw new IOException("no packet socket (" + Errno.name(errno) + "); is the process root?");
        }
        MemorySegment address = arena.allocate(SOCKADDR_LL_BYTES, 4);
        address.set(ValueLayout.JAVA_SHORT, SLL_FAMILY, (short) AF_PACKET);
        address.set(ValueLayout.JAVA_INT, SLL_IFINDEX, ifindex);
        if (libc.bind(socket, address, SOCKADDR_LL_BYTES) != 0) {
            int errno = libc.errno();
            close();
            throw new IOException("packet socket not bound to interface " + ifindex + " (" + Errno.name(errno) + ")");
        }
    }

    /** Sends one frame: 0, or the error number that send(2) gave. */
    int send(byte[] bytes) {
        MemorySegment.copy(bytes, 0, frame, ValueLayout.JAVA_BYTE, 0, bytes.length);
        long sent = libc.send(socket, frame, bytes.length, 0);
        return sent == bytes.length ? 0 : libc.errno();
    }

    @Override
    public void close() {
        libc.close(socket);
        arena.close();
    }
}
