package org.lawtap.deploy.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A C program of the benchmarks, compiled when it is needed: its source is a resource of this package. */
final class NativeProgram {
    private static final Duration COMPILE_TIMEOUT = Duration.ofSeconds(60);

    private NativeProgram() {}

    /** Compiles {@code NAME.c} into a directory and returns the program. */
    static Path compile(String name, Path directory) throws BenchException, InterruptedException {
        Tools.require(Map.of("gcc", "gcc and libc6-dev"));
        Path source = directory.resolve(name + ".c");
        Path program = directory.resolve(name);
        try (InputStream resource = NativeProgram.class.getResourceAsStream(name + ".c")) {
            if (resource == null) {
                throw new IllegalStateException("there is no source " + name + ".c");
            }
            Files.createDirectories(directory);
            Files.copy(resource, source);
        } catch (IOException e) {
            throw new BenchException(source + " can't be written: " + e.getMessage(), e);
        }
        List<String> command = List.of("gcc", "-O2", "-o", program.toString(), source.toString());
        try (MeasuredProcess gcc =
                MeasuredProcess.start("gcc", List.of(), command, Map.of(), directory.resolve(name + ".log"))) {
            gcc.awaitEnd(COMPILE_TIMEOUT);
        }
        return program;
    }
}
