package org.lawtap.schemas.headers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FrameHeadersTest {
    private static final int CONTENT_BYTES = 100;
    private static final byte[] CONTENT = repeated(0x5a, CONTENT_BYTES);
    private static final String MACS = "020000000001020000000002";

    private static final byte[] TCP = tcp(5);
    private static final byte[] UDP = hex("1f90003500080000");
    private static final byte[] SCTP = hex("1f9000350000000100000000");
    private static final byte[] ESP = hex("0000000100000002");
    private static final byte[] ECHO = hex("0800000000010002");
    private static final byte[] UNREACHABLE = hex("0301000000000000");
    private static final byte[] TIMESTAMP = hex("0d000000");
    private static final byte[] ECHO6 = hex("8000000000010002");
    private static final byte[] TOO_BIG6 = hex("02000000000005dc");
    private static final byte[] NEIGHBOUR6 = hex("87000000");

    /** What of a frame is header; content follows it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Made(String name, byte[] headers) {
        byte[] frame() {
            return join(headers, CONTENT);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Made> frames() {
        return Stream.of(
                frame("an EtherType that nobody knows", ethernet(0x88b5)),
                frame("IEEE 802.3 with a length", ethernet(0x05dc)),
                frame("MPLS", ethernet(0x8847)),
                frame("PPPoE", ethernet(0x8864)),
                frame("one VLAN tag", tagged(0x88b5, "8100000a")),
                frame("two VLAN tags", tagged(0x88b5, "88a80007", "8100000a")),
                frame("two of three VLAN tags", tagged(0x8100, "88a80007", "8100000a")),
                frame("IPv4 and TCP", ethernet(0x0800), ipv4(6), TCP),
                frame("TCP with all its options", ethernet(0x0800), ipv4(6), tcp(15)),
                frame("IPv4 with all its options", ethernet(0x0800), ipv4(6, 15, 0, 0), TCP),
                frame("TCP behind two VLAN tags", tagged(0x0800, "88a80007", "8100000a"), ipv4(6), TCP),
                frame("UDP, whatever is in it", ethernet(0x0800), ipv4(17), UDP),
                frame("UDP-Lite", ethernet(0x0800), ipv4(136), UDP),
                frame("SCTP without its chunks", ethernet(0x0800), ipv4(132), SCTP),
                frame("ESP without what it encrypts", ethernet(0x0800), ipv4(50), ESP),
                frame("ICMP echo", ethernet(0x0800), ipv4(1), ECHO),
                frame("ICMP error without the packet it quotes", ethernet(0x0800), ipv4(1), UNREACHABLE),
                frame("ICMP of another type", ethernet(0x0800), ipv4(1), TIMESTAMP),
                frame("IPv4 and ICMPv6", ethernet(0x0800), ipv4(58)),
                frame("IPv4 in IPv4", ethernet(0x0800), ipv4(4)),
                frame("IPv6 in IPv4", ethernet(0x0800), ipv4(41)),
                frame("GRE", ethernet(0x0800), ipv4(47)),
                frame("IGMP", ethernet(0x0800), ipv4(2)),
                frame("the first fragment", ethernet(0x0800), ipv4(17, 5, 0x2000, 0), UDP),
                frame("a later fragment", ethernet(0x0800), ipv4(17, 5, 0x2001, 0)),
                frame("the last fragment", ethernet(0x0800), ipv4(17, 5, 0x00b9, 0)),
                frame("not to be fragmented", ethernet(0x0800), ipv4(17, 5, 0x4000, 0), UDP),
                frame("an authentication header in IPv4", ethernet(0x0800), ipv4(51), extension(6, 4, 24), TCP),
                frame("an IPv4 packet that ends before its transport header", ethernet(0x0800), ipv4(6, 5, 0, 20)),
                frame("an IPv4 packet that ends inside its transport header", ethernet(0x0800), ipv4(6, 5, 0, 39)),
                frame("an IPv4 packet that ends with its transport header", ethernet(0x0800), ipv4(6, 5, 0, 40), TCP),
                frame("IPv6 and TCP", ethernet(0x86dd), ipv6(6), TCP),
                frame("IPv6 and UDP", ethernet(0x86dd), ipv6(17), UDP),
                frame("a jumbogram", ethernet(0x86dd), ipv6(0, 0), extension(6, 0, 8), TCP),
                frame("ICMPv6 echo", ethernet(0x86dd), ipv6(58), ECHO6),
                frame("ICMPv6 error without the packet it quotes", ethernet(0x86dd), ipv6(58), TOO_BIG6),
                frame("ICMPv6 of another type", ethernet(0x86dd), ipv6(58), NEIGHBOUR6),
                frame("IPv6 and ICMP", ethernet(0x86dd), ipv6(1)),
                frame("IPv6 without a next header", ethernet(0x86dd), ipv6(59)),
                frame("IPv6 in IPv6", ethernet(0x86dd), ipv6(41)),
                frame(
                        "hop-by-hop, destination and routing headers",
                        ethernet(0x86dd),
                        ipv6(0),
                        extension(60, 0, 8),
                        extension(43, 1, 16),
                        extension(17, 4, 40),
                        UDP),
                frame("an authentication header in IPv6", ethernet(0x86dd), ipv6(51), extension(17, 4, 24), UDP),
                frame("the first fragment of IPv6", ethernet(0x86dd), ipv6(44), fragment(17, 1), UDP),
                frame("a later fragment of IPv6", ethernet(0x86dd), ipv6(44), fragment(17, 8)),
                frame("headers up to the bound", ethernet(0x86dd), ipv6(60), extension(17, 23, 192), UDP),
                frame("no header beyond the bound", ethernet(0x86dd), ipv6(60), extension(6, 23, 192)),
                frame("eight extension headers of nine", ethernet(0x86dd), ipv6(0), repeatedExtension(8)),
                frame("an IPv6 packet that ends inside its transport header", ethernet(0x86dd), ipv6(6, 19)),
                frame("ARP", ethernet(0x0806), hex("0001080006040001"), repeated(1, 20)),
                frame("ARP with addresses of other lengths", ethernet(0x0806)));
    }

    @ParameterizedTest
    @MethodSource("frames")
    void keepsHeadersAndNothingElse(Made made) {
        assertThat(FrameHeaders.length(bytes(made.frame()))).isEqualTo(made.headers().length);
    }

    @ParameterizedTest
    @MethodSource("frames")
    void theHeadersOfTheHeadersAreTheSame(Made made) {
        assertThat(FrameHeaders.length(bytes(made.headers()))).isEqualTo(made.headers().length);
    }

    @Test
    void aHeaderThatIsCutOffIsNotKept() {
        byte[] whole = join(tagged(0x0800, "8100000a"), ipv4(6), TCP);
        for (int length = 0; length < whole.length; length++) {
            int kept = FrameHeaders.length(bytes(Arrays.copyOf(whole, length)));
            assertThat(kept)
                    .as("of %d bytes", length)
                    .isEqualTo(length < 14 ? 0 : length < 18 ? 14 : length < 38 ? 18 : 38);
        }
        assertThat(FrameHeaders.length(bytes(whole))).isEqualTo(whole.length);
    }

    @Test
    void aTransportHeaderThatIsMalformedIsNotKept() {
        assertThat(FrameHeaders.length(bytes(join(ethernet(0x0800), ipv4(6), tcp(4), CONTENT))))
                .isEqualTo(34);
    }

    @Test
    void aNetworkHeaderThatIsMalformedIsNotKept() {
        for (String first : List.of("55", "44", "65", "05")) {
            byte[] frame = join(ethernet(0x0800), ipv4(6), TCP, CONTENT);
            frame[14] = hex(first)[0];
            assertThat(FrameHeaders.length(bytes(frame))).as(first).isEqualTo(14);
        }
        assertThat(FrameHeaders.length(bytes(join(ethernet(0x0800), ipv4(6, 6, 0, 23), TCP, CONTENT))))
                .isEqualTo(14);
        byte[] six = join(ethernet(0x86dd), ipv6(6), TCP, CONTENT);
        six[14] = 0x45;
        assertThat(FrameHeaders.length(bytes(six))).isEqualTo(14);
    }

    @Test
    void whateverTheBytesAreTheResultIsABoundedPrefixOfWholeHeaders() {
        long seed = 19;
        Random random = new Random(seed);
        List<byte[]> made = frames().map(Made::frame).toList();
        for (int run = 0; run < 200_000; run++) {
            byte[] frame = made.get(random.nextInt(made.size())).clone();
            for (int change = random.nextInt(4); change > 0; change--) {
                frame[random.nextInt(Math.min(frame.length, 80))] = (byte) random.nextInt();
            }
            frame = Arrays.copyOf(frame, random.nextInt(frame.length + 300));
            int kept = FrameHeaders.length(bytes(frame));
            assertThat(kept).isBetween(0, Math.min(frame.length, FrameHeaders.BYTES_MAX));
            assertThat(FrameHeaders.length(bytes(Arrays.copyOf(frame, kept)))).isEqualTo(kept);
        }
    }

    private static Made frame(String name, byte[]... headers) {
        return new Made(name, join(headers));
    }

    private static FrameHeaders.Bytes bytes(byte[] frame) {
        return new FrameHeaders.Bytes() {
            @Override
            public int length() {
                return frame.length;
            }

            @Override
            public int unsignedByte(int index) {
                return Byte.toUnsignedInt(frame[index]);
            }
        };
    }

    private static byte[] ethernet(int type) {
        return join(hex(MACS), shorts(type));
    }

    private static byte[] tagged(int type, String... tags) {
        return join(hex(MACS + String.join("", tags)), shorts(type));
    }

    private static byte[] ipv4(int protocol) {
        return ipv4(protocol, 5, 0, 0);
    }

    /** @param words of the header @param total the total length, 0 for all that follows */
    private static byte[] ipv4(int protocol, int words, int fragment, int total) {
        byte[] header = new byte[words * 4];
        ByteBuffer.wrap(header)
                .put(0, (byte) (0x40 | words))
                .putShort(2, (short) total)
                .putShort(6, (short) fragment)
                .put(9, (byte) protocol);
        return header;
    }

    private static byte[] ipv6(int next) {
        return ipv6(next, 1000);
    }

    private static byte[] ipv6(int next, int payload) {
        byte[] header = new byte[40];
        ByteBuffer.wrap(header).put(0, (byte) 0x60).putShort(4, (short) payload).put(6, (byte) next);
        return header;
    }

    private static byte[] extension(int next, int told, int length) {
        byte[] header = new byte[length];
        header[0] = (byte) next;
        header[1] = (byte) told;
        return header;
    }

    private static byte[] repeatedExtension(int count) {
        return join(Stream.generate(() -> extension(0, 0, 8)).limit(count).toArray(byte[][]::new));
    }

    private static byte[] fragment(int next, int offset) {
        byte[] header = extension(next, 0, 8);
        ByteBuffer.wrap(header).putShort(2, (short) offset);
        return header;
    }

    private static byte[] tcp(int words) {
        byte[] header = new byte[words * 4];
        header[12] = (byte) (words << 4);
        return header;
    }

    private static byte[] shorts(int value) {
        return new byte[] {(byte) (value >> 8), (byte) value};
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    private static byte[] repeated(int value, int count) {
        byte[] bytes = new byte[count];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static byte[] join(byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        ByteBuffer joined = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            joined.put(part);
        }
        return joined.array();
    }
}
