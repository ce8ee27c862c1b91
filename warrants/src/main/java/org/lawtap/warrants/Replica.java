package org.lawtap.warrants;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.process.StartException;

/**
 * Which of the deciding processes this is: a name in Kafka that outlives the process, kept in its state directory, which it alone
 * uses. A killed process that is started again is known by it: it takes its own place in the group and ends its own open
 * transaction at once. Under a new name both would have to be waited for, some ten seconds each.
 */
final class Replica implements AutoCloseable {
    private static final String FILE = "replica";
    private static final int NAME_BYTES = 36;
    private static final Pattern NAME = Pattern.compile("[0-9a-f-]{36}");

    private final FileChannel file;
    private final String name;

    private Replica(FileChannel file, String name) {
        this.file = file;
        this.name = name;
    }

    /** Takes the directory's name, or gives it one. @throws StartException if another process has it */
    static Replica take(Path stateDir) throws StartException {
        FileChannel file = null;
        try {
            Files.createDirectories(stateDir);
            file = FileChannel.open(
                    stateDir.resolve(FILE),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            if (!locked(file)) {
                file.close();
                throw new StartException("LAWTAP_STATE_DIR=" + stateDir
                        + " is used by another deciding process; give each one a directory of its own");
            }
            return new Replica(file, name(file));
        } catch (IOException e) {
            close(file);
            throw new StartException("LAWTAP_STATE_DIR=" + stateDir + " can't be written: " + e.getMessage(), e);
        }
    }

    String name() {
        return name;
    }

    @Override
    public void close() {
        close(file);
    }

    private static boolean locked(FileChannel file) throws IOException {
        try {
            return file.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static String name(FileChannel file) throws IOException {
        ByteBuffer read = ByteBuffer.allocate(NAME_BYTES);
        int bytes = file.read(read, 0);
        String known = new String(read.array(), 0, Math.max(0, bytes), StandardCharsets.US_ASCII);
        if (NAME.matcher(known).matches()) {
            return known;
        }
        String made = UUID.randomUUID().toString();
        file.write(ByteBuffer.wrap(made.getBytes(StandardCharsets.US_ASCII)), 0);
        file.force(true);
        return made;
    }

    private static void close(@Nullable FileChannel file) {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            // The lock goes with the process.
        }
    }
}
