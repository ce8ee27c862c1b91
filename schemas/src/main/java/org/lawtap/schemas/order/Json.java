package org.lawtap.schemas.order;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Strict JSON objects: no duplicate keys, no trailing text, no unknown fields, no guessed types. */
final class Json {
    static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private static final Pattern FOUR_DIGIT_YEAR = Pattern.compile("[0-9]{4}-");

    private final String what;
    private final JsonNode object;
    private final Set<String> read = new HashSet<>();

    private Json(String what, @Nullable JsonNode node) {
        if (node == null || !node.isObject()) {
            throw new IllegalArgumentException(what + " is not a JSON object");
        }
        this.what = what;
        this.object = node;
    }

    /** @throws IllegalArgumentException if the bytes are not one JSON object */
    static Json parse(String what, byte[] bytes) {
        try {
            return new Json(what, MAPPER.readTree(utf8(what, bytes)));
        } catch (JacksonException e) {
            throw new IllegalArgumentException(what + " is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** Strictly: the parser alone would guess UTF-16 and UTF-32 too. */
    private static String utf8(String what, byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(what + " is not UTF-8 text", e);
        }
    }

    static Json of(String what, JsonNode node) {
        return new Json(what, node);
    }

    String text(String name) {
        JsonNode value = required(name);
        if (!value.isString()) {
            throw new IllegalArgumentException(what + ": " + name + " must be a string");
        }
        return value.asString();
    }

    @Nullable
    String textOrNull(String name) {
        return object.hasNonNull(name) ? text(name) : skip(name);
    }

    long number(String name) {
        JsonNode value = required(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw new IllegalArgumentException(what + ": " + name + " must be a whole number");
        }
        return value.asLong();
    }

    /** A time in UTC, ISO 8601. */
    Instant time(String name) {
        return time(name, text(name));
    }

    /** @throws IllegalArgumentException if the text is no time in UTC of a year of four digits */
    static Instant time(String name, String text) {
        if (!text.endsWith("Z")) {
            throw new IllegalArgumentException(
                    name + " must be in UTC and end with Z, for instance 2026-11-23T12:00:00Z");
        }
        try {
            if (!FOUR_DIGIT_YEAR.matcher(text).lookingAt()) {
                throw new DateTimeException("a year of more or less than four digits");
            }
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(name + " is not a time such as 2026-11-23T12:00:00Z", e);
        }
    }

    @Nullable
    Instant timeOrNull(String name) {
        read.add(name);
        return object.hasNonNull(name) ? time(name) : null;
    }

    boolean has(String name) {
        return object.has(name);
    }

    boolean flag(String name) {
        JsonNode value = required(name);
        if (!value.isBoolean()) {
            throw new IllegalArgumentException(what + ": " + name + " must be true or false");
        }
        return value.asBoolean();
    }

    Json object(String name) {
        return new Json(what + "." + name, required(name));
    }

    JsonNode array(String name) {
        JsonNode value = required(name);
        if (!value.isArray()) {
            throw new IllegalArgumentException(what + ": " + name + " must be a list");
        }
        return value;
    }

    /** All fields of this object, which must be strings. */
    Map<String, String> texts() {
        Map<String, String> texts = new LinkedHashMap<>();
        object.properties().forEach(entry -> texts.put(entry.getKey(), text(entry.getKey())));
        return texts;
    }

    /** Call last: a field that nobody asked for is a mistake of its writer. */
    void noMore() {
        object.propertyNames().forEach(name -> {
            if (!read.contains(name)) {
                throw new IllegalArgumentException(what + ": unknown field \"" + shown(name) + "\"");
            }
        });
    }

    private static String shown(String name) {
        String head = name.length() > 60 ? name.substring(0, 60) + "..." : name;
        return head.replaceAll("[^\\x20-\\x7e]", "?");
    }

    private JsonNode required(String name) {
        read.add(name);
        JsonNode value = object.get(name);
        if (value == null || value.isNull()) {
            throw new IllegalArgumentException(what + ": " + name + " is missing");
        }
        return value;
    }

    private @Nullable String skip(String name) {
        read.add(name);
        return null;
    }
}
