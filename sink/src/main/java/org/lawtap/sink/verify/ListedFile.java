package org.lawtap.sink.verify;

import java.util.ArrayList;
import java.util.List;
import org.lawtap.schemas.model.Sha256;
import tools.jackson.databind.JsonNode;

/** A file as a statement or the seal names it. */
record ListedFile(String name, long bytes, Sha256 sha256) {
    static List<ListedFile> list(Fields fields, String name) throws FormException {
        List<ListedFile> files = new ArrayList<>();
        for (JsonNode node : fields.list(name)) {
            Fields file = Fields.of(node, "name", "bytes", "sha256");
            files.add(new ListedFile(file.text("name"), file.count("bytes"), file.hash("sha256")));
        }
        return List.copyOf(files);
    }
}
