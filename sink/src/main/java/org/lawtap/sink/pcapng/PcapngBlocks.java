package org.lawtap.sink.pcapng;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the blocks of our pcapng profile into one growing buffer: little-endian, version 1.0, nanoseconds, no custom blocks.
 *
 * <pre>
 *   block:   u32 type | u32 length | body, padded to 4 | u32 length
 *   options: u16 code | u16 length | value, padded to 4 | ... | 0 0
 * </pre>
 *
 * Source: draft-ietf-opsawg-pcapng, sections 3.1 and 4.1 to 4.6. Owned by one thread.
 */
public final class PcapngBlocks {
    public static final int SECTION_HEADER = 0x0A0D0D0A;
    public static final int INTERFACE_DESCRIPTION = 1;
    public static final int INTERFACE_STATISTICS = 5;
    public static final int ENHANCED_PACKET = 6;

    static final int OBSOLETE_PACKET = 2;
    static final int SIMPLE_PACKET = 3;
    public static final int NAME_RESOLUTION = 4;
    static final int CUSTOM = 0x00000BAD;
    static final int CUSTOM_NOT_COPIED = 0x40000BAD;
    static final int BYTE_ORDER_MAGIC = 0x1A2B3C4D;

    static final int OPT_COMMENT = 1;
    static final int SHB_USERAPPL = 4;
    static final int IF_NAME = 2;
    static final int IF_DESCRIPTION = 3;
    static final int IF_MACADDR = 6;
    static final int IF_TSRESOL = 9;
    static final int IF_FILTER = 11;
    static final int IF_OS = 12;
    static final int EPB_FLAGS = 2;
    static final int EPB_DROPCOUNT = 4;
    static final int EPB_PACKETID = 5;
    static final int ISB_STARTTIME = 2;
    static final int ISB_ENDTIME = 3;
    static final int ISB_IFRECV = 4;
    static final int ISB_FILTERACCEPT = 6;
    static final int ISB_OSDROP = 7;
    static final int ISB_USRDELIV = 8;

    static final int NAMES_END = 0;

    private static final int MAC_BYTES = 6;

    /** A packet's block but for its frame: head, two options and their end, length. */
    private static final int PACKET_BYTES = 28 + 8 + 12 + 4 + 4;

    private static final int DROP_COUNT_BYTES = 12;

    private ByteBuffer buffer;

    public PcapngBlocks(int initialBytes) {
        this.buffer = ByteBuffer.allocateDirect(initialBytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** What an interface is, for its description block. */
    public record Interface(
            int linkType,
            int snapLength,
            String name,
            String description,
            ByteBuffer hardwareAddress,
            @Nullable String filter,
            String os) {}

    /** The counts of an interface's statistics block, since the capture began. */
    public record Statistics(
            long startNs, long endNs, long received, long filterAccepted, long osDropped, long userDelivered) {}

    /**
     * An address and the names it had.
     *
     * @param address IPv4 (4 bytes), IPv6 (16), EUI-48 (6) or EUI-64 (8)
     * @param names one or more, without a zero byte
     */
    public record Named(ByteBuffer address, List<String> names) {
        public Named {
            address = address.slice().asReadOnlyBuffer();
            names = List.copyOf(names);
            if (recordType(address.remaining()) == NAMES_END) {
                throw new IllegalArgumentException("an address of " + address.remaining() + " bytes");
            }
            if (names.isEmpty() || names.stream().anyMatch(name -> name.isEmpty() || name.indexOf(0) >= 0)) {
                throw new IllegalArgumentException("an address without a name, or one with a zero byte in it");
            }
        }
    }

    /** The section header; its application names the format, not a release, so that a rebuild gives the same bytes. */
    public void sectionHeader(String application) {
        int start = begin(SECTION_HEADER);
        buffer.putInt(BYTE_ORDER_MAGIC).putShort((short) 1).putShort((short) 0).putLong(-1);
        option(SHB_USERAPPL, application);
        endOptions();
        end(start);
    }

    /** An interface description. */
    public void interfaceDescription(Interface described) {
        int start = begin(INTERFACE_DESCRIPTION);
        buffer.putShort((short) described.linkType()).putShort((short) 0).putInt(described.snapLength());
        option(IF_NAME, described.name());
        option(IF_DESCRIPTION, described.description());
        if (described.hardwareAddress().remaining() == MAC_BYTES) {
            optionHead(IF_MACADDR, MAC_BYTES);
            buffer.put(described.hardwareAddress().duplicate());
            pad(MAC_BYTES);
        }
        optionHead(IF_TSRESOL, 1);
        buffer.put((byte) 9);
        pad(1);
        String filter = described.filter();
        if (filter != null) {
            byte[] text = filter.getBytes(StandardCharsets.UTF_8);
            optionHead(IF_FILTER, text.length + 1);
            buffer.put((byte) 0).put(text);
            pad(text.length + 1);
        }
        option(IF_OS, described.os());
        endOptions();
        end(start);
    }

    /**
     * A packet.
     *
     * @param dropped lost between this packet and the one before it on the same interface; 0 writes no option
     */
    public void packet(
            int interfaceId,
            long timeNs,
            int flags,
            long packetId,
            long dropped,
            int originalLength,
            byte[] from,
            int offset,
            int length) {
        int padded = length + 3 & ~3;
        int total = PACKET_BYTES + padded + (dropped > 0 ? DROP_COUNT_BYTES : 0);
        ensure(total);
        ByteBuffer into = buffer;
        into.putInt(ENHANCED_PACKET)
                .putInt(total)
                .putInt(interfaceId)
                .putInt((int) (timeNs >>> 32))
                .putInt((int) timeNs)
                .putInt(length)
                .putInt(originalLength)
                .put(from, offset, length);
        for (int i = length; i < padded; i++) {
            into.put((byte) 0);
        }
        into.putInt(EPB_FLAGS | 4 << 16).putInt(flags);
        if (dropped > 0) {
            into.putInt(EPB_DROPCOUNT | 8 << 16).putLong(dropped);
        }
        into.putInt(EPB_PACKETID | 8 << 16).putLong(packetId).putInt(0).putInt(total);
    }

    /** An interface's statistics. */
    public void statistics(int interfaceId, Statistics counts) {
        int start = begin(INTERFACE_STATISTICS);
        buffer.putInt(interfaceId).putInt((int) (counts.endNs() >>> 32)).putInt((int) counts.endNs());
        time(ISB_STARTTIME, counts.startNs());
        time(ISB_ENDTIME, counts.endNs());
        count(ISB_IFRECV, counts.received());
        count(ISB_FILTERACCEPT, counts.filterAccepted());
        count(ISB_OSDROP, counts.osDropped());
        count(ISB_USRDELIV, counts.userDelivered());
        endOptions();
        end(start);
    }

    /**
     * Names of addresses: a record each, u16 type | u16 length | address, names each ended by a zero | padding, then the end of the
     * records (4.5).
     */
    public void nameResolution(List<Named> known) {
        int start = begin(NAME_RESOLUTION);
        for (Named entry : known) {
            byte[] names = (String.join("\0", entry.names()) + '\0').getBytes(StandardCharsets.UTF_8);
            int length = entry.address().remaining() + names.length;
            optionHead(recordType(entry.address().remaining()), length);
            buffer.put(entry.address().duplicate()).put(names);
            pad(length);
        }
        ensure(8);
        buffer.putInt(NAMES_END);
        end(start);
    }

    /** The type of a name record by its address's length; {@link #NAMES_END} for none. */
    static int recordType(int addressBytes) {
        return switch (addressBytes) {
            case 4 -> 1;
            case 16 -> 2;
            case 6 -> 3;
            case 8 -> 4;
            default -> NAMES_END;
        };
    }

    /** Bytes written since the last {@link #take}. */
    public int size() {
        return buffer.position();
    }

    /** Hands over what was written, whole blocks only; valid until the next write. */
    public ByteBuffer take() {
        ByteBuffer taken = buffer.duplicate().flip().asReadOnlyBuffer();
        buffer.clear();
        return taken;
    }

    private void time(int code, long ns) {
        optionHead(code, 8);
        buffer.putInt((int) (ns >>> 32)).putInt((int) ns);
    }

    private void count(int code, long value) {
        optionHead(code, 8);
        buffer.putLong(value);
    }

    private void option(int code, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        optionHead(code, bytes.length);
        buffer.put(bytes);
        pad(bytes.length);
    }

    private void optionHead(int code, int length) {
        if (length > 0xffff) {
            throw new IllegalArgumentException("option " + code + " of " + length + " bytes is too long for pcapng");
        }
        ensure(length + 64);
        buffer.putShort((short) code).putShort((short) length);
    }

    private void endOptions() {
        ensure(8);
        buffer.putInt(0);
    }

    private void pad(int length) {
        for (int i = length; i % 4 != 0; i++) {
            buffer.put((byte) 0);
        }
    }

    private int begin(int type) {
        ensure(64);
        int start = buffer.position();
        buffer.putInt(type).putInt(0);
        return start;
    }

    private void end(int start) {
        ensure(4);
        int length = buffer.position() + 4 - start;
        buffer.putInt(start + 4, length).putInt(length);
    }

    private void ensure(int more) {
        if (buffer.remaining() < more) {
            int size = Math.max(buffer.capacity() * 2, buffer.position() + more);
            buffer = ByteBuffer.allocateDirect(size)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .put(buffer.flip());
        }
    }
}
