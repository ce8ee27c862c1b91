package org.lawtap.sink.verify;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Frames of all the kinds that headers-only has a rule for, in random mixtures; the same seed makes the same frames. */
final class MadeFrames {
    private static final int BYTES_MAX = 1024;
    private static final int[] IPV4_PROTOCOLS = {6, 6, 6, 17, 17, 1, 2, 4, 41, 47, 50, 51, 132, 136, 253};
    private static final int[] IPV6_PROTOCOLS = {6, 6, 6, 17, 17, 58, 59, 41, 50, 0, 43, 44, 51, 60, 132};
    private static final int[] ICMP_TYPES = {0, 3, 5, 8, 11, 12, 13, 42};
    private static final int[] ICMPV6_TYPES = {1, 2, 3, 4, 128, 129, 133, 135, 143, 200};
    private static final int[] FRAGMENTS = {0, 0, 0, 0x4000, 0x2000, 0x2003, 0x00b9};
    private static final int[] TYPES = {0x0800, 0x0800, 0x0800, 0x86dd, 0x86dd, 0x0806, 0x88b5, 0x05dc, 0x8847};

    private final Random random;
    private final ByteBuffer frame = ByteBuffer.allocate(BYTES_MAX);

    private MadeFrames(long seed) {
        this.random = new Random(seed);
    }

    /** Well-formed frames. */
    static List<byte[]> wellFormed(long seed, int count) {
        MadeFrames made = new MadeFrames(seed);
        List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            frames.add(made.frame());
        }
        return frames;
    }

    /** The same, some of their bytes changed and their ends cut off. */
    static List<byte[]> damaged(long seed, int count) {
        MadeFrames made = new MadeFrames(seed);
        List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] frame = made.frame();
            for (int change = made.random.nextInt(5); change > 0; change--) {
                frame[made.random.nextInt(Math.min(frame.length, 90))] = (byte) made.random.nextInt();
            }
            frames.add(Arrays.copyOf(
                    frame, made.random.nextInt(3) > 0 ? frame.length : made.random.nextInt(frame.length)));
        }
        return frames;
    }

    private byte[] frame() {
        frame.clear();
        frame.putLong(0x0200_0000_0001_0200L).putInt(2);
        for (int tags = random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 0; tags > 0; tags--) {
            frame.putShort((short) (tags == 2 && random.nextBoolean() ? 0x88a8 : 0x8100))
                    .putShort((short) random.nextInt(4095));
        }
        int type = one(TYPES);
        frame.putShort((short) type);
        switch (type) {
            case 0x0800 -> ipv4();
            case 0x86dd -> ipv6();
            case 0x0806 ->
                frame.putLong(0x0001_0800_0604_0001L).putLong(random.nextLong()).put(new byte[12]);
            default -> {}
        }
        content();
        byte[] made = new byte[frame.position()];
        frame.get(0, made);
        return made;
    }

    private void ipv4() {
        int at = frame.position();
        int words = random.nextInt(4) == 0 ? 6 + random.nextInt(10) : 5;
        int protocol = one(IPV4_PROTOCOLS);
        frame.put((byte) (0x40 | words)).put((byte) 0).putShort((short) 0).putShort((short) 7);
        frame.putShort((short) one(FRAGMENTS))
                .put((byte) 64)
                .put((byte) protocol)
                .putShort((short) 0);
        frame.putInt(0x0a000001).putInt(0x0a000002);
        no((words - 5) * 4);
        transport(protocol, false);
        content();
        frame.putShort(at + 2, (short) (frame.position() - at));
    }

    private void ipv6() {
        int at = frame.position();
        int next = one(IPV6_PROTOCOLS);
        frame.putInt(0x60000000).putShort((short) 0).put((byte) next).put((byte) 64);
        frame.put(new byte[31]).put((byte) 1);
        while (next == 0 || next == 43 || next == 44 || next == 51 || next == 60) {
            int after = one(IPV6_PROTOCOLS);
            int units = next == 44 ? 0 : random.nextInt(3);
            frame.put((byte) after).put((byte) (next == 51 ? 2 * units + 4 : units));
            frame.putShort((short) (next == 44 ? one(new int[] {1, 8, 9}) : 0));
            frame.put(new byte[next == 51 ? 20 + 8 * units : 4 + 8 * units]);
            next = after;
        }
        transport(next, true);
        content();
        frame.putShort(at + 4, (short) (frame.position() - at - 40));
    }

    private void transport(int protocol, boolean six) {
        switch (protocol) {
            case 6 -> {
                int words = 5 + random.nextInt(11);
                frame.putInt(0x1f90_0050).putInt(random.nextInt()).putInt(0);
                frame.put((byte) (words << 4))
                        .put((byte) 0x18)
                        .putShort((short) 500)
                        .putInt(0);
                no((words - 5) * 4);
            }
            case 17 -> frame.putInt(0x1f90_d431).putShort((short) 8).putShort((short) 0);
            case 1 -> frame.put((byte) (six ? 0 : one(ICMP_TYPES))).put(new byte[7]);
            case 58 -> frame.put((byte) one(ICMPV6_TYPES)).put(new byte[7]);
            default -> {}
        }
    }

    /** Options that say nothing. */
    private void no(int bytes) {
        for (int i = 0; i < bytes; i++) {
            frame.put((byte) 1);
        }
    }

    private void content() {
        byte[] content = new byte[random.nextInt(60)];
        random.nextBytes(content);
        frame.put(content);
    }

    private int one(int[] of) {
        return of[random.nextInt(of.length)];
    }
}
