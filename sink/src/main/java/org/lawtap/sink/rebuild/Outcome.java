package org.lawtap.sink.rebuild;

import java.util.List;
import java.util.Map;
import org.lawtap.sink.evidence.EvidenceSeries;
import org.lawtap.sink.evidence.Refusal;

/**
 * What a rebuild read, and what it found.
 *
 * @param first offset of the first record that the log still had
 * @param next offset after the last record
 * @param bytes of all records' values
 * @param sessions in the order of their openings
 * @param refused records that were left out, by why
 * @param brokenChains how many faults the chains and seals have
 * @param problems the first of those faults, a sentence each
 */
public record Outcome(
        long first,
        long next,
        long bytes,
        EvidenceSeries.Records records,
        List<EvidenceSeries.SessionState> sessions,
        Map<Refusal, Long> refused,
        long brokenChains,
        List<String> problems) {
    public Outcome {
        sessions = List.copyOf(sessions);
        refused = Map.copyOf(refused);
        problems = List.copyOf(problems);
    }

    /** Packets in the files. */
    public long packets() {
        return sessions.stream().mapToLong(EvidenceSeries.SessionState::packets).sum();
    }

    /** Packets that checkpoints speak of and the log lacks. */
    public long missing() {
        return sessions.stream().mapToLong(EvidenceSeries.SessionState::missing).sum();
    }

    /** Sessions without a last checkpoint that ends them: still running, or cut off. */
    public long open() {
        return sessions.stream()
                .filter(session -> session.last() == null || session.last().endReason() == null)
                .count();
    }

    /** Whether every chain and seal is right and no packet is missing. */
    public boolean sound() {
        return brokenChains == 0 && missing() == 0;
    }
}
