package org.lawtap.schemas.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.topics.SchemaId;

/**
 * Packets written one after the other into the value of one packet record, byte for byte what the generated classes write, without
 * an object a packet. The caller copies a frame's bytes to where {@link #add} says. Owned by one thread.
 *
 * <pre>
 *   schema id | session | no opening | count | packet | packet ... | end of array | no checkpoint | no seal
 *             '- known when the batch is taken: written backwards from the first packet
 * </pre>
 *
 * Source: Avro specification 1.12, "Binary Encoding": numbers are zig-zag variable-length, least significant group first.
 */
public final class PacketBatch {
    private static final int VARINT_MAX = 10;
    private static final int INITIAL_BYTES = 2048;

    /** Five numbers and a length before each frame's bytes. */
    private static final int PACKET_HEAD_MAX = 6 * VARINT_MAX;

    private static final byte[] TAIL = {0, 0, 0};

    private final byte[] head;
    private final int first;
    private byte[] bytes = new byte[INITIAL_BYTES];
    private int end;
    private int packets;

    public PacketBatch(SessionId session) {
        byte[] text = session.toString().getBytes(StandardCharsets.US_ASCII);
        byte[] start = new byte[Frame.HEAD_BYTES + VARINT_MAX + text.length + 1];
        int id = SchemaId.PACKETS.id();
        int at = 1;
        for (int shift = 24; shift >= 0; shift -= 8) {
            start[at++] = (byte) (id >> shift);
        }
        at = varint(start, at, text.length);
        System.arraycopy(text, 0, start, at, text.length);
        at += text.length;
        start[at++] = 0;
        this.head = Arrays.copyOf(start, at);
        this.first = head.length + VARINT_MAX;
        this.end = first;
    }

    /** Packets so far. */
    public int packets() {
        return packets;
    }

    /** Bytes so far, about. */
    public int size() {
        return end - first;
    }

    /**
     * Adds a packet of {@code length} bytes; returns where in {@link #array} the caller must write them now.
     *
     * @param originalLength bytes on the wire, at least {@code length}
     */
    public int add(long sequence, long timeNs, Packet.Direction direction, int flags, int originalLength, int length) {
        int needed = end + PACKET_HEAD_MAX + length + TAIL.length;
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(needed, Math.min(2 * bytes.length, Integer.MAX_VALUE / 2)));
        }
        byte[] into = bytes;
        int at = varint(into, end, sequence);
        at = varint(into, at, timeNs);
        at = varint(into, at, index(direction));
        at = varint(into, at, flags);
        at = varint(into, at, originalLength);
        at = varint(into, at, length);
        end = at + length;
        packets++;
        return at;
    }

    /** Where frames are written; another one after each {@link #add}. */
    public byte[] array() {
        return bytes;
    }

    /** The record's value; the batch is empty afterwards. It must not be empty before. */
    public byte[] take() {
        if (packets == 0) {
            throw new IllegalStateException("a batch without a packet");
        }
        byte[] count = new byte[VARINT_MAX];
        int countBytes = varint(count, 0, packets);
        int start = first - countBytes - head.length;
        System.arraycopy(head, 0, bytes, start, head.length);
        System.arraycopy(count, 0, bytes, first - countBytes, countBytes);
        System.arraycopy(TAIL, 0, bytes, end, TAIL.length);
        byte[] value = Arrays.copyOfRange(bytes, start, end + TAIL.length);
        if (value.length < bytes.length / 8) {
            // After a burst a quiet session keeps no large buffer.
            bytes = new byte[Math.max(INITIAL_BYTES, bytes.length / 4)];
        }
        end = first;
        packets = 0;
        return value;
    }

    /** Its place in the schema's enum. */
    private static int index(Packet.Direction direction) {
        return switch (direction) {
            case UNKNOWN -> 0;
            case FROM_POD -> 1;
            case TO_POD -> 2;
        };
    }

    static int varint(byte[] into, int from, long number) {
        int at = from;
        long rest = number << 1 ^ number >> 63;
        while ((rest & ~0x7fL) != 0) {
            into[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        into[at++] = (byte) rest;
        return at;
    }
}
