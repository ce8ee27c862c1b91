package org.lawtap.deploy.pod;

import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends frames of 1,000 bytes out of the pod's interface to one hardware address, each with its sender, its way and its number from 0:
 *
 * <pre>
 *   Ethernet, IPv4, UDP (42 bytes)   "MARKER MAC NUMBER " and padding
 * </pre>
 *
 * <p>They are for an IP address that nobody has: the receiver's kernel drops them without an answer, so that what passes an interface is
 * what was sent, and whoever reads a frame knows which one it is.
 */
public final class NumberedSender {
    private static final int FRAME_BYTES = 1000;
    private static final int HEADER_BYTES = 42;
    private static final long TICK_NANOS = 5_000_000;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int NUMBER_DIGITS_MAX = 19;

    private final int framesPerSecond;
    private final byte[] frame;
    private final int numberAt;
    private final int device;
    private final Thread thread = new Thread(this::send, "numbered");
    private volatile boolean ending;
    private volatile long sent;
    private volatile String failure = "";

    NumberedSender(String mac, int framesPerSecond, String marker) throws IOException {
        NetworkInterface own = NetworkInterface.getByName(PodAgent.DEVICE);
        if (own == null) {
            throw new IOException("there is no " + PodAgent.DEVICE);
        }
        this.device = own.getIndex();
        this.framesPerSecond = framesPerSecond;
        byte[] head = (marker + " " + mac + " ").getBytes(StandardCharsets.US_ASCII);
        ByteBuffer wanted =
                SteadySender.frame(HexFormat.ofDelimiter(":").parseHex(mac), own.getHardwareAddress(), FRAME_BYTES);
        wanted.put(HEADER_BYTES, head);
        this.frame = new byte[FRAME_BYTES];
        wanted.get(0, frame);
        this.numberAt = HEADER_BYTES + head.length;
    }

    /**
     * One such frame's place among those of its sender on its way.
     *
     * @param marker of the pod that sent it
     * @param mac where it was sent to
     */
    public record Numbered(String marker, String mac, long number) {
        /** Reads it from a frame; empty if it is none of these. */
        public static Optional<Numbered> of(ByteBuffer frame) {
            int bytes = Math.min(frame.remaining(), FRAME_BYTES);
            if (bytes < FRAME_BYTES) {
                return Optional.empty();
            }
            byte[] text = new byte[bytes - HEADER_BYTES];
            frame.get(frame.position() + HEADER_BYTES, text);
            String[] words = new String(text, StandardCharsets.US_ASCII).split(" ", 4);
            if (words.length != 4 || !words[2].matches("[0-9]{1," + (NUMBER_DIGITS_MAX - 1) + "}")) {
                return Optional.empty();
            }
            return Optional.of(new Numbered(words[0], words[1], Long.parseLong(words[2])));
        }
    }

    /** Begins to send. */
    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    private void send() {
        try (RawSender sender = new RawSender(device)) {
            long begin = System.nanoTime();
            while (!ending) {
                long due = (long) ((System.nanoTime() - begin) / NANOS_PER_SECOND * framesPerSecond);
                for (long next = sent; next < due && !ending; next++) {
                    byte[] number = (next + " ").getBytes(StandardCharsets.US_ASCII);
                    Arrays.fill(frame, numberAt, numberAt + NUMBER_DIGITS_MAX + 1, (byte) '.');
                    System.arraycopy(number, 0, frame, numberAt, number.length);
                    int error = sender.send(frame);
                    if (error != 0) {
                        throw new IOException("a frame was not sent (" + Errno.name(error) + ")");
                    }
                    sent = next + 1;
                }
                LockSupport.parkNanos(TICK_NANOS);
            }
        } catch (IOException e) {
            failure = String.valueOf(e.getMessage());
        }
    }

    /** Sends no more and returns how many were sent. */
    long end() throws IOException, InterruptedException {
        ending = true;
        thread.join();
        if (!failure.isEmpty()) {
            throw new IOException(failure);
        }
        return sent;
    }
}
