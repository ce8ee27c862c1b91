package org.lawtap.sink.evidence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.lawtap.schemas.chain.MerkleTree;

/**
 * A file to which bytes are only ever appended. What an earlier run already wrote is not written again but compared: a file is a
 * pure function of the log, so every restart checks all of it. Owned by one thread.
 */
final class AppendedFile implements AutoCloseable {
    private static final int COMPARE_BYTES = 1 << 16;

    private final String name;
    private final FileChannel channel;
    private final long existing;
    private final boolean lasting;
    private final MessageDigest digest = MerkleTree.sha256();
    private long length;

    private AppendedFile(String name, FileChannel channel, long existing, boolean lasting) {
        this.name = name;
        this.channel = channel;
        this.existing = existing;
        this.lasting = lasting;
    }

    /** Opens a file for reading and writing, and makes it if it is not there. */
    interface Opening {
        FileChannel open(Path file) throws IOException;
    }

    /** @param lasting whether it is hashed and made durable; not one that can be made again at any time */
    static AppendedFile open(Path directory, String name, Opening opening, boolean lasting) throws IOException {
        FileChannel channel = opening.open(directory.resolve(name));
        try {
            return new AppendedFile(name, channel, channel.size(), lasting);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    String name() {
        return name;
    }

    long length() {
        return length;
    }

    void append(ByteBuffer bytes) throws IOException, EvidenceException {
        if (lasting) {
            digest.update(bytes.duplicate());
        }
        if (length < existing) {
            compare(bytes);
        }
        while (bytes.hasRemaining()) {
            length += channel.write(bytes, length);
        }
    }

    /** Makes what was written durable. */
    void force() throws IOException {
        force(false);
    }

    private void force(boolean metadata) throws IOException {
        if (lasting) {
            channel.force(metadata);
        }
    }

    /** Ends the file. @throws EvidenceException if it has more than was appended */
    FileDigest finish() throws IOException, EvidenceException {
        if (existing > length) {
            throw new EvidenceException(name + " has " + (existing - length) + " bytes more than the log says");
        }
        try (channel) {
            force(true);
        }
        return new FileDigest(name, length, lasting ? HexFormat.of().formatHex(digest.digest()) : "");
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            force(true);
        }
    }

    private void compare(ByteBuffer bytes) throws IOException, EvidenceException {
        ByteBuffer stored = ByteBuffer.allocate(COMPARE_BYTES);
        while (bytes.hasRemaining() && length < existing) {
            int count = (int) Math.min(Math.min(bytes.remaining(), existing - length), COMPARE_BYTES);
            stored.clear().limit(count);
            while (stored.hasRemaining()) {
                if (channel.read(stored, length + stored.position()) < 0) {
                    throw new EvidenceException(name + " became shorter while it was read");
                }
            }
            int difference = stored.flip().mismatch(bytes.slice(bytes.position(), count));
            if (difference >= 0) {
                throw new EvidenceException(name + " differs from the log at byte " + (length + difference));
            }
            bytes.position(bytes.position() + count);
            length += count;
        }
    }
}
