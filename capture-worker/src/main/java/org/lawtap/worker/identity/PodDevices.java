package org.lawtap.worker.identity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The network devices inside a pod as its own kernel files tell them: no mount inside the pod can change these, and reading
 * them needs no capability.
 *
 * <pre>
 *   /proc/PID/net/dev:   NAME: received bytes packets errs drop fifo frame compressed multicast  sent bytes packets ...
 *   /proc/PID/net/igmp:  INDEX NAME : GROUPS ...
 * </pre>
 *
 * Source: proc_pid_net(5).
 */
public final class PodDevices {
    static final String LOOPBACK = "lo";

    private static final int TITLE_LINES = 2;
    private static final int RECEIVED_PACKETS = 1;
    private static final int SENT_PACKETS = 9;

    private PodDevices() {}

    /** Packets that a device of the pod counted since it exists. */
    public record Counters(long received, long sent) {
        long packets() {
            return received + sent;
        }
    }

    /** The devices of a process's network namespace by name; empty if it ended. */
    static Map<String, Counters> read(Path proc, int pid) {
        Map<String, Counters> devices = new LinkedHashMap<>();
        try {
            List<String> lines = Files.readAllLines(proc.resolve(pid + "/net/dev"));
            for (String line : lines.subList(Math.min(TITLE_LINES, lines.size()), lines.size())) {
                int colon = line.lastIndexOf(':');
                String[] counts = line.substring(colon + 1).strip().split("\\s+", -1);
                devices.put(
                        line.substring(0, colon).strip(),
                        new Counters(
                                Long.parseUnsignedLong(counts[RECEIVED_PACKETS]),
                                Long.parseUnsignedLong(counts[SENT_PACKETS])));
            }
            return devices;
        } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
            return Map.of();
        }
    }

    /** Names by index of the devices that speak IPv4; others are missing. */
    static Map<Integer, String> names(Path proc, int pid) {
        Map<Integer, String> names = new HashMap<>();
        try {
            for (String line : Files.readAllLines(proc.resolve(pid + "/net/igmp"))) {
                String[] words = line.split("\\s+", -1);
                if (words.length > 1 && !words[0].isEmpty() && Character.isDigit(words[0].charAt(0))) {
                    names.put(Integer.valueOf(words[0]), words[1].replaceAll(":$", ""));
                }
            }
            return names;
        } catch (IOException | NumberFormatException e) {
            return Map.of();
        }
    }
}
