package org.lawtap.worker.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The two classic BPF programs that need no compiler. */
public final class FilterPrograms {
    /** BPF_RET | BPF_K. */
    private static final short RETURN = 6;

    private FilterPrograms() {}

    /** Keeps nothing: what a socket has until the pod's identity is proven. */
    public static byte[] dropAll() {
        return returns(0);
    }

    /** Keeps every frame, cut at the snap length. */
    public static byte[] acceptAll() {
        return returns(PacketRing.SNAP_LENGTH);
    }

    private static byte[] returns(int bytes) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.nativeOrder())
                .putShort(RETURN)
                .put((byte) 0)
                .put((byte) 0)
                .putInt(bytes)
                .array();
    }
}
