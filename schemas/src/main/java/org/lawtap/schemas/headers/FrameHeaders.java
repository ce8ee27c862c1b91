package org.lawtap.schemas.headers;

/**
 * How much of an Ethernet frame is header: what a warrant of the scope HEADERS grants of it. A pure function of the frame's bytes.
 *
 * <pre>
 *   link        addresses and EtherType 14, and 4 for each VLAN tag, two at most
 *   network     IPv4 with its options | IPv6 with its extension headers | ARP
 *   transport   TCP with its options | UDP 8 | SCTP 12 | ICMP 4 or 8 | ESP 8
 * </pre>
 *
 * A header counts whole or not at all: where one is cut off, malformed or not of these, the frame's headers end before it. What a
 * packet carries inside is never looked at: another packet, as in a tunnel or an ICMP error, is content. So the headers of the
 * headers alone are the same again.
 *
 * <p>Source: docs/decisions/0019, and the RFC named at each header.
 */
public final class FrameHeaders {
    /** No frame has more headers; what would end later is not kept. */
    public static final int BYTES_MAX = 256;

    private static final int ETHERNET_BYTES = 14;
    private static final int ETHERTYPE_AT = 12;
    private static final int TAG_BYTES = 4;
    private static final int TAGS_MAX = 2;
    private static final int CUSTOMER_TAG = 0x8100;
    private static final int SERVICE_TAG = 0x88a8;

    private static final int IPV4 = 0x0800;
    private static final int ARP = 0x0806;
    private static final int IPV6 = 0x86dd;

    private static final int ARP_BYTES = 28;
    private static final long ARP_OF_IPV4_ON_ETHERNET = 0x0001_0800_0604L;

    private static final int IPV4_BYTES_MIN = 20;
    private static final int IPV4_FRAGMENT_OFFSET = 0x1fff;
    private static final int IPV6_BYTES = 40;
    private static final int IPV6_FRAGMENT_OFFSET = 0xfff8;
    private static final int EXTENSIONS_MAX = 8;
    private static final int EXTENSION_UNIT_BYTES = 8;
    private static final int AUTHENTICATION_BYTES_MIN = 12;

    private static final int HOP_BY_HOP = 0;
    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int ESP = 50;
    private static final int AUTHENTICATION = 51;
    private static final int ICMPV6 = 58;
    private static final int DESTINATION_OPTIONS = 60;
    private static final int SCTP = 132;
    private static final int UDP_LITE = 136;

    private static final int TCP_BYTES_MIN = 20;
    private static final int UDP_BYTES = 8;
    private static final int SCTP_BYTES = 12;
    private static final int ESP_BYTES = 8;
    private static final int ICMP_BYTES_MIN = 4;
    private static final int ICMP_BYTES = 8;

    private FrameHeaders() {}

    /** A frame's bytes, from its first link-layer byte. */
    public interface Bytes {
        /** How many there are. */
        int length();

        /** A byte, 0 to 255; the index must be less than {@link #length}. */
        int unsignedByte(int index);
    }

    /** How many bytes from the frame's beginning are header; 0 if not even its link layer's is whole. */
    public static int length(Bytes frame) {
        int end = Math.min(frame.length(), BYTES_MAX);
        if (end < ETHERNET_BYTES) {
            return 0;
        }
        int at = ETHERNET_BYTES;
        int type = unsignedShort(frame, ETHERTYPE_AT);
        // IEEE 802.1Q, 9.5 and 9.6: the tag's two bytes, then the EtherType of what follows.
        for (int tags = 0; isTag(type) && tags < TAGS_MAX && at + TAG_BYTES <= end; tags++) {
            type = unsignedShort(frame, at + 2);
            at += TAG_BYTES;
        }
        return switch (type) {
            case IPV4 -> ipv4(frame, at, end);
            case IPV6 -> ipv6(frame, at, end);
            case ARP -> arp(frame, at, end);
            default -> at;
        };
    }

    private static boolean isTag(int type) {
        return type == CUSTOMER_TAG || type == SERVICE_TAG;
    }

    /** RFC 826: addresses alone; of other address lengths nobody knows what they hold. */
    private static int arp(Bytes frame, int at, int end) {
        if (at + ARP_BYTES > end) {
            return at;
        }
        long kind = (long) unsignedShort(frame, at) << 32
                | (long) unsignedShort(frame, at + 2) << 16
                | unsignedShort(frame, at + 4);
        return kind == ARP_OF_IPV4_ON_ETHERNET ? at + ARP_BYTES : at;
    }

    /** RFC 791, 3.1. A total length of 0 is that of a packet which is not cut into segments yet: it goes on to the frame's end. */
    private static int ipv4(Bytes frame, int at, int end) {
        if (at + IPV4_BYTES_MIN > end) {
            return at;
        }
        int first = frame.unsignedByte(at);
        int header = (first & 0xf) * 4;
        int total = unsignedShort(frame, at + 2);
        if (first >> 4 != 4 || header < IPV4_BYTES_MIN || at + header > end || (total != 0 && total < header)) {
            return at;
        }
        if ((unsignedShort(frame, at + 6) & IPV4_FRAGMENT_OFFSET) != 0) {
            return at + header;
        }
        int packetEnd = total == 0 ? end : Math.min(end, at + total);
        return upper(frame, frame.unsignedByte(at + 9), at + header, packetEnd, false);
    }

    /** RFC 8200, 3. A payload length of 0 is that of a jumbogram, or of a packet which is not cut into segments yet. */
    private static int ipv6(Bytes frame, int at, int end) {
        if (at + IPV6_BYTES > end || frame.unsignedByte(at) >> 4 != 6) {
            return at;
        }
        int payload = unsignedShort(frame, at + 4);
        int packetEnd = payload == 0 ? end : Math.min(end, at + IPV6_BYTES + payload);
        return upper(frame, frame.unsignedByte(at + 6), at + IPV6_BYTES, packetEnd, true);
    }

    /** Extension headers, then the transport header. */
    private static int upper(Bytes frame, int protocol, int from, int end, boolean six) {
        int next = protocol;
        int at = from;
        for (int extensions = 0; extensions < EXTENSIONS_MAX && isExtension(next, six); extensions++) {
            int length = extension(frame, next, at, end);
            if (length == 0) {
                return at;
            }
            if (next == FRAGMENT && (unsignedShort(frame, at + 2) & IPV6_FRAGMENT_OFFSET) != 0) {
                return at + length;
            }
            next = frame.unsignedByte(at);
            at += length;
        }
        return at + transport(frame, next, at, end, six);
    }

    private static boolean isExtension(int protocol, boolean six) {
        return switch (protocol) {
            case HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION_OPTIONS -> six;
            case AUTHENTICATION -> true;
            default -> false;
        };
    }

    /** The length of an extension header (RFC 8200, 4; RFC 4302, 2), 0 if it is not whole. */
    private static int extension(Bytes frame, int kind, int at, int end) {
        if (at + EXTENSION_UNIT_BYTES > end) {
            return 0;
        }
        int told = frame.unsignedByte(at + 1);
        int length = switch (kind) {
            case FRAGMENT -> EXTENSION_UNIT_BYTES;
            case AUTHENTICATION -> (told + 2) * 4;
            default -> (told + 1) * EXTENSION_UNIT_BYTES;
        };
        boolean malformed = kind == AUTHENTICATION && length < AUTHENTICATION_BYTES_MIN;
        return malformed || at + length > end ? 0 : length;
    }

    /** The length of the transport header, 0 if it is not whole or none that is known. */
    private static int transport(Bytes frame, int protocol, int at, int end, boolean six) {
        int length = switch (protocol) {
            case TCP -> tcp(frame, at, end);
            case UDP, UDP_LITE -> UDP_BYTES;
            case SCTP -> SCTP_BYTES;
            case ESP -> ESP_BYTES;
            case ICMP -> six ? 0 : icmp(frame, at, end, false);
            case ICMPV6 -> six ? icmp(frame, at, end, true) : 0;
            default -> 0;
        };
        return at + length > end ? 0 : length;
    }

    /** RFC 9293, 3.1. */
    private static int tcp(Bytes frame, int at, int end) {
        if (at + TCP_BYTES_MIN > end) {
            return 0;
        }
        int length = (frame.unsignedByte(at + 12) >> 4) * 4;
        return length < TCP_BYTES_MIN ? 0 : length;
    }

    /** RFC 792, RFC 4443: type, code and checksum; identifier and sequence of an echo, and what an error says of itself. */
    private static int icmp(Bytes frame, int at, int end, boolean six) {
        if (at + ICMP_BYTES_MIN > end) {
            return 0;
        }
        int type = frame.unsignedByte(at);
        boolean known = six
                ? (type >= 1 && type <= 4) || type == 128 || type == 129
                : type == 0 || type == 3 || type == 5 || type == 8 || type == 11 || type == 12;
        return known ? ICMP_BYTES : ICMP_BYTES_MIN;
    }

    private static int unsignedShort(Bytes frame, int index) {
        return frame.unsignedByte(index) << 8 | frame.unsignedByte(index + 1);
    }
}
