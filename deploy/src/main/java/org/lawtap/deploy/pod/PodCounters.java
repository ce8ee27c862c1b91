package org.lawtap.deploy.pod;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the kernel counted on a pod's own {@code eth0} since it exists, seen from inside the pod.
 *
 * @param receivedPackets to the pod
 * @param sentPackets from the pod, as far as its host side took them
 * @param sendDropped left the pod's socket and never reached the host side
 */
public record PodCounters(
        long receivedPackets,
        long receivedBytes,
        long sentPackets,
        long sentBytes,
        long receiveDropped,
        long sendDropped) {
    private static final int PROC_NET_DEV_COLUMNS = 16;

    /** Packets in both directions. */
    public long packets() {
        return receivedPackets + sentPackets;
    }

    /** Bytes in both directions, Ethernet headers included. */
    public long bytes() {
        return receivedBytes + sentBytes;
    }

    /** Reads a device's line of a {@code net/dev} file of procfs (proc_net(5)). */
    static PodCounters read(Path procNetDev, String device) throws IOException {
        return ofTable(Files.readAllLines(procNetDev), device)
                .orElseThrow(() -> new IOException(procNetDev + " has no line for " + device));
    }

    /** Finds a device in the lines of a {@code net/dev} file. */
    static Optional<PodCounters> ofTable(List<String> lines, String device) {
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).strip().equals(device)) {
                String[] columns = line.substring(colon + 1).strip().split("\\s+", -1);
                if (columns.length == PROC_NET_DEV_COLUMNS) {
                    return Optional.of(new PodCounters(
                            Long.parseLong(columns[1]),
                            Long.parseLong(columns[0]),
                            Long.parseLong(columns[9]),
                            Long.parseLong(columns[8]),
                            Long.parseLong(columns[3]),
                            Long.parseLong(columns[11])));
                }
            }
        }
        return Optional.empty();
    }

    /** Finds the pod's eth0 in the lines of a {@code net/dev} file of its network namespace. */
    public static Optional<PodCounters> ofTable(List<String> lines) {
        return ofTable(lines, PodAgent.DEVICE);
    }

    /** The eth0 of the network namespace in which a process lives. */
    public static PodCounters ofProcess(long pid) throws IOException {
        return read(Path.of("/proc", Long.toString(pid), "net", "dev"), PodAgent.DEVICE);
    }

    /** The form in which the agent answers; {@link #parse} is its inverse. */
    String line() {
        return "counters " + receivedPackets + " " + receivedBytes + " " + sentPackets + " " + sentBytes + " "
                + receiveDropped + " " + sendDropped;
    }

    static PodCounters parse(String line) {
        String[] words = line.split(" ", -1);
        if (words.length != 7 || !words[0].equals("counters")) {
            throw new IllegalArgumentException("not a line of counters: " + line);
        }
        return new PodCounters(
                Long.parseLong(words[1]),
                Long.parseLong(words[2]),
                Long.parseLong(words[3]),
                Long.parseLong(words[4]),
                Long.parseLong(words[5]),
                Long.parseLong(words[6]));
    }
}
