package org.lawtap.deploy.bench;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** What {@code bench micro} measured, as a table and among the results. */
final class MicroReport {
    private final Results results;

    MicroReport(Results results) {
        this.results = results;
    }

    void take(MicroBench.Times times, List<MicroBench.Figure> figures) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("", "size", "ns", "+-", "per"));
        for (MicroBench.Figure figure : figures) {
            MicroBench.Piece piece = figure.piece();
            rows.add(List.of(
                    piece.label(),
                    figure.size(),
                    Spread.number(figure.nanos()),
                    Double.isFinite(figure.error()) ? Spread.number(figure.error()) : Spread.NONE,
                    piece.per()));
        }
        results.table("what the hot pieces take, one thread, warm", rows);
        json(times, figures);
    }

    private void json(MicroBench.Times times, List<MicroBench.Figure> figures) {
        results.options()
                .put("forks", times.forks())
                .put("iterations", times.iterations())
                .put("milliseconds", times.milliseconds());
        for (MicroBench.Figure figure : figures) {
            ObjectNode entry = results.list("micro").addObject();
            entry.put("piece", figure.piece().method())
                    .put("size", figure.size())
                    .put("nanoseconds", figure.nanos())
                    .put("per", figure.piece().per());
            if (Double.isFinite(figure.error())) {
                entry.put("error", figure.error());
            }
        }
    }
}
