package org.lawtap.schemas.order;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
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
            return new Json(what, MAPPER.readTree(bytes));
        } catch (JacksonException e) {
            throw new IllegalArgumentException(what + " is not valid JSON: " + e.getOriginalMessage(), e);
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
                throw new IllegalArgumentException(what + ": unknown field \"" + name + "\"");
            }
        });
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
