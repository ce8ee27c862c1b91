package org.lawtap.sink.pcapng;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.sink.pcapng.PcapngFindings.BrokenException;

/**
 * The check of a pcapng file, whoever wrote it: of both byte orders, with any number of sections, and whatever blocks and options it
 * has. What is wrong is told with its byte, as one of three kinds ({@link PcapngReport.Kind}); reading ends where the file is broken,
 * never by a guess. Reads a block at a time.
 *
 * <p>Source: draft-ietf-opsawg-pcapng; for remarks, what tshark 4.0 and libpcap 1.10 do.
 */
public final class PcapngCheck {
    private static final int BLOCK_BYTES_MAX = 16 * 1024 * 1024;
    private static final int BLOCK_BYTES_MIN = 12;

    /** No reader takes a longer packet. */
    private static final int PACKET_BYTES_MAX = 262_144;

    private static final int SECTION_BYTES_MIN = 28;
    private static final int INTERFACE_BYTES_MIN = 20;
    private static final int PACKET_BLOCK_BYTES_MIN = 32;
    private static final int SIMPLE_PACKET_BYTES_MIN = 16;
    private static final int STATISTICS_BYTES_MIN = 24;
    private static final int FLAGS_RESERVED = 0xf000;
    private static final int TENTHS_MAX = 19;
    private static final int HALVES_MAX = 63;

    private final FileChannel channel;
    private final PcapngRules rules;
    private final PcapngFindings findings = new PcapngFindings();
    private long offset;
    private int sections;
    private int interfaces;
    private long packets;
    private long statistics;
    private long others;
    private @Nullable Section section;

    private PcapngCheck(FileChannel channel, PcapngRules rules) {
        this.channel = channel;
        this.rules = rules;
    }

    /** An interface's link type and snap length; 0 is no limit. */
    record Described(int linkType, long snapLength) {}

    /** The interfaces of a section so far. */
    record Capture(List<Described> interfaces) {
        /** Whether they have one link type and one snap length among them. */
        boolean alike() {
            return interfaces.stream().distinct().count() <= 1;
        }
    }

    private record Section(long offset, long bodyOffset, long length, ByteOrder order, Capture capture) {}

    /** Holds a file to the format. */
    public static PcapngReport any(Path file) throws IOException {
        return check(file, new PcapngRules.Any());
    }

    /** Holds a file to the format, and to our profile of it. */
    public static PcapngReport ours(Path file) throws IOException {
        return check(file, new PcapngRules.Ours());
    }

    private static PcapngReport check(Path file, PcapngRules rules) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return new PcapngCheck(channel, rules).report();
        }
    }

    private PcapngReport report() throws IOException {
        try {
            long size = channel.size();
            if (size == 0) {
                throw findings.broken(0, "an empty file");
            }
            while (offset < size) {
                PcapngBlock block = next(size);
                accept(block);
                offset += block.bytes().capacity();
            }
            endSection();
        } catch (BrokenException e) {
            // The finding says why; what was read until then counts.
        }
        return new PcapngReport(sections, interfaces, packets, statistics, others, offset, findings.all());
    }

    private PcapngBlock next(long size) throws IOException, BrokenException {
        if (size - offset < BLOCK_BYTES_MIN) {
            throw findings.broken(offset, "the file ends inside a block");
        }
        ByteBuffer head = read(offset, BLOCK_BYTES_MIN, ByteOrder.LITTLE_ENDIAN);
        ByteOrder order = order(head);
        long length = Integer.toUnsignedLong(head.order(order).getInt(4));
        if (length < BLOCK_BYTES_MIN || length % 4 != 0 || length > BLOCK_BYTES_MAX) {
            throw findings.broken(offset, "a block of " + length + " bytes");
        }
        if (length > size - offset) {
            throw findings.broken(offset, "the file ends inside a block");
        }
        ByteBuffer bytes = read(offset, (int) length, order);
        if (bytes.getInt((int) length - 4) != length) {
            throw findings.broken(offset + length - 4, "a block whose two lengths differ");
        }
        return new PcapngBlock(offset, bytes);
    }

    /** The byte order of the block that begins so: a section header says it, other blocks have their section's. */
    private ByteOrder order(ByteBuffer head) throws BrokenException {
        Section present = section;
        if (head.getInt(0) != PcapngBlocks.SECTION_HEADER) {
            if (present == null) {
                throw findings.broken(0, "not a pcapng file, or one whose line ends were changed on its way");
            }
            return present.order();
        }
        if (head.getInt(8) == PcapngBlocks.BYTE_ORDER_MAGIC) {
            return ByteOrder.LITTLE_ENDIAN;
        }
        if (head.getInt(8) == Integer.reverseBytes(PcapngBlocks.BYTE_ORDER_MAGIC)) {
            return ByteOrder.BIG_ENDIAN;
        }
        throw findings.broken(offset + 8, "a section whose byte order is none");
    }

    private void accept(PcapngBlock block) throws BrokenException {
        switch (block.type()) {
            case PcapngBlocks.SECTION_HEADER -> beginSection(block);
            case PcapngBlocks.INTERFACE_DESCRIPTION -> describe(block, present());
            case PcapngBlocks.ENHANCED_PACKET -> enhancedPacket(block, present().capture());
            case PcapngBlocks.INTERFACE_STATISTICS ->
                statistics(block, present().capture());
            case PcapngBlocks.SIMPLE_PACKET -> simplePacket(block, present().capture());
            case PcapngBlocks.OBSOLETE_PACKET -> obsoletePacket(block, present().capture());
            case PcapngBlocks.NAME_RESOLUTION -> {
                PcapngNames.check(block, findings);
                other(block);
            }
            case PcapngBlocks.CUSTOM, PcapngBlocks.CUSTOM_NOT_COPIED -> {
                atLeast(block, SIMPLE_PACKET_BYTES_MIN);
                findings.remark(block.offset(), "a custom block, which tshark shows as a frame");
                other(block);
            }
            default -> other(block);
        }
    }

    private Section present() {
        Section present = section;
        if (present == null) {
            throw new IllegalStateException("a block before the first section");
        }
        return present;
    }

    private void beginSection(PcapngBlock block) throws BrokenException {
        atLeast(block, SECTION_BYTES_MIN);
        int major = block.u16(12);
        int minor = block.u16(14);
        if (major != 1 || (minor != 0 && minor != 2)) {
            throw findings.broken(block.offset() + 12, "version " + major + "." + minor);
        }
        if (minor == 2) {
            findings.remark(block.offset() + 14, "version 1.2, which is to be read as 1.0 and not to be written");
        }
        Section before = section;
        endSection();
        ByteOrder order = block.bytes().order();
        if (before != null && before.order() != order) {
            findings.remark(block.offset(), "a section of the other byte order, which libpcap refuses");
        }
        long length = block.bytes().getLong(16);
        section = new Section(
                block.offset(),
                block.offset() + block.bytes().capacity(),
                length,
                order,
                new Capture(new ArrayList<>()));
        sections++;
        rules.section(block, length, PcapngOptions.read(block, 24, findings), findings);
    }

    private void endSection() {
        Section ended = section;
        if (ended == null) {
            return;
        }
        if (ended.length() != -1 && ended.length() != offset - ended.bodyOffset()) {
            findings.breach(
                    ended.offset() + 16,
                    "a section that says it has " + ended.length() + " bytes and has " + (offset - ended.bodyOffset()));
        }
        if (ended.capture().interfaces().isEmpty()) {
            findings.remark(ended.offset(), "a section without an interface, which libpcap refuses");
        }
    }

    private void describe(PcapngBlock block, Section present) throws BrokenException {
        atLeast(block, INTERFACE_BYTES_MIN);
        boolean alikeBefore = present.capture().alike();
        present.capture().interfaces().add(new Described(block.u16(8), block.u32(12)));
        interfaces++;
        if (alikeBefore && !present.capture().alike()) {
            findings.remark(block.offset() + 8, "a second link type or snap length, which libpcap refuses");
        }
        PcapngOptions options = PcapngOptions.read(block, 16, findings);
        PcapngOptions.Option resolution = options.first(PcapngBlocks.IF_TSRESOL);
        if (resolution.at() >= 0) {
            int value = resolution.length() == 1 ? block.bytes().get(resolution.at()) & 0xff : -1;
            if (value < 0) {
                throw findings.broken(block.offset() + resolution.at() - 4, "times of a resolution that is none");
            }
            if (value < 0x80 ? value > TENTHS_MAX : (value & 0x7f) > HALVES_MAX) {
                findings.breach(block.offset() + resolution.at(), "times finer than 64 bits of a second can count");
            }
        }
        rules.described(block, present.capture(), options, findings);
    }

    private void enhancedPacket(PcapngBlock block, Capture capture) throws BrokenException {
        atLeast(block, PACKET_BLOCK_BYTES_MIN);
        Described described = interfaceOf(block, block.u32(8), capture);
        int end = data(block, 28, block.u32(20), block.u32(24), described);
        PcapngOptions options = PcapngOptions.read(block, end, findings);
        PcapngOptions.Option flags = options.first(PcapngBlocks.EPB_FLAGS);
        if (flags.length() == 4) {
            int value = block.bytes().getInt(flags.at());
            if ((value & FLAGS_RESERVED) != 0 || (value & 3) == 3) {
                findings.breach(
                        block.offset() + flags.at(),
                        "flags 0x" + Integer.toHexString(value) + ", which have no meaning");
            }
        } else if (flags.at() >= 0) {
            findings.remark(block.offset() + flags.at() - 4, "tshark reads no further than these flags");
        }
        packets++;
        rules.packet(block, capture, options, findings);
    }

    private void simplePacket(PcapngBlock block, Capture capture) throws BrokenException {
        atLeast(block, SIMPLE_PACKET_BYTES_MIN);
        Described described = interfaceOf(block, 0, capture);
        long original = block.u32(8);
        long kept = described.snapLength() == 0 ? original : Math.min(original, described.snapLength());
        if (data(block, 12, kept, original, described) != block.end()) {
            findings.breach(block.offset(), "bytes after a simple packet");
        }
        packets++;
        rules.other(block, findings);
    }

    private void obsoletePacket(PcapngBlock block, Capture capture) throws BrokenException {
        atLeast(block, PACKET_BLOCK_BYTES_MIN);
        findings.remark(block.offset(), "an obsolete packet block");
        Described described = interfaceOf(block, block.u16(8), capture);
        PcapngOptions.read(block, data(block, 28, block.u32(20), block.u32(24), described), findings);
        packets++;
        rules.other(block, findings);
    }

    private void statistics(PcapngBlock block, Capture capture) throws BrokenException {
        atLeast(block, STATISTICS_BYTES_MIN);
        if (block.u32(8) >= capture.interfaces().size()) {
            findings.breach(block.offset() + 8, "statistics of interface " + block.u32(8) + ", which is not described");
        }
        statistics++;
        rules.statistics(block, PcapngOptions.read(block, 20, findings), findings);
    }

    private void other(PcapngBlock block) {
        others++;
        rules.other(block, findings);
    }

    private Described interfaceOf(PcapngBlock block, long id, Capture capture) throws BrokenException {
        if (id >= capture.interfaces().size()) {
            throw findings.broken(block.offset() + 8, "a packet of interface " + id + ", which is not described");
        }
        return capture.interfaces().get((int) id);
    }

    /** Checks a packet's bytes. @return where they end, with their padding */
    private int data(PcapngBlock block, int start, long length, long original, Described described)
            throws BrokenException {
        long end = start + PcapngBlock.padded(length);
        if (end > block.end()) {
            throw findings.broken(block.offset(), "a packet of " + length + " bytes, longer than its block");
        }
        if (length > PACKET_BYTES_MAX) {
            throw findings.broken(block.offset(), "a packet of " + length + " bytes, which no reader takes");
        }
        if (length > original) {
            findings.breach(block.offset(), "a packet of " + length + " bytes that had " + original);
        }
        if (described.snapLength() != 0 && length > described.snapLength()) {
            findings.breach(block.offset(), "a packet longer than its interface's snap length, which libpcap refuses");
        }
        PcapngOptions.zeros(block, start + (int) length, (int) end, findings);
        return (int) end;
    }

    private void atLeast(PcapngBlock block, int bytes) throws BrokenException {
        if (block.bytes().capacity() < bytes) {
            throw findings.broken(
                    block.offset(), "a block of " + block.bytes().capacity() + " bytes, too short for its type");
        }
    }

    private ByteBuffer read(long from, int length, ByteOrder order) throws IOException, BrokenException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, from + bytes.position()) < 0) {
                throw findings.broken(from, "the file became shorter while it was read");
            }
        }
        return bytes.flip().order(order);
    }
}
