package org.lawtap.schemas.model;

/**
 * What the kernel counted on the host side of a pod's interface since it exists (rtnl_link_stats64).
 *
 * @param receivedPackets from the pod
 * @param sentPackets to the pod
 * @param sendDropped seen by the tap, never reached the pod
 */
public record InterfaceCounters(
        long receivedPackets,
        long sentPackets,
        long receivedBytes,
        long sentBytes,
        long receiveDropped,
        long sendDropped) {
    /** Packets in both directions. */
    public long packets() {
        return receivedPackets + sentPackets;
    }

    /** Packets a tap on the interface sees: those the pod sent or got, and those dropped on their way to it. */
    public long tapped() {
        return packets() + sendDropped;
    }
}
