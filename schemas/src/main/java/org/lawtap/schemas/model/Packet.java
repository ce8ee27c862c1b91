package org.lawtap.schemas.model;

import java.nio.ByteBuffer;

/**
 * One captured frame.
 *
 * @param sequence from 0 in each session, without a gap
 * @param timeNs kernel software timestamp, nanoseconds since 1970 (UTC)
 * @param flags {@link #CHECKSUM_NOT_READY}, {@link #VLAN_RESTORED}, {@link #CHECKSUM_VALID}, {@link #SEGMENTATION_PENDING},
 *     {@link #CUT_BY_SCOPE}
 * @param originalLength bytes on the wire; more than {@code data} where the frame was cut
 * @param data the frame from its first link-layer byte; not copied, read-only by agreement
 */
public record Packet(long sequence, long timeNs, Direction direction, int flags, int originalLength, ByteBuffer data) {
    /** The sender's kernel had not computed the transport checksum yet. */
    public static final int CHECKSUM_NOT_READY = 1;

    /** The outer VLAN tag was put back from the kernel's metadata. */
    public static final int VLAN_RESTORED = 2;

    /** The kernel has verified the transport checksum. */
    public static final int CHECKSUM_VALID = 4;

    /** TCP data that the sender's kernel would cut into segments only at a device that can't (GSO); larger than the wire's. */
    public static final int SEGMENTATION_PENDING = 8;

    /** What followed the headers was left out where it was captured, as the warrant's scope demands. */
    public static final int CUT_BY_SCOPE = 16;

    public Packet {
        if (sequence < 0 || originalLength < data.remaining()) {
            throw new IllegalArgumentException("packet " + sequence + ": original length " + originalLength
                    + " is less than its " + data.remaining() + " bytes");
        }
    }

    /** Seen from the pod. */
    public enum Direction {
        UNKNOWN,
        FROM_POD,
        TO_POD
    }
}
