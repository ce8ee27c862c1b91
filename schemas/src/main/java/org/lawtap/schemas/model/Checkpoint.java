package org.lawtap.schemas.model;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of every packet of the interface since the session was armed. All counts are cumulative. For an unfiltered
 * session whose counters stood still around the statement ({@code interfaceExact}):
 *
 * <pre>
 *   interfaceNow.tapped() - interfaceAtArm.tapped()
 *       = delivered + kernelDrop + userDrop + outOfScopeDiscarded + unseenByTap
 * </pre>
 *
 * For a session with a filter the same sum, without {@code unseenByTap}, is {@code kernelReceived}.
 *
 * @param number from 0 in each session
 * @param delivered packets in the topic: sequence 0 to delivered - 1
 * @param kernelDrop lost because the ring was full
 * @param userDrop left in the ring when the session ended, because neither Kafka nor disk nor memory took more
 * @param outOfScopeDiscarded captured outside the warrant's window, after the lease, or not addressed to the pod; not kept
 * @param unseenByTap counted by the interface and not by the tap, as with an XDP program, or while the link comes up again
 * @param unseenByInterface counted inside the pod and not by the interface, as with bpf_redirect_peer; a lower bound
 * @param truncated delivered packets of which bytes are missing that the scope grants
 * @param cutByScopeBytes bytes of delivered packets that the warrant's scope does not grant; in no record
 * @param kernelReceived tp_packets, drops included
 * @param interfaceAtArm as the opening states it, or as the first moment of rest showed it to have been
 * @param endReason set in the last statement of a session
 * @param clock what gives packets their times
 * @param addresses IP addresses in the pod's network that no checkpoint of the session has named before, 4 or 16 bytes each
 * @param chain how it holds on to the session's records before it
 */
public record Checkpoint(
        long number,
        long atNs,
        long delivered,
        long deliveredBytes,
        long kernelDrop,
        long userDrop,
        long outOfScopeDiscarded,
        long unseenByTap,
        long unseenByInterface,
        long truncated,
        long truncatedBytes,
        long cutByScopeBytes,
        long kernelReceived,
        InterfaceCounters interfaceAtArm,
        InterfaceCounters interfaceNow,
        boolean interfaceExact,
        @Nullable StopReason endReason,
        ClockState clock,
        List<ByteBuffer> addresses,
        Chain chain) {
    private static final int IPV4_BYTES = 4;
    private static final int IPV6_BYTES = 16;

    public Checkpoint {
        addresses = List.copyOf(addresses);
        for (ByteBuffer address : addresses) {
            if (address.remaining() != IPV4_BYTES && address.remaining() != IPV6_BYTES) {
                throw new IllegalArgumentException("an IP address of " + address.remaining() + " bytes");
            }
        }
    }

    /** Without a word on the clock, and without new addresses. */
    public Checkpoint(
            long number,
            long atNs,
            long delivered,
            long deliveredBytes,
            long kernelDrop,
            long userDrop,
            long outOfScopeDiscarded,
            long unseenByTap,
            long unseenByInterface,
            long truncated,
            long truncatedBytes,
            long cutByScopeBytes,
            long kernelReceived,
            InterfaceCounters interfaceAtArm,
            InterfaceCounters interfaceNow,
            boolean interfaceExact,
            @Nullable StopReason endReason,
            Chain chain) {
        this(
                number,
                atNs,
                delivered,
                deliveredBytes,
                kernelDrop,
                userDrop,
                outOfScopeDiscarded,
                unseenByTap,
                unseenByInterface,
                truncated,
                truncatedBytes,
                cutByScopeBytes,
                kernelReceived,
                interfaceAtArm,
                interfaceNow,
                interfaceExact,
                endReason,
                ClockState.UNKNOWN,
                List.of(),
                chain);
    }

    /** Packets of the interface since it was armed that no class accounts for; 0 is the promise for unfiltered sessions. */
    public long unaccounted() {
        return interfaceNow.tapped()
                - interfaceAtArm.tapped()
                - delivered
                - kernelDrop
                - userDrop
                - outOfScopeDiscarded
                - unseenByTap;
    }

    /**
     * Packets of the interface that did not pass the filter of a session that has one: seen, counted, never stored. Exact with
     * {@code interfaceExact}; what the tap may have missed can't be told from them.
     */
    public long refusedByFilter() {
        return interfaceNow.tapped() - interfaceAtArm.tapped() - kernelReceived;
    }

    /** Packets that passed the filter and that no class accounts for; 0 is the promise for filtered sessions. */
    public long unaccountedBehindFilter() {
        return kernelReceived - delivered - kernelDrop - userDrop - outOfScopeDiscarded;
    }
}
