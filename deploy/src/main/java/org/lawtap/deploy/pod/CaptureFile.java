package org.lawtap.deploy.pod;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A capture file of Ethernet frames, read strictly and one frame at a time: classic pcap (draft-ietf-opsawg-pcap; micro- and
 * nanoseconds) or pcapng (draft-ietf-opsawg-pcapng), each in both byte orders.
 *
 * <pre>
 *   pcap:    magic 4 | version 2+2 | zone 4 | accuracy 4 | snaplen 4 | link type 4 | records
 *            record: seconds 4 | fraction 4 | captured 4 | original 4 | bytes
 *   pcapng:  blocks: type 4 | length 4 | body | length 4
 * </pre>
 *
 * <p>Every length is checked before it is used; a file that ends inside a frame is refused with the frame's number. Owned by
 * one thread.
 */
public final class CaptureFile implements AutoCloseable {
    /** The longest frame that is read; libpcap's own limit (MAXIMUM_SNAPLEN). */
    public static final int FRAME_BYTES_MAX = 262_144;

    static final int LINK_TYPE_ETHERNET = 1;

    private static final int PCAP_MICROS = 0xA1B2C3D4;
    private static final int PCAP_NANOS = 0xA1B23C4D;
    private static final int PCAP_VERSION_MAJOR = 2;
    private static final int PCAP_HEADER_BYTES = 24;
    private static final int PCAP_RECORD_BYTES = 16;
    /** Above these bits a pcap header says whether frames end with their checksum. */
    private static final int PCAP_LINK_TYPE_MASK = 0x03FF_FFFF;

    private static final int NG_SECTION = 0x0A0D0D0A;
    private static final int NG_BYTE_ORDER = 0x1A2B3C4D;
    private static final int NG_VERSION_MAJOR = 1;
    private static final int NG_INTERFACE = 1;
    private static final int NG_OLD_PACKET = 2;
    private static final int NG_SIMPLE_PACKET = 3;
    private static final int NG_ENHANCED_PACKET = 6;
    private static final int NG_BLOCK_FRAME_BYTES = 12;
    private static final int NG_BLOCK_BYTES_MAX = 64 << 20;
    private static final int NG_INTERFACES_MAX = 65_536;
    private static final int NG_PACKET_HEAD_BYTES = 20;

    private static final int GZIP_MAGIC = 0x1F8B;
    private static final int ZSTD_MAGIC = 0x28B52FFD;
    private static final int BUFFER_BYTES = 256 << 10;

    private final Path path;
    private final InputStream in;
    private final boolean ng;
    private final List<Interface> interfaces = new ArrayList<>();
    private ByteOrder order;
    private long frames;
    private long offset;

    private record Interface(int linkType, long snapLength) {}

    /**
     * A frame as it stands in the file.
     *
     * @param number counted from 1
     * @param originalLength on the wire, at least as long as what was captured of it in an honest file
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on to a socket, never compared
    public record Frame(long number, long originalLength, byte[] bytes) {
        /** Whether the file holds only the beginning of the frame. */
        public boolean cut() {
            return originalLength > bytes.length;
        }
    }

    /**
     * What a file holds, found by reading all of it.
     *
     * @param longestFrame bytes, Ethernet header included
     * @param cutFrames of which the file holds only the beginning
     * @param tooShortFrames without a whole Ethernet header: no kernel sends them
     */
    public record Survey(long frames, long bytes, int longestFrame, long cutFrames, long tooShortFrames) {}

    private CaptureFile(Path path, InputStream in) throws IOException, CaptureFileException {
        this.path = path;
        this.in = in;
        this.order = ByteOrder.BIG_ENDIAN;
        byte[] head = in.readNBytes(4);
        offset = head.length;
        if (head.length < 4) {
            throw bad("is not a capture file: it has " + head.length + " bytes");
        }
        int magic = ByteBuffer.wrap(head).getInt();
        if (magic == NG_SECTION) {
            ng = true;
            readSection();
            return;
        }
        ng = false;
        int swapped = Integer.reverseBytes(magic);
        if (swapped == PCAP_MICROS || swapped == PCAP_NANOS) {
            order = ByteOrder.LITTLE_ENDIAN;
        } else if (magic != PCAP_MICROS && magic != PCAP_NANOS) {
            boolean packed = magic >>> 16 == GZIP_MAGIC || magic == ZSTD_MAGIC;
            throw bad(
                    packed
                            ? "is compressed: unpack it first"
                            : "is not a capture file: it begins with neither the mark of pcap nor that of pcapng");
        }
        ByteBuffer header = need(PCAP_HEADER_BYTES - 4, "the file header");
        int major = Short.toUnsignedInt(header.getShort());
        if (major != PCAP_VERSION_MAJOR) {
            throw bad("is pcap of version " + major + ", only version 2 is known");
        }
        header.position(PCAP_HEADER_BYTES - 8);
        int linkType = header.getInt() & PCAP_LINK_TYPE_MASK;
        if (linkType != LINK_TYPE_ETHERNET) {
            throw bad("cannot be replayed: its link type " + linkType + " is not Ethernet (1)");
        }
    }

    /** Opens a file and checks its header. */
    public static CaptureFile open(Path path) throws CaptureFileException {
        InputStream file;
        try {
            if (Files.isDirectory(path)) {
                throw new CaptureFileException(path + " is a directory, not a capture file");
            }
            file = new BufferedInputStream(Files.newInputStream(path), BUFFER_BYTES);
        } catch (NoSuchFileException e) {
            throw new CaptureFileException(path + " does not exist", e);
        } catch (IOException e) {
            throw new CaptureFileException(path + " cannot be opened: " + e, e);
        }
        try {
            return new CaptureFile(path, file);
        } catch (IOException | CaptureFileException e) {
            try {
                file.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e instanceof CaptureFileException known
                    ? known
                    : new CaptureFileException(path + " cannot be read: " + e, e);
        }
    }

    /** Reads a whole file, so that a fault at its end is known before its first frame is sent. */
    public static Survey survey(Path path) throws CaptureFileException {
        try (CaptureFile file = open(path)) {
            long frames = 0;
            long bytes = 0;
            int longest = 0;
            long cut = 0;
            long tooShort = 0;
            for (Optional<Frame> next = file.next(); next.isPresent(); next = file.next()) {
                Frame frame = next.get();
                frames++;
                bytes += frame.bytes().length;
                longest = Math.max(longest, frame.bytes().length);
                cut += frame.cut() ? 1 : 0;
                tooShort += frame.bytes().length < RawSender.ETHERNET_HEADER_BYTES ? 1 : 0;
            }
            return new Survey(frames, bytes, longest, cut, tooShort);
        }
    }

    /** The next frame, or empty at the file's proper end. */
    public Optional<Frame> next() throws CaptureFileException {
        try {
            return ng ? nextOfBlocks() : nextOfRecords();
        } catch (IOException e) {
            throw new CaptureFileException(path + " cannot be read at offset " + offset + ": " + e, e);
        }
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            // A file that was only read has nothing to lose.
        }
    }

    private Optional<Frame> nextOfRecords() throws IOException, CaptureFileException {
        if (atEnd()) {
            return Optional.empty();
        }
        ByteBuffer record = need(PCAP_RECORD_BYTES, "frame " + (frames + 1));
        long captured = Integer.toUnsignedLong(record.getInt(8));
        long original = Integer.toUnsignedLong(record.getInt(12));
        checkLength(captured);
        byte[] bytes = need((int) captured, "frame " + (frames + 1)).array();
        return Optional.of(new Frame(++frames, original, bytes));
    }

    private Optional<Frame> nextOfBlocks() throws IOException, CaptureFileException {
        while (!atEnd()) {
            ByteBuffer typeBytes = need(4, inside());
            int type = typeBytes.getInt();
            if (type == NG_SECTION) {
                readSection();
                continue;
            }
            int length = blockLength(need(4, inside()).getInt());
            int body = length - NG_BLOCK_FRAME_BYTES;
            Optional<Frame> frame = Optional.empty();
            switch (type) {
                case NG_INTERFACE -> readInterface(body);
                case NG_ENHANCED_PACKET -> frame = Optional.of(readPacket(body, false));
                case NG_OLD_PACKET -> frame = Optional.of(readPacket(body, true));
                case NG_SIMPLE_PACKET -> frame = Optional.of(readSimplePacket(body));
                default -> skip(body);
            }
            closeBlock(length);
            if (frame.isPresent()) {
                return frame;
            }
        }
        return Optional.empty();
    }

    /** A section header after its type: it alone says in which byte order its own length stands. */
    private void readSection() throws IOException, CaptureFileException {
        order = ByteOrder.BIG_ENDIAN;
        ByteBuffer head = need(8, "a section header");
        order = switch (head.getInt(4)) {
            case NG_BYTE_ORDER -> ByteOrder.BIG_ENDIAN;
            case 0x4D3C2B1A -> ByteOrder.LITTLE_ENDIAN;
            default ->
                throw bad("is not a capture file: the section header at offset " + (offset - 12)
                        + " has no byte order mark");
        };
        int length = blockLength(head.order(order).getInt(0));
        ByteBuffer version = need(12, "a section header");
        int major = Short.toUnsignedInt(version.getShort());
        if (major != NG_VERSION_MAJOR) {
            throw bad("is pcapng of version " + major + ", only version 1 is known");
        }
        if (length < 28) {
            throw bad("has a section header of " + length + " bytes, shorter than the 28 it must have");
        }
        interfaces.clear();
        skip(length - 28);
        closeBlock(length);
    }

    private void readInterface(int body) throws IOException, CaptureFileException {
        if (body < 8) {
            throw bad("has an interface block too short for a link type, at offset " + offset);
        }
        if (interfaces.size() == NG_INTERFACES_MAX) {
            throw bad("has more than " + NG_INTERFACES_MAX + " interfaces");
        }
        ByteBuffer head = need(8, inside());
        interfaces.add(new Interface(Short.toUnsignedInt(head.getShort(0)), Integer.toUnsignedLong(head.getInt(4))));
        skip(body - 8);
    }

    private Frame readPacket(int body, boolean old) throws IOException, CaptureFileException {
        if (body < NG_PACKET_HEAD_BYTES) {
            throw bad("has a block for frame " + (frames + 1) + " that is too short for its own head");
        }
        ByteBuffer head = need(NG_PACKET_HEAD_BYTES, "frame " + (frames + 1));
        long id = old ? Short.toUnsignedLong(head.getShort(0)) : Integer.toUnsignedLong(head.getInt(0));
        interfaceOf(id);
        long captured = Integer.toUnsignedLong(head.getInt(12));
        long original = Integer.toUnsignedLong(head.getInt(16));
        return readFrame(body - NG_PACKET_HEAD_BYTES, captured, original);
    }

    private Frame readSimplePacket(int body) throws IOException, CaptureFileException {
        if (body < 4) {
            throw bad("has a block for frame " + (frames + 1) + " that is too short for its own head");
        }
        Interface first = interfaceOf(0);
        long original = Integer.toUnsignedLong(need(4, "frame " + (frames + 1)).getInt());
        long captured = first.snapLength() == 0 ? original : Math.min(original, first.snapLength());
        return readFrame(body - 4, captured, original);
    }

    private Frame readFrame(int room, long captured, long original) throws IOException, CaptureFileException {
        checkLength(captured);
        long padded = (captured + 3) & ~3L;
        if (padded > room) {
            throw bad("has a frame " + (frames + 1) + " of " + captured + " bytes in a block with room for " + room);
        }
        byte[] bytes = need((int) captured, "frame " + (frames + 1)).array();
        skip(room - (int) captured);
        return new Frame(++frames, original, bytes);
    }

    private Interface interfaceOf(long id) throws CaptureFileException {
        if (id >= interfaces.size()) {
            throw bad("has a frame " + (frames + 1) + " of interface " + id + ", which it does not describe");
        }
        Interface found = interfaces.get((int) id);
        if (found.linkType() != LINK_TYPE_ETHERNET) {
            throw bad("cannot be replayed: link type " + found.linkType() + " of frame " + (frames + 1)
                    + " is not Ethernet (1)");
        }
        return found;
    }

    private int blockLength(int length) throws CaptureFileException {
        long unsigned = Integer.toUnsignedLong(length);
        if (unsigned < NG_BLOCK_FRAME_BYTES || unsigned > NG_BLOCK_BYTES_MAX || unsigned % 4 != 0) {
            throw bad("has a block of impossible length " + unsigned + " at offset " + (offset - 8) + ", after frame "
                    + frames);
        }
        return length;
    }

    private void closeBlock(int length) throws IOException, CaptureFileException {
        int trailer = need(4, inside()).getInt();
        if (trailer != length) {
            throw bad("has a block that begins with length " + length + " and ends with length "
                    + Integer.toUnsignedLong(trailer) + ", at offset " + offset + " after frame " + frames);
        }
    }

    private void checkLength(long captured) throws CaptureFileException {
        if (captured > FRAME_BYTES_MAX) {
            throw bad("has a frame " + (frames + 1) + " of " + captured + " bytes, more than " + FRAME_BYTES_MAX);
        }
    }

    private boolean atEnd() throws IOException {
        in.mark(1);
        if (in.read() < 0) {
            return true;
        }
        in.reset();
        return false;
    }

    private String inside() {
        return "the block after frame " + frames;
    }

    private ByteBuffer need(int length, String where) throws IOException, CaptureFileException {
        byte[] bytes = in.readNBytes(length);
        offset += bytes.length;
        if (bytes.length < length) {
            throw truncated(where);
        }
        return ByteBuffer.wrap(bytes).order(order);
    }

    private void skip(int length) throws IOException, CaptureFileException {
        try {
            in.skipNBytes(length);
            offset += length;
        } catch (EOFException e) {
            throw truncated(inside());
        }
    }

    private CaptureFileException truncated(String where) {
        return bad("is truncated: it ends at offset " + offset + ", inside " + where);
    }

    private CaptureFileException bad(String what) {
        return new CaptureFileException(path + " " + what);
    }
}
