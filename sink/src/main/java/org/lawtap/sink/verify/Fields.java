package org.lawtap.sink.verify;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A JSON object whose fields stand in one known order, and nothing else in it. */
final class Fields {
    static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final JsonNode object;

    private Fields(JsonNode object) {
        this.object = object;
    }

    /** The one JSON value in these bytes. */
    static JsonNode parse(byte[] bytes) throws FormException {
        try {
            return MAPPER.readTree(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new FormException("not UTF-8 text");
        } catch (JacksonException e) {
            throw new FormException("not JSON");
        }
    }

    /** @param names the object's fields, in their order */
    static Fields of(JsonNode node, String... names) throws FormException {
        if (!node.isObject()) {
            throw new FormException("no JSON object where one is expected");
        }
        List<String> found = new ArrayList<>(node.propertyNames());
        if (!found.equals(List.of(names))) {
            throw new FormException("the fields are not " + String.join(", ", names) + " in this order");
        }
        return new Fields(node);
    }

    JsonNode node(String name) {
        return object.path(name);
    }

    String text(String name) throws FormException {
        JsonNode value = object.path(name);
        if (!value.isString()) {
            throw new FormException(name + " is no text");
        }
        return value.asString();
    }

    @Nullable
    String textOrNull(String name) throws FormException {
        return object.path(name).isNull() ? null : text(name);
    }

    long number(String name) throws FormException {
        JsonNode value = object.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw new FormException(name + " is no whole number");
        }
        return value.asLong();
    }

    /** A number that is not below zero. */
    long count(String name) throws FormException {
        long number = number(name);
        if (number < 0) {
            throw new FormException(name + " is below zero");
        }
        return number;
    }

    boolean flag(String name) throws FormException {
        JsonNode value = object.path(name);
        if (!value.isBoolean()) {
            throw new FormException(name + " is neither true nor false");
        }
        return value.asBoolean();
    }

    List<JsonNode> list(String name) throws FormException {
        JsonNode value = object.path(name);
        if (!value.isArray()) {
            throw new FormException(name + " is no list");
        }
        List<JsonNode> list = new ArrayList<>();
        value.forEach(list::add);
        return list;
    }

    byte[] base64(String name) throws FormException {
        try {
            return Base64.getDecoder().decode(text(name));
        } catch (IllegalArgumentException e) {
            throw new FormException(name + " is not base64");
        }
    }

    Sha256 hash(String name) throws FormException {
        try {
            return new Sha256(text(name));
        } catch (IllegalArgumentException e) {
            throw new FormException(name + " is no SHA-256 hash in lower-case hex");
        }
    }

    @Nullable
    Sha256 hashOrNull(String name) throws FormException {
        return object.path(name).isNull() ? null : hash(name);
    }

    SessionId session(String name) throws FormException {
        try {
            return SessionId.parse(text(name));
        } catch (IllegalArgumentException e) {
            throw new FormException(name + " is no session id");
        }
    }

    WarrantId warrant(String name) throws FormException {
        try {
            return WarrantId.parse(text(name));
        } catch (IllegalArgumentException e) {
            throw new FormException(name + " is no warrant id");
        }
    }

    Instant time(String name) throws FormException {
        try {
            return Instant.parse(text(name));
        } catch (DateTimeException e) {
            throw new FormException(name + " is no time in UTC");
        }
    }

    /** All fields of the object under this name, as they are written. */
    Map<String, String> texts(String name) {
        Map<String, String> texts = new TreeMap<>();
        object.path(name)
                .properties()
                .forEach(entry -> texts.put(entry.getKey(), entry.getValue().asString("")));
        return texts;
    }
}
