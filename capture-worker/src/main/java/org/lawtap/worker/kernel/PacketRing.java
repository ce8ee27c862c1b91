package org.lawtap.worker.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A packet socket on one interface with a TPACKET_V3 receive ring. It starts with a filter that drops everything, set before
 * the bind, so that nothing reaches it before {@link #setFilter}. It may be bound while the interface is down and then sees
 * the first frame after it comes up.
 *
 * <pre>
 *   ring:  block 0 | block 1 | ... each: status, packet count, first offset | frame | frame ...
 *   frame: struct tpacket3_hdr (48) | struct sockaddr_ll (20) | ... | bytes at tp_mac
 * </pre>
 *
 * Source: packet(7), Documentation/networking/packet_mmap.rst, linux/if_packet.h. Owned by one thread.
 */
public final class PacketRing implements AutoCloseable {
    /** A block holds a frame of BIG TCP (499,894 bytes and more with its headers) whole. */
    public static final int BLOCK_BYTES = 1 << 19;

    /** Smallest ring; one so small has small blocks, and cuts frames that are larger than a block. */
    public static final int RING_BYTES_MIN = 1 << 16;

    /** Bytes kept of a frame at most: what Wireshark and libpcap can read. */
    public static final int SNAP_LENGTH = 262_144;

    /** The sender's kernel left the transport checksum to a device. */
    public static final int STATUS_CHECKSUM_NOT_READY = 1 << 3;

    /** The kernel has verified the transport checksum. */
    public static final int STATUS_CHECKSUM_VALID = 1 << 7;

    /** TCP data not yet cut into segments; since Linux 6.0. */
    public static final int STATUS_GSO_TCP = 1 << 8;

    /** sll_pkttype of a frame that this host sends out of the interface. */
    public static final int PACKET_OUTGOING = 4;

    /**
     * After this time the kernel hands over a block however empty it is. Blocks times this is how long the worker may stand
     * still under light traffic before a packet is lost: 64 blocks (32 MiB), 3.2 s. With 10 ms it was a third of a second, which
     * a busy machine takes from a process now and then.
     */
    private static final int RETIRE_MS = 50;

    private static final int BLOCKS_LEAST = 4;
    private static final int FRAME_BYTES = 2048;
    private static final int ETH_P_ALL_BIG_ENDIAN = 0x0300;
    private static final int TPACKET_V3 = 2;
    private static final int PACKET_RX_RING = 5;
    private static final int PACKET_STATISTICS = 6;
    private static final int PACKET_VERSION = 10;
    private static final int PACKET_HDRLEN = 11;
    private static final int REQUEST_BYTES = 28;
    private static final int STATISTICS_BYTES = 12;
    private static final int LINK_ADDRESS_BYTES = 20;

    private static final int BLOCK_STATUS = 8;
    private static final int BLOCK_PACKETS = 12;
    private static final int BLOCK_FIRST = 16;
    private static final int STATUS_KERNEL = 0;
    private static final int STATUS_USER = 1;

    private static final int HEADER_NEXT = 0;
    private static final int HEADER_SECONDS = 4;
    private static final int HEADER_NANOSECONDS = 8;
    private static final int HEADER_CAPTURED = 12;
    private static final int HEADER_LENGTH = 16;
    private static final int HEADER_STATUS = 20;
    private static final int HEADER_MAC = 24;
    private static final int HEADER_VLAN_TCI = 32;
    private static final int HEADER_VLAN_TPID = 36;
    private static final int HEADER_BYTES = 48;
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

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
    private static final VarHandle INT_ACCESS = INT.varHandle();

    static {
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN || ValueLayout.ADDRESS.byteSize() != 8) {
            throw new ExceptionInInitializerError("the ring knows 64-bit little-endian machines only");
        }
        at("captured", HEADER_CAPTURED);
        at("length", HEADER_LENGTH);
        at("status", HEADER_STATUS);
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

    private final int fd;
    private final MemorySegment ring;
    private final int blockBytes;
    private final int blocks;
    private boolean closed;
    private int block;
    private int framesLeft;
    private long frame;
    private boolean inBlock;

    private PacketRing(int fd, MemorySegment ring, int blockBytes, int blocks) {
        this.fd = fd;
        this.ring = ring;
        this.blockBytes = blockBytes;
        this.blocks = blocks;
    }

    /** What the kernel counted since it was last asked. @param packets passed the filter, drops included */
    public record Statistics(long packets, long drops) {}

    /** Takes a frame; the segment is valid during the call only. */
    @FunctionalInterface
    public interface FrameHandler {
        /**
         * @param packetType sll_pkttype
         * @param status tp_status: {@link #STATUS_CHECKSUM_NOT_READY} and others
         * @param vlanTpid EtherType of the outer VLAN tag that the kernel took off, 0 if none
         */
        void frame(
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

    /** Opens a ring of about {@code ringBytes} on the interface with this index. */
    public static PacketRing open(int interfaceIndex, long ringBytes) throws KernelException {
        int blockBytes = blockBytes(ringBytes);
        int blocks = (int) Math.max(2, ringBytes / blockBytes);
        int fd = Libc.socket(Libc.AF_PACKET, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, 0);
        MemorySegment ring = null;
        try (Arena arena = Arena.ofConfined()) {
            FilterPrograms.attach(fd, FilterPrograms.dropAll());
            requireHeaderSize(fd, arena);
            Libc.setsockopt(fd, Libc.SOL_PACKET, PACKET_VERSION, arena.allocateFrom(INT, TPACKET_V3), "PACKET_VERSION");
            MemorySegment request = arena.allocate(REQUEST_BYTES, 4);
            request.set(INT, 0, blockBytes);
            request.set(INT, 4, blocks);
            request.set(INT, 8, FRAME_BYTES);
            request.set(INT, 12, blockBytes / FRAME_BYTES * blocks);
            request.set(INT, 16, RETIRE_MS);
            Libc.setsockopt(fd, Libc.SOL_PACKET, PACKET_RX_RING, request, "PACKET_RX_RING");
            ring = Libc.mmap(fd, (long) blockBytes * blocks);
            PacketRing opened = new PacketRing(fd, ring, blockBytes, blocks);
            MemorySegment address = arena.allocate(LINK_ADDRESS_BYTES, 4);
            address.set(SHORT, 0, (short) Libc.AF_PACKET);
            address.set(SHORT, 2, (short) ETH_P_ALL_BIG_ENDIAN);
            address.set(INT, 4, interfaceIndex);
            Libc.bind(fd, address);
            opened.takeError();
            return opened;
        } catch (KernelException e) {
            if (ring != null) {
                Libc.munmap(ring);
            }
            Libc.close(fd);
            throw e;
        }
    }

    /** At least four blocks, as large as need be and a power of two. */
    private static int blockBytes(long ringBytes) {
        return (int) Math.min(BLOCK_BYTES, Long.highestOneBit(Math.max(RING_BYTES_MIN, ringBytes) / BLOCKS_LEAST));
    }

    /** The kernel's own word on the size of struct tpacket3_hdr. */
    private static void requireHeaderSize(int fd, Arena arena) throws KernelException {
        MemorySegment size = arena.allocateFrom(INT, TPACKET_V3);
        Libc.getsockopt(fd, Libc.SOL_PACKET, PACKET_HDRLEN, size, "PACKET_HDRLEN");
        if (size.get(INT, 0) != HEADER_BYTES) {
            throw new IllegalStateException("this kernel's struct tpacket3_hdr has " + size.get(INT, 0) + " bytes");
        }
    }

    /** Replaces the filter in one step; the program is classic BPF, 8 bytes an instruction. */
    public void setFilter(byte[] program) throws KernelException {
        FilterPrograms.attach(fd, program);
    }

    /** Hands over what is ready, at most {@code framesMax} frames; returns how many. */
    public int drain(FrameHandler handler, int framesMax) {
        if (closed) {
            throw new IllegalStateException("the ring is closed and its memory is gone");
        }
        int count = 0;
        while (count < framesMax) {
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
                hand(handler);
                framesLeft--;
                frame += Integer.toUnsignedLong(ring.get(INT, frame + HEADER_NEXT));
                count++;
            }
        }
        return count;
    }

    private void hand(FrameHandler handler) {
        int status = ring.get(INT, frame + HEADER_STATUS);
        int tpid = 0;
        if ((status & STATUS_VLAN_VALID) != 0) {
            tpid = (status & STATUS_VLAN_TPID_VALID) != 0
                    ? Short.toUnsignedInt(ring.get(SHORT, frame + HEADER_VLAN_TPID))
                    : TPID_DEFAULT;
        }
        long seconds = Integer.toUnsignedLong(ring.get(INT, frame + HEADER_SECONDS));
        handler.frame(
                seconds * 1_000_000_000L + ring.get(INT, frame + HEADER_NANOSECONDS),
                Byte.toUnsignedInt(ring.get(ValueLayout.JAVA_BYTE, frame + PACKET_TYPE)),
                status,
                tpid,
                ring.get(INT, frame + HEADER_VLAN_TCI) & 0xffff,
                ring.get(INT, frame + HEADER_LENGTH),
                ring,
                frame + Short.toUnsignedInt(ring.get(SHORT, frame + HEADER_MAC)),
                ring.get(INT, frame + HEADER_CAPTURED));
    }

    /** Reads and clears the kernel's counts. */
    public Statistics takeStatistics() throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment counts = arena.allocate(STATISTICS_BYTES, 4);
            Libc.getsockopt(fd, Libc.SOL_PACKET, PACKET_STATISTICS, counts, "PACKET_STATISTICS");
            return new Statistics(
                    Integer.toUnsignedLong(counts.get(INT, 0)), Integer.toUnsignedLong(counts.get(INT, 4)));
        }
    }

    /** Reads and clears the socket's error; ENETDOWN after the interface went down or away, 0 if none. */
    public int takeError() throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment error = arena.allocate(INT);
            Libc.getsockopt(fd, Libc.SOL_SOCKET, Libc.SO_ERROR, error, "SO_ERROR");
            return error.get(INT, 0);
        }
    }

    /** The descriptor, for {@link Waiting}. */
    public int fd() {
        return fd;
    }

    @Override
    public void close() throws KernelException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            Libc.munmap(ring);
        } finally {
            Libc.close(fd);
        }
    }
}
