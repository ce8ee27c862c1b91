package org.lawtap.sink.pcapng;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes pcapng blocks of any kind, right or wrong, in either byte order. */
final class Crafted {
    static final long TIME = 1_795_521_600_000_000L;
    static final byte[] NONE = {};

    private final ByteOrder order;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Crafted(ByteOrder order) {
        this.order = order;
    }

    /** A section header and an Ethernet interface with this snap length. */
    static Crafted begun(ByteOrder order) {
        return new Crafted(order).section().described(1, 65_535, NONE);
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    int size() {
        return out.size();
    }

    Crafted section() {
        return section(1, 0, -1);
    }

    Crafted section(int major, int minor, long length) {
        return block(
                PcapngBlocks.SECTION_HEADER,
                join(u32(PcapngBlocks.BYTE_ORDER_MAGIC), u16(major), u16(minor), u64(length)));
    }

    Crafted described(int linkType, int snapLength, byte[] options) {
        return block(PcapngBlocks.INTERFACE_DESCRIPTION, join(u16(linkType), u16(0), u32(snapLength), options));
    }

    /** An enhanced packet of this many bytes. */
    Crafted packet(int length) {
        return packet(0, TIME, length, length, frame(length), NONE);
    }

    Crafted packetWith(byte[] options) {
        return packet(0, TIME, 60, 60, frame(60), options);
    }

    /** @param data what stands in the block, its padding included */
    Crafted packet(int interfaceId, long time, int length, int original, byte[] data, byte[] options) {
        return block(
                PcapngBlocks.ENHANCED_PACKET,
                join(
                        u32(interfaceId),
                        u32((int) (time >>> 32)),
                        u32((int) time),
                        u32(length),
                        u32(original),
                        data,
                        options));
    }

    Crafted statistics(int interfaceId, byte[] options) {
        return block(
                PcapngBlocks.INTERFACE_STATISTICS,
                join(u32(interfaceId), u32((int) (TIME >>> 32)), u32((int) TIME), options));
    }

    Crafted block(int type, byte[] body) {
        int length = body.length + 12;
        return raw(join(u32(type), u32(length), body, u32(length)));
    }

    Crafted raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    /** What another one wrote, after this. */
    Crafted then(Crafted other) {
        return raw(other.bytes());
    }

    byte[] options(byte[]... options) {
        return join(join(options), u32(0));
    }

    byte[] option(int code, byte[] value) {
        return join(u16(code), u16(value.length), padded(value));
    }

    byte[] option(int code, String text) {
        return option(code, text.getBytes(StandardCharsets.UTF_8));
    }

    byte[] u16(int value) {
        return ByteBuffer.allocate(2).order(order).putShort((short) value).array();
    }

    byte[] u32(int value) {
        return ByteBuffer.allocate(4).order(order).putInt(value).array();
    }

    byte[] u64(long value) {
        return ByteBuffer.allocate(8).order(order).putLong(value).array();
    }

    /** An Ethernet frame of this length, with its padding. */
    static byte[] frame(int length) {
        byte[] frame = new byte[length];
        for (int i = 0; i < length; i++) {
            frame[i] = (byte) (i < 12 ? 2 : i * 7);
        }
        return padded(frame);
    }

    static byte[] padded(byte[] bytes) {
        return java.util.Arrays.copyOf(bytes, (bytes.length + 3) & ~3);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }
}
