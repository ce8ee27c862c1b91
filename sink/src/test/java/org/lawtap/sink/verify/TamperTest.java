package org.lawtap.sink.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is changed in evidence is found, and the finding says where. */
class TamperTest {
    private static final int ENHANCED_PACKET = 6;

    /** Files of which nothing but their hash is looked at. */
    private static final Set<String> ONLY_LISTED = Set.of("case.jsonld", "custody.jsonl", "SHA256SUMS");

    /** What the nodes' and approvers' signatures alone show, without a word of the sink. */
    private static final Set<FindingCode> WITHOUT_THE_SINK = EnumSet.complementOf(EnumSet.of(
            FindingCode.SEAL_INVALID,
            FindingCode.SEAL_MISSING,
            FindingCode.CMS_INVALID,
            FindingCode.TIMESTAMP_INVALID,
            FindingCode.STATEMENT_INVALID));

    private final Signatures signatures = new RememberedSignatures();

    @TempDir
    Path root = Path.of("");

    @Test
    void everyChangeOfAFileIsFoundAndNamed() throws Exception {
        Tampering tampering = new Tampering(SampleEvidence.write(root), root, signatures);
        assertThat(tampering.findings(Map.of())).isEmpty();
        List<Tampering.Case> cases = new ArrayList<>();
        List<Tampering.Case> ofListed = new ArrayList<>();
        tampering.original().forEach((name, bytes) -> {
            flips(ONLY_LISTED.contains(name) ? ofListed : cases, name, bytes);
            cuts(cases, name, bytes);
        });
        swaps(cases, tampering.original());
        addFiles(cases);
        cases.parallelStream().forEach(tampering::check);
        ofListed.parallelStream().forEach(tampering::checkListed);
        System.out.println(tampering.table());
        assertThat(tampering.missed()).isEmpty();
    }

    /** Whoever has the sink's keys can make every list and signature of the sink anew, but none of the nodes'. */
    @Test
    void everyChangeOfAnInsiderIsFound() throws Exception {
        Tampering tampering = new Tampering(SampleEvidence.write(root), root, new InsidersSignatures(signatures));
        assertThat(tampering.findings(Insider.mend(tampering.original(), Map.of())))
                .isEmpty();
        List<Tampering.Case> cases = new ArrayList<>();
        tampering.original().forEach((name, bytes) -> {
            if (name.endsWith(".pcapng")) {
                flips(cases, name, bytes);
                packetBlocks(cases, name, bytes);
            } else if (name.endsWith(".ledger")) {
                lines(cases, name, bytes);
            }
        });
        cases.parallelStream()
                .map(one -> new Tampering.Case(
                        "insider: " + one.kind(),
                        one.what(),
                        () -> Insider.mend(tampering.original(), one.changes().get())))
                .forEach(one -> tampering.check(one, WITHOUT_THE_SINK));
        System.out.println(tampering.table());
        assertThat(tampering.missed()).isEmpty();
    }

    private static String kind(String name) {
        return name.replaceFirst("^[0-9a-f-]{36}-\\d+\\.", "*.");
    }

    private static void flips(List<Tampering.Case> cases, String name, byte[] bytes) {
        for (int at = 0; at < bytes.length; at++) {
            int flip = at;
            cases.add(new Tampering.Case("one bit of a byte of " + kind(name), name + " byte " + at, () -> {
                byte[] flipped = bytes.clone();
                // Another bit at each byte, so that every one of the eight is tried.
                flipped[flip] ^= (byte) (1 << flip % 8);
                return changes(name, flipped);
            }));
        }
    }

    private static void cuts(List<Tampering.Case> cases, String name, byte[] bytes) {
        for (int part = 0; part < 8 && bytes.length > 0; part++) {
            int length = bytes.length * part / 8;
            cases.add(one("a file cut short", name + " to " + length, name, Arrays.copyOf(bytes, length)));
        }
        if (bytes.length > 0) {
            cases.add(one("a file cut short", name + " by 1", name, Arrays.copyOf(bytes, bytes.length - 1)));
            cases.add(one("a file taken away", name, name, null));
        }
        cases.add(one("a file with a byte more", name, name, Arrays.copyOf(bytes, bytes.length + 1)));
    }

    private static void swaps(List<Tampering.Case> cases, Map<String, byte[]> files) {
        List<String> names = List.copyOf(files.keySet());
        for (int i = 0; i < names.size(); i++) {
            for (int j = i + 1; j < names.size(); j++) {
                Map<String, byte @Nullable []> changes = new LinkedHashMap<>();
                changes.put(names.get(i), files.get(names.get(j)));
                changes.put(names.get(j), files.get(names.get(i)));
                cases.add(new Tampering.Case(
                        "two files exchanged", names.get(i) + " and " + names.get(j), () -> changes));
            }
        }
    }

    private static void addFiles(List<Tampering.Case> cases) {
        for (String name : List.of(
                "notes.txt",
                SampleEvidence.WARRANT + "-000003.pcapng",
                SampleEvidence.WARRANT + "-000003.ledger",
                SampleEvidence.WARRANT + "-999999.pcapng",
                "seal.json.old")) {
            cases.add(one("a file added", name, name, new byte[] {1}));
        }
    }

    private static void lines(List<Tampering.Case> cases, String name, byte[] bytes) {
        List<String> lines = new String(bytes, StandardCharsets.UTF_8).lines().toList();
        for (int i = 1; i < lines.size(); i++) {
            String line = lines.get(i);
            boolean vouched = !line.contains("\"t\":\"again\"") && !line.contains("\"t\":\"refused\"");
            int at = i;
            if (vouched) {
                edit(cases, "a ledger's line taken out", name, lines, at, List.of());
                edit(cases, "a ledger's line twice", name, lines, at, List.of(line, line));
                String leaf = "\"l\":\"" + "0".repeat(64) + "\"";
                String head = line.substring(0, line.indexOf(",\"t\""));
                edit(
                        cases,
                        "a record said to be refused",
                        name,
                        lines,
                        at,
                        List.of(head + ",\"t\":\"refused\"," + leaf + ",\"why\":\"UNREADABLE\"}"));
                edit(
                        cases,
                        "a record said to be filed before",
                        name,
                        lines,
                        at,
                        List.of(head + ",\"t\":\"again\",\"s\":\"" + SampleEvidence.A + "\"," + leaf + "}"));
            }
            if (line.contains("\"t\":\"packets\"")) {
                edit(
                        cases,
                        "a record said to be partial",
                        name,
                        lines,
                        at,
                        List.of(line.replace("packets", "partial").replaceFirst(",\"f\":.*", "}")));
            }
            if (i + 1 < lines.size()) {
                List<String> swapped = new ArrayList<>(lines);
                swapped.set(i, lines.get(i + 1));
                swapped.set(i + 1, line);
                cases.add(one("two lines of a ledger exchanged", name + " line " + (i + 1), name, join(swapped)));
            }
        }
    }

    private static void edit(
            List<Tampering.Case> cases, String kind, String name, List<String> lines, int at, List<String> instead) {
        List<String> edited = new ArrayList<>(lines);
        edited.remove(at);
        edited.addAll(at, instead);
        cases.add(one(kind, name + " line " + (at + 1), name, join(edited)));
    }

    private static byte[] join(List<String> lines) {
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static void packetBlocks(List<Tampering.Case> cases, String name, byte[] bytes) {
        List<byte[]> blocks = blocks(bytes);
        List<Integer> packets = IntStream.range(0, blocks.size())
                .filter(i -> ByteBuffer.wrap(blocks.get(i))
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .getInt(0)
                        == ENHANCED_PACKET)
                .boxed()
                .toList();
        for (int i : packets) {
            List<byte[]> without = new ArrayList<>(blocks);
            without.remove(i);
            cases.add(one("a packet taken out", name + " block " + i, name, join(without.toArray(byte[][]::new))));
            List<byte[]> twice = new ArrayList<>(blocks);
            twice.add(i, blocks.get(i));
            cases.add(one("a packet twice", name + " block " + i, name, join(twice.toArray(byte[][]::new))));
            for (int j : packets) {
                if (j > i) {
                    List<byte[]> swapped = new ArrayList<>(blocks);
                    swapped.set(i, blocks.get(j));
                    swapped.set(j, blocks.get(i));
                    cases.add(one(
                            "two packets exchanged",
                            name + " blocks " + i + " and " + j,
                            name,
                            join(swapped.toArray(byte[][]::new))));
                }
            }
        }
    }

    private static List<byte[]> blocks(byte[] bytes) {
        List<byte[]> blocks = new ArrayList<>();
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < bytes.length; at += file.getInt(at + 4)) {
            blocks.add(Arrays.copyOfRange(bytes, at, at + file.getInt(at + 4)));
        }
        return blocks;
    }

    private static byte[] join(byte[]... blocks) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] block : blocks) {
            out.writeBytes(block);
        }
        return out.toByteArray();
    }

    private static Tampering.Case one(String kind, String what, String name, byte @Nullable [] bytes) {
        return new Tampering.Case(kind, what, () -> changes(name, bytes));
    }

    private static Map<String, byte @Nullable []> changes(String name, byte @Nullable [] bytes) {
        Map<String, byte @Nullable []> changes = new LinkedHashMap<>();
        changes.put(name, bytes);
        return changes;
    }
}
