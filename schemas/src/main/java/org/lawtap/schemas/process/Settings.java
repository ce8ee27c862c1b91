package org.lawtap.schemas.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one process, from environment variables named {@code LAWTAP_...}. Declaring a setting reads it; all mistakes
 * are collected and told at once, an unknown {@code LAWTAP_} name among them.
 */
public final class Settings {
    private static final String PREFIX = "LAWTAP_";

    private final Map<String, String> environment;
    private final Map<String, Setting> declared = new LinkedHashMap<>();
    private final List<String> mistakes = new ArrayList<>();

    public Settings(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** One declared setting: its name, default (null: required) and meaning. */
    public record Setting(
            String name,
            @Nullable String defaultValue,
            String meaning,
            @Nullable String value) {}

    /** A text that must be set. */
    public String text(String name, String meaning) {
        return parse(name, null, meaning, "", Function.identity());
    }

    /** A text with a default. */
    public String text(String name, String defaultValue, String meaning) {
        return parse(name, defaultValue, meaning, defaultValue, Function.identity());
    }

    /** A value of some form that must be set; {@code placeholder} is returned after a mistake, which {@link #check} tells. */
    public <T> T required(String name, String meaning, T placeholder, Function<String, T> parser) {
        return parse(name, null, meaning, placeholder, parser);
    }

    /** A value of some form with a default, given as text. */
    public <T> T optional(String name, String defaultValue, String meaning, T placeholder, Function<String, T> parser) {
        return parse(name, defaultValue, meaning, placeholder, parser);
    }

    /** A path that must be set. */
    public Path path(String name, String meaning) {
        return parse(name, null, meaning, Path.of("."), Path::of);
    }

    /** A path with a default. */
    public Path path(String name, String defaultValue, String meaning) {
        return parse(name, defaultValue, meaning, Path.of(defaultValue), Path::of);
    }

    /** A whole number within bounds. */
    public long number(String name, long defaultValue, long least, long most, String meaning) {
        return parse(name, String.valueOf(defaultValue), meaning, defaultValue, text -> {
            long value = Long.parseLong(text);
            if (value < least || value > most) {
                throw new IllegalArgumentException("must be " + least + " to " + most);
            }
            return value;
        });
    }

    /** {@code true} or {@code false}. */
    public boolean flag(String name, boolean defaultValue, String meaning) {
        return parse(name, String.valueOf(defaultValue), meaning, defaultValue, text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("must be true or false");
        });
    }

    /** One of the enum's names, in lower case. */
    public <E extends Enum<E>> E choice(String name, E defaultValue, Class<E> type, String meaning) {
        return parse(name, lower(defaultValue), meaning, defaultValue, text -> {
            List<String> names = new ArrayList<>();
            for (E value : type.getEnumConstants()) {
                if (lower(value).equals(text)) {
                    return value;
                }
                names.add(lower(value));
            }
            throw new IllegalArgumentException("must be one of " + String.join(", ", names));
        });
    }

    /** Call last. @throws StartException that names all mistakes */
    public void check() throws StartException {
        for (String name : new TreeSet<>(environment.keySet())) {
            if (name.startsWith(PREFIX) && !declared.containsKey(name)) {
                mistakes.add(name + " is unknown to this process");
            }
        }
        if (!mistakes.isEmpty()) {
            throw new StartException("wrong settings:\n  " + String.join("\n  ", mistakes));
        }
    }

    /** The settings as declared so far, in order. */
    public List<Setting> declared() {
        return List.copyOf(declared.values());
    }

    /** A page that lists every setting with its default and meaning. */
    public String help() {
        StringBuilder page = new StringBuilder();
        for (Setting setting : declared.values()) {
            String form = setting.defaultValue() == null ? "required" : "default: " + quoted(setting.defaultValue());
            page.append("  %s (%s)%n      %s%n".formatted(setting.name(), form, setting.meaning()));
        }
        return page.toString();
    }

    /** The effective values, one a line, for the log at start. */
    public String effective() {
        StringBuilder page = new StringBuilder();
        for (Setting setting : declared.values()) {
            String set = setting.value();
            String value = set == null || set.isBlank() ? setting.defaultValue() : set;
            page.append("%n  %s=%s".formatted(setting.name(), value));
        }
        return page.toString();
    }

    private <T> T parse(
            String name, @Nullable String defaultValue, String meaning, T placeholder, Function<String, T> parser) {
        String value = environment.get(name);
        declared.put(name, new Setting(name, defaultValue, meaning, value));
        String text = value == null || value.isBlank() ? defaultValue : value;
        if (text == null) {
            mistakes.add(name + " is missing: " + meaning);
            return placeholder;
        }
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            String why = e instanceof NumberFormatException ? "must be a whole number" : e.getMessage();
            mistakes.add(name + "=" + text + ": " + why);
            return placeholder;
        }
    }

    private static String quoted(String text) {
        return text.isEmpty() ? "none" : text;
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(java.util.Locale.ROOT);
    }
}
