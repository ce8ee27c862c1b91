package org.lawtap.sink.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.lawtap.sink.evidence.Log.A;
import static org.lawtap.sink.evidence.Log.B;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.sink.pcapng.PcapngException;
import org.lawtap.sink.pcapng.PcapngReader;

class EvidenceSeriesTest {
    private static final long ROTATE = 1 << 20;

    private final List<String> told = new ArrayList<>();
    private final List<EvidenceSeries.FilePair> complete = new ArrayList<>();
    private final EvidenceSeries.Listener listener = new EvidenceSeries.Listener() {
        @Override
        public void filed(SessionId session, String file, long packets, long missing, Checkpoint last) {
            told.add("filed " + (session.equals(A) ? "A" : "B") + " in " + file.substring(37) + ": " + packets
                    + " packets, " + missing + " missing");
        }

        @Override
        public void continued(SessionId session, SessionId previous, long notFiled, boolean sameInterface) {
            told.add((session.equals(A) ? "A" : "B") + " continues " + (previous.equals(A) ? "A" : "B") + ": "
                    + notFiled + (sameInterface ? " between" : " before"));
        }

        @Override
        public void refused(@Nullable SessionId session, long offset, Refusal why) {
            told.add("refused " + why);
        }

        @Override
        public void integrity(SessionId session, long from, long to, String problem) {
            // The records of these tests are not chained; SessionChainTest is about those that are.
        }

        @Override
        public void complete(EvidenceSeries.FilePair files) {
            complete.add(files);
        }
    };

    @TempDir
    Path root = Path.of("");

    @Test
    void writesEachPacketOnce() throws Exception {
        write(ROTATE, Log.twoSessions(64));
        assertThat(sequences(file(1), "a")).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
        assertThat(sequences(file(1), "b")).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
    }

    @Test
    void tellsWhatLiesBetweenASessionThatEndedAndTheNext() throws Exception {
        write(
                ROTATE,
                List.of(Log.opened(A), Log.batch(A, 0, 1, 2), Log.ended(A, 0, 3, 0, 3), Log.continued(B, A, 7, 10)));
        assertThat(told).contains("B continues A: 7 between");
    }

    @Test
    void tellsWhatLiesBetweenASessionThatWasCutOffAndTheNext() throws Exception {
        write(
                ROTATE,
                List.of(Log.opened(A), Log.batch(A, 0, 1, 2), Log.running(A, 0, 2, 1), Log.continued(B, A, 7, 10)));
        assertThat(told).containsExactly("B continues A: 6 between");
    }

    @Test
    void tellsWhatTheNextInterfaceHadCarriedBeforeItsSession() throws Exception {
        write(ROTATE, List.of(Log.opened(A), Log.batch(A, 0, 1, 2), Log.continued(B, A, 8, 10)));
        assertThat(told).containsExactly("B continues A: 10 before");
    }

    @Test
    void namesThePodsAddressesWhereACheckpointDoesAndInEachLaterFile() throws Exception {
        write(
                2000,
                List.of(
                        Log.opened(A),
                        Log.batch(A, 0, 1, 2),
                        Log.running(A, 0, 3, 0),
                        Log.running(A, 1, 3, 0),
                        Log.batchOf(2000, A, 3),
                        Log.batchOf(2000, A, 4),
                        Log.ended(A, 2, 5, 0)));
        assertThat(named(file(1))).containsExactly("10.0.0.7 web-a.shop", "10.0.0.8 web-a.shop");
        assertThat(named(file(2))).containsExactly("10.0.0.7 web-a.shop", "10.0.0.8 web-a.shop");
    }

    private static List<String> named(Path file) throws IOException, PcapngException {
        try (PcapngReader reader = PcapngReader.open(file)) {
            while (reader.next() != null) {
                // Only the names count.
            }
            return reader.names().stream()
                    .map(name -> address(name.address()) + " " + String.join(",", name.names()))
                    .toList();
        }
    }

    private static String address(ByteBuffer bytes) {
        return bytes.get(0) + "." + bytes.get(1) + "." + bytes.get(2) + "." + bytes.get(3);
    }

    @Test
    void tellsEachSessionOnceWhenItIsFiled() throws Exception {
        write(ROTATE, Log.twoSessions(64));
        assertThat(told)
                .containsExactly(
                        "filed A in 000001.pcapng: 6 packets, 0 missing",
                        "filed B in 000001.pcapng: 11 packets, 0 missing");
    }

    @Test
    void aBatchThatOverlapsAddsOnlyWhatIsNew() throws Exception {
        write(ROTATE, List.of(Log.opened(A), Log.batch(A, 0, 1, 2), Log.batch(A, 1, 2, 3)));
        assertThat(sequences(file(1), "a")).containsExactly(0L, 1L, 2L, 3L);
    }

    @ParameterizedTest
    @ValueSource(longs = {1 << 20, 1 << 16})
    void aReplayOntoItsOwnFilesChangesNothing(long rotateBytes) throws Exception {
        write(rotateBytes, Log.twoSessions(12_000));
        Map<String, String> before = digests(root);
        write(rotateBytes, Log.twoSessions(12_000));
        assertThat(digests(root)).isEqualTo(before);
    }

    @Test
    void aRebuildElsewhereGivesTheSameBytes(@TempDir Path other) throws Exception {
        write(1 << 16, Log.twoSessions(12_000));
        write(other, 1 << 16, Log.twoSessions(12_000));
        assertThat(digests(other)).isEqualTo(digests(root)).hasSize(3);
    }

    @Test
    void theBytesDoNotDependOnHowOftenItIsFlushed(@TempDir Path other) throws Exception {
        write(1 << 16, Log.twoSessions(12_000));
        try (EvidenceSeries series = new EvidenceSeries(EvidenceFiles.open(other, Log.WARRANT), 1 << 16, listener)) {
            long offset = 0;
            for (PacketEvent event : Log.twoSessions(12_000)) {
                series.accept(offset++, PacketCodec.encode(event));
                series.flush();
            }
        }
        assertThat(digests(other)).isEqualTo(digests(root));
    }

    @Test
    void completesATornTailToTheSameBytes() throws Exception {
        List<PacketEvent> log = Log.twoSessions(64);
        write(ROTATE, log);
        byte[] whole = Files.readAllBytes(file(1));
        for (int length = 0; length < whole.length; length += 37) {
            Files.write(file(1), Arrays.copyOf(whole, length));
            write(ROTATE, log);
            assertThat(Files.readAllBytes(file(1))).as("torn at %d", length).isEqualTo(whole);
        }
    }

    @Test
    void refusesAFileWithAFlippedByteAndLeavesItAsItIs() throws Exception {
        List<PacketEvent> log = Log.twoSessions(64);
        write(ROTATE, log);
        byte[] whole = Files.readAllBytes(file(1));
        for (int at : new int[] {0, 50, whole.length / 2, whole.length - 1}) {
            byte[] flipped = whole.clone();
            flipped[at] ^= 1;
            Files.write(file(1), flipped);
            assertThatExceptionOfType(EvidenceException.class)
                    .isThrownBy(() -> write(ROTATE, log))
                    .withMessageContaining("differs from the log at byte " + at);
            assertThat(Files.readAllBytes(file(1))).isEqualTo(flipped);
        }
    }

    @Test
    void refusesAFileThatIsLongerThanTheLogSays() throws Exception {
        write(1 << 16, Log.twoSessions(12_000));
        byte[] whole = Files.readAllBytes(file(1));
        Files.write(file(1), Arrays.copyOf(whole, whole.length + 4));
        assertThatExceptionOfType(EvidenceException.class)
                .isThrownBy(() -> write(1 << 16, Log.twoSessions(12_000)))
                .withMessageContaining("4 bytes more than the log says");
    }

    @Test
    void aSequenceGapIsToldAtTheNextPacket() throws Exception {
        write(ROTATE, List.of(Log.opened(A), Log.batch(A, 0), Log.batch(A, 4, 5), Log.ended(A, 0, 8, 0)));
        assertThat(dropCounts(file(1))).containsExactly(0L, 3L, 0L);
        assertThat(told).containsExactly("filed A in 000001.pcapng: 3 packets, 5 missing");
    }

    @Test
    void kernelDropsOfACheckpointAreToldAtTheNextPacketOnce() throws Exception {
        write(
                ROTATE,
                List.of(
                        Log.opened(A),
                        Log.batch(A, 0),
                        Log.running(A, 0, 1, 4),
                        Log.running(A, 1, 1, 6),
                        Log.batch(A, 1),
                        Log.running(A, 2, 2, 6),
                        Log.batch(A, 2)));
        assertThat(dropCounts(file(1))).containsExactly(0L, 6L, 0L);
    }

    @Test
    void refusesAPacketOfASessionThatWasNotOpened() throws Exception {
        write(ROTATE, List.of(Log.opened(A), Log.batch(B, 0), Log.batch(A, 0)));
        assertThat(told).containsExactly("refused UNKNOWN_SESSION");
        assertThat(sequences(file(1), "a")).containsExactly(0L);
    }

    @Test
    void tellsOfANewPacketAfterTheEndOfItsSession() throws Exception {
        write(ROTATE, List.of(Log.opened(A), Log.batch(A, 0), Log.ended(A, 0, 1, 0), Log.batch(A, 1)));
        assertThat(told).hasSize(2).last().asString().startsWith("refused");
    }

    @Test
    void refusesASessionOfAnotherWarrant() throws Exception {
        try (EvidenceSeries series =
                new EvidenceSeries(EvidenceFiles.open(root, WarrantId.random()), ROTATE, listener)) {
            series.accept(0, PacketCodec.encode(Log.opened(A)));
        }
        assertThat(told).hasSize(1).first().asString().startsWith("refused");
    }

    /** Otherwise one record of one warrant ends every sink that reads it, again and again. */
    @Test
    void refusesASessionThatPcapngCantDescribeAndGoesOn() throws Exception {
        write(ROTATE, List.of(Log.opened(B, "x".repeat(0x10000)), Log.opened(A), Log.batch(A, 0)));
        assertThat(told).hasSize(1).first().asString().startsWith("refused");
        assertThat(sequences(file(1), "a")).containsExactly(0L);
    }

    /** Pins every byte that our format 2 makes of a log: a change here is a new format. */
    @Test
    void theBytesOfAWholeSeriesArePinned() throws Exception {
        write(1 << 16, Log.twoSessions(12_000));
        assertThat(digests(root).values())
                .containsExactly(
                        "2917779fabeeef434a02af10fe55a126e0ae744f325b8e30987999ddcdd81766",
                        "738d9c32113bb567484202cb64a89ba762e31e29d6c36c6e0e5cf18309b830f4",
                        "58fcfafe50e6b505b55fbec4a77be277fb6514bd33ae3f5f5fd4701b9165f286");
    }

    @Test
    void everyFileOpensByItselfAndTogetherTheyHoldEverything() throws Exception {
        write(1 << 16, Log.twoSessions(12_000));
        List<Long> all = new ArrayList<>();
        for (int number = 1; number <= 3; number++) {
            all.addAll(sequences(file(number), "b"));
        }
        assertThat(all).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
    }

    @Test
    void aRotationDescribesOnlyRunningSessionsAgain() throws Exception {
        write(1 << 16, Log.twoSessions(12_000));
        assertThat(interfaces(file(1))).containsExactly("vetha", "vethb");
        assertThat(interfaces(file(2))).containsExactly("vetha", "vethb");
        assertThat(interfaces(file(3))).containsExactly("vethb");
    }

    @Test
    void theLedgerSaysWhatEachRecordBecame() throws Exception {
        write(
                ROTATE,
                List.of(
                        Log.batch(A, 0),
                        Log.opened(A),
                        Log.batch(A, 0, 1),
                        Log.batch(A, 0, 1),
                        Log.batch(A, 1, 2),
                        Log.batch(A, 5, 7),
                        Log.ended(A, 0, 3, 0),
                        Log.batch(A, 3)));
        List<String> lines = Files.readAllLines(ledger(1));
        assertThat(lines.getFirst())
                .isEqualTo("{\"form\":\"lawtap ledger 1\",\"warrant\":\"" + Log.WARRANT
                        + "\",\"topic\":\"lawtap.packets." + Log.WARRANT + "\",\"number\":1,\"from\":0}");
        assertThat(lines.stream()
                        .skip(1)
                        .map(line -> line.replaceAll("\"(s|l|v)\":\"[^\"]*\",?", ""))
                        .toList())
                .containsExactly(
                        "{\"o\":0,\"t\":\"refused\",\"why\":\"UNKNOWN_SESSION\"}",
                        "{\"o\":1,\"t\":\"opened\",}",
                        "{\"o\":2,\"t\":\"packets\",\"n\":0,\"c\":2,}",
                        "{\"o\":3,\"t\":\"again\",}",
                        "{\"o\":4,\"t\":\"partial\",\"n\":2,\"c\":1,}",
                        "{\"o\":5,\"t\":\"refused\",\"why\":\"DISORDERED\"}",
                        "{\"o\":6,\"t\":\"checkpoint\",}",
                        "{\"o\":7,\"t\":\"refused\",\"why\":\"AFTER_END\"}");
    }

    @Test
    void whatTheLogHoldsThatIsNoRecordIsLeftOutAndTold() throws Exception {
        try (EvidenceSeries series = new EvidenceSeries(EvidenceFiles.open(root, Log.WARRANT), ROTATE, listener)) {
            series.accept(0, null);
            series.accept(1, new byte[] {1, 2, 3});
            series.accept(2, PacketCodec.encode(Log.opened(A)));
            series.accept(5, PacketCodec.encode(Log.batch(A, 0)));
            series.finish();
        }
        assertThat(told).containsExactly("refused UNREADABLE", "refused UNREADABLE");
        assertThat(Files.readAllLines(ledger(1))).hasSize(5);
        assertThat(complete).hasSize(1);
        EvidenceSeries.FilePair pair = complete.getFirst();
        assertThat(pair.from()).isZero();
        assertThat(pair.next()).isEqualTo(6);
        assertThat(pair.sessions()).containsExactly(new EvidenceSeries.Filed(A, 1, 0, 0));
        assertThat(pair.capture().bytes()).isEqualTo(Files.size(file(1)));
        assertThat(pair.capture().sha256())
                .isEqualTo(digests(root).values().iterator().next());
    }

    @Test
    void aRecordsPacketsAreAllInOneFile() throws Exception {
        write(1 << 16, Log.twoSessions(12_000));
        for (int number = 1; number <= 3; number++) {
            long packets = 0;
            for (String line : Files.readAllLines(ledger(number))) {
                if (line.contains("\"t\":\"packets\"")) {
                    packets += Long.parseLong(line.replaceAll(".*\"c\":(\\d+).*", "$1"));
                }
            }
            assertThat(packets)
                    .isEqualTo(sequences(file(number), "a").size()
                            + sequences(file(number), "b").size());
        }
    }

    @Test
    void twoSinksNeverWorkOnOneWarrant() throws Exception {
        try (EvidenceFiles first = EvidenceFiles.open(root, Log.WARRANT)) {
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> EvidenceFiles.open(root, Log.WARRANT))
                    .withMessageContaining("another sink");
            assertThat(first.length()).isZero();
        }
        EvidenceFiles.open(root, Log.WARRANT).close();
    }

    @Test
    void anUnwrittenWarrantHasNoFile() throws Exception {
        write(ROTATE, List.of());
        assertThat(digests(root)).isEmpty();
    }

    @Test
    void appendsPastWhatIsThere() throws Exception {
        try (EvidenceFiles files = EvidenceFiles.open(root, Log.WARRANT)) {
            files.next();
            files.append(ByteBuffer.wrap(new byte[] {1, 2, 3, 4}));
        }
        try (EvidenceFiles files = EvidenceFiles.open(root, Log.WARRANT)) {
            files.next();
            files.append(ByteBuffer.wrap(new byte[] {1, 2}));
            files.append(ByteBuffer.wrap(new byte[] {3, 4, 5, 6}));
            assertThat(files.length()).isEqualTo(6);
            assertThat(files.name()).isEqualTo(Log.WARRANT + "-000001.pcapng");
        }
        assertThat(Files.readAllBytes(file(1))).containsExactly(1, 2, 3, 4, 5, 6);
    }

    private void write(long rotateBytes, List<PacketEvent> log) throws IOException, EvidenceException {
        write(root, rotateBytes, log);
    }

    private void write(Path directory, long rotateBytes, List<PacketEvent> log) throws IOException, EvidenceException {
        try (EvidenceSeries series =
                new EvidenceSeries(EvidenceFiles.open(directory, Log.WARRANT), rotateBytes, listener)) {
            long offset = 0;
            for (PacketEvent event : log) {
                series.accept(offset++, PacketCodec.encode(event));
            }
            series.flush();
        }
    }

    private Path file(int number) {
        return root.resolve(Log.WARRANT.toString()).resolve("%s-%06d.pcapng".formatted(Log.WARRANT, number));
    }

    private Path ledger(int number) {
        return root.resolve(Log.WARRANT.toString()).resolve("%s-%06d.ledger".formatted(Log.WARRANT, number));
    }

    private static List<Long> sequences(Path file, String podSuffix) throws IOException, PcapngException {
        List<Long> ids = new ArrayList<>();
        try (PcapngReader reader = PcapngReader.open(file)) {
            for (PcapngReader.Frame frame = reader.next(); frame != null; frame = reader.next()) {
                if (reader.interfaces()
                        .get(frame.interfaceId())
                        .description()
                        .startsWith("shop/web-" + podSuffix + " uid=uid-" + podSuffix + " ")) {
                    ids.add(frame.id());
                }
            }
        }
        return ids;
    }

    private static List<Long> dropCounts(Path file) throws IOException, PcapngException {
        List<Long> dropped = new ArrayList<>();
        try (PcapngReader reader = PcapngReader.open(file)) {
            for (PcapngReader.Frame frame = reader.next(); frame != null; frame = reader.next()) {
                dropped.add(frame.dropped());
            }
        }
        return dropped;
    }

    private static List<String> interfaces(Path file) throws IOException, PcapngException {
        try (PcapngReader reader = PcapngReader.open(file)) {
            PcapngReader.Frame frame = reader.next();
            while (frame != null) {
                frame = reader.next();
            }
            return reader.interfaces().stream()
                    .map(PcapngReader.Described::name)
                    .toList();
        }
    }

    private static Map<String, String> digests(Path directory) throws IOException, NoSuchAlgorithmException {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".pcapng")).toList()) {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
                digests.put(
                        directory.relativize(file).toString(), HexFormat.of().formatHex(digest));
            }
        }
        return digests;
    }
}
