package org.lawtap.warrants.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What a subcommand tells: sentences for a reader, and the same facts for a program. */
final class Answer {
    static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final List<String> lines = new ArrayList<>();
    private final ObjectNode facts = JSON.createObjectNode();

    void say(String line) {
        lines.add(line);
    }

    /** One object; a subcommand adds its fields. */
    ObjectNode facts() {
        return facts;
    }

    void print(PrintWriter out, boolean asJson) {
        if (asJson) {
            out.println(JSON.writeValueAsString(facts));
        } else {
            lines.forEach(out::println);
        }
        out.flush();
    }
}
