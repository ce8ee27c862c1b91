package org.lawtap.worker.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.lawtap.schemas.headers.FrameHeaders;
import org.lawtap.schemas.model.Packet;

/**
 * One frame where the kernel put it, with its outer VLAN tag back at its place. A view that is valid during
 * {@link PacketSource.Handler#frame} only and shows the next frame afterwards. Owned by one thread.
 */
public final class CapturedFrame implements FrameHeaders.Bytes {
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfInt BIG_INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort BIG_SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** Destination and source come first; a tag follows them. */
    private static final int ADDRESSES_BYTES = 12;

    private static final int TAG_BYTES = 4;

    private MemorySegment memory = MemorySegment.NULL;
    private long offset;
    private int kept;
    private int tag;
    private int tagBytes;
    private int shown;
    private long timeNs;
    private Packet.Direction direction = Packet.Direction.UNKNOWN;
    private int flags;
    private int originalLength;

    /** The array that was last copied into, as a segment: a copy into an array finds out each time what it is an array of. */
    private byte[] target = {};

    private MemorySegment targetMemory = MemorySegment.ofArray(target);

    /** A view of no frame yet. */
    public CapturedFrame() {}

    /**
     * Shows a frame.
     *
     * @param tpid EtherType of the VLAN tag that the kernel took off, 0 if none
     * @param originalLength bytes that the kernel had, without that tag
     */
    public void show(
            long timeNs,
            Packet.Direction direction,
            int flags,
            int tpid,
            int tci,
            int originalLength,
            MemorySegment memory,
            long offset,
            int length) {
        this.memory = memory;
        this.offset = offset;
        this.kept = length;
        this.tag = tpid << 16 | tci;
        this.tagBytes = tpid == 0 ? 0 : TAG_BYTES;
        this.shown = length + tagBytes;
        this.timeNs = timeNs;
        this.direction = direction;
        this.flags = tpid == 0 ? flags : flags | Packet.VLAN_RESTORED;
        this.originalLength = originalLength + tagBytes;
    }

    /** Kernel software timestamp, nanoseconds since 1970. */
    public long timeNs() {
        return timeNs;
    }

    /** Seen from the pod. */
    public Packet.Direction direction() {
        return direction;
    }

    /** As in {@link Packet#flags}. */
    public int flags() {
        return flags;
    }

    /** Bytes on the wire. */
    public int originalLength() {
        return originalLength;
    }

    /** Bytes kept. */
    @Override
    public int length() {
        return shown;
    }

    /** Leaves out what is no header: the frame is cut there, and says so. Returns how many bytes of the wire's are missing now. */
    public int keepHeaders() {
        shown = FrameHeaders.length(this);
        if (shown < originalLength) {
            flags |= Packet.CUT_BY_SCOPE;
        }
        return originalLength - shown;
    }

    /** Copies all bytes kept. */
    public void copyTo(byte[] into, int at) {
        MemorySegment intoMemory = memoryOf(into);
        if (tagBytes == 0) {
            MemorySegment.copy(memory, offset, intoMemory, at, shown);
            return;
        }
        int head = Math.min(Math.min(kept, ADDRESSES_BYTES), shown);
        int tagged = Math.min(TAG_BYTES, shown - head);
        MemorySegment.copy(memory, offset, intoMemory, at, head);
        for (int i = 0; i < tagged; i++) {
            into[at + head + i] = (byte) (tag >> (24 - 8 * i));
        }
        MemorySegment.copy(memory, offset + head, intoMemory, at + head + tagged, shown - head - tagged);
    }

    @SuppressWarnings("ReferenceEquality") // the same bytes at the same place
    private MemorySegment memoryOf(byte[] array) {
        if (array != target) {
            target = array;
            targetMemory = MemorySegment.ofArray(array);
        }
        return targetMemory;
    }

    /** The link-layer address at the beginning: 0 the receiver's, 6 the sender's. The frame must be long enough. */
    public long hardwareAddress(int at) {
        return Short.toUnsignedLong(memory.get(BIG_SHORT, offset + at)) << 32
                | Integer.toUnsignedLong(memory.get(BIG_INT, offset + at + 2));
    }

    /** Where the network layer begins, after any VLAN tags; {@link #length} if the frame ends before. */
    public int networkOffset() {
        int at = ADDRESSES_BYTES;
        while (at + 2 <= length()) {
            int type = unsignedShort(at);
            if (type != 0x8100 && type != 0x88a8) {
                return at + 2;
            }
            at += TAG_BYTES;
        }
        return length();
    }

    @Override
    public int unsignedByte(int index) {
        if (tagBytes == 0 || index < ADDRESSES_BYTES) {
            return Byte.toUnsignedInt(memory.get(BYTE, offset + index));
        }
        return index < ADDRESSES_BYTES + TAG_BYTES
                ? (tag >>> (24 - 8 * (index - ADDRESSES_BYTES))) & 0xff
                : Byte.toUnsignedInt(memory.get(BYTE, offset + index - TAG_BYTES));
    }

    /** Two bytes in network order; both must be in the frame. */
    public int unsignedShort(int index) {
        if (tagBytes == 0) {
            return Short.toUnsignedInt(memory.get(BIG_SHORT, offset + index));
        }
        return unsignedByte(index) << 8 | unsignedByte(index + 1);
    }
}
