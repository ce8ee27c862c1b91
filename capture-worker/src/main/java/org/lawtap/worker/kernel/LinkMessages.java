package org.lawtap.worker.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.lawtap.schemas.model.InterfaceCounters;

/** The form of rtnetlink(7) messages about links: struct ifinfomsg and its attributes. Pure. */
final class LinkMessages {
    static final int HEADER_BYTES = 16;
    static final int RTM_NEWLINK = 16;
    static final int RTM_DELLINK = 17;
    private static final int LINK_BODY_BYTES = 16;
    private static final int ATTRIBUTE_TYPE_MASK = 0x3fff;
    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_LINK = 5;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_STATS64 = 23;
    private static final int IFLA_LINK_NETNSID = 37;
    private static final int IFLA_XDP = 43;
    private static final int IFLA_XDP_ATTACHED = 2;
    private static final int IFF_UP = 1;

    private LinkMessages() {}

    /** Takes one attribute. */
    interface Attribute {
        void accept(int type, ByteBuffer value);
    }

    static Link link(ByteBuffer message) {
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
                case IFLA_XDP ->
                    attributes(value, 0, (inner, mode) -> {
                        if (inner == IFLA_XDP_ATTACHED) {
                            fields.xdp = mode.get(0) != 0;
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
                fields.xdp,
                fields.hardwareAddress,
                fields.counters);
    }

    private static final class LinkFields {
        private String name = "";
        private String kind = "";
        private int peerIndex;
        private int peerNamespace = -1;
        private boolean xdp;
        private ByteBuffer hardwareAddress = ByteBuffer.allocate(0);
        private InterfaceCounters counters = new InterfaceCounters(0, 0, 0, 0, 0, 0);
    }

    static void attributes(ByteBuffer message, int from, Attribute into) {
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

    static ByteBuffer slice(ByteBuffer buffer, int at, int length) {
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

    static int aligned(int length) {
        return (length + 3) & ~3;
    }
}
