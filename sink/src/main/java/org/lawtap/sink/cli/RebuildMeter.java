package org.lawtap.sink.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.lawtap.sink.rebuild.Rebuild;

/**
 * How far the reading of a log is and how fast, as a bar that is drawn again and again on a terminal, and as a line now and then elsewhere.
 * Owned by one thread.
 *
 * <pre>
 *   [==========          ]  51 %  12,345 of 24,000 records  1,234 MB  456 MB/s
 * </pre>
 */
final class RebuildMeter implements Rebuild.Progress {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long DRAW_EVERY_NANOS = NANOS_PER_SECOND / 10;
    private static final long TELL_EVERY_NANOS = 5 * NANOS_PER_SECOND;
    private static final double BYTES_PER_MB = 1e6;
    private static final int BAR_WIDTH = 20;

    private final String command;
    private final PrintWriter out;
    private final boolean terminal;
    private final LongSupplier nanoTime;
    private final long first;
    private final long end;
    private final long begin;
    private long shownAt;
    private long sortingSince;
    private int shownWidth;

    /** @param command whose lines these are @param first offset of the log's first record @param end offset after its last */
    RebuildMeter(String command, PrintWriter out, boolean terminal, LongSupplier nanoTime, long first, long end) {
        this.command = command;
        this.out = out;
        this.terminal = terminal;
        this.nanoTime = nanoTime;
        this.first = first;
        this.end = end;
        this.begin = nanoTime.getAsLong();
        this.shownAt = begin;
    }

    @Override
    public void read(long nextOffset, long records, long bytes) {
        if (due()) {
            String text = String.format(
                    Locale.ROOT, "%,d records, to offset %,d of %,d  %s", records, nextOffset, end, rate(bytes, begin));
            show(nextOffset - first, end - first, text);
        }
    }

    @Override
    public void sorted(long bytes, long of) {
        if (sortingSince == 0) {
            sortingSince = nanoTime.getAsLong();
        }
        if (due()) {
            show(bytes, of, "put in order  " + rate(bytes, sortingSince));
        }
    }

    /** Takes the bar away. */
    void done() {
        if (shownWidth > 0) {
            out.print("\r" + " ".repeat(shownWidth) + "\r");
            out.flush();
            shownWidth = 0;
        }
    }

    private boolean due() {
        long now = nanoTime.getAsLong();
        boolean due = now - shownAt >= (terminal ? DRAW_EVERY_NANOS : TELL_EVERY_NANOS);
        if (due) {
            shownAt = now;
        }
        return due;
    }

    private String rate(long bytes, long since) {
        double seconds = (double) Math.max(1, nanoTime.getAsLong() - since) / NANOS_PER_SECOND;
        return String.format(Locale.ROOT, "%,.0f MB  %,.0f MB/s", bytes / BYTES_PER_MB, bytes / BYTES_PER_MB / seconds);
    }

    private void show(long done, long of, String text) {
        double part = of <= 0 ? 1 : Math.clamp((double) done / of, 0, 1);
        String percent = String.format(Locale.ROOT, "%3d %%", (int) (100 * part));
        if (!terminal) {
            out.println("lawtap " + command + ": " + percent.strip() + "  " + text);
            out.flush();
            return;
        }
        int filled = (int) (BAR_WIDTH * part);
        String line = "[" + "=".repeat(filled) + " ".repeat(BAR_WIDTH - filled) + "] " + percent + "  " + text;
        out.print("\r" + line + " ".repeat(Math.max(0, shownWidth - line.length())));
        out.flush();
        shownWidth = line.length();
    }
}
