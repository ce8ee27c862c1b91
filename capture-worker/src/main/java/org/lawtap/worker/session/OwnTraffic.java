package org.lawtap.worker.session;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.lawtap.schemas.model.Packet;
import org.lawtap.worker.engine.CapturedFrame;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The worker's own connections, as they pass a pod's interface when that pod is a broker. A packet of theirs is never kept: each
 * would be sent to the broker again, and captured again. A connection is known by its end at this node, address and port, and that
 * from the worker's own sockets; whoever opens one sends a SYN first, at which the sockets are read anew. Owned by one thread.
 *
 * <p>Limits: a connection whose address at this node is translated on its way (masquerading) is not known by it, nor one that was
 * opened and closed before the ring handed its SYN over, within 50 ms; such a one carries no packets.
 */
final class OwnTraffic {
    private static final Logger LOG = LoggerFactory.getLogger(OwnTraffic.class);

    /** The last packets of a connection come after its socket is closed. */
    private static final long REMEMBERED_NS = 120_000_000_000L;

    /** Between readings, at least: a flood of SYNs must not cost a reading each. */
    private static final long READ_PAUSE_NS = 5_000_000L;

    /** Less than a checkpoint's interval, as it is by default. */
    private static final long READ_QUIET_NS = 500_000_000L;

    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86dd;
    private static final int IPV6_HEADER_BYTES = 40;
    private static final int TCP_HEADER_BYTES = 20;
    private static final int TCP = 6;
    private static final int TCP_FLAGS_AT = 13;
    private static final int SYN = 0x02;
    private static final int SYN_OR_ACK = 0x12;
    private static final int PORTS = 1 << 16;

    private final Sockets sockets;
    private final Map<InetSocketAddress, Long> ends = new HashMap<>();
    private final BitSet ports = new BitSet(PORTS);
    private Set<InetSocketAddress> open = Set.of();
    private long readAt;
    private boolean read;

    OwnTraffic(Sockets sockets) {
        this.sockets = sockets;
    }

    /** Reads the local ends of the worker's TCP sockets. */
    @FunctionalInterface
    interface Sockets {
        Set<InetSocketAddress> localEnds() throws IOException;
    }

    /** Reads the sockets again, so that a connection is known whose first packets no session has seen. */
    void refresh(long nowNs) {
        if (read && nowNs - readAt < READ_PAUSE_NS) {
            return;
        }
        read = true;
        readAt = nowNs;
        try {
            open = sockets.localEnds();
            open.forEach(end -> ends.put(end, nowNs));
        } catch (IOException e) {
            LOG.warn("the worker's own sockets can't be listed: {}", e.getMessage());
        }
        ends.values().removeIf(seenAt -> nowNs - seenAt > REMEMBERED_NS);
        ports.clear();
        ends.keySet().forEach(end -> ports.set(end.getPort()));
    }

    /** The same for what is not urgent: hundreds of sessions account at the same moment. */
    void refreshNowAndThen(long nowNs) {
        if (!read || nowNs - readAt >= READ_QUIET_NS) {
            refresh(nowNs);
        }
    }

    /** Whether a frame is of one of the worker's own connections. */
    boolean concerns(CapturedFrame frame, long nowNs) {
        int network = frame.networkOffset();
        if (network + IPV6_HEADER_BYTES > frame.length()) {
            return false;
        }
        int type = frame.unsignedShort(network - 2);
        int transport;
        if (type == ETHERTYPE_IPV4 && frame.unsignedByte(network + 9) == TCP) {
            transport = network + 4 * (frame.unsignedByte(network) & 0xf);
        } else if (type == ETHERTYPE_IPV6 && frame.unsignedByte(network + 6) == TCP) {
            transport = network + IPV6_HEADER_BYTES;
        } else {
            return false;
        }
        if (transport + TCP_HEADER_BYTES > frame.length()) {
            return false;
        }
        boolean toPod = frame.direction() == Packet.Direction.TO_POD;
        int port = frame.unsignedShort(toPod ? transport : transport + 2);
        boolean opens = toPod && (frame.unsignedByte(transport + TCP_FLAGS_AT) & SYN_OR_ACK) == SYN;
        if (opens) {
            refresh(nowNs);
        }
        if (!ports.get(port)) {
            return false;
        }
        InetSocketAddress end = nodesEnd(frame, network, type == ETHERTYPE_IPV4, toPod, port);
        if (opens && readAt == nowNs && !open.contains(end)) {
            // Somebody else's new connection from a port that the worker had before.
            ends.remove(end);
        }
        return ends.containsKey(end);
    }

    private static InetSocketAddress nodesEnd(CapturedFrame frame, int network, boolean ipv4, boolean toPod, int port) {
        int bytes = ipv4 ? 4 : 16;
        int at = network + (ipv4 ? 12 : 8) + (toPod ? 0 : bytes);
        byte[] address = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            address[i] = (byte) frame.unsignedByte(at + i);
        }
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), port);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of " + bytes + " bytes", e);
        }
    }
}
