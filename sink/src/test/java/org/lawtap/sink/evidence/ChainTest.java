package org.lawtap.sink.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.lawtap.sink.evidence.Log.A;
import static org.lawtap.sink.evidence.Log.B;

import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.order.OrderKeys;

class ChainTest {
    private static final long START_NS = 1_795_521_600_000_000_000L;
    private static final KeyPair NODE = OrderKeys.generate();

    private final List<String> problems = new ArrayList<>();
    private final List<String> filed = new ArrayList<>();

    @TempDir
    Path root = Path.of("");

    @Test
    void aChainedLogHasNoFault() throws Exception {
        write(log().values());
        assertThat(problems).isEmpty();
        assertThat(filed).containsExactly("9 packets", "4 packets");
    }

    @Test
    void aRecordThatComesTwiceIsNoFault() throws Exception {
        List<byte[]> values = new ArrayList<>(log().values());
        for (int i = values.size() - 1; i >= 0; i--) {
            values.add(i, values.get(i));
        }
        write(values);
        assertThat(problems).isEmpty();
    }

    @Test
    void aRemovedRecordShowsAtTheNextCheckpointAndOnlyThere() throws Exception {
        List<byte[]> values = new ArrayList<>(log().values());
        values.remove(2);
        write(values);
        assertThat(problems)
                .containsExactly(
                        "0-5 checkpoint 0 counts 4 records before it, and there are 3",
                        "0-5 the root of checkpoint 0 is not that of the records before it");
        assertThat(filed).containsExactly("6 packets", "4 packets");
    }

    @Test
    void swappedRecordsShow() throws Exception {
        List<byte[]> values = new ArrayList<>(log().values());
        values.set(8, values.set(2, values.get(8)));
        write(values);
        assertThat(problems).isNotEmpty();
    }

    @Test
    void aChangedByteOfAPacketShows() throws Exception {
        List<byte[]> values = new ArrayList<>(log().values());
        byte[] changed = values.get(2).clone();
        changed[changed.length - 4] ^= 1;
        values.set(2, changed);
        write(values);
        assertThat(problems).containsExactly("0-6 the root of checkpoint 0 is not that of the records before it");
    }

    @Test
    void aRemovedCheckpointShowsAtTheNext() throws Exception {
        List<byte[]> values = new ArrayList<>(log().values());
        values.remove(6);
        write(values);
        assertThat(problems).anyMatch(problem -> problem.contains("checkpoint 1 does not follow the one before it"));
    }

    @Test
    void aCheckpointOfAnotherKeyShows() throws Exception {
        SignedLog real = log();
        SignedLog forged = log(OrderKeys.generate());
        List<byte[]> values = new ArrayList<>(forged.values());
        values.set(0, real.values().getFirst());
        write(values);
        assertThat(problems).anyMatch(problem -> problem.contains("the seal of checkpoint 0 is not the node's"));
    }

    /** Two sessions; the first checkpoint of A is record 6. */
    private static SignedLog log() {
        return log(NODE);
    }

    private static SignedLog log(KeyPair node) {
        return new SignedLog(Log.WARRANT, START_NS, node)
                .opened(A, "a")
                .packets(A, 3, 64)
                .packets(A, 3, 64)
                .opened(B, "b")
                .packets(B, 2, 80)
                .packets(A, 1, 64)
                .checkpoint(A, null)
                .packets(A, 2, 64)
                .packets(B, 2, 80)
                .checkpoint(A, StopReason.WARRANT_ENDED)
                .checkpoint(B, StopReason.WARRANT_ENDED);
    }

    private void write(List<byte[]> values) throws Exception {
        EvidenceSeries.Listener listener = new EvidenceSeries.Listener() {
            @Override
            public void filed(SessionId session, String file, long packets, long missing, Checkpoint last) {
                filed.add(packets + " packets");
            }

            @Override
            public void continued(SessionId session, SessionId previous, long notFiled, boolean sameInterface) {}

            @Override
            public void refused(@Nullable SessionId session, long offset, Refusal why) {
                problems.add(offset + " refused " + why);
            }

            @Override
            public void integrity(SessionId session, long from, long to, String problem) {
                problems.add(from + "-" + to + " " + problem);
            }

            @Override
            public void complete(EvidenceSeries.FilePair files) {}
        };
        try (EvidenceSeries series = new EvidenceSeries(EvidenceFiles.open(root, Log.WARRANT), 1 << 20, listener)) {
            for (int i = 0; i < values.size(); i++) {
                series.accept(i, values.get(i));
            }
            series.flush();
        }
    }
}
