package org.lawtap.sink.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.headers.FrameHeaders;

/** What is header, by three parsers: the worker's, {@code docs/verify.py}'s and tshark's; needs python3 and tshark. */
final class FrameHeadersIT {
    private static final long SEED = 20261124;
    private static final int FRAMES = 20_000;
    private static final int PCAP_HEAD_BYTES = 24;
    private static final int PCAP_RECORD_HEAD_BYTES = 16;
    private static final int ETHERNET = 1;

    /** A directory of capture files of Ethernet frames, in pcap's form. */
    private static final String CAPTURES = System.getProperty("lawtap.captures", "");

    private static final List<String> FIELDS = List.of(
            "frame.protocols",
            "vlan.id",
            "ip.hdr_len",
            "ip.proto",
            "ip.frag_offset",
            "ipv6.nxt",
            "tcp.hdr_len",
            "icmp.type",
            "icmpv6.type");

    private static final Path DOCS = Path.of("").toAbsolutePath().resolveSibling("docs");

    @TempDir
    Path directory = Path.of("");

    @Test
    void theSecondVerifiersParserAgreesOnWhateverFrames() throws IOException, InterruptedException {
        List<byte[]> frames = new ArrayList<>(MadeFrames.wellFormed(SEED, FRAMES));
        frames.addAll(MadeFrames.damaged(SEED + 1, FRAMES));
        frames.addAll(captured());
        List<String> lines = frames.stream().map(HexFormat.of()::formatHex).toList();
        Path file = Files.write(directory.resolve("frames"), lines);
        String script = "import sys, verify\n"
                + "for line in open(sys.argv[1]): print(verify.header_length(bytes.fromhex(line)))";
        Program python = Program.run(
                directory,
                Map.of("PYTHONPATH", DOCS.toString()),
                List.of("python3", "-B", "-c", script, file.toString()));
        assertThat(python.exitCode()).as(python.printed()).isZero();
        List<String> theirs = python.printed().lines().toList();
        assertThat(theirs).hasSameSizeAs(frames);
        for (int i = 0; i < frames.size(); i++) {
            assertThat(theirs.get(i)).as(lines.get(i)).isEqualTo(String.valueOf(headers(frames.get(i))));
        }
    }

    @Test
    void tsharkSeesTheSameHeadersInMadeFrames() throws IOException, InterruptedException {
        List<byte[]> frames = MadeFrames.wellFormed(SEED + 2, FRAMES);
        Path file = directory.resolve("made.pcap");
        Files.write(file, pcap(frames));
        Map<String, Integer> compared = compareWithTshark(file, frames);
        assertThat(compared).containsKeys("tcp", "udp", "icmp", "icmpv6", "arp", "ip", "none");
    }

    @Test
    void tsharkSeesTheSameHeadersInRecordedTraffic() throws IOException, InterruptedException {
        List<Path> files = captures();
        assumeThat(files)
                .as("no recorded traffic to compare with: name a directory of pcap files by -Dlawtap.captures=DIR")
                .isNotEmpty();
        Map<String, Integer> all = new TreeMap<>();
        for (Path file : files) {
            compareWithTshark(file, frames(file)).forEach((kind, count) -> all.merge(kind, count, Integer::sum));
        }
        System.out.println("headers compared with tshark's: " + all);
    }

    /** Returns how many frames were compared, by their last header. */
    private static Map<String, Integer> compareWithTshark(Path file, List<byte[]> frames)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("tshark", "-r", file.toString(), "-T", "fields"));
        command.addAll(List.of("-E", "separator=|", "-E", "aggregator=,"));
        // Each frame by itself, as the worker sees it.
        for (String reassembly : List.of("ip.defragment", "ipv6.defragment", "tcp.desegment_tcp_streams")) {
            command.addAll(List.of("-o", reassembly + ":FALSE"));
        }
        FIELDS.forEach(field -> command.addAll(List.of("-e", field)));
        Program tshark = Program.run(DOCS, Map.of(), command);
        assertThat(tshark.exitCode()).as(tshark.printed()).isZero();
        List<String> lines =
                tshark.printed().lines().filter(line -> line.contains("|")).toList();
        assertThat(lines).hasSameSizeAs(frames);
        Map<String, Integer> compared = new TreeMap<>();
        for (int i = 0; i < frames.size(); i++) {
            Told told = told(lines.get(i));
            // tshark shows the fields that are there, also of a header that is cut off.
            if (told != null && told.length() <= frames.get(i).length) {
                assertThat(headers(frames.get(i)))
                        .as("%s, frame %d: %s", file.getFileName(), i + 1, lines.get(i))
                        .isEqualTo(told.length());
                compared.merge(told.last(), 1, Integer::sum);
            }
        }
        return compared;
    }

    /** What tshark says of a frame. @param last name of its last header */
    private record Told(String last, int length) {}

    /** Where the headers end by what tshark read in them, outermost first; null where it has no simple word for that. */
    private static @Nullable Told told(String line) {
        String[] fields = line.split("\\|", -1);
        int tags = Math.min(2, fields[1].isEmpty() ? 0 : fields[1].split(",", -1).length);
        int link = 14 + 4 * tags;
        String inside = fields[0].replaceFirst("^eth(:ethertype|:vlan)*:?", "");
        if (inside.startsWith("ieee8021ad")) {
            return null;
        }
        if (inside.equals("arp") || inside.startsWith("arp:")) {
            return new Told("arp", link + 28);
        }
        if (inside.equals("ip") || inside.startsWith("ip:")) {
            int network = link + number(fields[2]);
            if (number(fields[4]) != 0) {
                return new Told("ip", network);
            }
            return transport(fields, number(fields[3]), network, "ip");
        }
        if (inside.equals("ipv6") || inside.startsWith("ipv6:")) {
            int next = number(fields[5]);
            boolean chain = List.of(0, 43, 44, 51, 60).contains(next);
            return chain ? null : transport(fields, next, link + 40, "ipv6");
        }
        return new Told("none", link);
    }

    private static @Nullable Told transport(String[] fields, int protocol, int network, String name) {
        boolean six = name.equals("ipv6");
        return switch (protocol) {
            case 6 -> new Told("tcp", network + number(fields[6]));
            case 17 -> new Told("udp", network + 8);
            case 50, 51, 132, 136 -> null;
            case 1 -> six ? new Told(name, network) : new Told("icmp", network + icmp(fields[7], 0, 3, 5, 8, 11, 12));
            case 58 ->
                six ? new Told("icmpv6", network + icmp(fields[8], 1, 2, 3, 4, 128, 129)) : new Told(name, network);
            default -> new Told(name, network);
        };
    }

    private static int icmp(String told, Integer... types) {
        return List.of(types).contains(number(told)) ? 8 : 4;
    }

    /** The first of a field's values. */
    private static int number(String field) {
        String first = field.split(",", -1)[0];
        return first.isEmpty() ? 0 : Integer.decode(first);
    }

    private static int headers(byte[] frame) {
        return FrameHeaders.length(new FrameHeaders.Bytes() {
            @Override
            public int length() {
                return frame.length;
            }

            @Override
            public int unsignedByte(int index) {
                return Byte.toUnsignedInt(frame[index]);
            }
        });
    }

    private static List<byte[]> captured() throws IOException {
        List<byte[]> frames = new ArrayList<>();
        for (Path file : captures()) {
            frames.addAll(frames(file));
        }
        return frames;
    }

    private static List<Path> captures() throws IOException {
        if (CAPTURES.isEmpty()) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(Path.of(CAPTURES).toAbsolutePath())) {
            return files.filter(file -> file.toString().endsWith(".pcap"))
                    .sorted()
                    .toList();
        }
    }

    private static List<byte[]> frames(Path file) throws IOException {
        ByteBuffer pcap = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        pcap.order(pcap.getInt(0) == 0xa1b2c3d4 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        assertThat(pcap.getInt(20)).as("%s is not of Ethernet frames", file).isEqualTo(ETHERNET);
        List<byte[]> frames = new ArrayList<>();
        for (int at = PCAP_HEAD_BYTES; at < pcap.capacity(); ) {
            byte[] frame = new byte[pcap.getInt(at + 8)];
            pcap.get(at + PCAP_RECORD_HEAD_BYTES, frame);
            frames.add(frame);
            at += PCAP_RECORD_HEAD_BYTES + frame.length;
        }
        return frames;
    }

    private static byte[] pcap(List<byte[]> frames) {
        int bytes = frames.stream()
                .mapToInt(frame -> PCAP_RECORD_HEAD_BYTES + frame.length)
                .sum();
        ByteBuffer pcap = ByteBuffer.allocate(PCAP_HEAD_BYTES + bytes).order(ByteOrder.LITTLE_ENDIAN);
        pcap.putInt(0xa1b2c3d4).putShort((short) 2).putShort((short) 4).putLong(0);
        pcap.putInt(262_144).putInt(ETHERNET);
        for (byte[] frame : frames) {
            pcap.putLong(1_700_000_000L)
                    .putInt(frame.length)
                    .putInt(frame.length)
                    .put(frame);
        }
        byte[] made = new byte[pcap.capacity()];
        pcap.get(0, made);
        return made;
    }
}
