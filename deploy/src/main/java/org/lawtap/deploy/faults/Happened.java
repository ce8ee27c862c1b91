package org.lawtap.deploy.faults;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** A fault as it came about. @param until when it was over, a killed process working again */
record Happened(Fault fault, Instant from, Instant until) {
    /**
     * By when the system has had so much time without a fault, from a moment on, that it must have done what it was told by then.
     *
     * @param calm how much time that is
     */
    static Instant calmAfter(List<Happened> all, Instant moment, Duration calm) {
        Instant begin = moment;
        boolean moved = true;
        while (moved) {
            moved = false;
            for (Happened each : all) {
                if (each.from().isBefore(begin.plus(calm)) && each.until().isAfter(begin)) {
                    begin = each.until();
                    moved = true;
                }
            }
        }
        return begin.plus(calm);
    }

    boolean overlaps(Instant since, Instant to) {
        return from.isBefore(to) && until.isAfter(since);
    }
}
