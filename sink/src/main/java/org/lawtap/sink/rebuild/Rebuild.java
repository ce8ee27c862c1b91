package org.lawtap.sink.rebuild;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.sink.evidence.EvidenceException;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.evidence.EvidenceSeries;
import org.lawtap.sink.evidence.ReadRecord;
import org.lawtap.sink.pcapng.PcapngBlocks;

/**
 * The files of one warrant made from its log by the same code as the sink's, and therefore the same to the byte: records are
 * fetched, hashed and read ahead by other threads, and filed here in their order.
 */
public final class Rebuild {
    /** Of packets that are sorted at once, in memory. */
    private static final long RUN_BYTES = 64L << 20;

    private static final int STATISTICS_BYTES = 4096;

    private final RecordLog log;
    private final int threads;
    private final Progress progress;

    /** Is told how far a rebuild is; by the thread that runs it, often. */
    public interface Progress {
        /** @param bytes of all records' values so far */
        void read(long nextOffset, long records, long bytes);

        /** @param bytes of the packets that are in their order, of so many */
        void sorted(long bytes, long of);
    }

    /** @param threads that read ahead, at least 1; the files do not depend on it */
    public Rebuild(RecordLog log, int threads, Progress progress) {
        this.log = log;
        this.threads = threads;
        this.progress = progress;
    }

    /**
     * Writes the capture files and ledgers.
     *
     * @param files an empty directory's; closed in the end
     * @param rotateBytes as the sink's {@code LAWTAP_EVIDENCE_ROTATE_BYTES}
     */
    public Outcome series(EvidenceFiles files, long rotateBytes)
            throws RebuildException, IOException, EvidenceException, InterruptedException {
        Findings findings = new Findings(complete -> {});
        try (EvidenceSeries series = new EvidenceSeries(files, rotateBytes, findings)) {
            long bytes = file(series);
            series.finish();
            return outcome(series, findings, bytes);
        }
    }

    /**
     * Writes one capture file with all packets in the order of time, {@code WARRANT-sorted.pcapng}. Needs the space of two more of
     * it while it works.
     *
     * @param directory an empty one
     */
    public Outcome sorted(Path directory, WarrantId warrant)
            throws RebuildException, IOException, EvidenceException, InterruptedException {
        Path work = Files.createDirectory(directory.resolve(".runs"));
        try (EvidenceFiles files = EvidenceFiles.rebuilt(work, warrant)) {
            SortedCapture sorted = new SortedCapture(work);
            Findings findings = new Findings(complete -> take(sorted, files.directory(), complete));
            try (EvidenceSeries series = new EvidenceSeries(files, RUN_BYTES, findings)) {
                long bytes = file(series);
                series.finish();
                sorted.merge(
                        directory.resolve(warrant + "-sorted.pcapng"), statistics(series.sessions()), progress::sorted);
                return outcome(series, findings, bytes);
            }
        } finally {
            remove(work);
        }
    }

    private static void take(SortedCapture sorted, Path directory, EvidenceSeries.FilePair complete)
            throws IOException {
        sorted.take(directory.resolve(complete.capture().name()));
        Files.delete(directory.resolve(complete.capture().name()));
        Files.delete(directory.resolve(complete.ledger().name()));
    }

    private static PcapngBlocks statistics(List<EvidenceSeries.SessionState> sessions) {
        PcapngBlocks blocks = new PcapngBlocks(STATISTICS_BYTES);
        for (int i = 0; i < sessions.size(); i++) {
            EvidenceSeries.SessionState session = sessions.get(i);
            Checkpoint last = session.last();
            if (last != null) {
                blocks.statistics(i, EvidenceSeries.counts(session.opened(), last));
            }
        }
        return blocks;
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private long file(EvidenceSeries series)
            throws RebuildException, IOException, EvidenceException, InterruptedException {
        long bytes = 0;
        try (ReadAhead ahead = new ReadAhead(log, threads)) {
            for (Chunk chunk = ahead.next(); chunk != null; chunk = ahead.next()) {
                for (ReadRecord record : chunk.records()) {
                    series.accept(record);
                }
                bytes += chunk.bytes();
                ahead.release(chunk);
                progress.read(series.nextOffset(), series.records().all(), bytes);
            }
        }
        return bytes;
    }

    private Outcome outcome(EvidenceSeries series, Findings findings, long bytes) {
        return new Outcome(
                log.first(),
                series.nextOffset(),
                bytes,
                series.records(),
                series.sessions(),
                findings.refusals(),
                findings.brokenChains(),
                findings.sentences());
    }
}
