package org.lawtap.deploy.bench.micro;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.lawtap.deploy.bench.Mix;
import org.lawtap.worker.kernel.PacketRing;
import org.lawtap.worker.kernel.RingBlocks;

/**
 * A ring of one block as the kernel fills it, in plain memory: {@link #PACKETS} frames of a mix, as {@code flood.c} makes them.
 *
 * <pre>
 *   block: .. | status at 8 | count at 12 | first frame at 16 | .. | frame | frame ...
 *   frame: next | s | ns | captured | length | status | mac, net | .. 48: struct sockaddr_ll | .. 82: bytes
 * </pre>
 *
 * Source: linux/if_packet.h.
 */
final class RingImage {
    /** Whole turns of IMIX, and at 1,514 bytes less than a block. */
    static final int PACKETS = 252;

    private static final int BLOCK_STATUS = 8;
    private static final int BLOCK_COUNT = 12;
    private static final int BLOCK_FIRST = 16;
    private static final int BLOCK_HEAD_BYTES = 48;
    private static final int USER = 1;
    private static final int MAC = 82;
    private static final int ALIGNMENT = 16;
    private static final int TIME_S = 1_790_000_000;
    private static final int NS_BETWEEN = 6_667;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final MemorySegment block;
    private final RingBlocks walk;

    RingImage(Mix mix) {
        this.block = Arena.ofAuto().allocate(PacketRing.BLOCK_BYTES, PacketRing.BLOCK_BYTES);
        this.walk = new RingBlocks(block, PacketRing.BLOCK_BYTES);
        block.set(INT, BLOCK_COUNT, PACKETS);
        block.set(INT, BLOCK_FIRST, BLOCK_HEAD_BYTES);
        Random random = new Random(7);
        List<Integer> lengths = mix.lengths();
        long at = BLOCK_HEAD_BYTES;
        for (int i = 0; i < PACKETS; i++) {
            int length = lengths.get(i % lengths.size());
            int whole = (MAC + length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            frame(block.asSlice(at, whole), i, length, random);
            at += whole;
        }
    }

    private static void frame(MemorySegment frame, int number, int length, Random random) {
        frame.set(INT, 0, (int) frame.byteSize());
        frame.set(INT, 4, TIME_S);
        frame.set(INT, 8, number * NS_BETWEEN);
        frame.set(INT, 12, length);
        frame.set(INT, 16, length);
        frame.set(ValueLayout.JAVA_SHORT, 24, (short) MAC);
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        // The first half is text.
        for (int i = 0; i < length / 2; i++) {
            bytes[i] = (byte) ('a' + i % 26);
        }
        MemorySegment.copy(bytes, 0, frame, ValueLayout.JAVA_BYTE, MAC, length);
    }

    /** The block is handed over again, and all of it is read. */
    int drain(RingBlocks.FrameHandler handler) {
        block.set(INT, BLOCK_STATUS, USER);
        return walk.drain(handler, Integer.MAX_VALUE);
    }
}
