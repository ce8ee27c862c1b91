package org.lawtap.sink.seal;

import org.lawtap.sink.evidence.FileDigest;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON as statements and seals are written in: fields in the order in which they are put, indented, a newline at the end. */
final class SealJson {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final JsonMapper LINES = JsonMapper.builder().build();

    private SealJson() {}

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    static String text(ObjectNode json) {
        return MAPPER.writeValueAsString(json) + "\n";
    }

    /** On one line. */
    static String line(ObjectNode json) {
        return LINES.writeValueAsString(json) + "\n";
    }

    static void add(ArrayNode list, FileDigest file) {
        ObjectNode json = list.addObject();
        json.put("name", file.name());
        json.put("bytes", file.bytes());
        json.put("sha256", file.sha256());
    }
}
