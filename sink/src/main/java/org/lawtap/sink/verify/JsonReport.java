package org.lawtap.sink.verify;

import java.util.Map;
import org.lawtap.schemas.model.SessionId;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The result of a check for programs.
 *
 * <pre>
 * {"verdict": "OK" or "FAILED", "keys": {"directory", "besideEvidence", "fingerprints": [{"what", "sha256"}]},
 *  "warrants": [{"warrant", "directory", "verdict",
 *    "findings": [{"code", "file", "session", "firstRecord", "lastRecord", "text"}],
 *    "notes": [...], "checks": [{"check", "what", "count", "unit", "result", "why"}],
 *    "sessions": [{"session", "pod", "node", numbers as in the seal}], "files": [{"name", "bytes", "sha256"}]}]}
 * </pre>
 */
public final class JsonReport {
    private JsonReport() {}

    /** The text, with a newline at its end. */
    public static String write(VerifyResult result) {
        ObjectNode json = Fields.MAPPER.createObjectNode();
        json.put("verdict", result.verdict());
        ObjectNode keys = json.putObject("keys");
        keys.put("directory", result.keys().directory().toString());
        keys.put("besideEvidence", result.keysBesideEvidence());
        ArrayNode fingerprints = keys.putArray("fingerprints");
        result.keys()
                .fingerprints()
                .forEach(key -> fingerprints.addObject().put("what", key.what()).put("sha256", key.sha256()));
        ArrayNode warrants = json.putArray("warrants");
        result.warrants().forEach(warrant -> warrant(warrants.addObject(), warrant));
        return Fields.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n";
    }

    private static void warrant(ObjectNode json, WarrantReport warrant) {
        json.put("warrant", warrant.warrant().toString());
        json.put("directory", warrant.directory().toString());
        json.put("verdict", VerifyResult.verdict(warrant.ok()));
        ArrayNode findings = json.putArray("findings");
        warrant.findings().forEach(finding -> finding(findings.addObject(), finding));
        ArrayNode notes = json.putArray("notes");
        warrant.notes().forEach(notes::add);
        ArrayNode checks = json.putArray("checks");
        for (Check.Result check : warrant.checks()) {
            checks.addObject()
                    .put("check", check.check().name())
                    .put("what", check.check().title())
                    .put("count", check.count())
                    .put("unit", check.check().unit(2))
                    .put("result", check.state().name())
                    .put("why", check.why());
        }
        ArrayNode sessions = json.putArray("sessions");
        warrant.sessions().forEach(session -> session(sessions.addObject(), session));
        ArrayNode files = json.putArray("files");
        warrant.files()
                .forEach(file -> files.addObject()
                        .put("name", file.name())
                        .put("bytes", file.bytes())
                        .put("sha256", file.sha256()));
    }

    private static void finding(ObjectNode json, Finding finding) {
        SessionId session = finding.session();
        Finding.Offsets records = finding.records();
        json.put("code", finding.code().name());
        json.put("file", finding.file());
        json.put("session", session == null ? null : session.toString());
        json.put("firstRecord", records == null ? null : (Long) records.first());
        json.put("lastRecord", records == null ? null : (Long) records.last());
        json.put("text", finding.text());
    }

    private static void session(ObjectNode json, WarrantReport.SessionReport session) {
        json.put("session", session.session().toString());
        var opened = session.opened();
        json.put(
                "pod",
                opened == null
                        ? null
                        : opened.pod().namespace() + "/" + opened.pod().name());
        json.put("node", opened == null ? null : opened.node().value());
        for (Map.Entry<String, Long> number : SealNumbers.numbers(session).entrySet()) {
            json.put(number.getKey(), number.getValue());
        }
    }
}
