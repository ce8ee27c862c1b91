package org.lawtap.sink.rebuild;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lawtap.sink.pcapng.PcapngBlocks;

/**
 * One capture file with the packets of a whole series in the order of time; at the same time in the order in which their sessions
 * were opened, and within a session by sequence. Memory does not grow with the series: each file of it is sorted by itself into a
 * run, and only so many runs are merged at once.
 *
 * <pre>
 *   file of the series -> run -.
 *   file of the series -> run --> merged: SHB | IDB of every session | NRB | EPB by time | ISB of every session
 *   ...                        '
 * </pre>
 *
 * Owned by one thread.
 */
final class SortedCapture {
    private static final int RUNS_AT_ONCE_MAX = 64;

    private final Path directory;
    private final int runsAtOnceMax;
    private final Deque<Path> runs = new ArrayDeque<>();

    /** By the bytes of its description, which names the session; in the order of the openings. */
    private final Map<ByteBuffer, Integer> interfaces = new LinkedHashMap<>();

    /** Names of addresses, each block once. */
    private final Set<ByteBuffer> names = new LinkedHashSet<>();

    private @Nullable ByteBuffer sectionHeader;
    private int number;

    /** @param directory an existing one, for runs */
    SortedCapture(Path directory) {
        this(directory, RUNS_AT_ONCE_MAX);
    }

    SortedCapture(Path directory, int runsAtOnceMax) {
        this.directory = directory;
        this.runsAtOnceMax = runsAtOnceMax;
    }

    /** Is told how far merging is. */
    interface Merging {
        /** @param bytes written in this pass, of so many */
        void reached(long bytes, long of);
    }

    /** Takes the next complete file of the series, which can be removed then. */
    void take(Path file) throws IOException {
        ByteBuffer blocks = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Integer> ids = new ArrayList<>();
        List<Integer> packets = new ArrayList<>();
        for (int at = 0; at < blocks.limit(); at += PacketBlocks.length(blocks, at)) {
            switch (blocks.getInt(at)) {
                case PcapngBlocks.SECTION_HEADER -> sectionHeader = copy(blocks, at);
                case PcapngBlocks.INTERFACE_DESCRIPTION -> {
                    Integer known = interfaces.putIfAbsent(copy(blocks, at), interfaces.size());
                    ids.add(known == null ? interfaces.size() - 1 : known);
                }
                case PcapngBlocks.ENHANCED_PACKET -> {
                    PacketBlocks.interfaceId(blocks, at, ids.get(PacketBlocks.interfaceId(blocks, at)));
                    packets.add(at);
                }
                case PcapngBlocks.NAME_RESOLUTION -> names.add(copy(blocks, at));
                default -> {
                    // Statistics: those of the whole series come in the end.
                }
            }
        }
        Integer[] order = packets.toArray(new Integer[0]);
        Arrays.sort(
                order,
                Comparator.<Integer>comparingLong(at -> PacketBlocks.timeNs(blocks, at))
                        .thenComparingInt(at -> PacketBlocks.interfaceId(blocks, at))
                        .thenComparingLong(at -> PacketBlocks.sequence(blocks, at)));
        Path run = nextRun();
        try (BlockFile out = BlockFile.create(run)) {
            for (int at : order) {
                out.put(blocks.slice(at, PacketBlocks.length(blocks, at)));
            }
        }
        runs.addLast(run);
    }

    /**
     * Merges all that was taken into one file; false if nothing was.
     *
     * @param statistics blocks of the whole series, by the place of their session in the order of the openings
     */
    boolean merge(Path file, PcapngBlocks statistics, Merging merging) throws IOException {
        ByteBuffer header = sectionHeader;
        if (header == null) {
            return false;
        }
        while (runs.size() > runsAtOnceMax) {
            List<Path> some = new ArrayList<>();
            while (some.size() < runsAtOnceMax) {
                some.add(runs.removeFirst());
            }
            Path run = nextRun();
            try (BlockFile out = BlockFile.create(run)) {
                merge(some, out, merging);
            }
            runs.addLast(run);
        }
        try (BlockFile out = BlockFile.create(file)) {
            out.put(header.duplicate());
            for (ByteBuffer description : interfaces.keySet()) {
                out.put(description.duplicate());
            }
            for (ByteBuffer block : names) {
                out.put(block.duplicate());
            }
            merge(List.copyOf(runs), out, merging);
            out.put(statistics.take());
            out.force();
        }
        runs.clear();
        return true;
    }

    private static void merge(List<Path> files, BlockFile out, Merging merging) throws IOException {
        long all = 0;
        List<Run> opened = new ArrayList<>();
        try {
            PriorityQueue<Run> byTime = new PriorityQueue<>();
            for (Path file : files) {
                all += Files.size(file);
                Run run = Run.open(file);
                opened.add(run);
                if (run.next()) {
                    byTime.add(run);
                }
            }
            long written = 0;
            for (Run first = byTime.poll(); first != null; first = byTime.poll()) {
                // Runs hardly overlap: most of the time the same one stays the first.
                boolean more;
                do {
                    written += first.block().remaining();
                    out.put(first.block());
                    more = first.next();
                } while (more && (byTime.isEmpty() || first.compareTo(byTime.element()) < 0));
                if (more) {
                    byTime.add(first);
                }
                merging.reached(written, all);
            }
        } finally {
            for (Run run : opened) {
                run.close();
            }
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }

    private Path nextRun() {
        return directory.resolve(++number + ".run");
    }

    private static ByteBuffer copy(ByteBuffer blocks, int at) {
        byte[] bytes = new byte[PacketBlocks.length(blocks, at)];
        blocks.get(at, bytes);
        return ByteBuffer.wrap(bytes);
    }
}
