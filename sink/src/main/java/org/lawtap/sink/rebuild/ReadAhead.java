package org.lawtap.sink.rebuild;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * A log whose records are fetched, hashed and read ahead of whoever files them, by several threads, and handed over in the order of
 * their offsets.
 *
 * <pre>
 *   free chunks -> fetching thread -> reading threads -> next() -> release() -> free chunks
 *                        '- puts them in order -----------^
 * </pre>
 *
 * There are only so many chunks: whoever is ahead waits. Owned by the thread that calls {@link #next}.
 */
final class ReadAhead implements AutoCloseable {
    private static final int CHUNKS_PER_THREAD = 3;

    private final RecordLog log;
    private final BlockingQueue<Chunk> free;
    private final BlockingQueue<FutureTask<Chunk>> ordered;
    private final ExecutorService readers;
    private final Thread fetcher = new Thread(this::fetch, "rebuild-fetch");

    /** The log must not be used by anybody else until this is closed; it is not closed with it. */
    ReadAhead(RecordLog log, int threads) {
        this.log = log;
        int chunks = CHUNKS_PER_THREAD * (threads + 1);
        this.free = new ArrayBlockingQueue<>(chunks);
        this.ordered = new ArrayBlockingQueue<>(chunks + 1);
        for (int i = 0; i < chunks; i++) {
            free.add(new Chunk());
        }
        this.readers = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().name("rebuild-read-", 1).factory());
        fetcher.setDaemon(true);
        fetcher.start();
    }

    /** The next chunk; null at the end. */
    @Nullable
    Chunk next() throws RebuildException, InterruptedException {
        FutureTask<Chunk> next = ordered.take();
        // Nothing happens here if a reading thread has it; if none was free yet, the owner does not wait for one.
        next.run();
        try {
            Chunk chunk = next.get();
            return chunk.records().isEmpty() ? null : chunk;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RebuildException failure) {
                throw failure;
            }
            throw new IllegalStateException("records could not be read ahead", e.getCause());
        }
    }

    /** Gives a chunk back. */
    void release(Chunk chunk) {
        chunk.clear();
        free.add(chunk);
    }

    private void fetch() {
        try {
            Chunk chunk = free.take();
            for (var records = log.next(); !records.isEmpty(); records = log.next()) {
                for (LogRecord record : records) {
                    if (chunk.full()) {
                        hand(chunk);
                        chunk = free.take();
                    }
                    chunk.add(record.offset(), record.value());
                }
            }
            if (!chunk.records().isEmpty()) {
                hand(chunk);
            }
            ordered.put(new FutureTask<>(Chunk::new));
        } catch (RebuildException | RuntimeException e) {
            fail(e);
        } catch (InterruptedException e) {
            // Closed: nobody waits for what is next.
        }
    }

    private void hand(Chunk chunk) throws InterruptedException {
        FutureTask<Chunk> task = new FutureTask<>(chunk::read);
        readers.execute(task);
        ordered.put(task);
    }

    private void fail(Exception why) {
        FutureTask<Chunk> failed = new FutureTask<>(() -> {
            throw why;
        });
        // There is always room: one place more than there are chunks.
        ordered.add(failed);
    }

    @Override
    public void close() {
        fetcher.interrupt();
        boolean interrupted = false;
        while (fetcher.isAlive()) {
            try {
                fetcher.join();
            } catch (InterruptedException e) {
                // The log is the fetching thread's until that has ended.
                interrupted = true;
            }
        }
        readers.shutdownNow();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
