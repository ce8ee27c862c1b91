package org.lawtap.sink.evidence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;

/**
 * The files of one warrant, {@code DIR/WARRANT/WARRANT-000001.pcapng} and on. Bytes are only ever appended, whole blocks at a
 * time. What an earlier run already wrote is not written again but compared: a file is a pure function of the log, so every
 * restart checks all of it. Owned by one thread; a lock keeps a second sink away.
 */
public final class EvidenceFiles implements AutoCloseable {
    private static final int COMPARE_BYTES = 1 << 16;

    private final WarrantId warrant;
    private final Path directory;
    private final FileChannel lockFile;
    private int number;
    private @Nullable FileChannel channel;
    private long length;
    private long existing;

    private EvidenceFiles(WarrantId warrant, Path directory, FileChannel lockFile) {
        this.warrant = warrant;
        this.directory = directory;
        this.lockFile = lockFile;
    }

    /** Opens the warrant's directory. @throws IOException also when another sink works on it */
    public static EvidenceFiles open(Path root, WarrantId warrant) throws IOException {
        Path directory = Files.createDirectories(root.resolve(warrant.toString()));
        FileChannel lockFile =
                FileChannel.open(directory.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = lockFile.tryLock();
            if (lock == null) {
                throw new IOException("another sink writes to " + directory);
            }
        } catch (OverlappingFileLockException e) {
            lockFile.close();
            throw new IOException("another sink of this process writes to " + directory, e);
        } catch (IOException e) {
            lockFile.close();
            throw e;
        }
        return new EvidenceFiles(warrant, directory, lockFile);
    }

    /** Ends the present file, if any, and begins the next one. */
    public void next() throws IOException, EvidenceException {
        finish();
        number++;
        Path file = file(number);
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        length = 0;
        existing = open().size();
    }

    /** Whose evidence this is. */
    public WarrantId warrant() {
        return warrant;
    }

    /** Bytes of the present file. */
    public long length() {
        return length;
    }

    /** The present file's name. */
    public String name() {
        return name(number);
    }

    /** Appends blocks. */
    public void append(ByteBuffer blocks) throws IOException, EvidenceException {
        if (length < existing) {
            compare(blocks);
        }
        FileChannel file = open();
        while (blocks.hasRemaining()) {
            length += file.write(blocks, length);
        }
    }

    /** Makes what was written durable. */
    public void force() throws IOException {
        if (channel != null) {
            channel.force(false);
        }
    }

    @Override
    public void close() throws IOException {
        try (lockFile) {
            FileChannel file = channel;
            channel = null;
            if (file != null) {
                try (file) {
                    file.force(true);
                }
            }
        }
    }

    private void finish() throws IOException, EvidenceException {
        FileChannel file = channel;
        if (file != null) {
            if (existing > length) {
                throw new EvidenceException(name() + " has " + (existing - length) + " bytes more than the log says");
            }
            channel = null;
            try (file) {
                file.force(true);
            }
        }
    }

    private void compare(ByteBuffer blocks) throws IOException, EvidenceException {
        FileChannel file = open();
        ByteBuffer stored = ByteBuffer.allocate(COMPARE_BYTES);
        while (blocks.hasRemaining() && length < existing) {
            int count = (int) Math.min(Math.min(blocks.remaining(), existing - length), COMPARE_BYTES);
            stored.clear().limit(count);
            while (stored.hasRemaining()) {
                if (file.read(stored, length + stored.position()) < 0) {
                    throw new EvidenceException(name() + " became shorter while it was read");
                }
            }
            int difference = stored.flip().mismatch(blocks.slice(blocks.position(), count));
            if (difference >= 0) {
                throw new EvidenceException(name() + " differs from the log at byte " + (length + difference));
            }
            blocks.position(blocks.position() + count);
            length += count;
        }
    }

    private FileChannel open() {
        FileChannel file = channel;
        if (file == null) {
            throw new IllegalStateException("no file is open");
        }
        return file;
    }

    private Path file(int fileNumber) {
        return directory.resolve(name(fileNumber));
    }

    private String name(int fileNumber) {
        return "%s-%06d.pcapng".formatted(warrant, fileNumber);
    }
}
