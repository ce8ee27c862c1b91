package org.lawtap.deploy.bench;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A way to capture the packets of an interface. */
enum CaptureWay {
    /** lawtap's ring engine in a process of its own; packets are thrown away. */
    ENGINE("engine", "lawtap engine", Map.of()),
    C_RING("c-ring", "C ring", Map.of()),
    TCPDUMP_NULL("tcpdump-null", "tcpdump -w /dev/null", Map.of("tcpdump", "tcpdump")),
    TCPDUMP_FILE("tcpdump", "tcpdump -w FILE", Map.of("tcpdump", "tcpdump")),
    /** The whole capture-worker: accounting, encoding, lz4, Kafka's acknowledgement. */
    WORKER("worker", "lawtap worker", Map.of()),
    PCAP4J("pcap4j", "pcap4j loop", Map.of()),
    DUMPCAP("dumpcap", "dumpcap -w FILE", Map.of("dumpcap", "wireshark-common")),
    NETSNIFF("netsniff-ng", "netsniff-ng -o FILE", Map.of("netsniff-ng", "netsniff-ng"));

    private final String key;
    private final String label;
    private final Map<String, String> packages;

    CaptureWay(String key, String label, Map<String, String> packages) {
        this.key = key;
        this.label = label;
        this.packages = packages;
    }

    /** As the user names it. */
    String key() {
        return key;
    }

    /** As the tables name it. */
    String label() {
        return label;
    }

    /** The commands it needs, each with its Debian package. */
    Map<String, String> packages() {
        return packages;
    }

    /** Whether a ratio compares it; one that none does is measured in the first round only. */
    boolean compared() {
        return switch (this) {
            case ENGINE, WORKER, TCPDUMP_NULL, TCPDUMP_FILE, PCAP4J, C_RING -> true;
            case DUMPCAP, NETSNIFF -> false;
        };
    }

    /** Whether it is a JVM, which compiles for a minute or more and is warmed up before it is measured. */
    boolean compiles() {
        return switch (this) {
            case ENGINE, WORKER, PCAP4J -> true;
            case TCPDUMP_NULL, TCPDUMP_FILE, DUMPCAP, NETSNIFF, C_RING -> false;
        };
    }

    /** Whether it can say what it captured while it goes on; then one life of it meets all traffic. */
    boolean tells() {
        return switch (this) {
            case ENGINE, WORKER, PCAP4J, C_RING -> true;
            case TCPDUMP_NULL, TCPDUMP_FILE, DUMPCAP, NETSNIFF -> false;
        };
    }

    /**
     * lawtap's two and the peers of a list such as {@code tcpdump,c-ring}, in an order in which those that are compared stand near
     * each other: the machine's other work changes by the minute.
     *
     * @throws IllegalArgumentException with a sentence
     */
    static List<CaptureWay> withPeers(String peers) {
        EnumSet<CaptureWay> ways = EnumSet.of(ENGINE, WORKER);
        for (String each : peers.split(",", -1)) {
            CaptureWay way = Arrays.stream(values())
                    .filter(known -> known.key.equals(each.strip()))
                    .findFirst()
                    .orElseThrow(() ->
                            new IllegalArgumentException("a peer is one of " + allPeers() + ", not \"" + each + "\""));
            ways.add(way);
        }
        return List.copyOf(ways);
    }

    static String allPeers() {
        return Arrays.stream(values())
                .filter(way -> way != ENGINE && way != WORKER)
                .map(CaptureWay::key)
                .collect(Collectors.joining(","));
    }
}
