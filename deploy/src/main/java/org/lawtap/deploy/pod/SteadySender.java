package org.lawtap.deploy.pod;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that sends packets to pods at a low, even rate, out of the node's ends of their interfaces:
 *
 * <pre>
 *   SteadySender SECONDS PACKETS_PER_SECOND INTERFACE_INDEX=MAC...
 *   sent 120000                                            (on standard output, at the end)
 * </pre>
 *
 * <p>Each is a UDP packet of 200 bytes for an address that the pod does not have: its kernel drops it without an answer, so that
 * what passes the interface is what was sent.
 */
public final class SteadySender {
    private static final int FRAME_BYTES = 200;
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int VERSION_AND_WORDS = 0x45;
    private static final int IP_HEADER_BYTES = 20;
    private static final int TIME_TO_LIVE = 64;
    private static final int UDP = 17;
    private static final byte[] FROM = {10, (byte) 244, 0, 1};
    private static final byte[] TO = {10, (byte) 245, 0, 1};
    private static final byte[] NODE = {2, 0, 0, 0, 0, 1};
    private static final long TICK_NANOS = 5_000_000;
    private static final double NANOS_PER_SECOND = 1e9;

    private SteadySender() {}

    private record Way(RawSender sender, ByteBuffer frame) {}

    /** The process's entry. */
    public static void main(String[] arguments) throws IOException {
        int seconds = Integer.parseInt(arguments[0]);
        int rate = Integer.parseInt(arguments[1]);
        List<Way> ways = new ArrayList<>();
        for (int i = 2; i < arguments.length; i++) {
            String[] words = arguments[i].split("=", -1);
            ways.add(new Way(
                    new RawSender(Integer.parseInt(words[0])),
                    frame(HexFormat.ofDelimiter(":").parseHex(words[1]), NODE, FRAME_BYTES)));
        }
        System.out.println("sent " + send(ways, rate, seconds));
        ways.forEach(way -> way.sender().close());
    }

    private static long send(List<Way> ways, int rate, int seconds) throws IOException {
        long begin = System.nanoTime();
        long total = (long) rate * seconds;
        long rounds = 0;
        while (rounds < total) {
            double elapsed = (System.nanoTime() - begin) / NANOS_PER_SECOND;
            long due = Math.min(total, (long) (elapsed * rate));
            for (; rounds < due; rounds++) {
                for (Way way : ways) {
                    int error = way.sender().send(way.frame().array());
                    if (error != 0) {
                        throw new IOException("a packet was not sent (" + Errno.name(error) + ")");
                    }
                }
            }
            LockSupport.parkNanos(TICK_NANOS);
        }
        return total * ways.size();
    }

    /** A UDP packet for an address that nobody has. */
    static ByteBuffer frame(byte[] to, byte[] from, int bytes) {
        ByteBuffer frame = ByteBuffer.allocate(bytes);
        frame.put(to).put(from).putShort((short) ETHERTYPE_IPV4);
        int ip = frame.position();
        int ipBytes = bytes - ip;
        frame.putShort((short) (VERSION_AND_WORDS << 8)).putShort((short) ipBytes);
        frame.putInt(0).put((byte) TIME_TO_LIVE).put((byte) UDP).putShort((short) 0);
        frame.put(FROM).put(TO);
        frame.putShort(ip + 10, checksum(frame, ip));
        // UDP without a checksum (RFC 768).
        frame.putShort((short) 40000).putShort((short) 40000);
        frame.putShort((short) (ipBytes - IP_HEADER_BYTES)).putShort((short) 0);
        return frame;
    }

    /** Of an IPv4 header (RFC 1071). */
    private static short checksum(ByteBuffer frame, int from) {
        int sum = 0;
        for (int i = 0; i < IP_HEADER_BYTES; i += 2) {
            sum += frame.getShort(from + i) & 0xFFFF;
        }
        return (short) ~((sum & 0xFFFF) + (sum >>> 16));
    }
}
