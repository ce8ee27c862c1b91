package org.lawtap.deploy.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** What the user reads while the demo runs: one line an event, with the seconds since it began. Any thread. */
final class Story {
    private static final String CLEAR = "\r\u001b[K";

    private final PrintStream out;
    private final boolean terminal;
    private final long began = System.nanoTime();
    private boolean progressShown;

    /** @param terminal whether a progress line may be drawn over */
    Story(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    synchronized void tell(String line) {
        wipe();
        double seconds = Duration.ofNanos(System.nanoTime() - began).toMillis() / 1000.0;
        out.println(String.format(Locale.ROOT, "%6.1f s  %s", seconds, line));
        out.flush();
    }

    /** A line without time, for tables and headings. */
    synchronized void print(String line) {
        wipe();
        out.println(line);
        out.flush();
    }

    /** A line that the next one replaces; only a terminal shows it. */
    synchronized void progress(String line) {
        if (terminal) {
            out.print(CLEAR + "          " + line);
            out.flush();
            progressShown = true;
        }
    }

    private void wipe() {
        if (progressShown) {
            out.print(CLEAR);
            progressShown = false;
        }
    }
}
