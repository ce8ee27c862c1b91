package org.lawtap.deploy.bench;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Which frames are sent.
 *
 * @param name as the user and the figures call it
 * @param lengths of the frames without their checksum, in the order of sending, repeated
 */
public record Mix(String name, List<Integer> lengths) {
    /** 7:4:1 of 64, 594 and 1,514 bytes, the mean is 362. */
    public static final Mix IMIX = new Mix("IMIX", List.of(64, 594, 64, 64, 594, 64, 1514, 64, 594, 64, 594, 64));

    private static final int LENGTH_MIN = 64;
    private static final int LENGTH_MAX = 1514;

    public Mix {
        lengths = List.copyOf(lengths);
    }

    /** {@code IMIX}, or one length. @throws IllegalArgumentException with a sentence */
    public static Mix parse(String text) {
        String name = text.strip().toUpperCase(Locale.ROOT);
        if (name.equals(IMIX.name())) {
            return IMIX;
        }
        int length = name.matches("[0-9]{1,4}") ? Integer.parseInt(name) : 0;
        if (length < LENGTH_MIN || length > LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "a size is IMIX or from " + LENGTH_MIN + " to " + LENGTH_MAX + ", not \"" + text + "\"");
        }
        return new Mix(Integer.toString(length), List.of(length));
    }

    /** Several, separated by commas. */
    static List<Mix> parseAll(String text) {
        return List.of(text.split(",", -1)).stream().map(Mix::parse).distinct().toList();
    }

    /** As the generator takes it. */
    String argument() {
        return lengths.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}
