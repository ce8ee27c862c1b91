package org.lawtap.deploy.simulation;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/** The last events of a run in plain words. */
final class Story {
    private static final int LINES_MAX = 40;

    private final SimulatedTime time;
    private final Deque<Line> lines = new ArrayDeque<>();

    private record Line(long ms, String text) {}

    Story(SimulatedTime time) {
        this.time = time;
    }

    void tell(String text) {
        if (lines.size() == LINES_MAX) {
            lines.removeFirst();
        }
        lines.add(new Line(time.ms(), text));
    }

    List<String> lines() {
        return lines.stream()
                .map(line -> String.format(Locale.ROOT, "%8.2f s  %s", line.ms / 1000.0, line.text))
                .toList();
    }
}
