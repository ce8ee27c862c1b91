package org.lawtap.sink.seal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.sink.evidence.EvidenceException;
import org.lawtap.sink.evidence.EvidenceSeries;
import org.lawtap.sink.evidence.FileDigest;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The signed statements of a warrant's files, each of which names the one before it. A statement is a function of the log and of the
 * sink's key: what is there is compared, not written again. Form: docs/evidence.md. Owned by one thread.
 */
public final class StatementFiles {
    private final WarrantId warrant;
    private final Path directory;
    private final SinkKeys keys;
    private final List<FileDigest> files = new ArrayList<>();
    private @Nullable String previous;

    public StatementFiles(WarrantId warrant, Path directory, SinkKeys keys) {
        this.warrant = warrant;
        this.directory = directory;
        this.keys = keys;
    }

    /** States a capture file and its ledger. */
    public void write(EvidenceSeries.FilePair pair) throws IOException, EvidenceException {
        String name = "%s-%06d.statement".formatted(warrant, pair.number());
        byte[] statement = json(pair).getBytes(StandardCharsets.UTF_8);
        files.add(pair.capture());
        files.add(pair.ledger());
        FileDigest written = WholeFile.putOrCompare(directory, name + ".json", statement);
        files.add(written);
        files.add(WholeFile.putOrCompare(directory, name + ".sig", keys.sign(statement)));
        previous = written.sha256();
    }

    /** Capture files, ledgers, statements and signatures so far, in the order in which they were stated. */
    public List<FileDigest> files() {
        return List.copyOf(files);
    }

    private String json(EvidenceSeries.FilePair pair) {
        ObjectNode json = SealJson.object();
        json.put("form", "lawtap statement 1");
        json.put("warrant", warrant.toString());
        json.put("number", pair.number());
        ArrayNode list = json.putArray("files");
        SealJson.add(list, pair.capture());
        SealJson.add(list, pair.ledger());
        ObjectNode log = json.putObject("log");
        log.put("topic", Topic.packets(warrant).name());
        log.put("from", pair.from());
        log.put("next", pair.next());
        ArrayNode sessions = json.putArray("sessions");
        for (EvidenceSeries.Filed filed : pair.sessions()) {
            ObjectNode session = sessions.addObject();
            session.put("session", filed.session().toString());
            session.put("packets", filed.packets());
            session.put("first", filed.first());
            session.put("last", filed.last());
        }
        json.put("previous", previous);
        json.put("signer", keys.keyId());
        return SealJson.text(json);
    }
}
