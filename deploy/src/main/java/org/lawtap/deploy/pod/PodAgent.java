package org.lawtap.deploy.pod;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * A sandbox pod's own process. It obeys commands on standard input, one a line, and ends with it, so that it never outlives
 * the process that started it.
 *
 * <pre>
 *   serve                  serving                     HTTP on port 80, UDP echo on port 5353
 *   talk ADDRESS RATE      talking                     to that peer, about RATE packets a second
 *   hush ADDRESS           hushed                      no more to that peer
 *   rest                   resting                     all talk pauses; nothing is in flight
 *   resume                 resumed
 *   number MAC RATE        numbering                   numbered frames to that hardware address, RATE a second
 *   still MAC              stilled N                   no more of them; so many were sent, numbered from 0
 *   counters               counters RXP RXB TXP TXB RXDROP TXDROP
 *   replay FILE RATE       progress N TOTAL ... skipped NUMBER LENGTH REASON ... replayed SENT skipped K dropped D
 *   any of them            error SENTENCE
 * </pre>
 */
public final class PodAgent {
    /** The pod's one interface. */
    static final String DEVICE = "eth0";

    private static final Duration REST_TIMEOUT = Duration.ofSeconds(5);
    private static final long REST_POLL_NS = 5_000_000;
    private static final String TCP_LISTEN = "0A";
    private static final String TCP_TIME_WAIT = "06";

    private final String marker;
    private final Gate gate = new Gate();
    private final Map<String, Talk> talks = new HashMap<>();
    private final Map<String, NumberedSender> numbered = new HashMap<>();

    private PodAgent(String marker) {
        this.marker = marker;
    }

    /** Runs until standard input ends; the one argument is the marker that all of this pod's payloads carry. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            System.err.println("usage: PodAgent MARKER");
            System.exit(2);
        }
        PodAgent agent = new PodAgent(arguments[0]);
        say("ready");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            try {
                agent.obey(line);
            } catch (InterruptedException e) {
                break;
            } catch (IOException | CaptureFileException | RuntimeException e) {
                String what = e.getMessage() == null ? e.toString() : e.getMessage();
                say("error " + what.replace('\n', ' '));
            }
        }
        System.exit(0);
    }

    private void obey(String line) throws IOException, CaptureFileException, InterruptedException {
        int space = line.indexOf(' ');
        String command = space < 0 ? line : line.substring(0, space);
        String rest = space < 0 ? "" : line.substring(space + 1);
        switch (command) {
            case "serve" -> {
                PodServer.start(marker);
                say("serving");
            }
            case "talk" -> {
                talk(beforeNumber(rest), number(rest));
                say("talking");
            }
            case "hush" -> {
                Talk talk = talks.remove(rest);
                if (talk != null) {
                    talk.end();
                }
                say("hushed");
            }
            case "rest" -> {
                rest();
                say("resting");
            }
            case "resume" -> {
                gate.reopen();
                say("resumed");
            }
            case "number" -> {
                number(beforeNumber(rest), number(rest));
                say("numbering");
            }
            case "still" -> {
                NumberedSender sender = numbered.remove(rest);
                say("stilled " + (sender == null ? 0 : sender.end()));
            }
            case "counters" ->
                say(PodCounters.read(Path.of("/proc/self/net/dev"), DEVICE).line());
            case "replay" -> new Replay(number(rest), PodAgent::say).run(Path.of(beforeNumber(rest)));
            default -> say("error no such command: " + command);
        }
    }

    private void talk(String address, int packetsPerSecond) throws IOException {
        Talk talk = new Talk(InetAddress.getByName(address), packetsPerSecond, marker, gate);
        Talk before = talks.put(address, talk);
        if (before != null) {
            before.end();
        }
        Thread thread = new Thread(talk, "talk");
        thread.setDaemon(true);
        thread.start();
    }

    private void number(String mac, int framesPerSecond) throws IOException {
        if (numbered.containsKey(mac)) {
            throw new IOException("frames to " + mac + " are being numbered");
        }
        NumberedSender sender = new NumberedSender(mac, framesPerSecond, marker);
        numbered.put(mac, sender);
        sender.start();
    }

    private void rest() throws InterruptedException, IOException {
        if (!gate.shut(REST_TIMEOUT)) {
            throw new IOException("an exchange did not end within " + REST_TIMEOUT.toSeconds() + " s");
        }
        long end = System.nanoTime() + REST_TIMEOUT.toNanos();
        while (connectionsOpen()) {
            if (System.nanoTime() - end > 0) {
                throw new IOException("a connection did not end within " + REST_TIMEOUT.toSeconds() + " s");
            }
            LockSupport.parkNanos(REST_POLL_NS);
        }
    }

    /** Whether a connection that this pod opened can still send: its closing has not been acknowledged (proc_net_tcp). */
    private static boolean connectionsOpen() throws IOException {
        for (String file : List.of("tcp", "tcp6")) {
            try {
                for (String line : Files.readAllLines(Path.of("/proc/self/net", file))) {
                    String[] columns = line.strip().split("\\s+", -1);
                    if (columns.length > 3 && columns[0].endsWith(":")) {
                        boolean own = !columns[1].endsWith(":%04X".formatted(PodServer.HTTP_PORT));
                        if (own && !columns[3].equals(TCP_LISTEN) && !columns[3].equals(TCP_TIME_WAIT)) {
                            return true;
                        }
                    }
                }
            } catch (NoSuchFileException e) {
                // A kernel without IPv6 has no such table.
            }
        }
        return false;
    }

    private static String beforeNumber(String arguments) {
        int space = arguments.lastIndexOf(' ');
        if (space <= 0) {
            throw new IllegalArgumentException("two arguments are needed");
        }
        return arguments.substring(0, space);
    }

    private static int number(String arguments) {
        int value = Integer.parseInt(arguments.substring(arguments.lastIndexOf(' ') + 1));
        if (value <= 0) {
            throw new IllegalArgumentException("a rate must be above 0");
        }
        return value;
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
