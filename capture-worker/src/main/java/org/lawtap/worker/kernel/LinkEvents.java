package org.lawtap.worker.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.InterfaceCounters;

/**
 * What the kernel tells of links without being asked, above all the last words of removed interfaces: RTM_DELLINK carries the counters of the dying link. Before it is sent, a veth has been
 * cut from its other end, so that the host side's message still counts what went to the pod but reads 0 for what came from
 * it; the latter stands in the other end's own message, as what that end sent. It is heard too (NETLINK_LISTEN_ALL_NSID),
 * unless the worker lacks CAP_NET_BROADCAST or the kernel takes the pod's whole namespace down, which unlinks its id first.
 *
 * <pre>
 *   host side's message:  sent = to the pod     received = 0
 *   pod side's message:   sent = from the pod   (namespace id in the control message)
 * </pre>
 *
 * Source: netlink(7), net/core/rtnetlink.c, drivers/net/veth.c. Owned by one thread.
 */
final class LinkEvents implements AutoCloseable {
    private static final int HERE = -1;
    private static final int RTMGRP_LINK = 1;
    private static final int NETLINK_LISTEN_ALL_NSID = 8;
    private static final int NETLINK_ADDRESS_BYTES = 12;
    private static final int RECEIVE_BYTES = 1 << 16;
    private static final int SOCKET_BUFFER_BYTES = 1 << 20;
    private static final int CONTROL_BYTES = 64;
    private static final int CONTROL_DATA = 16;
    private static final int MESSAGES_PER_READ_MAX = 10_000;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /** struct msghdr of 64-bit Linux. */
    private static final int MSGHDR_BYTES = 56;

    private static final int MSGHDR_VECTOR = 16;
    private static final int MSGHDR_VECTORS = 24;
    private static final int MSGHDR_CONTROL = 32;
    private static final int MSGHDR_CONTROL_LENGTH = 40;
    private static final int VECTOR_BYTES = 16;

    private final int fd;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment receive = arena.allocate(RECEIVE_BYTES, 8);
    private final MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
    private final MemorySegment header = arena.allocate(MSGHDR_BYTES, 8);
    private final Map<Key, Watched> watched = new HashMap<>();
    private boolean changed;

    private LinkEvents(int fd) {
        this.fd = fd;
        MemorySegment vector = arena.allocate(VECTOR_BYTES, 8);
        vector.set(ValueLayout.ADDRESS, 0, receive);
        vector.set(LONG, 8, RECEIVE_BYTES);
        header.set(ValueLayout.ADDRESS, MSGHDR_VECTOR, vector);
        header.set(LONG, MSGHDR_VECTORS, 1);
        header.set(ValueLayout.ADDRESS, MSGHDR_CONTROL, control);
    }

    private record Key(int namespace, int index) {}

    private static final class Watched {
        private int watchers;

        @Nullable
        private InterfaceCounters last;
    }

    static LinkEvents open() throws KernelException {
        int fd = Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC | Libc.SOCK_NONBLOCK, 0);
        try (Arena arena = Arena.ofConfined()) {
            Libc.setsockopt(
                    fd, Libc.SOL_SOCKET, Libc.SO_RCVBUF, arena.allocateFrom(INT, SOCKET_BUFFER_BYTES), "SO_RCVBUF");
            hearOtherNamespaces(fd, arena);
            MemorySegment address = arena.allocate(NETLINK_ADDRESS_BYTES, 4);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) Libc.AF_NETLINK);
            address.set(INT, 8, RTMGRP_LINK);
            Libc.bind(fd, address);
            return new LinkEvents(fd);
        } catch (KernelException e) {
            Libc.close(fd);
            throw e;
        }
    }

    private static void hearOtherNamespaces(int fd, Arena arena) throws KernelException {
        try {
            Libc.setsockopt(
                    fd,
                    Libc.SOL_NETLINK,
                    NETLINK_LISTEN_ALL_NSID,
                    arena.allocateFrom(INT, 1),
                    "NETLINK_LISTEN_ALL_NSID");
        } catch (KernelException e) {
            if (e.errno() != KernelException.EPERM) {
                throw e;
            }
            // Without CAP_NET_BROADCAST a removal is not complete, and the last checkpoint says that it is not exact.
        }
    }

    void watch(Link link) {
        watched.computeIfAbsent(here(link), key -> new Watched()).watchers++;
        watched.computeIfAbsent(there(link), key -> new Watched()).watchers++;
    }

    void unwatch(Link link) {
        unwatch(here(link));
        unwatch(there(link));
    }

    private void unwatch(Key key) {
        watched.computeIfPresent(key, (same, entry) -> --entry.watchers == 0 ? null : entry);
    }

    Links.@Nullable Removal removal(Link last) {
        InterfaceCounters own = last(here(last));
        if (own == null) {
            return null;
        }
        InterfaceCounters other = last(there(last));
        InterfaceCounters seen = last.counters();
        boolean known = other != null && other.sentPackets() >= seen.receivedPackets();
        return new Links.Removal(
                new InterfaceCounters(
                        known && other != null ? other.sentPackets() : seen.receivedPackets(),
                        own.sentPackets(),
                        known && other != null ? other.sentBytes() : seen.receivedBytes(),
                        own.sentBytes(),
                        own.receiveDropped(),
                        own.sendDropped()),
                known);
    }

    private @Nullable InterfaceCounters last(Key key) {
        Watched entry = watched.get(key);
        return entry == null ? null : entry.last;
    }

    /** Whether a link of this namespace came, changed or went since the last call. */
    boolean takeChanges() throws KernelException {
        read();
        boolean was = changed;
        changed = false;
        return was;
    }

    /** The descriptor, for {@link Waiting}. */
    int fd() {
        return fd;
    }

    /** Takes what the kernel has told; never waits. */
    void read() throws KernelException {
        for (int i = 0; i < MESSAGES_PER_READ_MAX; i++) {
            try {
                header.set(LONG, MSGHDR_CONTROL_LENGTH, CONTROL_BYTES);
                int bytes = Libc.recvmsg(fd, header);
                if (bytes < 0) {
                    return;
                }
                take(bytes);
            } catch (KernelException e) {
                if (e.errno() != KernelException.ENOBUFS) {
                    throw e;
                }
                // Some were lost. Whose last words are missing ends as not exact.
                changed = true;
            }
        }
    }

    private void take(int bytes) {
        int namespace = namespace();
        ByteBuffer all = ByteBuffer.wrap(receive.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE))
                .order(ByteOrder.nativeOrder());
        int at = 0;
        while (at + LinkMessages.HEADER_BYTES <= bytes) {
            int length = all.getInt(at);
            if (length < LinkMessages.HEADER_BYTES || at + length > bytes) {
                return;
            }
            changed |= namespace == HERE;
            if (Short.toUnsignedInt(all.getShort(at + 4)) == LinkMessages.RTM_DELLINK) {
                ByteBuffer message =
                        LinkMessages.slice(all, at + LinkMessages.HEADER_BYTES, length - LinkMessages.HEADER_BYTES);
                boolean aboutTheLink = message.get(0) == 0; // AF_UNSPEC; a bridge tells with AF_BRIDGE that a port left
                Watched entry = watched.get(new Key(namespace, message.getInt(4)));
                if (aboutTheLink && entry != null) {
                    entry.last = LinkMessages.link(message).counters();
                }
            }
            at += LinkMessages.aligned(length);
        }
    }

    /** The id of the namespace that the message is about; HERE if it is the worker's own. */
    private int namespace() {
        boolean told = header.get(LONG, MSGHDR_CONTROL_LENGTH) >= CONTROL_DATA + Integer.BYTES
                && control.get(INT, 8) == Libc.SOL_NETLINK
                && control.get(INT, 12) == NETLINK_LISTEN_ALL_NSID;
        return told ? control.get(INT, CONTROL_DATA) : HERE;
    }

    private static Key here(Link link) {
        return new Key(HERE, link.index());
    }

    private static Key there(Link link) {
        return new Key(link.peerNamespace(), link.peerIndex());
    }

    @Override
    public void close() throws KernelException {
        arena.close();
        Libc.close(fd);
    }
}
