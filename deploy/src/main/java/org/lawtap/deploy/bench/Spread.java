package org.lawtap.deploy.bench;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Several measurements of the same thing. */
record Spread(double median, double least, double most, int count) {
    /** What is printed where nothing could be measured. */
    static final String NONE = "-";

    /** Of finite values only; empty if there are none. */
    static Optional<Spread> of(Collection<Double> values) {
        double[] sorted = values.stream()
                .mapToDouble(Double::doubleValue)
                .filter(Double::isFinite)
                .sorted()
                .toArray();
        if (sorted.length == 0) {
            return Optional.empty();
        }
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return Optional.of(new Spread(median, sorted[0], sorted[sorted.length - 1], sorted.length));
    }

    /** The median, and from where to where the values lie if there are several. */
    String text() {
        return count == 1 ? number(median) : number(median) + " (" + number(least) + "-" + number(most) + ")";
    }

    static String text(Optional<Spread> spread) {
        return spread.map(Spread::text).orElse(NONE);
    }

    /** Three digits that count. */
    static String number(double value) {
        double size = Math.abs(value);
        int decimals = size >= 99.5 || size == 0 ? 0 : size >= 9.95 ? 1 : size >= 0.995 ? 2 : 3;
        return String.format(Locale.ROOT, "%,." + decimals + "f", value);
    }
}
