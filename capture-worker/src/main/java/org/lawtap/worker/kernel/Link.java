package org.lawtap.worker.kernel;

import java.nio.ByteBuffer;
import org.lawtap.schemas.model.InterfaceCounters;

/**
 * A network interface as rtnetlink describes it.
 *
 * @param kind IFLA_INFO_KIND, for instance veth; empty if the kernel names none
 * @param peerIndex IFLA_LINK: for a veth the other end's index in its namespace; 0 if none
 * @param peerNamespace IFLA_LINK_NETNSID: this namespace's id of the other end's; -1 if it is here or there is none
 * @param up IFF_UP, administratively
 * @param xdp whether an XDP program is attached, which takes packets from the pod before the tap sees them
 */
public record Link(
        int index,
        String name,
        String kind,
        int peerIndex,
        int peerNamespace,
        boolean up,
        boolean xdp,
        ByteBuffer hardwareAddress,
        InterfaceCounters counters) {
    /** The same link with its last known counters, when it is gone. */
    public Link lastSeen(InterfaceCounters last) {
        return new Link(index, name, kind, peerIndex, peerNamespace, false, xdp, hardwareAddress, last);
    }

    /** Whether it is one end of a pair whose other end may be in a pod. */
    public boolean pair() {
        return kind.equals("veth") || kind.equals("netkit");
    }
}
