package org.lawtap.sink.rebuild;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lawtap.sink.evidence.DeafListener;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.evidence.EvidenceSeries;
import org.lawtap.sink.pcapng.PcapngReader;

class RebuildTest {
    private static final long ROTATE = 1 << 16;

    private static final Rebuild.Progress SILENT = new Rebuild.Progress() {
        @Override
        public void read(long nextOffset, long records, long bytes) {}

        @Override
        public void sorted(long bytes, long of) {}
    };

    @TempDir
    Path root = Path.of("");

    @ParameterizedTest
    @CsvSource({"1,1", "1,1000", "2,7", "3,1", "8,64", "8,1000"})
    void givesTheFilesOfTheSink(int threads, int recordsAtOnce) throws Exception {
        List<byte[]> log = SealedLog.withMishaps(1, 400);
        live(log);
        Outcome outcome = new Rebuild(new MemoryLog(log, recordsAtOnce), threads, SILENT).series(rebuilt(), ROTATE);
        assertThat(digests("again")).isEqualTo(digests("live")).hasSizeGreaterThan(8);
        assertThat(outcome.records().all()).isEqualTo(log.size());
        assertThat(outcome.sound()).as(outcome.problems().toString()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"ar-EG,Asia/Kathmandu", "tr-TR,Pacific/Apia", "hi-IN-u-nu-deva,America/St_Johns"})
    void theFilesDoNotDependOnLocaleAndTimeZone(String locale, String zone) throws Exception {
        List<byte[]> log = SealedLog.withMishaps(2, 200);
        live(log);
        Locale localeBefore = Locale.getDefault();
        TimeZone zoneBefore = TimeZone.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag(locale));
            TimeZone.setDefault(TimeZone.getTimeZone(zone));
            new Rebuild(new MemoryLog(log, 9), 2, SILENT).series(rebuilt(), ROTATE);
        } finally {
            Locale.setDefault(localeBefore);
            TimeZone.setDefault(zoneBefore);
        }
        assertThat(digests("again")).isEqualTo(digests("live"));
    }

    @Test
    void repeatedRecordsChangeNoCaptureFile() throws Exception {
        List<byte[]> log = SealedLog.of(3, 200);
        List<byte[]> replayed = new ArrayList<>(log);
        replayed.addAll(100, log.subList(50, 100));
        replayed.addAll(log);
        live(log);
        new Rebuild(new MemoryLog(replayed, 9), 2, SILENT).series(rebuilt(), ROTATE);
        Map<String, String> captures = digests("live");
        captures.keySet().removeIf(name -> !name.endsWith(".pcapng"));
        assertThat(digests("again")).containsAllEntriesOf(captures);
    }

    @Test
    void tellsOfAChangedRecord() throws Exception {
        List<byte[]> log = SealedLog.of(4, 100);
        int changed = 40;
        while (log.get(changed).length < 1000) {
            changed++;
        }
        byte[] value = log.get(changed).clone();
        value[value.length - 10] ^= 1;
        log.set(changed, value);
        Outcome outcome = new Rebuild(new MemoryLog(log, 9), 2, SILENT).series(rebuilt(), ROTATE);
        assertThat(outcome.sound()).isFalse();
        assertThat(outcome.brokenChains()).isEqualTo(1);
        assertThat(outcome.problems()).singleElement().asString().contains("root");
    }

    @Test
    void tellsOfAMissingRecord() throws Exception {
        List<byte[]> log = SealedLog.of(5, 100);
        int missing = 40;
        while (log.get(missing).length < 1000) {
            missing++;
        }
        log.remove(missing);
        Outcome outcome = new Rebuild(new MemoryLog(log, 9), 2, SILENT).series(rebuilt(), ROTATE);
        assertThat(outcome.sound()).isFalse();
        assertThat(outcome.missing()).isPositive();
    }

    @Test
    void anEmptyLogGivesNoFiles() throws Exception {
        Outcome outcome = new Rebuild(new MemoryLog(List.of(), 1), 2, SILENT).series(rebuilt(), ROTATE);
        assertThat(outcome.sound()).isTrue();
        assertThat(digests("again")).isEmpty();
    }

    @Test
    void aLogThatBreaksOffIsTold() {
        RecordLog broken = new RecordLog() {
            private final RecordLog whole = new MemoryLog(SealedLog.of(6, 50), 9);

            @Override
            public long first() {
                return 0;
            }

            @Override
            public long end() {
                return 50;
            }

            @Override
            public List<LogRecord> next() throws RebuildException, InterruptedException {
                List<LogRecord> records = whole.next();
                if (records.stream().anyMatch(record -> record.offset() > 30)) {
                    throw new RebuildException("the broker is away");
                }
                return records;
            }

            @Override
            public void close() {}
        };
        assertThatExceptionOfType(RebuildException.class)
                .isThrownBy(() -> new Rebuild(broken, 2, SILENT).series(rebuilt(), ROTATE))
                .withMessage("the broker is away");
    }

    @Test
    void sortsByTimeThenSessionThenSequence() throws Exception {
        List<byte[]> log = SealedLog.withMishaps(7, 400);
        live(log);
        new Rebuild(new MemoryLog(log, 9), 2, SILENT)
                .sorted(Files.createDirectory(root.resolve("sorted")), SealedLog.WARRANT);
        Path file = root.resolve("sorted").resolve(SealedLog.WARRANT + "-sorted.pcapng");
        assertThat(root.resolve("sorted")).isDirectoryContaining(found -> found.equals(file));
        List<Row> sorted = rows(file);
        List<Row> all = new ArrayList<>();
        try (Stream<Path> captures = Files.list(root.resolve("live").resolve(SealedLog.WARRANT.toString()))) {
            for (Path capture : captures.filter(name -> name.toString().endsWith(".pcapng"))
                    .sorted()
                    .toList()) {
                all.addAll(rows(capture));
            }
        }
        List<String> opened = openings(log);
        all.sort((one, other) -> {
            int order = Long.compare(one.timeNs(), other.timeNs());
            order = order == 0
                    ? Integer.compare(opened.indexOf(one.session()), opened.indexOf(other.session()))
                    : order;
            return order == 0 ? Long.compare(one.sequence(), other.sequence()) : order;
        });
        assertThat(sorted).isEqualTo(all).hasSizeGreaterThan(1000);
        try (Stream<Path> left = Files.list(root.resolve("sorted"))) {
            assertThat(left).containsExactly(file);
        }
    }

    @Test
    void theSortedFileDoesNotDependOnHowManyRunsAreMergedAtOnce() throws Exception {
        List<byte[]> log = SealedLog.of(8, 400);
        live(log);
        List<String> digests = new ArrayList<>();
        for (int runsAtOnce : new int[] {2, 3, 100}) {
            Path work = Files.createDirectory(root.resolve("runs" + runsAtOnce));
            SortedCapture sorted = new SortedCapture(work, runsAtOnce);
            try (Stream<Path> captures = Files.list(root.resolve("live").resolve(SealedLog.WARRANT.toString()))) {
                for (Path capture : captures.filter(name -> name.toString().endsWith(".pcapng"))
                        .sorted()
                        .toList()) {
                    sorted.take(capture);
                }
            }
            Path file = work.resolve("sorted");
            assertThat(sorted.merge(file, new org.lawtap.sink.pcapng.PcapngBlocks(64), (bytes, of) -> {}))
                    .isTrue();
            digests.add(digest(file));
            assertThat(work).isDirectoryNotContaining("glob:**.run");
        }
        assertThat(digests.stream().distinct()).hasSize(1);
    }

    private record Row(long timeNs, String session, long sequence, int flags, long dropped, String bytes) {}

    private static List<Row> rows(Path file) throws Exception {
        List<Row> rows = new ArrayList<>();
        try (PcapngReader reader = PcapngReader.open(file)) {
            for (PcapngReader.Frame frame = reader.next(); frame != null; frame = reader.next()) {
                String description =
                        reader.interfaces().get(frame.interfaceId()).description();
                byte[] data = new byte[frame.data().remaining()];
                frame.data().get(data);
                rows.add(new Row(
                        frame.timeNs(),
                        description.replaceAll(".* session=([^ ]*) .*", "$1"),
                        frame.id(),
                        frame.flags(),
                        frame.dropped(),
                        HexFormat.of().formatHex(data)));
            }
        }
        return rows;
    }

    private static List<String> openings(List<byte[]> log) throws Exception {
        List<String> sessions = new ArrayList<>();
        for (byte[] value : log) {
            try {
                if (org.lawtap.schemas.wire.PacketCodec.decode(value)
                        instanceof org.lawtap.schemas.model.PacketEvent.Opened opened) {
                    sessions.add(opened.session().toString());
                }
            } catch (org.lawtap.schemas.wire.WireException e) {
                // One of the mishaps.
            }
        }
        return sessions;
    }

    private void live(List<byte[]> log) throws Exception {
        try (EvidenceSeries series = new EvidenceSeries(files("live"), ROTATE, new DeafListener())) {
            for (int offset = 0; offset < log.size(); offset++) {
                series.accept(offset, log.get(offset));
                if (offset % 3 == 0) {
                    series.flush();
                }
            }
            series.flush();
        }
    }

    private EvidenceFiles rebuilt() throws IOException {
        return EvidenceFiles.rebuilt(root.resolve("again"), SealedLog.WARRANT);
    }

    private EvidenceFiles files(String name) throws IOException {
        return EvidenceFiles.open(root.resolve(name), SealedLog.WARRANT);
    }

    private Map<String, String> digests(String name) throws Exception {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.list(root.resolve(name).resolve(SealedLog.WARRANT.toString()))) {
            for (Path file : files.filter(path -> !path.endsWith(".lock")).toList()) {
                digests.put(String.valueOf(file.getFileName()), digest(file));
            }
        }
        return digests;
    }

    private static String digest(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}
