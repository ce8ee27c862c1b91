package org.lawtap.deploy.faults;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.lawtap.deploy.bench.BenchException;
import org.lawtap.deploy.bench.MeasuredProcess;

/** A file system of its own in memory, which can be filled to its last byte and freed again. */
final class SmallDisk {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final Path MOUNTS = Path.of("/proc/self/mounts");
    private static final String SOURCE = "lawtap";
    private static final int BLOCK_BYTES = 1 << 20;
    private static final int PAGE_BYTES = 1 << 12;

    private final Path directory;
    private final Path filler;

    private SmallDisk(Path directory) {
        this.directory = directory;
        this.filler = directory.resolve("filler");
    }

    /** Mounts one. @param directory an empty one, or one that is not there */
    static SmallDisk mount(Path directory, long mebibytes) throws BenchException, InterruptedException {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new BenchException(directory + " can't be made: " + e.getMessage(), e);
        }
        run(directory, List.of("mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", SOURCE, directory.toString()));
        return new SmallDisk(directory);
    }

    /** Unmounts what a dead run left mounted below its directory (proc_pid_mounts(5)). */
    static void unmountLeft(Path directory) throws BenchException, InterruptedException {
        List<String> mounts;
        try {
            mounts = Files.readAllLines(MOUNTS);
        } catch (IOException e) {
            throw new BenchException(MOUNTS + " can't be read: " + e.getMessage(), e);
        }
        for (String line : mounts) {
            String[] words = line.split(" ", 3);
            if (words[0].equals(SOURCE) && Path.of(words[1]).startsWith(directory)) {
                new SmallDisk(Path.of(words[1])).unmount();
            }
        }
    }

    /** Leaves not one byte, for as long as nobody deletes anything else. */
    void fill() throws BenchException {
        try (FileChannel file = FileChannel.open(filler, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (int bytes = BLOCK_BYTES; bytes >= PAGE_BYTES; bytes /= 2) {
                append(file, bytes);
            }
            long free = Files.getFileStore(directory).getUsableSpace();
            if (free >= BLOCK_BYTES) {
                throw new BenchException(directory + " could not be filled: " + free + " bytes are free");
            }
        } catch (IOException e) {
            throw new BenchException(filler + " can't be written: " + e.getMessage(), e);
        }
    }

    private static void append(FileChannel file, int bytes) {
        ByteBuffer block = ByteBuffer.allocate(bytes);
        try {
            while (file.write(block) > 0) {
                block.clear();
            }
        } catch (IOException e) {
            // No room for so much: less is tried next, and in the end it is looked at what is free.
        }
    }

    void free() throws BenchException {
        try {
            Files.deleteIfExists(filler);
        } catch (IOException e) {
            throw new BenchException(filler + " can't be removed: " + e.getMessage(), e);
        }
    }

    /** Unmounts it; what is on it is gone. */
    void unmount() throws BenchException, InterruptedException {
        run(directory, List.of("umount", "--lazy", directory.toString()));
    }

    private static void run(Path directory, List<String> command) throws BenchException, InterruptedException {
        Path log = Path.of(directory + ".log");
        try (MeasuredProcess process = MeasuredProcess.start(command.getFirst(), List.of(), command, Map.of(), log)) {
            process.awaitEnd(TIMEOUT);
        }
    }
}
