package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Java processes in a network namespace of their own, as the launcher gives one to the benchmarks. */
public final class OwnNetwork {
    private static final long END_SECONDS = 20;

    private OwnNetwork() {}

    /**
     * Plays scenes in {@code directory}: a main class that says "all scenes came true" in the end and ends with 0. Its first argument is
     * a directory of its own.
     */
    static void play(Path directory, Class<?> scenes, String heap, Duration longest, String... arguments)
            throws IOException, InterruptedException {
        Path out = directory.resolve("out");
        List<String> all = new ArrayList<>(List.of(directory.resolve("scenes").toString()));
        all.addAll(List.of(arguments));
        Process process = start(out, heap, scenes.getName(), all.toArray(String[]::new));
        boolean ended = process.waitFor(longest.toSeconds(), TimeUnit.SECONDS);
        process.destroy();
        process.waitFor(END_SECONDS, TimeUnit.SECONDS);
        String said = Files.readString(out);
        System.out.println(said);
        assertThat(ended).as(said).isTrue();
        assertThat(said).contains("all scenes came true");
        assertThat(process.exitValue()).isZero();
    }

    /** Starts a main class of this class path; standard output and error go to {@code out}. */
    public static Process start(Path out, String heap, String mainClass, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "unshare",
                "--net",
                "sh",
                "-c",
                "ip link set lo up && exec \"$@\"",
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx" + heap,
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                mainClass));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
    }
}
