package org.lawtap.sink.verify;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.Warrant;

/**
 * The result of a check as one page, for a judge to read and for an expert to follow: the verdict in plain words, the warrant, what was
 * captured and lost, each check and what it means, and how to repeat it by hand. Needs nothing but the file itself.
 */
public final class HtmlReport {
    private final Html page = new Html();
    private final VerifyResult result;

    private HtmlReport(VerifyResult result) {
        this.result = result;
    }

    /** The page. */
    public static String write(VerifyResult result) {
        return new HtmlReport(result).write();
    }

    private String write() {
        page.raw("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
                .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .raw(
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
                .element("title", "Check of evidence: " + result.verdict())
                .raw("<style>\n" + css() + "</style></head><body><main>\n")
                .element("h1", "Check of intercepted evidence")
                .element(
                        "p",
                        "soft",
                        "Made by lawtap verify from the files alone and from public keys. It can be repeated by anyone who has both;"
                                + " the end of this page says how.");
        verdict();
        keyWarning();
        result.warrants().forEach(this::warrant);
        keys();
        repeat();
        return page.raw("</main></body></html>\n").toString();
    }

    private void verdict() {
        int findings = result.warrants().stream()
                .mapToInt(warrant -> warrant.findings().size())
                .sum();
        if (result.ok()) {
            page.raw("<div class=\"verdict ok\">").element("strong", "The evidence is intact.");
            page.element(
                    "p",
                    "Every file, every packet and every signature was checked. What lies here is what the nodes captured and signed at the"
                            + " time, under a warrant that two approvers signed; nothing was changed, added or taken out. What could"
                            + " not be captured is counted below.");
        } else {
            page.raw("<div class=\"verdict failed\">").element("strong", "The evidence is not as it should be.");
            page.element(
                    "p",
                    findings + (findings == 1 ? " finding" : " findings")
                            + ". Something was changed, is missing, or can't be proved."
                            + " The findings below say which file, which session and which records; the checks after them say what"
                            + " holds nevertheless.");
        }
        page.raw("</div>\n");
    }

    private void keyWarning() {
        if (result.keysBesideEvidence()) {
            page.raw("<div class=\"warning\">")
                    .element("strong", "The keys came from beside the evidence.")
                    .element(
                            "p",
                            "Whoever could change the evidence could have changed these keys too. The verdict is worth something only"
                                    + " if the fingerprints below are those that their owners name: the approvers, the operator of"
                                    + " the cluster, the timestamp authority.")
                    .raw("</div>\n");
        }
    }

    private void warrant(WarrantReport warrant) {
        page.element("h2", "Warrant " + warrant.warrant());
        if (result.warrants().size() > 1) {
            page.element(
                    "p",
                    warrant.ok() ? "ok" : "failed",
                    warrant.ok() ? "intact" : warrant.findings().size() + " findings");
        }
        orders(warrant);
        findings(warrant);
        captured(warrant);
        checks(warrant);
        notes(warrant);
        files(warrant);
    }

    private void orders(WarrantReport warrant) {
        page.raw("<dl>");
        for (WarrantReport.ApprovedOrder approved : warrant.orders()) {
            String approvers = String.join(" and ", approved.approvers());
            switch (approved.order()) {
                case Warrant order -> {
                    fact("Ordered by", order.authority() + ", case " + order.caseReference());
                    fact(
                            "Against",
                            "the pods " + new TreeMap<>(order.target().labels()) + " in "
                                    + order.target().cluster() + "/"
                                    + order.target().namespace());
                    fact("From, to", order.notBefore() + " to " + order.notAfter());
                    fact("Approved by", approvers + " (generation " + order.generation() + ")");
                    fact(
                            "Scope",
                            switch (order.scope()) {
                                case CONTENT -> "whole packets";
                                case HEADERS -> "headers only, no content";
                            });
                    String filter = order.filter();
                    if (filter != null) {
                        fact("Narrowed to", filter);
                    }
                    fact("For", order.deliveryAgency());
                }
                case Order.Revocation order ->
                    fact(
                            "Revoked",
                            order.revokedAt() + " by " + order.authority() + ", signed by " + approvers + ": "
                                    + order.reason());
                case Order.OfRetention order ->
                    fact(
                            order.payloadType(),
                            order.orderedAt() + " by " + order.authority() + ", approved by " + approvers + ": "
                                    + order.reason());
            }
        }
        WarrantReport.Sealed sealed = warrant.sealed();
        if (sealed == null) {
            fact("Sealed", "not yet, or the seal can't be read");
        } else {
            fact("Ended", sealed.endedAt() + (sealed.because().equals("REVOKED") ? ", revoked" : ", as ordered"));
            fact("Sealed", sealed.sealedAt().toString());
        }
        if (warrant.stampedAt() != null) {
            fact("Timestamped", warrant.stampedAt() + " by the timestamp authority");
        }
        fact("Files", warrant.directory().toString());
        page.raw("</dl>\n");
    }

    private void captured(WarrantReport warrant) {
        page.element("h3", "What was captured");
        page.raw("<div class=\"numbers\">");
        big(
                warrant.sessions().stream()
                        .map(WarrantReport.SessionReport::opened)
                        .filter(Objects::nonNull)
                        .map(opened -> opened.pod().uid())
                        .distinct()
                        .count(),
                "pods");
        big(warrant.sessions().size(), "sessions");
        big(sum(warrant, "packets"), "packets in the files");
        big(sum(warrant, "kernelDrop") + sum(warrant, "userDrop"), "lost while capturing");
        big(sum(warrant, "missing"), "missing in the log");
        big(sum(warrant, "outOfScopeDiscarded"), "not kept");
        big(sum(warrant, "unseenByTap") + sum(warrant, "unseenByInterface"), "not seen");
        page.raw("</div>\n");
        Warrant order = warrant.orders().stream()
                .map(WarrantReport.ApprovedOrder::order)
                .filter(Warrant.class::isInstance)
                .map(Warrant.class::cast)
                .reduce((before, after) -> after)
                .orElse(null);
        page.raw("<div class=\"wide\">" + Timeline.draw(warrant.sessions(), order) + "</div>\n");
        sessions(warrant);
    }

    private void sessions(WarrantReport warrant) {
        page.table(
                "sessions",
                List.of(
                        "Session",
                        "Pod and node",
                        "#In the files",
                        "#Lost in the kernel",
                        "#Lost in the worker",
                        "#Not kept",
                        "#Unseen by tap",
                        "#Unseen by interface",
                        "#Missed before",
                        "#Missing",
                        "#Cut",
                        "End"));
        for (WarrantReport.SessionReport session : warrant.sessions()) {
            Map<String, Long> numbers = SealNumbers.numbers(session);
            SessionOpened opened = session.opened();
            page.raw("<tr>").element("td", "hash", session.session().toString().substring(0, 8));
            page.element(
                    "td",
                    opened == null
                            ? "?"
                            : opened.pod().namespace() + "/" + opened.pod().name() + " on " + opened.node());
            for (String name : List.of(
                    "packets",
                    "kernelDrop",
                    "userDrop",
                    "outOfScopeDiscarded",
                    "unseenByTap",
                    "unseenByInterface",
                    "missedBeforeArm",
                    "missing",
                    "truncated")) {
                page.element("td", "number", grouped(Objects.requireNonNull(numbers.get(name))));
            }
            page.element("td", ended(session.last())).raw("</tr>\n");
        }
        page.endTable();
        page.element(
                "p",
                "soft",
                "What the interface of the pod counted must be what was kept and what was lost, class by class. \"Missed before\" passed"
                        + " before the session began, \"cut\" packets are kept without their end.");
        for (WarrantReport.SessionReport session : warrant.sessions()) {
            equation(session);
        }
    }

    private void equation(WarrantReport.SessionReport session) {
        Checkpoint last = session.last();
        SessionOpened opened = session.opened();
        if (last == null || opened == null) {
            return;
        }
        long counted = last.interfaceNow().tapped() - last.interfaceAtArm().tapped();
        String state;
        if (opened.filter() != null) {
            state = "a filter narrows the session, and " + grouped(last.refusedByFilter()) + " did not pass it";
        } else if (!last.interfaceExact()) {
            state = "can't be compared to the packet: the counters did not stand still";
        } else {
            state = last.unaccounted() == 0 ? "it holds" : last.unaccounted() + " are in no class";
        }
        page.element(
                "p",
                "equation",
                session.session().toString().substring(0, 8) + ": " + grouped(counted) + " counted = "
                        + grouped(last.delivered())
                        + " delivered + " + grouped(last.kernelDrop()) + " lost in the kernel + "
                        + grouped(last.userDrop())
                        + " lost in the worker + " + grouped(last.outOfScopeDiscarded()) + " not kept + "
                        + grouped(last.unseenByTap()) + " unseen by the tap: " + state
                        + (opened.headersOnly()
                                ? "; headers only, " + grouped(last.cutByScopeBytes()) + " bytes left out"
                                : ""));
    }

    private void checks(WarrantReport warrant) {
        page.element("h3", "What was checked");
        page.table("checks", List.of("Check", "Result", "#How many", "What it means if it holds"));
        for (Check.Result check : warrant.checks()) {
            String kind = switch (check.state()) {
                case OK -> "ok";
                case FAILED -> "failed";
                case NOT_DONE -> "undone";
            };
            page.raw("<tr>")
                    .element("td", capital(check.check().title()))
                    .element("td", "result " + kind, check.state().word())
                    .element(
                            "td",
                            "number",
                            grouped(check.count()) + " " + check.check().unit(check.count()))
                    .element(
                            "td",
                            check.check().meaning()
                                    + (check.state() == Check.State.NOT_DONE ? " Not done: " + check.why() + "." : ""))
                    .raw("</tr>\n");
        }
        page.endTable();
    }

    private void findings(WarrantReport warrant) {
        if (warrant.findings().isEmpty()) {
            return;
        }
        page.element("h3", "Findings");
        page.table("findings", List.of("Code", "Where", "What"));
        for (Finding finding : warrant.findings()) {
            page.raw("<tr>").element("td", "failed", finding.code().name());
            page.element("td", "hash", where(finding));
            page.element("td", capital(finding.text())).raw("</tr>\n");
        }
        page.endTable();
    }

    private static String where(Finding finding) {
        SessionId session = finding.session();
        Finding.Offsets records = finding.records();
        StringBuilder where = new StringBuilder();
        if (finding.file() != null) {
            where.append(finding.file());
        }
        if (session != null) {
            where.append(where.isEmpty() ? "" : ", ").append("session ").append(session);
        }
        if (records != null) {
            where.append(where.isEmpty() ? "" : ", ").append(records);
        }
        return where.toString();
    }

    private void notes(WarrantReport warrant) {
        if (!warrant.notes().isEmpty()) {
            page.element("h3", "Notes").raw("<ul>\n");
            warrant.notes().forEach(note -> page.element("li", capital(note)));
            page.raw("</ul>\n");
        }
    }

    private void files(WarrantReport warrant) {
        page.element("h3", "Files");
        page.table("files", List.of("File", "#Bytes", "SHA-256"));
        for (WarrantReport.FileReport file : warrant.files()) {
            page.raw("<tr>")
                    .element("td", "hash", file.name())
                    .element("td", "number", grouped(file.bytes()))
                    .element("td", "hash", file.sha256())
                    .raw("</tr>\n");
        }
        page.endTable();
    }

    private void keys() {
        page.element("h2", "Keys");
        page.element(
                "p",
                "The check rests on these public keys, from " + result.keys().directory() + ".");
        page.table("keys", List.of("Whose", "SHA-256 of the key, or of the certificate"));
        for (TrustedKeys.Fingerprint key : result.keys().fingerprints()) {
            page.raw("<tr>")
                    .element("td", key.what())
                    .element("td", "hash", key.sha256())
                    .raw("</tr>\n");
        }
        page.endTable();
    }

    private void repeat() {
        page.element("h2", "How to repeat the check by hand");
        page.element(
                "p",
                "In the directory of the warrant, with KEYS the directory of the public keys. These commands check the hashes of all files, and"
                        + " the three signatures over the list of them:");
        page.element("pre", """
                sha256sum -c SHA256SUMS
                openssl pkeyutl -verify -pubin -inkey KEYS/sink.pub.pem -rawin -in seal.json -sigfile seal.sig
                openssl cms -verify -binary -inform DER -in seal.p7s -content seal.json \\
                    -CAfile KEYS/sink.crt.pem -purpose any -out /dev/null
                openssl ts -verify -data seal.json -in seal.tsr -CAfile KEYS/tsa.crt.pem""");
        page.element(
                "p",
                "Everything, also each packet against what the node signed, is checked by this program or by another one written after"
                        + " docs/evidence.md of lawtap, which describes every file and every rule:");
        page.element("pre", "./lawtap verify DIR --keys KEYS --report FILE.html\n./lawtap explain FILE.pcapng FRAME");
    }

    private void fact(String name, String value) {
        page.element("dt", name).element("dd", value);
    }

    private void big(long number, String what) {
        page.raw("<div>").element("b", grouped(number)).element("span", what).raw("</div>");
    }

    private static long sum(WarrantReport warrant, String name) {
        return warrant.sessions().stream()
                .mapToLong(session ->
                        Objects.requireNonNull(SealNumbers.numbers(session).get(name)))
                .sum();
    }

    private static String ended(@Nullable Checkpoint last) {
        return last == null || last.endReason() == null
                ? "cut off"
                : last.endReason() + " at " + SealNumbers.time(last.atNs());
    }

    private static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number).replace(',', '\u202f');
    }

    private static String capital(String text) {
        return text.isEmpty() ? text : text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    private static String css() {
        try (InputStream in = Objects.requireNonNull(HtmlReport.class.getResourceAsStream("report.css"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the page's style can't be read", e);
        }
    }
}
