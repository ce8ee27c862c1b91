package org.lawtap.sink.verify;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.order.Warrant;

/**
 * The sessions of a warrant over time as SVG: a row a session, the pods' one below the other, with what was lost and what lies between.
 *
 * <pre>
 *   shop/web-a   |####-------####x##|          # session, x loss, dots to the session that it continues
 *   shop/web-b        |#########- -            dashed: cut off
 *                12:00      12:01
 * </pre>
 */
final class Timeline {
    private static final int WIDTH = 1000;
    private static final int LABELS = 250;
    private static final int RIGHT = 20;
    private static final int ROW = 34;
    private static final int TOP = 14;
    private static final int BAR = 14;
    private static final int AXIS = 62;
    private static final int TICKS = 5;
    private static final int ROWS_MAX = 100;
    private static final int LABEL_CHARS_MAX = 36;
    private static final double NS_PER_MS = 1e6;

    private final StringBuilder svg = new StringBuilder();
    private final List<WarrantReport.SessionReport> rows;
    private final @Nullable Warrant warrant;
    private final long fromNs;
    private final long toNs;

    private Timeline(List<WarrantReport.SessionReport> rows, @Nullable Warrant warrant, long fromNs, long toNs) {
        this.rows = rows;
        this.warrant = warrant;
        this.fromNs = fromNs;
        this.toNs = toNs;
    }

    /** The drawing, or nothing if there is no session whose opening can be read. @param warrant whose window is marked where it is inside */
    static String draw(List<WarrantReport.SessionReport> sessions, @Nullable Warrant warrant) {
        List<WarrantReport.SessionReport> rows = new ArrayList<>(sessions.stream()
                .filter(session -> session.opened() != null)
                .sorted(java.util.Comparator.comparing(Timeline::label).thenComparingLong(Timeline::start))
                .toList());
        if (rows.isEmpty()) {
            return "";
        }
        int all = rows.size();
        rows = rows.subList(0, Math.min(all, ROWS_MAX));
        long from = rows.stream().mapToLong(Timeline::start).min().orElse(0);
        long to = rows.stream().mapToLong(Timeline::end).max().orElse(from);
        long pad = Math.max(1_000_000, (to - from) / 40);
        String drawn = new Timeline(rows, warrant, from - pad, to + pad).draw();
        return all <= ROWS_MAX
                ? drawn
                : drawn + "<p class=\"soft\">The first " + ROWS_MAX + " of " + all + " sessions.</p>";
    }

    private String draw() {
        int height = TOP + rows.size() * ROW + AXIS;
        svg.append("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"The sessions over time\">"
                .formatted(WIDTH, height));
        axis(TOP + rows.size() * ROW);
        Map<SessionId, Integer> at = new HashMap<>();
        for (int row = 0; row < rows.size(); row++) {
            at.put(rows.get(row).session(), row);
        }
        for (int row = 0; row < rows.size(); row++) {
            between(rows.get(row), row, at);
        }
        for (int row = 0; row < rows.size(); row++) {
            session(rows.get(row), row);
        }
        legend(height - 12);
        return svg.append("</svg>").toString();
    }

    private void axis(int bottom) {
        boolean days = Duration.ofNanos(toNs - fromNs).toHours() >= 24;
        boolean fine = toNs - fromNs < 20_000_000_000L;
        DateTimeFormatter format = DateTimeFormatter.ofPattern(
                        days ? "MM-dd HH:mm" : fine ? "HH:mm:ss.S" : "HH:mm:ss", Locale.ROOT)
                .withZone(ZoneOffset.UTC);
        for (int tick = 0; tick <= TICKS; tick++) {
            long ns = fromNs + (toNs - fromNs) / TICKS * tick;
            double x = x(ns);
            line("grid", x, TOP - 6, x, bottom);
            text(
                    x,
                    bottom + 16,
                    "soft",
                    tick == 0 ? "start" : tick == TICKS ? "end" : "middle",
                    format.format(SealNumbers.time(ns)));
        }
        Warrant order = warrant;
        if (order != null) {
            edge(order.notBefore(), "the warrant begins", bottom);
            edge(order.notAfter(), "the warrant ends", bottom);
        }
    }

    private void edge(Instant time, String what, int bottom) {
        if (Duration.between(SealNumbers.time(fromNs), time).isNegative()
                || Duration.between(time, SealNumbers.time(toNs)).isNegative()) {
            return;
        }
        double x = x(time.getEpochSecond() * 1_000_000_000L + time.getNano());
        svg.append("<g><title>").append(what).append("</title>");
        line("window", x, TOP - 8, x, bottom);
        svg.append("</g>");
    }

    private void session(WarrantReport.SessionReport session, int row) {
        double y = TOP + row * (double) ROW;
        SessionOpened opened = session.opened();
        if (opened == null) {
            return;
        }
        text(0, y + 11, "", "start", cut(label(session)));
        text(
                0,
                y + 25,
                "soft",
                "start",
                cut("node " + opened.node() + ", session "
                        + session.session().toString().substring(0, 8)));
        double from = x(start(session));
        double to = Math.max(from + 2, x(end(session)));
        rect("bar", from, y, to - from, "session " + session.session() + ": " + session.packets() + " packets");
        Checkpoint last = session.last();
        if (last == null || last.endReason() == null) {
            svg.append("<path class=\"cut\" d=\"M%s %s v%d\"><title>cut off: it has no final account</title></path>"
                    .formatted(number(to + 2), number(y - 3), BAR + 6));
        }
        for (WarrantReport.Mark mark : session.marks()) {
            mark(mark, y);
        }
    }

    private void mark(WarrantReport.Mark mark, double y) {
        String kind = switch (mark.loss()) {
            case MISSED_BEFORE_ARM -> "before";
            case MISSING -> "missing";
            case KERNEL_DROP, USER_DROP, OUT_OF_SCOPE, UNSEEN_BY_TAP, UNSEEN_BY_INTERFACE -> "loss";
        };
        double from = x(mark.fromNs());
        double width = Math.max(4, x(mark.toNs()) - from);
        svg.append("<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"6\"><title>%d packets %s</title></rect>"
                .formatted(
                        kind,
                        number(kind.equals("before") ? from - 4 : from),
                        number(y + BAR + 2),
                        number(width),
                        mark.packets(),
                        Html.escape(mark.loss().text())));
    }

    private void between(WarrantReport.SessionReport session, int row, Map<SessionId, Integer> at) {
        SessionOpened opened = session.opened();
        SessionId previous = opened == null ? null : opened.previousSession();
        Integer before = previous == null ? null : at.get(previous);
        if (before != null) {
            svg.append("<g><title>goes on where another session ended</title>");
            line(
                    "between",
                    x(end(rows.get(before))),
                    TOP + before * ROW + BAR / 2.0,
                    x(start(session)),
                    TOP + row * ROW + BAR / 2.0);
            svg.append("</g>");
        }
    }

    private void legend(int y) {
        double x = LABELS;
        for (String[] entry : new String[][] {
            {"bar", "session"},
            {"before", "passed before it"},
            {"loss", "lost, unseen or not kept"},
            {"missing", "missing in the log"}
        }) {
            svg.append("<rect class=\"%s\" x=\"%s\" y=\"%d\" width=\"12\" height=\"10\"/>"
                    .formatted(entry[0], number(x), y - 9));
            text(x + 17, y, "soft", "start", entry[1]);
            x += 40 + entry[1].length() * 6.6;
        }
    }

    private static long start(WarrantReport.SessionReport session) {
        SessionOpened opened = session.opened();
        return opened == null ? 0 : opened.openedAtNs();
    }

    private static long end(WarrantReport.SessionReport session) {
        Checkpoint last = session.last();
        long ended = last == null ? start(session) : last.atNs();
        return Math.max(ended, session.packets() == 0 ? ended : session.lastNs());
    }

    private static String label(WarrantReport.SessionReport session) {
        SessionOpened opened = session.opened();
        return opened == null
                ? ""
                : opened.pod().namespace() + "/" + opened.pod().name();
    }

    private static String cut(String label) {
        return label.length() <= LABEL_CHARS_MAX ? label : label.substring(0, LABEL_CHARS_MAX - 1) + "…";
    }

    private double x(long ns) {
        double share = (ns - fromNs) / NS_PER_MS / ((toNs - fromNs) / NS_PER_MS);
        return LABELS + Math.clamp(share, 0, 1) * (WIDTH - LABELS - RIGHT);
    }

    private void rect(String kind, double x, double y, double width, String title) {
        svg.append("<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%d\" rx=\"2\"><title>%s</title></rect>"
                .formatted(kind, number(x), number(y), number(width), BAR, Html.escape(title)));
    }

    private void line(String kind, double x1, double y1, double x2, double y2) {
        svg.append("<line class=\"%s\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>"
                .formatted(kind, number(x1), number(y1), number(x2), number(y2)));
    }

    private void text(double x, double y, String kind, String anchor, String text) {
        svg.append("<text class=\"%s\" x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>"
                .formatted(kind, number(x), number(y), anchor, Html.escape(text)));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
