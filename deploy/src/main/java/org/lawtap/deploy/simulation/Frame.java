package org.lawtap.deploy.simulation;

import java.nio.ByteBuffer;
import org.lawtap.schemas.model.Packet;

/**
 * A packet that passes a pod's interface.
 *
 * <pre>
 *   to (6) | from (6) | 0x88b5, for local experiments (2) | its number in the run (8) | padding to 60
 * </pre>
 *
 * @param timeNs by the node's clock
 * @param foreign flooded by the bridge: neither addressed to the pod nor to a group
 */
record Frame(long number, SimulatedPod pod, Packet.Direction direction, long timeNs, boolean foreign) {
    static final int BYTES = 60;
    private static final int NUMBER_AT = 14;
    private static final long SOMEBODY = 0x0200_0000_ffffL;
    private static final long ANOTHER = 0x0200_0000_fffeL;

    byte[] bytes() {
        boolean fromPod = direction == Packet.Direction.FROM_POD;
        ByteBuffer frame = ByteBuffer.allocate(BYTES);
        address(frame, fromPod ? SOMEBODY : foreign ? ANOTHER : pod.address());
        address(frame, fromPod ? pod.address() : SOMEBODY);
        frame.putShort((short) 0x88b5).putLong(number);
        return frame.array();
    }

    /** The number of the packet in these bytes. */
    static long numberIn(ByteBuffer bytes) {
        long number = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            number = number << 8 | Byte.toUnsignedLong(bytes.get(bytes.position() + NUMBER_AT + i));
        }
        return number;
    }

    private static void address(ByteBuffer frame, long address) {
        frame.putShort((short) (address >> 32)).putInt((int) address);
    }
}
