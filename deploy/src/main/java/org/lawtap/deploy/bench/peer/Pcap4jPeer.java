package org.lawtap.deploy.bench.peer;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.RawPacketListener;

/**
 * pcap4j's fastest way, a process of its own: {@code Pcap4jPeer INTERFACE RING_BYTES}. {@code loop} hands each packet as a byte array
 * to a listener, which throws it away.
 */
public final class Pcap4jPeer {
    static final int SNAP_LENGTH = 262_144;
    static final int TIMEOUT_MS = 50;

    private Pcap4jPeer() {}

    /** The process's entry. */
    public static void main(String[] arguments) throws Exception {
        AtomicLong kept = new AtomicLong();
        AtomicLong bytes = new AtomicLong();
        try (PcapHandle handle = open(arguments[0], Integer.parseInt(arguments[1]))) {
            Answers.serve(() -> Answers.line(kept.get(), dropped(handle)));
            System.out.println("ready");
            RawPacketListener listener = packet -> {
                kept.setRelease(kept.getPlain() + 1);
                bytes.setPlain(bytes.getPlain() + packet.length);
            };
            handle.loop(-1, listener);
        }
    }

    static PcapHandle open(String interfaceName, int ringBytes) throws PcapNativeException {
        return new PcapHandle.Builder(interfaceName)
                .snaplen(SNAP_LENGTH)
                .timeoutMillis(TIMEOUT_MS)
                .bufferSize(ringBytes)
                .timestampPrecision(PcapHandle.TimestampPrecision.NANO)
                .build();
    }

    /** What the kernel dropped since the handle was opened. */
    static long dropped(PcapHandle handle) throws IOException {
        try {
            return handle.getStats().getNumPacketsDropped();
        } catch (PcapNativeException | NotOpenException e) {
            throw new IOException("libpcap gives no statistics: " + e.getMessage(), e);
        }
    }
}
