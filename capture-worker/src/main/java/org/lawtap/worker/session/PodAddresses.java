package org.lawtap.worker.session;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.lawtap.worker.engine.CapturedFrame;

/**
 * The link-layer addresses of one pod's interface: the one it had when its session was armed, and each that it has sent from. A
 * bridge that has forgotten an address floods frames for it to all its ports: they reach the pod's interface, carry other pods'
 * words, and are not addressed to it. Ethernet only. Owned by one thread.
 */
final class PodAddresses {
    /** Addresses learnt at most; a pod can send from as many as it likes. */
    private static final int LEARNT_MAX = 1024;

    private static final int ADDRESS_BYTES = 6;
    private static final long GROUP_BIT = 1L << 40;

    private final Set<Long> own = new HashSet<>();
    private long lastSender = -1;
    private long lastReceiver = -1;

    /** @param hardwareAddress 6 bytes, or none if it could not be read: then frames are told apart once the pod has sent one */
    PodAddresses(ByteBuffer hardwareAddress) {
        if (hardwareAddress.remaining() == ADDRESS_BYTES) {
            own.add(address(hardwareAddress, hardwareAddress.position()));
        }
    }

    /** The pod has sent this frame. */
    void sent(CapturedFrame frame) {
        if (frame.length() >= 2 * ADDRESS_BYTES) {
            long sender = frame.hardwareAddress(ADDRESS_BYTES);
            if (sender != lastSender) {
                lastSender = sender;
                if (own.size() < LEARNT_MAX) {
                    own.add(sender);
                }
            }
        }
    }

    /** Whether a frame that goes into the pod is for it: addressed to it, to a group or to all, or too short to tell. */
    boolean concerns(CapturedFrame frame) {
        if (frame.length() < ADDRESS_BYTES || own.isEmpty()) {
            return true;
        }
        long receiver = frame.hardwareAddress(0);
        if (receiver == lastReceiver) {
            return true;
        }
        if ((receiver & GROUP_BIT) == 0 && !own.contains(receiver)) {
            return false;
        }
        lastReceiver = receiver;
        return true;
    }

    private static long address(ByteBuffer bytes, int at) {
        long address = 0;
        for (int i = 0; i < ADDRESS_BYTES; i++) {
            address = address << 8 | Byte.toUnsignedLong(bytes.get(at + i));
        }
        return address;
    }
}
