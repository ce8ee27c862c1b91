package org.lawtap.deploy.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.OrderlyEnd;
import picocli.CommandLine;

/** What every benchmark's command does around its work: a directory that goes again, progress, and an orderly end. */
final class BenchRun {
    private static final Duration END_TIMEOUT = Duration.ofMinutes(2);
    private static final double NANOS_PER_SECOND = 1e9;

    private final long begin = System.nanoTime();

    private BenchRun() {}

    /** What is measured; returns whether all of it was right. */
    interface Work {
        boolean measure(Path directory, Progress progress) throws BenchException, InterruptedException;
    }

    /** Does the work and returns the exit code. On SIGINT and SIGTERM everything is still taken down, and the files removed. */
    static int of(Work work) {
        BenchRun run = new BenchRun();
        return OrderlyEnd.of(END_TIMEOUT, () -> run.run(work));
    }

    /** The same for work that makes network namespaces. */
    static int asRoot(String name, Work work) {
        if (!root()) {
            System.err.println(
                    "lawtap " + name + " makes network namespaces and must run as root; try: sudo ./lawtap " + name);
            return 1;
        }
        return of(work);
    }

    static boolean root() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** Says what is wrong with the arguments, and returns the exit code for that. */
    static int refuse(String mistake) {
        System.err.println("lawtap: " + mistake);
        return CommandLine.ExitCode.USAGE;
    }

    private void tell(String sentence) {
        System.err.printf(Locale.ROOT, "%7.1f s  %s%n", (System.nanoTime() - begin) / NANOS_PER_SECOND, sentence);
    }

    private int run(Work work) {
        Path directory = null;
        try {
            directory = Files.createTempDirectory("lawtap-bench-");
            System.setProperty("lawtap.log", directory.resolve("bench.log").toString());
            System.setProperty("logback.configurationFile", "logback-demo.xml");
            boolean ok = work.measure(directory, this::tell);
            if (!ok) {
                directory = kept(directory);
            }
            return ok ? 0 : 1;
        } catch (BenchException | IOException e) {
            if (Thread.interrupted()) {
                return interrupted();
            }
            System.err.println("lawtap: " + e.getMessage());
            directory = kept(directory);
            return 1;
        } catch (InterruptedException | InterruptException e) {
            return interrupted();
        } finally {
            remove(directory);
        }
    }

    private static int interrupted() {
        System.err.println("lawtap: interrupted; everything is removed");
        return 1;
    }

    /** What went wrong can be looked into, if anything was written; it is not removed then. */
    private static @Nullable Path kept(@Nullable Path directory) {
        String[] files = directory == null ? null : directory.toFile().list();
        if (files == null || files.length == 0) {
            return directory;
        }
        System.err.println("lawtap: logs and Kafka's data stay in " + directory);
        return null;
    }

    private static void remove(@Nullable Path directory) {
        if (directory == null) {
            return;
        }
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path each : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException | UncheckedIOException e) {
            System.err.println("lawtap: " + directory + " could not be removed: " + e.getMessage());
        }
    }
}
