package org.lawtap.worker.kernel;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The blocks of a TPACKET_V3 ring, walked in order as the kernel hands them over; memory alone, without a socket.
 *
 * <pre>
 *   ring:  block 0 | block 1 | ... each: status, packet count, first offset | frame | frame ...
 *   frame: struct tpacket3_hdr (48) | struct sockaddr_ll (20) | ... | bytes at tp_mac
 * </pre>
 *
 * Source: Documentation/networking/packet_mmap.rst, linux/if_packet.h. Owned by one thread.
 */
public final class RingBlocks {
    private static final int BLOCK_STATUS = 8;
    private static final int BLOCK_PACKETS = 12;
    private static final int BLOCK_FIRST = 16;
    private static final int STATUS_KERNEL = 0;
    private static final int STATUS_USER = 1;

    private static final int HEADER_NEXT = 0;
    private static final int HEADER_NANOSECONDS = 8;
    private static final int HEADER_LENGTH = 16;
    private static final int HEADER_MAC = 24;
    private static final int HEADER_VLAN_TCI = 32;
    private static final int HEADER_VLAN_TPID = 36;
    static final int HEADER_BYTES = 48;
    private static final int LINK_ADDRESS_BYTES = 20;
    private static final int PACKET_TYPE = HEADER_BYTES + 10;

    private static final int STATUS_VLAN_VALID = 1 << 4;
    private static final int STATUS_VLAN_TPID_VALID = 1 << 6;
    private static final int TPID_DEFAULT = 0x8100;

    /** struct tpacket3_hdr, then struct sockaddr_ll. */
    private static final StructLayout FRAME_HEADER = MemoryLayout.structLayout(
            ValueLayout.JAVA_INT.withName("next"),
            ValueLayout.JAVA_INT.withName("seconds"),
            ValueLayout.JAVA_INT.withName("nanoseconds"),
            ValueLayout.JAVA_INT.withName("captured"),
            ValueLayout.JAVA_INT.withName("length"),
            ValueLayout.JAVA_INT.withName("status"),
            ValueLayout.JAVA_SHORT.withName("mac"),
            ValueLayout.JAVA_SHORT.withName("net"),
            ValueLayout.JAVA_INT.withName("rxhash"),
            ValueLayout.JAVA_INT.withName("vlanTci"),
            ValueLayout.JAVA_SHORT.withName("vlanTpid"),
            MemoryLayout.paddingLayout(10),
            ValueLayout.JAVA_SHORT.withName("family"),
            ValueLayout.JAVA_SHORT.withName("protocol"),
            ValueLayout.JAVA_INT.withName("index"),
            ValueLayout.JAVA_SHORT.withName("hardwareType"),
            ValueLayout.JAVA_BYTE.withName("packetType"),
            MemoryLayout.paddingLayout(9));

    /** All is aligned; layouts that ask for it would look at each access. */
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final VarHandle INT_ACCESS = ValueLayout.JAVA_INT.varHandle();

    static {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN || ValueLayout.ADDRESS.byteSize() != 8) {
            throw new ExceptionInInitializerError("the ring knows 64-bit little-endian machines only");
        }
        at("seconds", HEADER_NEXT + Integer.BYTES);
        at("nanoseconds", HEADER_NANOSECONDS);
        at("captured", HEADER_NANOSECONDS + Integer.BYTES);
        at("length", HEADER_LENGTH);
        at("status", HEADER_LENGTH + Integer.BYTES);
        at("mac", HEADER_MAC);
        at("vlanTci", HEADER_VLAN_TCI);
        at("vlanTpid", HEADER_VLAN_TPID);
        at("family", HEADER_BYTES);
        at("packetType", PACKET_TYPE);
        if (FRAME_HEADER.byteSize() != HEADER_BYTES + LINK_ADDRESS_BYTES) {
            throw new ExceptionInInitializerError("struct tpacket3_hdr has another size");
        }
    }

    private static void at(String field, int offset) {
        if (FRAME_HEADER.byteOffset(MemoryLayout.PathElement.groupElement(field)) != offset) {
            throw new ExceptionInInitializerError("struct tpacket3_hdr has " + field + " elsewhere");
        }
    }

    private final MemorySegment ring;
    private final int blockBytes;
    private final int blocks;
    private int block;
    private int framesLeft;
    private long frame;
    private boolean inBlock;

    /** @param ring whole blocks of this many bytes */
    public RingBlocks(MemorySegment ring, int blockBytes) {
        this.ring = ring;
        this.blockBytes = blockBytes;
        this.blocks = Math.toIntExact(ring.byteSize() / blockBytes);
    }

    /** Takes a frame; the segment is valid during the call only. */
    @FunctionalInterface
    public interface FrameHandler {
        /**
         * @param packetType sll_pkttype
         * @param status tp_status: {@link PacketRing#STATUS_CHECKSUM_NOT_READY} and others
         * @param vlanTpid EtherType of the outer VLAN tag that the kernel took off, 0 if none
         * @return whether there is room for another
         */
        boolean frame(
                long timeNs,
                int packetType,
                int status,
                int vlanTpid,
                int vlanTci,
                int originalLength,
                MemorySegment ring,
                long offset,
                int length);
    }

    /** Hands over what is ready, at most {@code framesMax} frames and while there is room; returns how many. */
    public int drain(FrameHandler handler, int framesMax) {
        int count = 0;
        boolean room = true;
        while (room && count < framesMax) {
            long base = (long) block * blockBytes;
            if (!inBlock) {
                int status = (int) INT_ACCESS.getAcquire(ring, base + BLOCK_STATUS);
                if ((status & STATUS_USER) == 0) {
                    return count;
                }
                inBlock = true;
                framesLeft = ring.get(INT, base + BLOCK_PACKETS);
                frame = base + Integer.toUnsignedLong(ring.get(INT, base + BLOCK_FIRST));
            }
            if (framesLeft == 0) {
                INT_ACCESS.setRelease(ring, base + BLOCK_STATUS, STATUS_KERNEL);
                inBlock = false;
                block = (block + 1) % blocks;
            } else {
                room = hand(handler);
                framesLeft--;
                count++;
            }
        }
        return count;
    }

    /**
     * Hands over the frame and goes on to the next; returns whether there is room for it. Neighbouring fields are read together: this
     * is done for every packet, and each read has checks of its own.
     */
    private boolean hand(FrameHandler handler) {
        long nextAndSeconds = ring.get(LONG, frame + HEADER_NEXT);
        long nanosecondsAndCaptured = ring.get(LONG, frame + HEADER_NANOSECONDS);
        long lengthAndStatus = ring.get(LONG, frame + HEADER_LENGTH);
        int status = (int) (lengthAndStatus >>> Integer.SIZE);
        int tpid = 0;
        int tci = 0;
        if ((status & STATUS_VLAN_VALID) != 0) {
            tci = ring.get(INT, frame + HEADER_VLAN_TCI) & 0xffff;
            tpid = (status & STATUS_VLAN_TPID_VALID) != 0
                    ? Short.toUnsignedInt(ring.get(SHORT, frame + HEADER_VLAN_TPID))
                    : TPID_DEFAULT;
        }
        boolean room = handler.frame(
                (nextAndSeconds >>> Integer.SIZE) * 1_000_000_000L + (int) nanosecondsAndCaptured,
                Byte.toUnsignedInt(ring.get(ValueLayout.JAVA_BYTE, frame + PACKET_TYPE)),
                status,
                tpid,
                tci,
                (int) lengthAndStatus,
                ring,
                frame + Short.toUnsignedInt(ring.get(SHORT, frame + HEADER_MAC)),
                (int) (nanosecondsAndCaptured >>> Integer.SIZE));
        frame += nextAndSeconds & 0xffff_ffffL;
        return room;
    }
}
