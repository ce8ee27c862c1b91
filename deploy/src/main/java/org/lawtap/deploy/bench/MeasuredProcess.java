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
import org.lawtap.deploy.bench.peer.CpuClock;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;

/** A process of this machine that was started to be measured; what it cost is the kernel's word. */
public final class MeasuredProcess implements AutoCloseable {
    private static final String HTTP_LISTEN = "LAWTAP_HTTP_LISTEN";
    private static final int HEX = 16;
    private static final int LOG_TAIL_BYTES = 600;
    private static final Duration END_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration WORDS_TIMEOUT = Duration.ofSeconds(60);
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

    /** Which process a JVM is to be. @param options of the JVM, beside those that all have */
    public record Java(
            String heap,
            String mainClass,
            List<String> arguments,
            Map<String, String> environment,
            List<String> options) {
        public Java {
            arguments = List.copyOf(arguments);
            environment = Map.copyOf(environment);
            options = List.copyOf(options);
        }

        public Java(String heap, String mainClass, List<String> arguments, Map<String, String> environment) {
            this(heap, mainClass, arguments, environment, List.of());
        }
    }

    /**
     * Starts a JVM as the launcher does, with this class path; it dies with this process.
     *
     * @param before what is put before it, for instance {@code nsenter}
     */
    public static MeasuredProcess java(String name, List<String> before, Java java, Path log) throws BenchException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-Xmx" + java.heap(),
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(java.options());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), java.mainClass()));
        command.addAll(java.arguments());
        return start(name, before, command, java.environment(), log);
    }

    /** Starts any program; it dies with this process. @param log takes what it says, standard output and error alike */
    public static MeasuredProcess start(
            String name, List<String> before, List<String> command, Map<String, String> environment, Path log)
            throws BenchException {
        List<String> all = new ArrayList<>(before);
        // In a session of its own: a Ctrl-C is for the benchmark, which ends its processes in their order.
        all.addAll(List.of("setsid", "setpriv", "--pdeathsig", "KILL"));
        all.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(all);
        builder.environment()
                .keySet()
                .removeIf(
                        key -> key.startsWith("LAWTAP_") || key.equals("JAVA_TOOL_OPTIONS") || key.startsWith("KUBE"));
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        try {
            return new MeasuredProcess(name, builder.start(), log);
        } catch (IOException e) {
            throw new BenchException(name + " could not be started: " + e.getMessage(), e);
        }
    }

    /** A measured service opens no port of its own, if it has the setting for that. */
    public static void switchOffHttp(ServiceMain.Service service, Map<String, String> environment) {
        Settings known = new Settings(Map.of());
        service.declare(known);
        if (known.declared().stream().anyMatch(setting -> setting.name().equals(HTTP_LISTEN))) {
            environment.put(HTTP_LISTEN, "off");
        }
    }

    long pid() {
        return process.pid();
    }

    /** CPU time since it began, user and system, nanoseconds. */
    long cpuNanos() throws BenchException {
        try {
            return CpuClock.nanos(process.pid());
        } catch (IOException e) {
            check();
            throw new BenchException(name + ": " + e.getMessage(), e);
        }
    }

    /** Bytes of its packet rings, as the kernel maps them (proc_pid_maps(5)); they are in its resident memory too. */
    long ringBytes() throws BenchException {
        long sum = 0;
        for (String line : proc("maps").lines().toList()) {
            if (line.contains("socket:[")) {
                String[] range = line.substring(0, line.indexOf(' ')).split("-", 2);
                sum += Long.parseUnsignedLong(range[1], HEX) - Long.parseUnsignedLong(range[0], HEX);
            }
        }
        return sum;
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

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Throws when it has ended. */
    public void check() throws BenchException {
        if (!process.isAlive()) {
            throw new BenchException(name + " ended with exit code " + process.exitValue() + tail());
        }
    }

    /** All that it said until now. */
    public String said() throws BenchException {
        try {
            return Files.exists(log) ? Files.readString(log, StandardCharsets.ISO_8859_1) : "";
        } catch (IOException e) {
            throw new BenchException(log + " can't be read: " + e.getMessage(), e);
        }
    }

    /** Waits until it says this. */
    public void awaitWords(String words) throws BenchException, InterruptedException {
        boolean said = Pace.until(WORDS_TIMEOUT, () -> {
            boolean there = said().contains(words);
            if (!there) {
                check();
            }
            return there;
        });
        if (!said) {
            throw new BenchException(
                    name + " did not say \"" + words + "\" within " + WORDS_TIMEOUT.toSeconds() + " s" + tail());
        }
    }

    /** Asks it with an empty line on its standard input and waits for a new line that begins so; returns the rest of that. */
    String ask(String beginning) throws BenchException, InterruptedException {
        int before = lines(beginning).size();
        try {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        } catch (IOException e) {
            check();
            throw new BenchException(name + " hears nothing: " + e.getMessage(), e);
        }
        boolean answered = Pace.until(WORDS_TIMEOUT, () -> {
            check();
            return lines(beginning).size() > before;
        });
        if (!answered) {
            throw new BenchException(name + " did not answer within " + WORDS_TIMEOUT.toSeconds() + " s");
        }
        return lines(beginning).getLast();
    }

    /** The rest of each whole line so far that begins so. */
    List<String> lines(String beginning) throws BenchException {
        String said = said();
        return said.substring(0, said.lastIndexOf('\n') + 1)
                .lines()
                .filter(line -> line.startsWith(beginning))
                .map(line -> line.substring(beginning.length()).strip())
                .toList();
    }

    /** Waits until it ends of itself, without a failure. */
    public void awaitEnd(Duration timeout) throws BenchException, InterruptedException {
        if (!Pace.until(timeout, () -> !process.isAlive())) {
            throw new BenchException(name + " did not end within " + timeout.toSeconds() + " s" + tail());
        }
        if (process.exitValue() != 0) {
            check();
        }
    }

    /** Asks it to end and waits until it has. */
    public void terminate(Duration timeout) throws BenchException, InterruptedException {
        process.destroy();
        if (!Pace.until(timeout, () -> !process.isAlive())) {
            throw new BenchException(name + " did not end within " + timeout.toSeconds() + " s of SIGTERM");
        }
    }

    /** Sends it a signal, as KILL, STOP or CONT. */
    public void signal(String name) throws BenchException, InterruptedException {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new BenchException("no signal can be sent: " + e.getMessage(), e);
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
