package org.lawtap.deploy.pod;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The parent's handle on a pod's {@link PodAgent}. Any thread may ask; questions are answered one after the other.
 *
 * <p>The process enters its cgroup only when it is already in its network namespace and has the {@code /sys} of that namespace,
 * so that whoever finds it by its cgroup finds the pod's interface behind {@code /proc/PID/root/sys/class/net}.
 */
public final class PodProcess implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration END_TIMEOUT = Duration.ofSeconds(3);
    /** The agent stands still for as long as one slow burst lasts; the whole replay may take any time. */
    private static final Duration REPLAY_LINE_TIMEOUT = Duration.ofMinutes(5);

    private static final int LOG_TAIL_BYTES = 500;
    private static final String END_OF_OUTPUT = "\0";
    /** The cgroup is opened outside: {@code ip netns exec} hides it behind a /sys of the namespace. */
    private static final String ENTER = """
            exec 9>"$1" || exit 71
            ns=$2
            shift 2
            exec ip netns exec "$ns" sh -c 'echo 0 >&9 && exec 9>&- && exec "$@"' pod "$@"
            """;

    private final Process process;
    private final Path log;
    private final BufferedWriter in;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    /** A late answer would be taken for the next one's: who once missed its time is not asked again. */
    private volatile boolean lost;

    /**
     * What became of a capture file's frames.
     *
     * @param skipped could not be sent
     * @param dropped taken by the socket, dropped by the device
     * @param named the first of the skipped, each with number, length and reason
     */
    public record Replayed(long sent, long skipped, long dropped, List<SkippedFrame> named) {
        public Replayed {
            named = List.copyOf(named);
        }
    }

    /** A frame that was not sent. */
    public record SkippedFrame(long number, int length, String reason) {}

    /** Is told how far a replay is. */
    public interface Progress {
        /** So many of the file's frames have been read, and sent or skipped. */
        void at(long frames, long total);
    }

    private PodProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
        this.in = process.outputWriter(StandardCharsets.UTF_8);
        // Not a virtual thread: a read from a pipe holds on to its carrier, and there are few carriers.
        Thread.ofPlatform().daemon().name("pod-output").start(this::readLines);
    }

    /**
     * Starts an agent in a cgroup and a network namespace, and waits until it listens to commands.
     *
     * @param cgroup a cgroup's directory
     * @param netNamespace as in /run/netns
     * @param marker printable ASCII without spaces, which all the pod's payloads carry
     * @param log gets what the process writes to standard error
     */
    public static PodProcess start(Path cgroup, String netNamespace, String marker, Path log) throws PodException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", ENTER, "pod"));
        command.add(cgroup.resolve("cgroup.procs").toString());
        command.add(netNamespace);
        command.addAll(agentCommand(marker));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .keySet()
                .removeIf(name ->
                        name.startsWith("LAWTAP_") || name.equals("JAVA_TOOL_OPTIONS") || name.equals("CLASSPATH"));
        builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new PodException("the process of " + netNamespace + " could not be started: " + e.getMessage(), e);
        }
        PodProcess pod = new PodProcess(process, log);
        try {
            String first = pod.answer(START_TIMEOUT, "start");
            if (!first.equals("ready")) {
                throw new PodException("the process of " + netNamespace + " began with \"" + first + "\"");
            }
        } catch (PodException e) {
            process.destroyForcibly();
            throw e;
        }
        return pod;
    }

    private static List<String> agentCommand(String marker) throws PodException {
        Path code;
        try {
            code = Path.of(PodAgent.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new PodException("the agent's class path is not a file", e);
        }
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx48m",
                "-Xss512k",
                "-Xshare:auto",
                "-Xlog:disable",
                "-Xlog:all=error:stderr",
                "-Djava.net.preferIPv4Stack=true",
                // Without it a page waits 40 ms for the peer's delayed acknowledgement of its head.
                "-Dsun.net.httpserver.nodelay=true",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                code.toString(),
                PodAgent.class.getName(),
                marker);
    }

    /** The agent's process id: {@code sh}, {@code ip} and {@code java} are one process after the other. */
    public long pid() {
        return process.pid();
    }

    /** Whether the process has not ended. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Opens the pod's HTTP and UDP ports. */
    public void serve() throws PodException {
        expect("serve", "serving");
    }

    /** Begins to talk to a peer at about this many packets a second, both directions together. */
    public void talk(String address, int packetsPerSecond) throws PodException {
        expect("talk " + address + " " + packetsPerSecond, "talking");
    }

    /** Talks no more to a peer. */
    public void hush(String address) throws PodException {
        expect("hush " + address, "hushed");
    }

    /** Pauses all talk and returns when nothing that this pod asked for is in flight. */
    public void rest() throws PodException {
        expect("rest", "resting");
    }

    /** Talks again. */
    public void resume() throws PodException {
        expect("resume", "resumed");
    }

    /** Begins to send numbered frames to a hardware address; see {@link NumberedSender}. */
    public void number(String mac, int framesPerSecond) throws PodException {
        expect("number " + mac + " " + framesPerSecond, "numbering");
    }

    /** Sends no more of them; returns how many were sent. */
    public long still(String mac) throws PodException {
        String line = ask("still " + mac, ANSWER_TIMEOUT);
        if (!line.startsWith("stilled ")) {
            throw new PodException("the pod answered still with \"" + line + "\"");
        }
        return Long.parseLong(line.substring("stilled ".length()));
    }

    /** What the kernel counted on the pod's eth0. */
    public PodCounters counters() throws PodException {
        return PodCounters.parse(ask("counters", ANSWER_TIMEOUT));
    }

    /**
     * Sends every frame of a capture file out of the pod's eth0.
     *
     */
    public synchronized Replayed replay(Path file, int framesPerSecond, Progress progress) throws PodException {
        tell("replay " + file.toAbsolutePath() + " " + framesPerSecond);
        List<SkippedFrame> named = new ArrayList<>();
        while (true) {
            String line = answer(REPLAY_LINE_TIMEOUT, "replay");
            String[] words = line.split(" ", 4);
            switch (words[0]) {
                case "progress" -> progress.at(Long.parseLong(words[1]), Long.parseLong(words[2]));
                case "skipped" ->
                    named.add(new SkippedFrame(Long.parseLong(words[1]), Integer.parseInt(words[2]), words[3]));
                case "replayed" -> {
                    String[] last = line.split(" ", -1);
                    return new Replayed(
                            Long.parseLong(last[1]), Long.parseLong(last[3]), Long.parseLong(last[5]), named);
                }
                case "error" -> throw new PodException(line.substring("error ".length()));
                default -> throw new PodException("the pod answered replay with \"" + line + "\"");
            }
        }
    }

    /** Sends a command and returns its one line of answer; an {@code error} line becomes an exception. */
    public synchronized String ask(String command, Duration timeout) throws PodException {
        tell(command);
        String line = answer(timeout, command);
        if (line.startsWith("error ")) {
            throw new PodException(line.substring("error ".length()));
        }
        return line;
    }

    /** Ends the process: asks it by closing its input, then kills it. */
    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            // It ended before it was asked to.
        }
        try {
            if (!process.waitFor(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the process with SIGKILL and waits for its end. */
    public void kill() {
        process.destroyForcibly();
        try {
            process.waitFor(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void expect(String command, String answer) throws PodException {
        String line = ask(command, ANSWER_TIMEOUT);
        if (!line.equals(answer)) {
            throw new PodException("the pod answered \"" + command + "\" with \"" + line + "\"");
        }
    }

    private void tell(String command) throws PodException {
        if (command.indexOf('\n') >= 0) {
            throw new PodException("a command is one line");
        }
        if (lost) {
            throw new PodException(
                    "the pod's process " + pid() + " once did not answer in time and is not asked again");
        }
        try {
            in.write(command);
            in.newLine();
            in.flush();
        } catch (IOException e) {
            throw new PodException("the pod's process " + pid() + " takes no commands" + logTail(), e);
        }
    }

    private String answer(Duration timeout, String command) throws PodException {
        try {
            String line = lines.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (line == null) {
                lost = true;
                throw new PodException("the pod's process " + pid() + " did not answer \"" + command + "\" within "
                        + timeout.toSeconds() + " s" + logTail());
            }
            if (line.equals(END_OF_OUTPUT)) {
                lines.add(END_OF_OUTPUT);
                throw new PodException("the pod's process " + pid() + " has ended" + logTail());
            }
            return line;
        } catch (InterruptedException e) {
            lost = true;
            Thread.currentThread().interrupt();
            throw new PodException("interrupted while waiting for a pod's answer", e);
        }
    }

    private String logTail() {
        try {
            byte[] bytes = Files.readAllBytes(log);
            int from = Math.max(0, bytes.length - LOG_TAIL_BYTES);
            String tail = new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8).strip();
            return tail.isEmpty() ? "" : ": " + tail.replace('\n', ' ');
        } catch (IOException e) {
            return "";
        }
    }

    private void readLines() {
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                lines.add(line);
            }
        } catch (IOException e) {
            // The process was killed.
        }
        lines.add(END_OF_OUTPUT);
    }
}
