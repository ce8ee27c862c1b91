package org.lawtap.worker.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.InterfaceCounters;

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
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_GETLINK = 18;
    private static final int RTM_NEWNSID = 88;
    private static final int RTM_GETNSID = 90;
    private static final int NLM_F_REQUEST = 1;
    private static final int NLM_F_DUMP = 0x300;
    private static final int HEADER_BYTES = 16;
    private static final int LINK_BODY_BYTES = 16;
    private static final int GENERIC_BODY_BYTES = 4;
    private static final int RECEIVE_BYTES = 1 << 18;
    private static final int ATTRIBUTE_TYPE_MASK = 0x3fff;

    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_LINK = 5;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_STATS64 = 23;
    private static final int IFLA_LINK_NETNSID = 37;
    private static final int NETNSA_NSID = 1;
    private static final int NETNSA_PID = 2;
    private static final int IFF_UP = 1;

    private final int fd;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment receive = arena.allocate(RECEIVE_BYTES, 8);
    private int sequence;

    private NetlinkLinks(int fd) {
        this.fd = fd;
    }

    /** Opens it; from now on it belongs to the calling thread. */
    public static NetlinkLinks open() throws KernelException {
        return new NetlinkLinks(Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, NETLINK_ROUTE));
    }

    @Override
    public List<Link> all() throws KernelException {
        List<Link> links = new ArrayList<>();
        request(RTM_GETLINK, NLM_F_DUMP, ByteBuffer.allocate(LINK_BODY_BYTES));
        collect(RTM_NEWLINK, true, message -> links.add(link(message)));
        return links;
    }

    @Override
    public @Nullable Link find(int index) throws KernelException {
        List<Link> links = new ArrayList<>();
        ByteBuffer body = ByteBuffer.allocate(LINK_BODY_BYTES).order(ByteOrder.nativeOrder());
        body.putInt(4, index);
        request(RTM_GETLINK, 0, body);
        try {
            collect(RTM_NEWLINK, false, message -> links.add(link(message)));
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
        collect(
                RTM_NEWNSID,
                false,
                message -> attributes(message, GENERIC_BODY_BYTES, (type, value) -> {
                    if (type == NETNSA_NSID) {
                        id[0] = value.getInt(0);
                    }
                }));
        return id[0];
    }

    @Override
    public void close() throws KernelException {
        arena.close();
        Libc.close(fd);
    }

    private interface Attribute {
        void accept(int type, ByteBuffer value);
    }

    private void request(int type, int flags, ByteBuffer body) throws KernelException {
        ByteBuffer message =
                ByteBuffer.allocateDirect(HEADER_BYTES + body.capacity()).order(ByteOrder.nativeOrder());
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
            while (at + HEADER_BYTES <= bytes) {
                int length = all.getInt(at);
                int type = Short.toUnsignedInt(all.getShort(at + 4));
                boolean ours = all.getInt(at + 8) == sequence;
                if (length < HEADER_BYTES || at + length > bytes) {
                    throw new IllegalStateException("rtnetlink sent a message of " + length + " bytes");
                }
                if (ours && type == NLMSG_DONE) {
                    return;
                }
                if (ours && type == NLMSG_ERROR) {
                    int error = -all.getInt(at + HEADER_BYTES);
                    if (error == 0) {
                        return;
                    }
                    throw new KernelException("rtnetlink request", error);
                }
                if (ours && type == wanted) {
                    into.accept(slice(all, at + HEADER_BYTES, length - HEADER_BYTES));
                    if (!dump) {
                        return;
                    }
                }
                at += aligned(length);
            }
        }
    }

    private static Link link(ByteBuffer message) {
        LinkFields fields = new LinkFields();
        attributes(message, LINK_BODY_BYTES, (type, value) -> {
            switch (type) {
                case IFLA_ADDRESS -> fields.hardwareAddress = value;
                case IFLA_IFNAME -> fields.name = text(value);
                case IFLA_LINK -> fields.peerIndex = value.getInt(0);
                case IFLA_LINK_NETNSID -> fields.peerNamespace = value.getInt(0);
                case IFLA_LINKINFO ->
                    attributes(value, 0, (inner, kind) -> {
                        if (inner == IFLA_INFO_KIND) {
                            fields.kind = text(kind);
                        }
                    });
                case IFLA_STATS64 ->
                    fields.counters = new InterfaceCounters(
                            value.getLong(0),
                            value.getLong(8),
                            value.getLong(16),
                            value.getLong(24),
                            value.getLong(48),
                            value.getLong(56));
                default -> {}
            }
        });
        return new Link(
                message.getInt(4),
                fields.name,
                fields.kind,
                fields.peerIndex,
                fields.peerNamespace,
                (message.getInt(8) & IFF_UP) != 0,
                fields.hardwareAddress,
                fields.counters);
    }

    private static final class LinkFields {
        private String name = "";
        private String kind = "";
        private int peerIndex;
        private int peerNamespace = -1;
        private ByteBuffer hardwareAddress = ByteBuffer.allocate(0);
        private InterfaceCounters counters = new InterfaceCounters(0, 0, 0, 0, 0, 0);
    }

    private static void attributes(ByteBuffer message, int from, Attribute into) {
        int at = from;
        while (at + 4 <= message.limit()) {
            int length = Short.toUnsignedInt(message.getShort(at));
            int type = message.getShort(at + 2) & ATTRIBUTE_TYPE_MASK;
            if (length < 4 || at + length > message.limit()) {
                return;
            }
            into.accept(type, slice(message, at + 4, length - 4));
            at += aligned(length);
        }
    }

    private static ByteBuffer slice(ByteBuffer buffer, int at, int length) {
        return buffer.slice(at, length).order(ByteOrder.nativeOrder());
    }

    private static String text(ByteBuffer value) {
        ByteBuffer bytes = value.duplicate();
        int end = bytes.limit();
        while (end > 0 && bytes.get(end - 1) == 0) {
            end--;
        }
        return StandardCharsets.UTF_8.decode(bytes.limit(end)).toString();
    }

    private static int aligned(int length) {
        return (length + 3) & ~3;
    }
}
