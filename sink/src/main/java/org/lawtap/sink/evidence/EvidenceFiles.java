package org.lawtap.sink.evidence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;

/**
 * The files of one warrant, {@code DIR/WARRANT/WARRANT-000001.pcapng} with its ledger {@code WARRANT-000001.ledger}, and on. Owned
 * by one thread; a lock keeps a second sink away.
 */
public final class EvidenceFiles implements EvidenceOutput {
    private final WarrantId warrant;
    private final Path directory;
    private final FileChannel lockFile;
    private final AppendedFile.Opening opening;
    private final boolean lasting;
    private int number;
    private @Nullable AppendedFile capture;
    private @Nullable AppendedFile ledger;

    private EvidenceFiles(
            WarrantId warrant, Path directory, FileChannel lockFile, AppendedFile.Opening opening, boolean lasting) {
        this.warrant = warrant;
        this.directory = directory;
        this.lockFile = lockFile;
        this.opening = opening;
        this.lasting = lasting;
    }

    /** Opens the warrant's directory. @throws IOException also when another sink works on it */
    public static EvidenceFiles open(Path root, WarrantId warrant) throws IOException {
        return open(root, warrant, EvidenceFiles::open, true);
    }

    /**
     * The same for files that are made from the log again, and could be once more: they are not hashed as a whole, and the disk is
     * not waited for.
     */
    public static EvidenceFiles rebuilt(Path root, WarrantId warrant) throws IOException {
        return open(root, warrant, EvidenceFiles::open, false);
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    static EvidenceFiles open(Path root, WarrantId warrant, AppendedFile.Opening opening, boolean lasting)
            throws IOException {
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
        return new EvidenceFiles(warrant, directory, lockFile, opening, lasting);
    }

    @Override
    public @Nullable Ended finish() throws IOException, EvidenceException {
        AppendedFile endingCapture = capture;
        AppendedFile endingLedger = ledger;
        if (endingCapture == null || endingLedger == null) {
            return null;
        }
        Ended ended = new Ended(number, endingCapture.finish(), endingLedger.finish());
        capture = null;
        ledger = null;
        return ended;
    }

    @Override
    public void next() throws IOException {
        if (capture != null) {
            throw new IllegalStateException("the present files are not finished");
        }
        number++;
        capture = AppendedFile.open(directory, name(number, "pcapng"), opening, lasting);
        ledger = AppendedFile.open(directory, name(number, "ledger"), opening, lasting);
    }

    @Override
    public WarrantId warrant() {
        return warrant;
    }

    /** Where it is. */
    public Path directory() {
        return directory;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public boolean present() {
        return capture != null;
    }

    @Override
    public long length() {
        AppendedFile present = capture;
        return present == null ? 0 : present.length();
    }

    @Override
    public String name() {
        return name(number, "pcapng");
    }

    @Override
    public void append(ByteBuffer blocks) throws IOException, EvidenceException {
        open(capture).append(blocks);
    }

    @Override
    public void appendLedger(ByteBuffer lines) throws IOException, EvidenceException {
        open(ledger).append(lines);
    }

    @Override
    public void force() throws IOException {
        if (capture != null && ledger != null) {
            capture.force();
            ledger.force();
        }
    }

    @Override
    public void close() throws IOException {
        AppendedFile closingCapture = capture;
        AppendedFile closingLedger = ledger;
        capture = null;
        ledger = null;
        try (lockFile) {
            if (closingCapture != null && closingLedger != null) {
                try (closingCapture) {
                    closingLedger.close();
                }
            }
        }
    }

    private static AppendedFile open(@Nullable AppendedFile file) {
        if (file == null) {
            throw new IllegalStateException("no file is open");
        }
        return file;
    }

    private String name(int fileNumber, String suffix) {
        // Without a locale the digits would be those of whoever runs it.
        return String.format(Locale.ROOT, "%s-%06d.%s", warrant, fileNumber, suffix);
    }
}
