package org.lawtap.worker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.zip.CRC32C;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;

/**
 * One segment of a warrant's spill.
 *
 * <pre>
 *   0   magic    8  "lawspil1"
 *   8   warrant 16
 *   24  segment  8
 *   32  salt    32
 *   64  records: length 4 | check 4 | sealed record of that length (see {@link SegmentCipher})
 * </pre>
 *
 * {@code check} is the CRC-32C of salt, index (8) and length: it tells a torn end, whose bytes are right as far as they go, from
 * changed ones. Numbers are big-endian. A file is written by the process that made it, and by no later one. Owned by one thread.
 */
final class SpillFile {
    static final int HEADER_BYTES = 64;
    static final int FRAME_BYTES = 8;

    /** Far above every record; a larger length is none. */
    private static final int SEALED_BYTES_MAX = 64 << 20;

    private static final byte[] MAGIC = "lawspil1".getBytes(StandardCharsets.US_ASCII);
    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path path;
    private final byte[] salt;
    private final SegmentCipher seal;
    private @Nullable FileChannel channel;
    private int records;
    private long end = HEADER_BYTES;
    private int acknowledged;
    private long tornBytes;
    private long tailBytes;
    private long damagedBytes;
    private int damagedTo = -1;
    private String damage = "";

    private SpillFile(Path path, byte[] salt, SegmentCipher seal) {
        this.path = path;
        this.salt = salt;
        this.seal = seal;
    }

    /** Makes a file with its header; leaves nothing behind when it fails. */
    static SpillFile create(Path path, SecretKey key, WarrantId warrant, long segment, byte[] salt) throws IOException {
        SpillFile file = new SpillFile(path, salt, new SegmentCipher(key, warrant, segment, salt));
        FileChannel channel = FileChannel.open(
                path,
                EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                OWNER_ONLY);
        file.channel = channel;
        try {
            write(channel, header(warrant, segment).put(salt).flip(), 0);
            return file;
        } catch (IOException e) {
            file.delete();
            throw e;
        }
    }

    /**
     * Finds the records of a file that an earlier process left, and cuts a torn end off.
     *
     * @return null if not even its header was written
     * @throws DamagedException if it holds no record that this node's key opens
     */
    static @Nullable SpillFile recover(Path path, SecretKey key, WarrantId warrant, long segment)
            throws IOException, DamagedException {
        try (FileChannel channel =
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            long size = channel.size();
            byte[] found = read(channel, 0, Math.toIntExact(Math.min(size, HEADER_BYTES)));
            byte[] expected = Arrays.copyOf(header(warrant, segment).array(), HEADER_BYTES - SegmentCipher.SALT_BYTES);
            int same = Math.min(found.length, expected.length);
            if (!Arrays.equals(found, 0, same, expected, 0, same)) {
                throw new DamagedException("it is no segment of this warrant with this number");
            }
            if (found.length < HEADER_BYTES) {
                return null;
            }
            byte[] salt = Arrays.copyOfRange(found, expected.length, HEADER_BYTES);
            SpillFile file = new SpillFile(path, salt, new SegmentCipher(key, warrant, segment, salt));
            file.channel = channel;
            try {
                file.scan(channel, size);
                file.requireOneThatOpens();
            } finally {
                file.channel = null;
            }
            return file;
        }
    }

    private void scan(FileChannel channel, long size) throws IOException {
        while (end < size) {
            if (size - end < FRAME_BYTES) {
                tornBytes = size - end;
            } else {
                int length;
                try {
                    length = length(channel, end, records);
                } catch (DamagedException e) {
                    tailBytes = size - end;
                    damagedBytes = tailBytes;
                    damage = String.valueOf(e.getMessage());
                    return;
                }
                if (size - end - FRAME_BYTES >= length) {
                    end += FRAME_BYTES + length;
                    records++;
                    continue;
                }
                tornBytes = size - end;
            }
            channel.truncate(end);
            return;
        }
    }

    private void requireOneThatOpens() throws IOException, DamagedException {
        long offset = HEADER_BYTES;
        for (int index = 0; index < records; index++) {
            try {
                read(offset, index);
                return;
            } catch (DamagedException e) {
                offset += frameBytes(offset, index);
            }
        }
        if (records > 0 || damagedBytes > 0) {
            throw new DamagedException("none of its records opens with this node's key");
        }
    }

    /** A record read back. @param bytes of its frame */
    record ReadBack(SegmentCipher.Opened opened, int bytes) {}

    /** Appends a record. When it fails, the file must not be written any more: {@link #cutAfterFailure}. */
    void append(SessionId session, byte[] value) throws IOException {
        int length = SegmentCipher.sealedBytes(value.length);
        byte[] frame = new byte[FRAME_BYTES + length];
        ByteBuffer.wrap(frame).putInt(length).putInt(check(records, length));
        seal.seal(records, session, value, frame, FRAME_BYTES);
        write(open(), ByteBuffer.wrap(frame), end);
        end += frame.length;
        records++;
    }

    /** Cuts off what a failed append has left. If that fails too, a later process finds a torn end. */
    void cutAfterFailure() throws IOException {
        open().truncate(end);
    }

    /** @throws DamagedException if the record is not what was written; {@link #frameBytes} says whether its length still is */
    ReadBack read(long offset, int index) throws IOException, DamagedException {
        FileChannel from = open();
        int length = length(from, offset, index);
        byte[] sealed = read(from, offset + FRAME_BYTES, length);
        if (sealed.length < length) {
            throw new DamagedException("record " + index + " is cut off");
        }
        return new ReadBack(seal.open(index, sealed), FRAME_BYTES + length);
    }

    /** Bytes of a record's frame. @throws DamagedException if its length was changed */
    int frameBytes(long offset, int index) throws IOException, DamagedException {
        return FRAME_BYTES + length(open(), offset, index);
    }

    private int length(FileChannel from, long offset, int index) throws IOException, DamagedException {
        byte[] frame = read(from, offset, FRAME_BYTES);
        if (frame.length < FRAME_BYTES) {
            throw new DamagedException("record " + index + " is cut off");
        }
        ByteBuffer numbers = ByteBuffer.wrap(frame);
        int length = numbers.getInt();
        if (numbers.getInt() != check(index, length)
                || length < SegmentCipher.sealedBytes(0)
                || length > SEALED_BYTES_MAX) {
            throw new DamagedException("the length of record " + index + " is not the one that was written");
        }
        return length;
    }

    private int check(long index, int length) {
        CRC32C check = new CRC32C();
        check.update(salt);
        check.update(ByteBuffer.allocate(12).putLong(index).putInt(length).flip());
        return (int) check.getValue();
    }

    Path path() {
        return path;
    }

    /** Records in the file, damaged ones among them. */
    int records() {
        return records;
    }

    /** Bytes of header and records. */
    long end() {
        return end;
    }

    /** Bytes on the disk. */
    long bytes() {
        return end + tailBytes;
    }

    long tornBytes() {
        return tornBytes;
    }

    long damagedBytes() {
        return damagedBytes;
    }

    String damage() {
        return damage;
    }

    /** Notes damaged records up to this one, however often they are read. */
    void damaged(int index, long bytes, @Nullable String what) {
        if (index <= damagedTo) {
            return;
        }
        damagedTo = index;
        damagedBytes += bytes;
        if (damage.isEmpty()) {
            damage = String.valueOf(what);
        }
    }

    /** All records up to this one are acknowledged, or given up and told. */
    void acknowledged(int index) {
        acknowledged = index + 1;
    }

    boolean allAcknowledged() {
        return acknowledged == records;
    }

    void force() throws IOException {
        open().force(true);
    }

    /** Closes it; it opens itself again when it is read. */
    void close() throws IOException {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            open.close();
        }
    }

    void delete() throws IOException {
        try {
            close();
        } finally {
            Files.deleteIfExists(path);
        }
    }

    private FileChannel open() throws IOException {
        FileChannel open = channel;
        if (open == null || !open.isOpen()) {
            open = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            channel = open;
        }
        return open;
    }

    private static ByteBuffer header(WarrantId warrant, long segment) {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).put(MAGIC);
        SegmentCipher.put(header, warrant.value());
        return header.putLong(segment);
    }

    private static void write(FileChannel to, ByteBuffer bytes, long offset) throws IOException {
        long at = offset;
        while (bytes.hasRemaining()) {
            at += to.write(bytes, at);
        }
    }

    /** Fewer bytes than asked for if the file ends before. */
    private static byte[] read(FileChannel from, long offset, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (from.read(bytes, offset + bytes.position()) < 0) {
                break;
            }
        }
        return bytes.hasRemaining() ? Arrays.copyOf(bytes.array(), bytes.position()) : bytes.array();
    }
}
