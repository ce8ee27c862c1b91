package org.lawtap.deploy.bench.peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.sink.evidence.EvidenceException;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.rebuild.Outcome;
import org.lawtap.sink.rebuild.Rebuild;
import org.lawtap.sink.rebuild.RebuildException;
import org.lawtap.sink.rebuild.RecordLog;

/**
 * Rebuilds the same records again and again, a process of its own: {@code RebuildPeer RECORDS COUNT WARRANT DIRECTORY THREADS}. For
 * each line on standard input it does so once, into a directory that was removed before, and says
 *
 * <pre>
 *   rebuilt NANOS CPU_NANOS PACKETS BYTES SOUND       bytes of all records' values; sound is true or false
 * </pre>
 *
 * <p>Everything of {@code lawtap rebuild} is measured but Kafka. Ends with its standard input.
 */
public final class RebuildPeer {
    private static final long ROTATE_BYTES = 1L << 40;

    private RebuildPeer() {}

    /** The process's entry. */
    public static void main(String[] arguments)
            throws IOException, RebuildException, EvidenceException, InterruptedException {
        Path records = Path.of(arguments[0]);
        long count = Long.parseLong(arguments[1]);
        WarrantId warrant = WarrantId.parse(arguments[2]);
        Path directory = Path.of(arguments[3]);
        int threads = Integer.parseInt(arguments[4]);
        System.out.println("ready");
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            while (in.readLine() != null) {
                remove(directory);
                long cpu = CpuClock.nanos(ProcessHandle.current().pid());
                long begin = System.nanoTime();
                Outcome outcome;
                try (RecordLog log = RecordFile.open(records, count)) {
                    outcome = new Rebuild(log, threads, new Silent())
                            .series(EvidenceFiles.rebuilt(directory, warrant), ROTATE_BYTES);
                }
                long took = System.nanoTime() - begin;
                cpu = CpuClock.nanos(ProcessHandle.current().pid()) - cpu;
                System.out.println("rebuilt " + took + " " + cpu + " " + outcome.packets() + " " + outcome.bytes() + " "
                        + outcome.sound());
            }
        }
    }

    private static final class Silent implements Rebuild.Progress {
        @Override
        public void read(long nextOffset, long records, long bytes) {
            // The bar costs next to nothing, and there is no terminal.
        }

        @Override
        public void sorted(long bytes, long of) {
            // Nothing is sorted.
        }
    }

    private static void remove(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> walk = Files.walk(directory)) {
                for (Path each : walk.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }
}
