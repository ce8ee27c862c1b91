package org.lawtap.sink.cli;

import java.io.PrintStream;
import org.lawtap.sink.verify.Progress;

/** Progress on one line of a terminal; short work shows none. Owned by one thread. */
final class ProgressLine implements Progress {
    private static final long BYTES_MIN = 256L << 20;

    private final PrintStream out;
    private String what = "";
    private long bytes;
    private long done;
    private long shown = -1;

    ProgressLine(PrintStream out) {
        this.out = out;
    }

    @Override
    public void begin(String part, long partBytes) {
        what = part;
        bytes = partBytes;
        done = 0;
        shown = -1;
    }

    @Override
    public void advance(long more) {
        done += more;
        long percent = bytes == 0 ? 100 : Math.min(100, done * 100 / bytes);
        if (bytes >= BYTES_MIN && percent != shown) {
            shown = percent;
            // Carriage return, then what it was is erased when it is over.
            out.print(percent == 100 ? "\r\033[K" : "\r" + what + " " + percent + " %");
            out.flush();
        }
    }
}
