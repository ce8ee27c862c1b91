package org.lawtap.worker;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.StartException;
import org.lawtap.worker.session.SessionMemory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last sessions as files on the node, so that a worker that was killed finds them again. They hold opaque ids only:
 *
 * <pre>
 *   DIR/WARRANT_POD-UID_HEX-OF-DEVICE.session:  the session's id
 * </pre>
 */
final class SessionFiles implements SessionMemory {
    /** Files kept at most, but for those since the last time the oldest were removed. */
    static final int FILES_MAX = 10_000;

    private static final int PRUNE_EVERY = 1000;

    private static final Logger LOG = LoggerFactory.getLogger(SessionFiles.class);
    private static final String SUFFIX = ".session";

    private final Path directory;
    private int remembered;

    private SessionFiles(Path directory) {
        this.directory = directory;
    }

    /** Opens the directory, which is made if it is not there. @throws StartException if it can't be written */
    static SessionFiles open(Path directory) throws StartException {
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            prune(directory);
            Files.delete(Files.createTempFile(directory, "try", ".tmp"));
            return new SessionFiles(directory);
        } catch (IOException e) {
            throw new StartException(
                    "LAWTAP_STATE_DIR=" + directory + " can't be written (" + e.getMessage()
                            + "); without it a restarted worker could not say which session it goes on from",
                    e);
        }
    }

    @Override
    public @Nullable SessionId last(WarrantId warrant, PodUid pod, String device) {
        Path file = file(warrant, pod, device);
        try {
            return Files.exists(file) ? SessionId.parse(Files.readString(file).strip()) : null;
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("{} can't be read, and the new session names no previous one: {}", file, e.toString());
            return null;
        }
    }

    @Override
    public void remember(WarrantId warrant, PodUid pod, String device, SessionId session) {
        Path file = file(warrant, pod, device);
        Path next = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(
                    next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap((session + "\n").getBytes(StandardCharsets.UTF_8)));
                channel.force(false);
            }
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            if (++remembered % PRUNE_EVERY == 0) {
                prune(directory);
            }
        } catch (IOException e) {
            LOG.error("session {} can't be remembered; a restarted worker will not name it: {}", session, e.toString());
        }
    }

    private Path file(WarrantId warrant, PodUid pod, String device) {
        // A pod names its devices as it likes.
        String hex = HexFormat.of().formatHex(device.getBytes(StandardCharsets.UTF_8));
        return directory.resolve(warrant + "_" + pod + "_" + hex + SUFFIX);
    }

    private static void prune(Path directory) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.filter(file -> file.toString().endsWith(SUFFIX))
                    .sorted(Comparator.comparing(SessionFiles::modified))
                    .toList();
        }
        for (Path file : files.subList(0, Math.max(0, files.size() - FILES_MAX))) {
            Files.deleteIfExists(file);
        }
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }
}
