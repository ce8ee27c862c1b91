package org.lawtap.sink.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.wire.PacketCodec;

/** Wherever writing is cut off, the next run completes the files to the same bytes. */
class CrashPointsTest {
    private static final long ROTATE = 1 << 16;
    private static final int FRAME_BYTES = 9000;
    private static final int NEVER = Integer.MAX_VALUE;

    private final List<byte[]> log =
            Log.twoSessions(FRAME_BYTES).stream().map(PacketCodec::encode).toList();

    @TempDir
    Path root = Path.of("");

    @Test
    void aRunThatIsCutOffAtAnyWriteIsCompletedByTheNext() throws Exception {
        assertThat(run("whole", NEVER)).isTrue();
        int writes = 0;
        while (!run("cut" + writes, writes)) {
            assertThat(run("cut" + writes, NEVER)).isTrue();
            assertThat(digests("cut" + writes))
                    .as("cut off after %d writes", writes)
                    .isEqualTo(digests("whole"));
            writes++;
        }
        assertThat(writes).isGreaterThan(30);
    }

    @Test
    void runsThatAreAllCutOffComeToAnEndAllTheSame() throws Exception {
        assertThat(run("whole", NEVER)).isTrue();
        int runs = 1;
        while (!run("again", 1)) {
            runs++;
        }
        assertThat(runs).isGreaterThan(20);
        assertThat(digests("again")).isEqualTo(digests("whole"));
    }

    /** Returns whether it was not cut off. */
    private boolean run(String name, int writes) throws Exception {
        AtomicInteger left = new AtomicInteger(writes);
        AppendedFile.Opening opening = file -> new FaultyChannel(
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                left);
        try (EvidenceSeries series = new EvidenceSeries(
                EvidenceFiles.open(root.resolve(name), Log.WARRANT, opening, true), ROTATE, new DeafListener())) {
            for (int offset = 0; offset < log.size(); offset++) {
                series.accept(offset, log.get(offset));
                series.flush();
            }
            return true;
        } catch (IOException e) {
            assertThat(e).hasMessage("cut off");
            return false;
        }
    }

    private Map<String, String> digests(String name) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.list(root.resolve(name).resolve(Log.WARRANT.toString()))) {
            for (Path file : files.filter(path -> !path.endsWith(".lock")).toList()) {
                byte[] digest = MerkleTree.sha256().digest(Files.readAllBytes(file));
                digests.put(String.valueOf(file.getFileName()), HexFormat.of().formatHex(digest));
            }
        }
        return digests;
    }
}
