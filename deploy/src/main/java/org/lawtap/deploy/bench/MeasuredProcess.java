package org.lawtap.deploy.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;

/** A process of this machine that was started to be measured; what it cost is the kernel's word (proc_pid_stat(5)). */
final class MeasuredProcess implements AutoCloseable {
    /** USER_HZ, which is 100 on every architecture that Debian has a JDK for. */
    private static final long NANOS_PER_TICK = 10_000_000;

    private static final String HTTP_LISTEN = "LAWTAP_HTTP_LISTEN";
    private static final int FIELD_UTIME = 11;
    private static final int FIELD_STIME = 12;
    private static final int LOG_TAIL_BYTES = 600;
    private static final Duration END_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration TOOL_TIMEOUT = Duration.ofMinutes(2);
    /** Each part of a serial heap, or the one line of G1. */
    private static final Pattern HEAP_USED = Pattern.compile("\\btotal\\b.*?, used (\\d+)K");

    private final String name;
    private final Process process;
    private final Path log;

    private MeasuredProcess(String name, Process process, Path log) {
        this.name = name;
        this.process = process;
        this.log = log;
    }

    /** Which process a JVM is to be. */
    record Java(String heap, String mainClass, List<String> arguments, Map<String, String> environment) {
        Java {
            arguments = List.copyOf(arguments);
            environment = Map.copyOf(environment);
        }
    }

    /**
     * Starts a JVM as the launcher does, with this class path; it dies with this process.
     *
     * @param before what is put before it, for instance {@code nsenter}
     */
    static MeasuredProcess java(String name, List<String> before, Java java, Path log) throws BenchException {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of("setpriv", "--pdeathsig", "KILL"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-Xmx" + java.heap(),
                "-XX:+ExitOnOutOfMemoryError",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                java.mainClass()));
        command.addAll(java.arguments());
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .keySet()
                .removeIf(
                        key -> key.startsWith("LAWTAP_") || key.equals("JAVA_TOOL_OPTIONS") || key.startsWith("KUBE"));
        builder.environment().putAll(java.environment());
        builder.redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        try {
            return new MeasuredProcess(name, builder.start(), log);
        } catch (IOException e) {
            throw new BenchException(name + " could not be started: " + e.getMessage(), e);
        }
    }

    /** A measured service opens no port of its own, if it has the setting for that. */
    static void switchOffHttp(ServiceMain.Service service, Map<String, String> environment) {
        Settings known = new Settings(Map.of());
        service.declare(known);
        if (known.declared().stream().anyMatch(setting -> setting.name().equals(HTTP_LISTEN))) {
            environment.put(HTTP_LISTEN, "off");
        }
    }

    /** CPU time since it began, user and system, nanoseconds; in steps of 10 ms. */
    long cpuNanos() throws BenchException {
        // The command's name is in parentheses and may hold anything.
        String stat = proc("stat");
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[FIELD_UTIME]) + Long.parseLong(fields[FIELD_STIME])) * NANOS_PER_TICK;
    }

    /** Resident memory now, KiB. */
    long residentKib() throws BenchException {
        return status("VmRSS");
    }

    /** The most that was ever resident, KiB. */
    long peakKib() throws BenchException {
        return status("VmHWM");
    }

    /** Java heap that is live after a full collection, KiB; empty if the JVM does not say. */
    OptionalLong liveHeapKib() {
        try {
            jcmd("GC.run");
            Matcher used = HEAP_USED.matcher(jcmd("GC.heap_info"));
            long sum = 0;
            while (used.find()) {
                sum += Long.parseLong(used.group(1));
            }
            return sum == 0 ? OptionalLong.empty() : OptionalLong.of(sum);
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Throws when it has ended. */
    void check() throws BenchException {
        if (!process.isAlive()) {
            throw new BenchException(name + " ended with exit code " + process.exitValue() + tail());
        }
    }

    /** Ends it in order, and by force when it takes too long. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(END_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private String jcmd(String command) throws IOException {
        Path tool = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process asked = new ProcessBuilder(tool.toString(), Long.toString(process.pid()), command)
                .redirectErrorStream(true)
                .start();
        try {
            String answer = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            asked.waitFor(TOOL_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            return answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            asked.destroyForcibly();
        }
    }

    private long status(String field) throws BenchException {
        Matcher value = Pattern.compile("^" + field + ":\\s+(\\d+) kB", Pattern.MULTILINE)
                .matcher(proc("status"));
        if (!value.find()) {
            check();
            throw new BenchException("/proc/" + process.pid() + "/status has no " + field);
        }
        return Long.parseLong(value.group(1));
    }

    private String proc(String file) throws BenchException {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), file));
        } catch (IOException e) {
            check();
            throw new BenchException("/proc/" + process.pid() + "/" + file + " can't be read: " + e.getMessage(), e);
        }
    }

    private String tail() {
        try {
            byte[] bytes = Files.readAllBytes(log);
            int from = Math.max(0, bytes.length - LOG_TAIL_BYTES);
            String text = new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "" : "; its last words: " + text.replace('\n', ' ');
        } catch (IOException e) {
            return "";
        }
    }
}
