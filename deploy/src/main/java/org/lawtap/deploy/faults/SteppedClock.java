package org.lawtap.deploy.faults;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.lawtap.deploy.bench.BenchException;
import org.lawtap.deploy.bench.MeasuredProcess;

/**
 * The wall clock of one process, which can be stepped while it runs: a library put before the C library's adds the eight bytes of a file to
 * CLOCK_REALTIME, and leaves all other clocks, and the machine's, as they are.
 */
record SteppedClock(Path library, Path offset) {
    private static final Duration COMPILE_TIMEOUT = Duration.ofMinutes(1);
    private static final String SOURCE = "clockstep.c";
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /** Compiles the library. */
    static Path compile(Path directory) throws BenchException, InterruptedException {
        Path source = directory.resolve(SOURCE);
        Path library = directory.resolve("clockstep.so");
        try (InputStream resource = SteppedClock.class.getResourceAsStream(SOURCE)) {
            if (resource == null) {
                throw new IllegalStateException("there is no source " + SOURCE);
            }
            Files.createDirectories(directory);
            Files.copy(resource, source);
        } catch (IOException e) {
            throw new BenchException(source + " can't be written: " + e.getMessage(), e);
        }
        List<String> command =
                List.of("gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", library.toString(), source.toString(), "-ldl");
        try (MeasuredProcess gcc =
                MeasuredProcess.start("gcc", List.of(), command, Map.of(), directory.resolve("gcc.log"))) {
            gcc.awaitEnd(COMPILE_TIMEOUT);
        }
        return library;
    }

    static SteppedClock make(Path library, Path offset) throws BenchException {
        SteppedClock clock = new SteppedClock(library, offset);
        clock.step(0);
        return clock;
    }

    /** What the process needs in its environment. */
    Map<String, String> environment() {
        return Map.of("LD_PRELOAD", library.toString(), "CLOCKSTEP_FILE", offset.toString());
    }

    /** Sets the clock to the machine's time and so many seconds. */
    void step(int seconds) throws BenchException {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
        bytes.putLong(seconds * NANOS_PER_SECOND).flip();
        try (FileChannel file = FileChannel.open(offset, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(bytes, 0);
        } catch (IOException e) {
            throw new BenchException(offset + " can't be written: " + e.getMessage(), e);
        }
    }
}
