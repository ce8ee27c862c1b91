package org.lawtap.sink.rebuild;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.sink.evidence.EvidenceSeries;
import org.lawtap.sink.evidence.Refusal;

/** What a rebuild meets on its way. Owned by one thread. */
final class Findings implements EvidenceSeries.Listener {
    private static final int SENTENCES_MAX = 100;

    /** Takes a capture file and its ledger when they are complete. */
    interface Complete {
        void take(EvidenceSeries.FilePair files) throws IOException;
    }

    private final List<String> broken = new ArrayList<>();
    private final Map<Refusal, Long> refused = new EnumMap<>(Refusal.class);
    private final Complete onComplete;
    private long brokenChains;

    Findings(Complete onComplete) {
        this.onComplete = onComplete;
    }

    @Override
    public void filed(SessionId session, String file, long packets, long missing, Checkpoint last) {
        // What a session holds is asked for in the end, for those that were cut off as well.
    }

    @Override
    public void continued(SessionId session, SessionId previous, long notFiled, boolean sameInterface) {
        // Said in custody by the sink; nothing of the files or the chain.
    }

    @Override
    public void refused(@Nullable SessionId session, long offset, Refusal why) {
        refused.merge(why, 1L, Long::sum);
    }

    @Override
    public void integrity(SessionId session, long from, long to, String problem) {
        brokenChains++;
        if (broken.size() < SENTENCES_MAX) {
            broken.add("session " + session + ", records " + from + " to " + to + ": " + problem);
        }
    }

    @Override
    public void complete(EvidenceSeries.FilePair files) throws IOException {
        onComplete.take(files);
    }

    /** Faults of chains, seals among them. */
    long brokenChains() {
        return brokenChains;
    }

    /** The first of them, in sentences. */
    List<String> sentences() {
        return List.copyOf(broken);
    }

    /** How many records were left out, by why. */
    Map<Refusal, Long> refusals() {
        return Map.copyOf(refused);
    }
}
