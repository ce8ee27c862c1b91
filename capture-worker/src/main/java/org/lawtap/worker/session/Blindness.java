package org.lawtap.worker.session;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.InterfaceCounters;
import org.lawtap.worker.identity.PodDevices;
import org.lawtap.worker.kernel.Links;

/**
 * What passed a session's interface, or reached its pod, without being seen by the tap. Four ways are known:
 *
 * <pre>
 *   pod --> [XDP at the interface] --> tap     counted by the interface, not by the tap
 *   bpf_redirect_peer --> pod                  counted by the pod, not by the interface
 *   [tc filter towards the pod] --> pod        dropped before the tap: counted by traffic control alone
 *   link goes down and up                      packets before the kernel has hooked the tap in again: counted, not tapped
 * </pre>
 *
 * The numbers are lower bounds that never claim a packet that was seen: of two counters that a packet passes one after the other,
 * the later one is read first. The tap may lag behind the interface by what waits in a queue, so it is compared with what the
 * interface had counted at the look before. Pure; owned by one thread.
 */
final class Blindness {
    /** Word of a growing number is given at most this often. */
    static final Duration TELL_INTERVAL = Duration.ofSeconds(5);

    private final InterfaceCounters atArm;
    private final PodDevices.@Nullable Counters podAtArm;
    private final long trafficAtArm;
    private @Nullable InterfaceCounters lastHost;
    private long unseenByTap;
    private long unseenByInterface;
    private Links.TrafficControl traffic;
    private boolean xdp;

    private long toldPackets = -1;
    private Instant toldAt = Instant.MIN;

    /** @param podAtArm read after {@code atArm}; null if it could not be read */
    Blindness(InterfaceCounters atArm, PodDevices.@Nullable Counters podAtArm, Links.TrafficControl traffic) {
        this.atArm = atArm;
        this.podAtArm = podAtArm;
        this.trafficAtArm = traffic.dropped();
        this.traffic = traffic;
    }

    /**
     * One look, its fields read in this order.
     *
     * @param pod null if it could not be read
     * @param tapped packets that the tap received since the session was armed; -1 if that says nothing, as with a filter
     */
    record Look(
            PodDevices.@Nullable Counters pod,
            InterfaceCounters host,
            boolean xdp,
            Links.TrafficControl traffic,
            long tapped) {}

    void look(Look look) {
        PodDevices.Counters podBefore = podAtArm;
        PodDevices.Counters podNow = look.pod();
        if (podBefore != null && podNow != null) {
            long reached = podNow.received() - podBefore.received();
            long sent = look.host().sentPackets() - atArm.sentPackets();
            unseenByInterface = Math.max(unseenByInterface, reached - sent);
        }
        InterfaceCounters before = lastHost;
        if (before != null && look.tapped() >= 0) {
            unseenByTap = Math.max(unseenByTap, before.tapped() - atArm.tapped() - look.tapped());
        }
        lastHost = look.host();
        xdp = look.xdp();
        traffic = look.traffic();
    }

    /**
     * At a moment of rest the number is known to the packet; it may be less than one before, which took packets for unseen that
     * waited in a queue longer than any should.
     *
     * @param unseen counted by the interface and not by the tap
     */
    void rested(long unseen) {
        unseenByTap = Math.max(0, unseen);
    }

    long unseenByTap() {
        return unseenByTap;
    }

    long unseenByInterface() {
        return unseenByInterface;
    }

    /** Dropped by traffic control in both directions since the session was armed; its counter is of 32 bits. */
    private long droppedByTraffic() {
        return (traffic.dropped() - trafficAtArm) & 0xffffffffL;
    }

    private long dropsToTell() {
        return traffic.toPod() ? droppedByTraffic() : 0;
    }

    /** Whether the tap is, or was at a look, not able to see all. */
    private boolean degraded() {
        return xdp || unseenByTap > 0 || unseenByInterface > 0 || dropsToTell() > 0;
    }

    /** What a reader of custody should know now: when the tap is found degraded, and when the number has grown. */
    @Nullable
    Degradation takeNews(Instant now) {
        long packets = unseenByTap + unseenByInterface + dropsToTell();
        if (!degraded() || packets <= toldPackets || now.isBefore(toldAt.plus(TELL_INTERVAL))) {
            return null;
        }
        toldPackets = packets;
        toldAt = now;
        return degradation();
    }

    private Degradation degradation() {
        List<String> causes = new ArrayList<>();
        if (xdp || unseenByTap > 0) {
            causes.add(
                    xdp
                            ? "an XDP program at the interface takes packets from the pod before the tap"
                            : "packets are counted by the interface and not by the tap, as behind an XDP program, after"
                                    + " merging (GRO), or while the link comes up, when no packet socket gets any");
        }
        if (unseenByInterface > 0) {
            causes.add("packets reach the pod past its interface, as with bpf_redirect_peer");
        }
        if (dropsToTell() > 0) {
            causes.add("traffic control drops packets to the pod before the tap");
        }
        Map<String, String> details = new TreeMap<>();
        details.put("packetsNotSeen", String.valueOf(unseenByTap + unseenByInterface + dropsToTell()));
        details.put("notSeenByTap", String.valueOf(unseenByTap));
        details.put("notSeenByInterface", String.valueOf(unseenByInterface));
        details.put("droppedByTrafficControl", String.valueOf(droppedByTraffic()));
        details.put("xdpAttached", String.valueOf(xdp));
        if (dropsToTell() > 0 && traffic.fromPod()) {
            // One counter serves both directions, and what it drops of the pod's own packets was seen before.
            details.put("packetsNotSeenAtMost", details.getOrDefault("packetsNotSeen", ""));
        }
        return new Degradation("DEGRADED: " + String.join("; ", causes), details);
    }

    /** A sentence and its numbers. */
    record Degradation(String text, Map<String, String> details) {
        Degradation {
            details = Map.copyOf(details);
        }
    }
}
