package org.lawtap.schemas.model;

import java.util.Optional;

/**
 * A character outside printable ASCII in a name that holds ASCII only. Many such characters look like others (homoglyphs): a name
 * that holds one can never be a name of Kubernetes, however much it looks like one.
 */
public final class ForeignCharacter {
    private static final int FIRST_PRINTABLE = 0x20;
    private static final int LAST_PRINTABLE = 0x7e;

    private ForeignCharacter() {}

    /** The first one, for a reader: its number and its name in Unicode. */
    public static Optional<String> in(String name) {
        return name.codePoints()
                .filter(character -> character < FIRST_PRINTABLE || character > LAST_PRINTABLE)
                .mapToObj(character -> "U+%04X (%s)".formatted(character, nameOf(character)))
                .findFirst();
    }

    private static String nameOf(int character) {
        String name = Character.getName(character);
        return name == null ? "unassigned" : name;
    }
}
