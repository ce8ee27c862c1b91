package org.lawtap.sink.verify;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import tools.jackson.databind.JsonNode;

/** What the sink signed about a complete capture file and its ledger. @param next the offset after the last record */
record StatementFile(
        WarrantId warrant,
        long number,
        List<ListedFile> files,
        String topic,
        long from,
        long next,
        List<Held> sessions,
        @Nullable Sha256 previous,
        String signer) {
    /** What a file holds of a session. @param first sequence of its first packet there */
    record Held(SessionId session, long packets, long first, long last) {}

    static StatementFile parse(byte[] bytes) throws FormException {
        Fields fields = Fields.of(
                Fields.parse(bytes), "form", "warrant", "number", "files", "log", "sessions", "previous", "signer");
        if (!fields.text("form").equals("lawtap statement 1")) {
            throw new FormException("not of the form lawtap statement 1");
        }
        Fields log = Fields.of(fields.node("log"), "topic", "from", "next");
        List<Held> sessions = new ArrayList<>();
        for (JsonNode node : fields.list("sessions")) {
            Fields held = Fields.of(node, "session", "packets", "first", "last");
            sessions.add(
                    new Held(held.session("session"), held.count("packets"), held.count("first"), held.count("last")));
        }
        return new StatementFile(
                fields.warrant("warrant"),
                fields.count("number"),
                ListedFile.list(fields, "files"),
                log.text("topic"),
                log.count("from"),
                log.count("next"),
                List.copyOf(sessions),
                fields.hashOrNull("previous"),
                fields.text("signer"));
    }
}
