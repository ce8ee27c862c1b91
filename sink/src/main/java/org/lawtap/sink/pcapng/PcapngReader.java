package org.lawtap.sink.pcapng;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A strict reader of the files that {@link PcapngBlocks} makes: what is not of that profile is an error with its byte offset,
 * never guessed. Reads a block at a time.
 */
public final class PcapngReader implements Closeable {
    private static final int BLOCK_BYTES_MAX = 16 * 1024 * 1024;
    private static final int BLOCK_BYTES_MIN = 12;

    private final FileChannel channel;
    private final List<Described> interfaces = new ArrayList<>();
    private final List<PcapngBlocks.Named> names = new ArrayList<>();
    private long offset;
    private long describedTo;
    private long packetAt;

    private PcapngReader(FileChannel channel) {
        this.channel = channel;
    }

    /** An interface as described in the file. */
    public record Described(int linkType, int snapLength, String name, String description) {}

    /** A packet of the file. @param id the session's sequence number */
    public record Frame(
            int interfaceId, long timeNs, int flags, long id, long dropped, int originalLength, ByteBuffer data) {}

    /** Opens a file and reads its section header. */
    public static PcapngReader open(Path file) throws IOException, PcapngException {
        PcapngReader reader = new PcapngReader(FileChannel.open(file, StandardOpenOption.READ));
        try {
            ByteBuffer header = reader.block();
            if (header == null || header.getInt(0) != PcapngBlocks.SECTION_HEADER) {
                throw new PcapngException("not a pcapng file: no section header at byte 0");
            }
            if (header.getInt(8) != PcapngBlocks.BYTE_ORDER_MAGIC
                    || header.getShort(12) != 1
                    || header.getShort(14) != 0) {
                throw new PcapngException("byte 8: not a little-endian section of version 1.0");
            }
            return reader;
        } catch (IOException | PcapngException | RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    /** The interfaces described so far. */
    public List<Described> interfaces() {
        return List.copyOf(interfaces);
    }

    /** The names of addresses read so far. */
    public List<PcapngBlocks.Named> names() {
        return List.copyOf(names);
    }

    /** The next packet, or null at the end of the file. */
    public @Nullable Frame next() throws IOException, PcapngException {
        while (true) {
            long at = offset;
            ByteBuffer block = block();
            if (block == null) {
                return null;
            }
            try {
                switch (block.getInt(0)) {
                    case PcapngBlocks.INTERFACE_DESCRIPTION -> {
                        Described described = described(block);
                        if (offset > describedTo) {
                            interfaces.add(described);
                            describedTo = offset;
                        }
                    }
                    case PcapngBlocks.ENHANCED_PACKET -> {
                        packetAt = at;
                        return frame(block, at);
                    }
                    case PcapngBlocks.NAME_RESOLUTION -> readNames(block, at);
                    case PcapngBlocks.INTERFACE_STATISTICS -> {}
                    default ->
                        throw new PcapngException("byte " + at + ": a block of unexpected type "
                                + Integer.toUnsignedString(block.getInt(0)));
                }
            } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
                throw new PcapngException("byte " + at + ": a block whose lengths don't fit");
            }
        }
    }

    /** Byte where the block of the last packet begins. */
    public long packetAt() {
        return packetAt;
    }

    /** Byte after the last block that was read. */
    public long position() {
        return offset;
    }

    /** Goes to the beginning of a block that was read before; what was described stays so. */
    public void position(long at) {
        offset = at;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private Described described(ByteBuffer block) {
        String name = "";
        String description = "";
        int position = 16;
        while (block.getShort(position) != 0) {
            int code = block.getShort(position) & 0xffff;
            int length = block.getShort(position + 2) & 0xffff;
            if (code == PcapngBlocks.IF_NAME || code == PcapngBlocks.IF_DESCRIPTION) {
                String text = StandardCharsets.UTF_8
                        .decode(block.slice(position + 4, length))
                        .toString();
                if (code == PcapngBlocks.IF_NAME) {
                    name = text;
                } else {
                    description = text;
                }
            }
            position += 4 + padded(length);
        }
        return new Described(block.getShort(8) & 0xffff, block.getInt(12), name, description);
    }

    private Frame frame(ByteBuffer block, long at) throws PcapngException {
        int interfaceId = block.getInt(8);
        if (interfaceId < 0 || interfaceId >= interfaces.size()) {
            throw new PcapngException(
                    "byte " + at + ": a packet of interface " + interfaceId + ", which is not described");
        }
        long time = ((long) block.getInt(12) << 32) | (block.getInt(16) & 0xffffffffL);
        int length = block.getInt(20);
        int originalLength = block.getInt(24);
        if (length > originalLength) {
            throw new PcapngException("byte " + at + ": a packet with more bytes than it had");
        }
        ByteBuffer data = block.slice(28, length);
        int flags = 0;
        long id = -1;
        long dropped = 0;
        int position = 28 + padded(length);
        while (block.getShort(position) != 0) {
            int code = block.getShort(position) & 0xffff;
            int optionLength = block.getShort(position + 2) & 0xffff;
            switch (code) {
                case PcapngBlocks.EPB_FLAGS -> flags = block.getInt(position + 4);
                case PcapngBlocks.EPB_DROPCOUNT -> dropped = block.getLong(position + 4);
                case PcapngBlocks.EPB_PACKETID -> id = block.getLong(position + 4);
                default -> {}
            }
            position += 4 + padded(optionLength);
        }
        return new Frame(interfaceId, time, flags, id, dropped, originalLength, data);
    }

    private void readNames(ByteBuffer block, long at) throws PcapngException {
        int position = 8;
        while (block.getShort(position) != PcapngBlocks.NAMES_END) {
            int type = block.getShort(position) & 0xffff;
            int length = block.getShort(position + 2) & 0xffff;
            int addressBytes = addressBytes(type);
            if (PcapngBlocks.recordType(addressBytes) != type || block.get(position + 4 + length - 1) != 0) {
                throw new PcapngException("byte " + (at + position) + ": a name that is none");
            }
            String text = StandardCharsets.UTF_8
                    .decode(block.slice(position + 4 + addressBytes, length - addressBytes - 1))
                    .toString();
            names.add(new PcapngBlocks.Named(block.slice(position + 4, addressBytes), List.of(text.split("\0", -1))));
            position += 4 + padded(length);
        }
    }

    private static int addressBytes(int type) {
        return switch (type) {
            case 1 -> 4;
            case 2 -> 16;
            case 3 -> 6;
            case 4 -> 8;
            default -> 0;
        };
    }

    private static int padded(int length) {
        return (length + 3) & ~3;
    }

    private @Nullable ByteBuffer block() throws IOException, PcapngException {
        ByteBuffer head = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        int read = channel.read(head, offset);
        if (read <= 0) {
            return null;
        }
        if (read < 8) {
            throw new PcapngException("byte " + offset + ": the file ends inside a block");
        }
        int length = head.getInt(4);
        if (length < BLOCK_BYTES_MIN || length > BLOCK_BYTES_MAX || length % 4 != 0) {
            throw new PcapngException("byte " + offset + ": a block of " + Integer.toUnsignedString(length) + " bytes");
        }
        ByteBuffer block = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        try {
            while (block.hasRemaining()) {
                if (channel.read(block, offset + block.position()) < 0) {
                    throw new EOFException();
                }
            }
        } catch (EOFException e) {
            throw new PcapngException("byte " + offset + ": the file ends inside a block");
        }
        if (block.getInt(length - 4) != length) {
            throw new PcapngException("byte " + offset + ": the block's two lengths differ");
        }
        offset += length;
        return block;
    }
}
