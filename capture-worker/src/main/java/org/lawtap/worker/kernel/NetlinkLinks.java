package org.lawtap.worker.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The interfaces by rtnetlink(7), of the namespace in which it was opened; needs no sysfs and no capability.
 *
 * <pre>
 *   message:   u32 length | u16 type | u16 flags | u32 sequence | u32 port | body
 *   attribute: u16 length | u16 type | value, padded to 4
 * </pre>
 *
 * Owned by one thread.
 */
public final class NetlinkLinks implements Links {
    private static final int NETLINK_ROUTE = 0;
    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final int RTM_GETLINK = 18;
    private static final int RTM_NEWQDISC = 36;
    private static final int RTM_GETQDISC = 38;
    private static final int RTM_NEWTFILTER = 44;
    private static final int RTM_GETTFILTER = 46;
    private static final int RTM_NEWNSID = 88;
    private static final int RTM_GETNSID = 90;
    private static final int NLM_F_REQUEST = 1;
    private static final int NLM_F_ECHO = 8;
    private static final int NLM_F_DUMP = 0x300;
    private static final int NLM_F_DUMP_INTR = 0x10;

    /** An interface that came or went during a dump may have hidden another one; then the dump is repeated. */
    private static final int DUMP_ATTEMPTS_MAX = 5;

    private static final long ANSWER_TIMEOUT_S = 2;
    private static final int TIMEVAL_BYTES = 16;
    private static final int LINK_BODY_BYTES = 16;
    private static final int GENERIC_BODY_BYTES = 4;
    private static final int RECEIVE_BYTES = 1 << 18;

    /** struct tcmsg: family | ifindex | handle | parent | info, and the parents that mean clsact and its two sides. */
    private static final int TRAFFIC_BODY_BYTES = 20;

    private static final Integer NO_INDEX = 0;
    private static final int TRAFFIC_INDEX = 4;
    private static final int TRAFFIC_PARENT = 12;
    private static final int CLSACT = 0xFFFFFFF1;
    private static final int CLSACT_INGRESS = 0xFFFFFFF2;
    private static final int CLSACT_EGRESS = 0xFFFFFFF3;
    private static final int TCA_STATS2 = 7;
    private static final int TCA_STATS_QUEUE = 3;
    private static final int QUEUE_DROPS = 8;

    private static final int NETNSA_NSID = 1;
    private static final int NETNSA_PID = 2;

    private final int fd;
    private final LinkEvents events;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment receive = arena.allocate(RECEIVE_BYTES, 8);
    private int sequence;
    private boolean interrupted;

    private NetlinkLinks(int fd, LinkEvents events) {
        this.fd = fd;
        this.events = events;
    }

    /** Opens it; from now on it belongs to the calling thread. */
    public static NetlinkLinks open() throws KernelException {
        LinkEvents events = LinkEvents.open();
        try {
            int fd = Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, NETLINK_ROUTE);
            try (Arena arena = Arena.ofConfined()) {
                // An answer that never comes must not stop all captures.
                MemorySegment limit = arena.allocate(TIMEVAL_BYTES, 8);
                limit.set(ValueLayout.JAVA_LONG, 0, ANSWER_TIMEOUT_S);
                Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_RCVTIMEO, limit, "SO_RCVTIMEO");
            } catch (KernelException e) {
                Libc.close(fd);
                throw e;
            }
            return new NetlinkLinks(fd, events);
        } catch (KernelException e) {
            events.close();
            throw e;
        }
    }

    @Override
    public List<Link> all() throws KernelException {
        return dump(RTM_GETLINK, LINK_BODY_BYTES, LinkMessages.RTM_NEWLINK, LinkMessages::link);
    }

    private <T> List<T> dump(int type, int bodyBytes, int wanted, Function<ByteBuffer, T> read) throws KernelException {
        List<T> found = new ArrayList<>();
        for (int attempt = 0; attempt < DUMP_ATTEMPTS_MAX; attempt++) {
            found.clear();
            interrupted = false;
            request(type, NLM_F_DUMP, ByteBuffer.allocate(bodyBytes));
            collect(wanted, true, message -> found.add(read.apply(message)));
            if (!interrupted) {
                break;
            }
        }
        return found;
    }

    @Override
    public @Nullable Link find(int index) throws KernelException {
        List<Link> links = new ArrayList<>();
        ByteBuffer body = ByteBuffer.allocate(LINK_BODY_BYTES).order(ByteOrder.nativeOrder());
        body.putInt(4, index);
        request(RTM_GETLINK, 0, body);
        try {
            collect(LinkMessages.RTM_NEWLINK, false, message -> links.add(LinkMessages.link(message)));
        } catch (KernelException e) {
            if (e.errno() == KernelException.ENODEV) {
                return null;
            }
            throw e;
        }
        return links.isEmpty() ? null : links.getFirst();
    }

    @Override
    public int namespaceIdOf(int pid) throws KernelException {
        ByteBuffer body = ByteBuffer.allocate(GENERIC_BODY_BYTES + 8).order(ByteOrder.nativeOrder());
        body.putShort(4, (short) 8).putShort(6, (short) NETNSA_PID).putInt(8, pid);
        request(RTM_GETNSID, 0, body);
        int[] id = {-1};
        try {
            collect(
                    RTM_NEWNSID,
                    false,
                    message -> LinkMessages.attributes(message, GENERIC_BODY_BYTES, (type, value) -> {
                        if (type == NETNSA_NSID) {
                            id[0] = value.getInt(0);
                        }
                    }));
        } catch (KernelException e) {
            if (e.errno() != KernelException.ESRCH) {
                throw e;
            }
            // The process ended since it was found: it leads nowhere.
        }
        return id[0];
    }

    @Override
    public boolean takeChanges() throws KernelException {
        return events.takeChanges();
    }

    @Override
    public int descriptor() {
        return events.fd();
    }

    @Override
    public Set<Integer> trafficControlled() throws KernelException {
        Set<Integer> indexes = new HashSet<>(dump(
                RTM_GETQDISC,
                TRAFFIC_BODY_BYTES,
                RTM_NEWQDISC,
                message -> message.getInt(TRAFFIC_PARENT) == CLSACT ? message.getInt(TRAFFIC_INDEX) : NO_INDEX));
        indexes.remove(NO_INDEX);
        return indexes;
    }

    @Override
    public TrafficControl trafficControl(int index) throws KernelException {
        long[] dropped = {0};
        boolean[] there = {false};
        // Without the echo flag the answer would go to listeners of changes only.
        request(RTM_GETQDISC, NLM_F_ECHO, trafficBody(index, CLSACT));
        try {
            collect(RTM_NEWQDISC, false, message -> {
                there[0] = true;
                LinkMessages.attributes(message, TRAFFIC_BODY_BYTES, (type, statistics) -> {
                    if (type == TCA_STATS2) {
                        LinkMessages.attributes(statistics, 0, (inner, queue) -> {
                            if (inner == TCA_STATS_QUEUE) {
                                dropped[0] = Integer.toUnsignedLong(queue.getInt(QUEUE_DROPS));
                            }
                        });
                    }
                });
            });
        } catch (KernelException e) {
            if (e.errno() != KernelException.ENOENT
                    && e.errno() != KernelException.EINVAL
                    && e.errno() != KernelException.ENODEV
                    && e.errno() != KernelException.EOPNOTSUPP) {
                throw e;
            }
            // No such queueing discipline, interface, or kernel without it.
        }
        return there[0]
                ? new TrafficControl(dropped[0], filters(index, CLSACT_INGRESS), filters(index, CLSACT_EGRESS))
                : TrafficControl.NONE;
    }

    private boolean filters(int index, int side) throws KernelException {
        boolean[] any = {false};
        request(RTM_GETTFILTER, NLM_F_DUMP, trafficBody(index, side));
        try {
            collect(RTM_NEWTFILTER, true, message -> any[0] = true);
        } catch (KernelException e) {
            if (e.errno() != KernelException.ENOENT && e.errno() != KernelException.EINVAL) {
                throw e;
            }
            // An ingress queueing discipline has no side for packets into the pod.
        }
        return any[0];
    }

    private static ByteBuffer trafficBody(int index, int parent) {
        return ByteBuffer.allocate(TRAFFIC_BODY_BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(TRAFFIC_INDEX, index)
                .putInt(TRAFFIC_PARENT, parent);
    }

    @Override
    public void watch(Link link) {
        events.watch(link);
    }

    @Override
    public void unwatch(Link link) {
        events.unwatch(link);
    }

    @Override
    public @Nullable Removal removal(Link last) throws KernelException {
        events.read();
        return events.removal(last);
    }

    @Override
    public void close() throws KernelException {
        arena.close();
        try {
            events.close();
        } finally {
            Libc.close(fd);
        }
    }

    private void request(int type, int flags, ByteBuffer body) throws KernelException {
        ByteBuffer message = ByteBuffer.allocateDirect(LinkMessages.HEADER_BYTES + body.capacity())
                .order(ByteOrder.nativeOrder());
        message.putInt(message.capacity())
                .putShort((short) type)
                .putShort((short) (NLM_F_REQUEST | flags))
                .putInt(++sequence)
                .putInt(0)
                .put(body.duplicate().rewind().limit(body.capacity()))
                .flip();
        Libc.send(fd, MemorySegment.ofBuffer(message));
    }

    private void collect(int wanted, boolean dump, java.util.function.Consumer<ByteBuffer> into)
            throws KernelException {
        while (true) {
            int bytes = Libc.recv(fd, receive);
            ByteBuffer all = ByteBuffer.wrap(receive.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE))
                    .order(ByteOrder.nativeOrder());
            int at = 0;
            while (at + LinkMessages.HEADER_BYTES <= bytes) {
                int length = all.getInt(at);
                int type = Short.toUnsignedInt(all.getShort(at + 4));
                boolean ours = all.getInt(at + 8) == sequence;
                interrupted |= ours && (all.getShort(at + 6) & NLM_F_DUMP_INTR) != 0;
                if (length < LinkMessages.HEADER_BYTES || at + length > bytes) {
                    throw new IllegalStateException("rtnetlink sent a message of " + length + " bytes");
                }
                if (ours && type == NLMSG_DONE) {
                    return;
                }
                if (ours && type == NLMSG_ERROR) {
                    int error = -all.getInt(at + LinkMessages.HEADER_BYTES);
                    if (error == 0) {
                        return;
                    }
                    throw new KernelException("rtnetlink request", error);
                }
                if (ours && type == wanted) {
                    into.accept(LinkMessages.slice(
                            all, at + LinkMessages.HEADER_BYTES, length - LinkMessages.HEADER_BYTES));
                    if (!dump) {
                        return;
                    }
                }
                at += LinkMessages.aligned(length);
            }
        }
    }
}
