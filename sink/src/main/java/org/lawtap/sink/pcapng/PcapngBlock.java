package org.lawtap.sink.pcapng;

import java.nio.ByteBuffer;

/**
 * One whole block of a file, in the byte order of its section.
 *
 * @param offset of its first byte in the file
 * @param bytes from its type to its second length
 */
record PcapngBlock(long offset, ByteBuffer bytes) {
    /** The type, by which 4.1 to 4.9 of the draft tell blocks apart. */
    int type() {
        return bytes.getInt(0);
    }

    /** Where its body ends and the second length stands. */
    int end() {
        return bytes.capacity() - 4;
    }

    int u16(int at) {
        return bytes.getShort(at) & 0xffff;
    }

    long u32(int at) {
        return Integer.toUnsignedLong(bytes.getInt(at));
    }

    /** Where what is this long ends, with its padding to four bytes. */
    static long padded(long length) {
        return (length + 3) & ~3L;
    }
}
