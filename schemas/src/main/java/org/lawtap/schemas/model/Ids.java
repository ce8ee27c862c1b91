package org.lawtap.schemas.model;

import java.util.UUID;
import java.util.regex.Pattern;

/** The forms that names and ids may have; whatever passes is safe in a path, a topic name and a terminal. */
final class Ids {
    static final Pattern UID = Pattern.compile("[0-9a-zA-Z]([0-9a-zA-Z-]{0,62}[0-9a-zA-Z])?");

    /** RFC 1123 label, at most 63 characters, as Kubernetes demands of namespaces. */
    static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    /** RFC 1123 subdomain, at most 253 characters, as Kubernetes demands of object names. */
    static final Pattern DNS_NAME = Pattern.compile("(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?");

    private static final Pattern LOWER_CASE_UUID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private Ids() {}

    static void check(String what, String value, Pattern form) {
        if (!form.matcher(value).matches()) {
            String why = ForeignCharacter.in(value)
                    .map(character -> "holds the character " + character + ", which no such name may hold")
                    .orElse("is not of the form " + form);
            throw new IllegalArgumentException(what + " \"" + printable(value) + "\" " + why);
        }
    }

    static UUID uuid(String what, String text) {
        if (!LOWER_CASE_UUID.matcher(text).matches()) {
            throw new IllegalArgumentException(what + " \"" + printable(text) + "\" is not a lower-case UUID");
        }
        return UUID.fromString(text);
    }

    private static String printable(String value) {
        String head = value.length() > 80 ? value.substring(0, 80) + "..." : value;
        return head.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
