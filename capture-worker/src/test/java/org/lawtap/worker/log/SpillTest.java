package org.lawtap.worker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.StartException;

class SpillTest {
    private static final WarrantId WARRANT = warrant(1);
    private static final WarrantId OTHER = warrant(2);
    private static final SessionId SESSION = SessionId.parse("00000000-0000-0000-0000-0000000000aa");
    private static final Spill.Limits LIMITS = new Spill.Limits(1 << 20, 1 << 20, 1 << 16);

    private final AtomicLong time = new AtomicLong();

    @TempDir
    private Path directory;

    @Test
    void givesBackInOrderWhatItWasGiven() throws Exception {
        try (Spill spill = open()) {
            append(spill, WARRANT, "a", "b", "", "c");
            append(spill, OTHER, "x");
            assertThat(readAll(spill, WARRANT)).containsExactly("a", "b", "", "c");
            assertThat(readAll(spill, OTHER)).containsExactly("x");
        }
    }

    @Test
    void givesBackAgainWhatWasNotAcknowledged() throws Exception {
        try (Spill spill = open()) {
            append(spill, WARRANT, "a", "b", "c");
            WarrantSpill warrant = spill.of(WARRANT);
            Place first = warrant.read().place();
            Place second = warrant.read().place();
            warrant.acknowledged(first);
            warrant.rewind(second);
            assertThat(readAll(spill, WARRANT)).containsExactly("b", "c");
        }
    }

    @Test
    void isFoundByTheNextProcessWithItsSessions() throws Exception {
        try (Spill spill = open()) {
            append(spill, WARRANT, "a", "b");
        }
        try (Spill spill = open()) {
            assertThat(spill.takeRecovered()).singleElement().satisfies(found -> {
                assertThat(found.warrant()).isEqualTo(WARRANT);
                assertThat(found.records()).isEqualTo(2);
                assertThat(found.tornBytes()).isZero();
                assertThat(found.damaged()).isNull();
            });
            assertThat(opened(spill.of(WARRANT).read()).session()).isEqualTo(SESSION);
            append(spill, WARRANT, "c");
            assertThat(readAll(spill, WARRANT)).containsExactly("b", "c");
        }
    }

    @Test
    void deletesASegmentOnlyWhenAllOfItIsAcknowledged() throws Exception {
        try (Spill spill = open(new Spill.Limits(1 << 20, 1 << 20, 200))) {
            append(spill, WARRANT, "a".repeat(50), "b".repeat(50), "c".repeat(50));
            assertThat(segments()).hasSize(3);
            WarrantSpill warrant = spill.of(WARRANT);
            Place first = warrant.read().place();
            Place second = warrant.read().place();
            warrant.acknowledged(first);
            assertThat(segments()).hasSize(2);
            warrant.acknowledged(second);
            warrant.acknowledged(warrant.read().place());
            assertThat(warrant.bytes()).isZero();
            assertThat(directory.resolve(WARRANT.toString())).doesNotExist();
        }
    }

    @Test
    void isReadableByItsOwnerOnly() throws Exception {
        try (Spill spill = open()) {
            append(spill, WARRANT, "a");
            Path warrant = directory.resolve(WARRANT.toString());
            for (Path path : List.of(directory, warrant)) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .isEqualTo("rwx------");
            }
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(segments().getFirst())))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void writesNothingReadableAndNothingTwiceAlike() throws Exception {
        try (Spill spill = open(new Spill.Limits(1 << 20, 1 << 20, 1))) {
            append(spill, WARRANT, "a secret", "a secret");
        }
        byte[] one = Files.readAllBytes(segments().get(0));
        byte[] other = Files.readAllBytes(segments().get(1));
        assertThat(new String(one, StandardCharsets.ISO_8859_1)).doesNotContain("secret");
        int sealed = SpillFile.HEADER_BYTES + SpillFile.FRAME_BYTES;
        assertThat(Arrays.copyOfRange(one, sealed, one.length))
                .isNotEqualTo(Arrays.copyOfRange(other, sealed, other.length));
    }

    @Test
    void sealsEqualRecordsOfOneSegmentDifferently() throws Exception {
        try (Spill spill = open()) {
            append(spill, WARRANT, "a secret", "a secret");
        }
        byte[] segment = Files.readAllBytes(segments().getFirst());
        int sealed = SegmentCipher.sealedBytes(8) - SegmentCipher.TAG_BYTES;
        int first = SpillFile.HEADER_BYTES + SpillFile.FRAME_BYTES;
        int second = first + SegmentCipher.sealedBytes(8) + SpillFile.FRAME_BYTES;
        assertThat(Arrays.copyOfRange(segment, first, first + sealed))
                .isNotEqualTo(Arrays.copyOfRange(segment, second, second + sealed));
    }

    @Test
    void countsADamagedRecordOnceHoweverOftenItIsRead() throws Exception {
        try (Spill spill = open()) {
            append(spill, WARRANT, "first", "second");
            flip(SpillFile.HEADER_BYTES + SpillFile.FRAME_BYTES);
            WarrantSpill warrant = spill.of(WARRANT);
            warrant.rewind(warrant.read().place());
            warrant.acknowledged(warrant.read().place());
            assertThat(warrant.acknowledged(warrant.read().place()))
                    .satisfies(damage ->
                            assertThat(damage.bytes()).isEqualTo(SpillFile.FRAME_BYTES + SegmentCipher.sealedBytes(5)));
        }
    }

    @Test
    void writesNoSegmentOfAnEarlierProcess() throws Exception {
        try (Spill spill = open()) {
            append(spill, WARRANT, "a");
        }
        byte[] before = Files.readAllBytes(segments().getFirst());
        try (Spill spill = open()) {
            append(spill, WARRANT, "b");
        }
        assertThat(segments()).hasSize(2);
        assertThat(segments().getFirst()).hasBinaryContent(before);
    }

    /** The last segment of a killed process may end anywhere. */
    @Test
    void findsEveryWholeRecordWhereverTheLastSegmentIsCut() throws Exception {
        List<String> records = List.of("first", "", "the third one", "4");
        try (Spill spill = open()) {
            append(spill, WARRANT, records.toArray(String[]::new));
        }
        byte[] whole = Files.readAllBytes(segments().getFirst());
        for (int length = 0; length <= whole.length; length++) {
            Files.createDirectories(directory.resolve(WARRANT.toString()));
            Files.write(directory.resolve(WARRANT.toString()).resolve("0000000000000001.spill"), cut(whole, length));
            int expected = 0;
            int end = SpillFile.HEADER_BYTES;
            for (String text : records) {
                end += SpillFile.FRAME_BYTES + SegmentCipher.sealedBytes(text.length());
                expected += end <= length ? 1 : 0;
            }
            try (Spill spill = open()) {
                for (Spill.Recovered found : spill.takeRecovered()) {
                    assertThat(found.damaged()).as("cut at %s", length).isNull();
                }
                assertThat(readAll(spill, WARRANT)).as("cut at %s", length).isEqualTo(records.subList(0, expected));
            }
            assertThat(damaged()).as("cut at %s", length).isEmpty();
        }
    }

    /** A changed byte costs the record it stands in, or the rest of its segment; it is told, and nothing else is delivered. */
    @Test
    void noticesEveryChangedByte() throws Exception {
        List<String> records = List.of("a", "bb", "ccc");
        try (Spill spill = open()) {
            append(spill, WARRANT, records.toArray(String[]::new));
        }
        byte[] whole = Files.readAllBytes(segments().getFirst());
        for (int at = 0; at < whole.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] changed = whole.clone();
                changed[at] ^= (byte) (1 << bit);
                Files.createDirectories(directory.resolve(WARRANT.toString()));
                Files.write(directory.resolve(WARRANT.toString()).resolve("0000000000000001.spill"), changed);
                boolean told;
                List<String> read;
                try (Spill spill = open()) {
                    told = spill.takeRecovered().stream().anyMatch(found -> found.damaged() != null);
                    read = new ArrayList<>();
                    WarrantSpill warrant = spill.of(WARRANT);
                    while (warrant.hasUnread()) {
                        WarrantSpill.Read next = warrant.read();
                        if (next.opened() != null) {
                            read.add(text(next.opened()));
                        }
                        told |= warrant.acknowledged(next.place()) != null;
                    }
                    assertThat(warrant.empty()).isTrue();
                }
                assertThat(told).as("byte %s, bit %s", at, bit).isTrue();
                assertThat(read.size()).as("byte %s, bit %s", at, bit).isLessThan(records.size());
                assertThat(read).isSubsetOf(records).isSorted();
                assertThat(damaged()).hasSize(1);
                Files.delete(damaged().getFirst());
            }
        }
    }

    @Test
    void goesOnBehindADamagedRecord() throws Exception {
        try (Spill spill = open()) {
            append(spill, WARRANT, "first", "second", "third");
            flip(SpillFile.HEADER_BYTES + 2 * SpillFile.FRAME_BYTES + SegmentCipher.sealedBytes(5));
            WarrantSpill warrant = spill.of(WARRANT);
            assertThat(text(opened(warrant.read()))).isEqualTo("first");
            WarrantSpill.Read second = warrant.read();
            assertThat(second.opened()).isNull();
            warrant.acknowledged(second.place());
            WarrantSpill.Read third = warrant.read();
            assertThat(text(opened(third))).isEqualTo("third");
            assertThat(warrant.acknowledged(third.place())).satisfies(damage -> {
                assertThat(damage.name()).isEqualTo("0000000000000001.spill");
                assertThat(damage.bytes()).isEqualTo(SpillFile.FRAME_BYTES + SegmentCipher.sealedBytes(6));
            });
        }
    }

    /** Where a length can't be trusted, nothing behind it can be found. */
    @Test
    void givesUpTheRestOfASegmentBehindAChangedLengthAndGoesOnWithTheNext() throws Exception {
        int frame = SpillFile.FRAME_BYTES + SegmentCipher.sealedBytes(1);
        try (Spill spill = open(new Spill.Limits(1 << 20, 1 << 20, SpillFile.HEADER_BYTES + 4L * frame))) {
            append(spill, WARRANT, "a", "b", "c", "d", "e");
            flip(SpillFile.HEADER_BYTES + frame);
            WarrantSpill warrant = spill.of(WARRANT);
            assertThat(text(opened(warrant.read()))).isEqualTo("a");
            WarrantSpill.Read rest = warrant.read();
            assertThat(rest.opened()).isNull();
            assertThat(warrant.acknowledged(rest.place()))
                    .satisfies(damage -> assertThat(damage.bytes()).isEqualTo(3L * frame));
            assertThat(readAll(spill, WARRANT)).containsExactly("e");
        }
    }

    @Test
    void hasNoRoomOnceItsQuotaIsUsed() throws Exception {
        int frame = SpillFile.FRAME_BYTES + SegmentCipher.sealedBytes(1);
        try (Spill spill = open(new Spill.Limits(1 << 20, SpillFile.HEADER_BYTES + 2L * frame, 1 << 16))) {
            append(spill, WARRANT, "a");
            assertThat(spill.of(WARRANT).hasRoom()).isTrue();
            append(spill, WARRANT, "b");
            assertThat(spill.of(WARRANT).hasRoom()).isFalse();
            assertThat(spill.of(OTHER).hasRoom()).isTrue();
        }
    }

    @Test
    void setsAsideWhatAnotherKeySealedAndServesTheOthers() throws Exception {
        try (Spill spill = open()) {
            append(spill, WARRANT, "a");
        }
        try (Spill spill = Spill.open(directory, key(2), LIMITS, time::get)) {
            assertThat(spill.takeRecovered()).singleElement().satisfies(found -> {
                assertThat(found.records()).isZero();
                assertThat(found.damaged()).isNotNull();
            });
            append(spill, WARRANT, "b");
            assertThat(readAll(spill, WARRANT)).containsExactly("b");
        }
        assertThat(damaged()).hasSize(1);
    }

    @Test
    void setsAsideAnotherWarrantsSegmentAndOneWithAnotherNumber() throws Exception {
        try (Spill spill = open()) {
            append(spill, WARRANT, "a");
        }
        Path mine = directory.resolve(WARRANT.toString());
        Path others = Files.createDirectory(directory.resolve(OTHER.toString()));
        Files.copy(mine.resolve("0000000000000001.spill"), others.resolve("0000000000000001.spill"));
        Files.copy(mine.resolve("0000000000000001.spill"), mine.resolve("0000000000000002.spill"));
        try (Spill spill = open()) {
            assertThat(readAll(spill, WARRANT)).containsExactly("a");
            assertThat(readAll(spill, OTHER)).isEmpty();
        }
        assertThat(damaged()).hasSize(2);
    }

    @Test
    void setsAsideStraysButNotWhatMkfsMakes() throws Exception {
        Files.createDirectories(directory.resolve("lost+found"));
        Files.writeString(directory.resolve("note"), "12345");
        Files.createDirectories(directory.resolve(WARRANT.toString()).resolve("sub"));
        Files.createSymbolicLink(
                directory.resolve(WARRANT.toString()).resolve("0000000000000007.spill"), Path.of("/etc/hostname"));
        try (Spill spill = open()) {
            assertThat(spill.takeRecovered()).hasSize(2);
            assertThat(readAll(spill, WARRANT)).isEmpty();
            append(spill, WARRANT, "a");
        }
        assertThat(directory.resolve("lost+found")).exists();
        assertThat(directory.resolve("note.damaged")).hasContent("12345");
        assertThat(Path.of("/etc/hostname")).exists();
        assertThat(directory.resolve(WARRANT.toString()).resolve("0000000000000008.spill"))
                .exists();
        try (Spill spill = open()) {
            assertThat(spill.takeRecovered())
                    .singleElement()
                    .satisfies(found -> assertThat(found.damaged()).isNull());
        }
    }

    @Test
    void countsWhatIsSetAside() throws Exception {
        Files.write(directory.resolve("note"), new byte[900]);
        try (Spill spill = open(new Spill.Limits(1000, 1000, 100))) {
            assertThat(spill.of(WARRANT).append(SESSION, new byte[100])).isNull();
        }
    }

    @Test
    void hasRoomForOneUpToItsQuotaAndLeavesTheOthersAsMuch() throws Exception {
        try (Spill spill = open(new Spill.Limits(10_000, 3000, 500))) {
            assertThat(fill(spill, WARRANT)).isBetween(2500L, 3000L);
            assertThat(fill(spill, OTHER)).isBetween(2500L, 3000L);
        }
        try (Spill spill = open(new Spill.Limits(20_000, 20_000, 500))) {
            long third = fill(spill, warrant(3));
            assertThat(third).isBetween(6500L, 7500L);
            assertThat(spill.of(warrant(4)).hasRoom()).isTrue();
        }
    }

    @Test
    void takesNothingWhenItIsOffButGivesWhatIsThere() throws Exception {
        try (Spill spill = open()) {
            append(spill, WARRANT, "a");
        }
        try (Spill spill = open(new Spill.Limits(0, 1000, 100))) {
            assertThat(spill.of(WARRANT).hasRoom()).isFalse();
            assertThat(spill.of(WARRANT).append(SESSION, new byte[1])).isNull();
            assertThat(readAll(spill, WARRANT)).containsExactly("a");
        }
        Path nowhere = directory.resolve("nowhere");
        try (Spill spill = Spill.open(nowhere, key(1), new Spill.Limits(0, 1000, 100), time::get)) {
            assertThat(spill.hasRoom()).isFalse();
        }
        assertThat(nowhere).doesNotExist();
    }

    @Test
    void refusesADirectoryThatAnotherWorkerUses() throws Exception {
        try (Spill spill = open()) {
            append(spill, WARRANT, "a");
            assertThatThrownBy(this::open)
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("LAWTAP_SPILL_DIR=")
                    .hasMessageContaining("another worker uses it");
        }
        open().close();
    }

    private long fill(Spill spill, WarrantId warrant) {
        WarrantSpill to = spill.of(warrant);
        while (to.append(SESSION, new byte[100]) != null) {}
        return to.bytes();
    }

    private Spill open() throws StartException {
        return open(LIMITS);
    }

    private Spill open(Spill.Limits limits) throws StartException {
        return Spill.open(directory, key(1), limits, time::get);
    }

    private static SecretKey key(int number) {
        byte[] key = new byte[32];
        key[0] = (byte) number;
        return new SecretKeySpec(key, "Generic");
    }

    private static WarrantId warrant(int number) {
        return new WarrantId(new UUID(0, number));
    }

    private static void append(Spill spill, WarrantId warrant, String... texts) {
        for (String text : texts) {
            assertThat(spill.of(warrant).append(SESSION, text.getBytes(StandardCharsets.UTF_8)))
                    .isNotNull();
        }
    }

    private static List<String> readAll(Spill spill, WarrantId warrant) throws IOException {
        List<String> texts = new ArrayList<>();
        WarrantSpill from = spill.of(warrant);
        while (from.hasUnread()) {
            WarrantSpill.Read read = from.read();
            texts.add(text(opened(read)));
            from.acknowledged(read.place());
        }
        return texts;
    }

    private static SegmentCipher.Opened opened(WarrantSpill.Read read) {
        SegmentCipher.Opened opened = read.opened();
        if (opened == null) {
            throw new AssertionError("the record is damaged");
        }
        return opened;
    }

    private static String text(SegmentCipher.Opened opened) {
        return new String(opened.value(), StandardCharsets.UTF_8);
    }

    private static byte[] cut(byte[] whole, int length) {
        return Arrays.copyOf(whole, length);
    }

    private void flip(int at) throws IOException {
        Path segment = segments().getFirst();
        byte[] bytes = Files.readAllBytes(segment);
        bytes[at] ^= 1;
        Files.write(segment, bytes);
    }

    private List<Path> segments() throws IOException {
        return files(".spill");
    }

    private List<Path> damaged() throws IOException {
        return files(".damaged");
    }

    private List<Path> files(String suffix) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.filter(path -> path.toString().endsWith(suffix)).sorted().toList();
        }
    }
}
