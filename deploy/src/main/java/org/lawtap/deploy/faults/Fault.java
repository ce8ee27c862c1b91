package org.lawtap.deploy.faults;

import java.util.Locale;

/**
 * One fault: what befalls whom, from when on and how long, by the clock of the run.
 *
 * @param stepSeconds how far the wall clock is stepped; 0 for what is no step of a clock
 */
record Fault(long atMs, long lengthMs, Kind kind, Party party, int stepSeconds) {
    /** What can befall a party. */
    enum Kind {
        /** SIGKILL; started again when the time is over. */
        KILL,
        /** SIGSTOP, then SIGCONT. */
        STOP,
        /** The party's machine is cut off from the network. */
        CUT,
        /** The disk of the sink's evidence, or of the worker's spill, has no byte left. */
        DISK_FULL,
        /** The party's wall clock is stepped, and stepped back. */
        CLOCK
    }

    long endMs() {
        return atMs + lengthMs;
    }

    String sentence() {
        String what = switch (kind) {
            case KILL -> "killed, started again after";
            case STOP -> "stands still for";
            case CUT -> "cut off for";
            case DISK_FULL -> "disk full for";
            case CLOCK -> String.format(Locale.ROOT, "clock stepped by %+d s for", stepSeconds);
        };
        return String.format(Locale.ROOT, "%s: %s %.1f s", party.machine(), what, lengthMs / 1000.0);
    }
}
