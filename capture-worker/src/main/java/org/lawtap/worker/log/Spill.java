package org.lawtap.worker.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.StartException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The records that wait on this node's disk, sealed under the node's key, within limits.
 *
 * <pre>
 *   DIR/lock                          held by the worker that uses the directory
 *   DIR/WARRANT/0000000000000001.spill    a segment, see {@link SpillFile}
 *   DIR/WARRANT/0000000000000001.spill.damaged    set aside; its bytes count
 * </pre>
 *
 * What is appended survives the process, because the kernel has it; only {@link #force} makes it survive the machine. Made by
 * one thread, then owned by another.
 */
public final class Spill implements AutoCloseable {
    /** What files that are not right are renamed to. */
    static final String DAMAGED = ".damaged";

    /** Between attempts to write to a disk that refused. */
    static final long RETRY_NS = 500_000_000L;

    private static final Logger LOG = LoggerFactory.getLogger(Spill.class);
    private static final String LOCK = "lock";

    /** Made by mkfs where the directory is a file system of its own. */
    private static final String LOST_AND_FOUND = "lost+found";

    private static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<?> OWNER_READS =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final int SET_ASIDE_ATTEMPTS_MAX = 1000;

    private final Path directory;
    private final SecretKey key;
    private final Limits limits;
    private final LongSupplier nanoTime;
    private final Budget budget;
    private final SecureRandom random = new SecureRandom();
    private final Map<WarrantId, WarrantSpill> warrants = new LinkedHashMap<>();
    private final List<Recovered> recovered = new ArrayList<>();
    private @Nullable FileChannel lock;
    private boolean ending;

    /**
     * @param totalBytes on the disk, of all warrants; 0: nothing is spilled, but what an earlier process spilled is still sent
     * @param warrantBytes of one warrant
     * @param segmentBytes after which a new segment begins; a restart sends at most one segment again that Kafka has
     */
    public record Limits(long totalBytes, long warrantBytes, long segmentBytes) {
        private static final long SEGMENT_BYTES = 8 << 20;
        private static final int SEGMENTS_LEAST = 4;

        /** Limits with segments of 8 MiB, or smaller ones if the warrant's quota is small. */
        public static Limits of(long totalBytes, long warrantBytes) {
            return new Limits(totalBytes, warrantBytes, Math.min(SEGMENT_BYTES, warrantBytes / SEGMENTS_LEAST));
        }
    }

    /** What an earlier process left of one warrant. */
    record Recovered(
            @Nullable WarrantId warrant,
            long records,
            long bytes,
            long tornBytes,
            @Nullable Damaged damaged) {}

    /** What was set aside. @param name of the first of the files */
    record Damaged(@Nullable WarrantId warrant, String name, String why, int files, long bytes) {}

    private Spill(Path directory, SecretKey key, Limits limits, LongSupplier nanoTime) {
        this.directory = directory;
        this.key = key;
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.budget = new Budget(limits.totalBytes());
    }

    /**
     * Opens the directory, which is made if it is not there, and finds what an earlier process left in it.
     *
     * @param nanoTime as {@link System#nanoTime}
     * @throws StartException if it can't be written, or another process uses it
     */
    public static Spill open(Path directory, SecretKey key, Limits limits, LongSupplier nanoTime)
            throws StartException {
        Spill spill = new Spill(directory, key, limits, nanoTime);
        if (limits.totalBytes() == 0 && !Files.exists(directory)) {
            return spill;
        }
        try {
            makeDirectory(directory);
            spill.lock();
            spill.recover();
            return spill;
        } catch (IOException e) {
            spill.close();
            throw new StartException("LAWTAP_SPILL_DIR=" + directory + " can't be used: " + e.getMessage(), e);
        }
    }

    private void lock() throws IOException {
        FileChannel channel = FileChannel.open(
                directory.resolve(LOCK), EnumSet.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), OWNER_READS);
        lock = channel;
        try {
            FileLock held = channel.tryLock();
            if (held == null) {
                throw new IOException("another worker uses it");
            }
        } catch (OverlappingFileLockException e) {
            throw new IOException("another worker uses it", e);
        }
    }

    private void recover() throws IOException {
        int strays = 0;
        long strayBytes = 0;
        String firstStray = "";
        for (Path path : list(directory)) {
            String name = path.getFileName().toString();
            WarrantId warrant = warrant(path);
            if (warrant != null) {
                recover(warrant);
            } else if (name.endsWith(DAMAGED)) {
                take(size(path));
            } else if (!name.equals(LOCK) && !name.equals(LOST_AND_FOUND)) {
                LOG.error("{} is set aside: it is none of the spill's", printable(path.toString()));
                long size = size(path);
                take(size);
                setAside(path);
                firstStray = strays == 0 ? printable(name) : firstStray;
                strays++;
                strayBytes += size;
            }
        }
        if (strays > 0) {
            recovered.add(new Recovered(
                    null, 0, 0, 0, new Damaged(null, firstStray, "it is none of the spill's", strays, strayBytes)));
        }
    }

    private void recover(WarrantId warrant) {
        WarrantSpill spill = of(warrant);
        try {
            Recovered found = spill.recover();
            if (found.records() > 0 || found.tornBytes() > 0 || found.damaged() != null) {
                recovered.add(found);
            }
        } catch (IOException e) {
            LOG.error("warrant {}: its spill can't be read: {}", warrant, e.toString());
            recovered.add(new Recovered(
                    warrant, 0, 0, 0, new Damaged(warrant, warrant.toString(), String.valueOf(e.getMessage()), 0, 0)));
        }
    }

    private static @Nullable WarrantId warrant(Path path) {
        try {
            return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                    ? WarrantId.parse(path.getFileName().toString())
                    : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** What was found at the start, told once. */
    List<Recovered> takeRecovered() {
        List<Recovered> found = List.copyOf(recovered);
        recovered.clear();
        return found;
    }

    /** The records of one warrant; made when they are asked for first. */
    WarrantSpill of(WarrantId warrant) {
        return warrants.computeIfAbsent(warrant, id -> new WarrantSpill(this, id, directory.resolve(id.toString())));
    }

    /** Forgets a warrant of which nothing is on the disk. */
    void forget(WarrantId warrant) {
        warrants.remove(warrant);
    }

    /** Whether anything may be spilled at all. */
    boolean on() {
        return limits.totalBytes() > 0;
    }

    /** Room for a warrant of which nothing is spilled. */
    boolean hasRoom() {
        return open(0);
    }

    /** Whether a warrant with {@code own} bytes may spill more. */
    boolean open(long own) {
        return on() && (ending ? budget.free() > 0 : own < limits.warrantBytes() && budget.open(own));
    }

    /** Whether a frame of a warrant with {@code own} bytes stays within the limits. */
    boolean fits(long own, long frame) {
        return frame <= budget.free() && (ending || own + frame <= limits.warrantBytes());
    }

    /** The limits in words. */
    String limits() {
        return "LAWTAP_SPILL_WARRANT_BYTES=" + limits.warrantBytes() + ", LAWTAP_SPILL_BYTES=" + limits.totalBytes()
                + ", of which " + Math.max(0, budget.free()) + " are free";
    }

    /** From now on only the total counts: what doesn't fit now is lost with the process. */
    void end() {
        ending = true;
    }

    /** Writes everything to the disk itself. */
    void force() throws IOException {
        for (WarrantSpill warrant : warrants.values()) {
            warrant.force();
        }
    }

    @Override
    public void close() {
        warrants.values().forEach(WarrantSpill::close);
        FileChannel held = lock;
        lock = null;
        try {
            if (held != null) {
                held.close();
            }
        } catch (IOException e) {
            LOG.warn("the spill's lock did not close: {}", e.toString());
        }
    }

    /** Bytes on the disk, of all warrants. */
    long usedBytes() {
        return budget.used();
    }

    /** Bytes that may still go there; 0 if nothing is spilled at all. */
    long freeBytes() {
        return Math.max(0, budget.free());
    }

    SecretKey key() {
        return key;
    }

    long segmentBytes() {
        return limits.segmentBytes();
    }

    long now() {
        return nanoTime.getAsLong();
    }

    byte[] salt() {
        byte[] salt = new byte[SegmentCipher.SALT_BYTES];
        random.nextBytes(salt);
        return salt;
    }

    void take(long bytes) {
        budget.take(bytes);
    }

    void release(long bytes) {
        budget.release(bytes);
    }

    /** Renames it to a name that is free. */
    void setAside(Path path) {
        for (int i = 1; i <= SET_ASIDE_ATTEMPTS_MAX; i++) {
            Path name = path.resolveSibling(path.getFileName() + (i == 1 ? "" : "." + i) + DAMAGED);
            try {
                if (!Files.exists(name, LinkOption.NOFOLLOW_LINKS)) {
                    Files.move(path, name);
                    return;
                }
            } catch (IOException e) {
                LOG.error("{} can't be renamed: {}", printable(path.toString()), e.toString());
                return;
            }
        }
    }

    static void makeDirectory(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory, OWNER_ONLY);
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }

    /** In the order of names. */
    static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.sorted().toList();
        }
    }

    /** Bytes of a file; 0 if it is none, or can't be asked. */
    static long size(Path path) {
        try {
            return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) ? Files.size(path) : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    static String printable(String name) {
        return name.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
