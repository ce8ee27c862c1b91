package org.lawtap.worker.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A packet socket on one interface with a TPACKET_V3 receive ring. It starts with a filter that drops everything, set before
 * the bind, so that nothing reaches it before {@link #setFilter}. It may be bound while the interface is down and then sees
 * the first frame after it comes up. Its memory is drawn at {@link RingBlocks}.
 *
 * <p>Source: packet(7), Documentation/networking/packet_mmap.rst, linux/if_packet.h. Owned by one thread.
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

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;

    private final int fd;
    private final MemorySegment ring;
    private final RingBlocks walk;
    private boolean closed;

    private PacketRing(int fd, MemorySegment ring, int blockBytes) {
        this.fd = fd;
        this.ring = ring;
        this.walk = new RingBlocks(ring, blockBytes);
    }

    /** What the kernel counted since it was last asked. @param packets passed the filter, drops included */
    public record Statistics(long packets, long drops) {}

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
            PacketRing opened = new PacketRing(fd, ring, blockBytes);
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
        if (size.get(INT, 0) != RingBlocks.HEADER_BYTES) {
            throw new IllegalStateException("this kernel's struct tpacket3_hdr has " + size.get(INT, 0) + " bytes");
        }
    }

    /** Replaces the filter in one step; the program is classic BPF, 8 bytes an instruction. */
    public void setFilter(byte[] program) throws KernelException {
        FilterPrograms.attach(fd, program);
    }

    /** Hands over what is ready, at most {@code framesMax} frames and while there is room; returns how many. */
    public int drain(RingBlocks.FrameHandler handler, int framesMax) {
        if (closed) {
            throw new IllegalStateException("the ring is closed and its memory is gone");
        }
        return walk.drain(handler, framesMax);
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
