package org.lawtap.sink.rebuild;

import java.nio.ByteBuffer;

/**
 * Where things stand in the enhanced packet blocks of our own files.
 *
 * <pre>
 *   0     4       8          12         16        20               28            -16         -8      -4
 *   type | length | interface | time high | time low | lengths | frame, options | packet id | end | length
 * </pre>
 */
final class PacketBlocks {
    private static final int LENGTH = 4;
    private static final int INTERFACE = 8;
    private static final int TIME_HIGH = 12;
    private static final int TIME_LOW = 16;
    private static final int SEQUENCE_FROM_END = 16;

    private PacketBlocks() {}

    static int length(ByteBuffer from, int block) {
        return from.getInt(block + LENGTH);
    }

    static int interfaceId(ByteBuffer from, int block) {
        return from.getInt(block + INTERFACE);
    }

    static void interfaceId(ByteBuffer into, int block, int id) {
        into.putInt(block + INTERFACE, id);
    }

    static long timeNs(ByteBuffer from, int block) {
        return (long) from.getInt(block + TIME_HIGH) << Integer.SIZE
                | Integer.toUnsignedLong(from.getInt(block + TIME_LOW));
    }

    static long sequence(ByteBuffer from, int block) {
        return from.getLong(block + length(from, block) - SEQUENCE_FROM_END);
    }
}
