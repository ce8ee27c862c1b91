package org.lawtap.sink.verify;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.model.Sha256;

/**
 * The records that a ledger leaves out as filed before, against those that were. A repetition mostly follows soon, so the last leaves are
 * remembered. For the others the ledgers are read once more, a limited number at a time: a log that holds everything twice takes
 * longer, not more memory.
 */
final class Repeats {
    private static final int AT_ONCE_MAX = 500_000;
    private static final int RECENT_MAX = 50_000;

    private final MerkleTree leaves = new MerkleTree();
    private final Findings findings;
    private final Map<Sha256, Boolean> recent = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Sha256, Boolean> eldest) {
            return size() > RECENT_MAX;
        }
    };
    private long firstUnsettled = -1;

    Repeats(Findings findings) {
        this.findings = findings;
    }

    private record Repeat(LedgerLine.Again line, String file) {}

    /** A record is filed. */
    void filed(Sha256 leaf) {
        recent.put(leaf, true);
    }

    /** A record is left out as filed before. */
    void again(LedgerLine.Again line) {
        if (!recent.containsKey(line.leaf())) {
            firstUnsettled = firstUnsettled < 0 ? line.offset() : firstUnsettled;
        }
    }

    /** All records were told. @param ledgers in their order */
    void settle(List<Path> ledgers) throws IOException {
        long from = firstUnsettled;
        while (from >= 0) {
            Map<Sha256, Repeat> waiting = new HashMap<>();
            from = collect(ledgers, from, waiting);
            strike(ledgers, waiting);
            waiting.values()
                    .forEach(repeat -> findings.add(
                            FindingCode.RECORD_REPEATED,
                            repeat.file(),
                            repeat.line().session(),
                            new Finding.Offsets(
                                    repeat.line().offset(), repeat.line().offset()),
                            "it is left out as filed before, and no record with its hash was"));
        }
    }

    /** Gathers the first ones of each leaf from an offset on; returns where to go on, or -1. */
    private static long collect(List<Path> ledgers, long from, Map<Sha256, Repeat> into) throws IOException {
        for (Path ledger : ledgers) {
            try (LedgerReader lines = LedgerReader.open(ledger)) {
                skipHeader(lines);
                for (LedgerReader.Line line = lines.next(); line != null; line = lines.next()) {
                    if (good(line) instanceof LedgerLine.Again again && again.offset() >= from) {
                        if (into.size() >= AT_ONCE_MAX) {
                            return again.offset();
                        }
                        into.putIfAbsent(
                                again.leaf(),
                                new Repeat(again, ledger.getFileName().toString()));
                    }
                }
            }
        }
        return -1;
    }

    private void strike(List<Path> ledgers, Map<Sha256, Repeat> waiting) throws IOException {
        for (Path ledger : ledgers) {
            try (LedgerReader lines = LedgerReader.open(ledger)) {
                skipHeader(lines);
                for (LedgerReader.Line line = lines.next(); line != null; line = lines.next()) {
                    LedgerLine record = good(line);
                    Sha256 leaf = record == null ? null : leaf(record);
                    Repeat repeat = leaf == null ? null : waiting.get(leaf);
                    if (record != null
                            && repeat != null
                            && record.offset() < repeat.line().offset()) {
                        waiting.remove(leaf);
                    }
                }
            }
        }
    }

    private @Nullable Sha256 leaf(LedgerLine record) {
        return switch (record) {
            case LedgerLine.Opened opened -> Sha256.of(leaves.leaf(opened.value()));
            case LedgerLine.Checkpoint checkpoint -> Sha256.of(leaves.leaf(checkpoint.value()));
            case LedgerLine.Packets packets -> packets.leaf();
            case LedgerLine.Partial partial -> partial.leaf();
            case LedgerLine.Again _, LedgerLine.Refused _ -> null;
        };
    }

    private static @Nullable LedgerLine good(LedgerReader.Line line) {
        return line instanceof LedgerReader.Line.Good(long _, LedgerLine record) ? record : null;
    }

    private static void skipHeader(LedgerReader lines) throws IOException {
        lines.next();
    }
}
