package org.lawtap.worker.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The files of a spill, for tests. */
final class SpillFiles {
    private SpillFiles() {}

    /** All but the lock. */
    static List<Path> of(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(path -> Files.isRegularFile(path)
                            && !path.getFileName().toString().equals("lock"))
                    .sorted()
                    .toList();
        }
    }

    /** Copies them, as a killed process leaves them. */
    static void copy(Path from, Path to) throws IOException {
        for (Path file : of(from)) {
            Path copy = to.resolve(from.relativize(file));
            Files.createDirectories(copy.getParent());
            Files.copy(file, copy);
        }
    }
}
