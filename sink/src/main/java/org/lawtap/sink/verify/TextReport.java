package org.lawtap.sink.verify;

import java.io.PrintWriter;
import java.util.List;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.Warrant;

/** The result of a check for a terminal: a line a check, then notes, findings and the verdict. */
public final class TextReport {
    private TextReport() {}

    /** Prints it. */
    public static void print(VerifyResult result, PrintWriter out) {
        keys(result, out);
        for (WarrantReport warrant : result.warrants()) {
            out.println();
            warrant(warrant, out);
        }
        out.println();
        out.println(
                result.ok()
                        ? "OK: nothing was changed, added or taken out since it was captured"
                        : "FAILED: see the findings");
    }

    private static void keys(VerifyResult result, PrintWriter out) {
        out.println("keys " + result.keys().directory());
        if (result.keysBesideEvidence()) {
            out.println("! these keys lie beside the evidence: whoever changed the one could have changed the other.");
            out.println("! Compare them with what their owners say, or name your own with --keys:");
        }
        for (TrustedKeys.Fingerprint key : result.keys().fingerprints()) {
            out.println("  %-30s sha256 %s".formatted(printable(key.what()), key.sha256()));
        }
    }

    private static void warrant(WarrantReport warrant, PrintWriter out) {
        out.println("warrant " + warrant.warrant() + "  " + warrant.directory());
        warrant.orders().forEach(order -> out.println("  " + printable(order(order))));
        WarrantReport.Sealed sealed = warrant.sealed();
        if (sealed != null) {
            out.println("  ended " + sealed.endedAt() + " (" + printable(sealed.because()) + "), sealed "
                    + sealed.sealedAt() + (warrant.stampedAt() == null ? "" : ", timestamped " + warrant.stampedAt()));
        }
        for (Check.Result check : warrant.checks()) {
            out.println("  %-50s %,12d %-12s %s"
                    .formatted(
                            check.check().title(),
                            check.count(),
                            check.check().unit(check.count()),
                            check.state().word()
                                    + (check.why().isEmpty() || check.state() != Check.State.NOT_DONE
                                            ? ""
                                            : ": " + check.why())));
        }
        section("notes", warrant.notes(), out);
        section("findings", warrant.findings().stream().map(TextReport::finding).toList(), out);
        out.println("  " + VerifyResult.verdict(warrant.ok()));
    }

    private static void section(String title, List<String> lines, PrintWriter out) {
        if (!lines.isEmpty()) {
            out.println("  " + title);
            lines.forEach(line -> out.println("    " + printable(line)));
        }
    }

    private static String finding(Finding finding) {
        SessionId session = finding.session();
        Finding.Offsets records = finding.records();
        StringBuilder where = new StringBuilder();
        if (finding.file() != null) {
            where.append(' ').append(finding.file());
        }
        if (session != null) {
            where.append(" session ").append(session);
        }
        if (records != null) {
            where.append(' ').append(records);
        }
        return finding.code().name() + where + ": " + finding.text();
    }

    static String order(WarrantReport.ApprovedOrder approved) {
        String by = " by " + String.join(", ", approved.approvers());
        return switch (approved.order()) {
            case Warrant warrant ->
                "generation " + warrant.generation() + " of " + warrant.authority() + ", case "
                        + warrant.caseReference() + ", " + warrant.notBefore() + " to " + warrant.notAfter()
                        + ", approved" + by;
            case Order.Revocation revocation ->
                "revoked " + revocation.revokedAt() + " (" + revocation.reason() + "), signed" + by;
            case Order.OfRetention retention ->
                retention.payloadType() + " of " + retention.orderedAt() + " (" + retention.reason() + "), approved"
                        + by;
        };
    }

    /** What evidence says can't steer a terminal. */
    static String printable(String text) {
        return text.codePoints()
                .map(character -> Character.isISOControl(character) ? '?' : character)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
