package org.lawtap.worker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.EnumSet;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.lawtap.schemas.process.StartException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The key under which this node's spill is sealed: 32 random bytes in {@code spill.key}, readable by the worker only. */
public final class SpillKey {
    private static final Logger LOG = LoggerFactory.getLogger(SpillKey.class);
    private static final String NAME = "spill.key";
    private static final int KEY_BYTES = 32;

    private SpillKey() {}

    /** Reads the key, or makes it. @throws StartException if the directory can't be used */
    public static SecretKey of(Path stateDir) throws StartException {
        Path file = stateDir.resolve(NAME);
        try {
            Files.createDirectories(
                    stateDir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            byte[] key = Files.exists(file) ? Files.readAllBytes(file) : make(file);
            if (key.length != KEY_BYTES) {
                LOG.error(
                        "{} is no key of {} bytes and is set aside; what was spilled under it is lost",
                        file,
                        KEY_BYTES);
                Files.move(file, file.resolveSibling(NAME + Spill.DAMAGED), StandardCopyOption.REPLACE_EXISTING);
                key = make(file);
            }
            return new SecretKeySpec(key, "Generic");
        } catch (IOException e) {
            throw new StartException("LAWTAP_STATE_DIR: " + file + " can't be used: " + e.getMessage(), e);
        }
    }

    private static byte[] make(Path file) throws IOException {
        byte[] key = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(key);
        Path next = file.resolveSibling(NAME + ".tmp");
        Files.deleteIfExists(next);
        try (FileChannel channel = FileChannel.open(
                next,
                EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            channel.write(ByteBuffer.wrap(key));
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        return key;
    }
}
