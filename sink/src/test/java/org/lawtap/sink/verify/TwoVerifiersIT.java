package org.lawtap.sink.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Evidence that neither verifier's author made: both come to the same verdict, and this one names what was changed. */
class TwoVerifiersIT {
    @TempDir
    Path root = Path.of("");

    @ParameterizedTest
    @CsvSource({
        "none, ''",
        "end-removed, ''",
        "record-removed, CHAIN_BROKEN SEQUENCE",
        "records-swapped, CHAIN_BROKEN SEQUENCE",
        "checkpoint-removed, CHAIN_BROKEN",
        "packet-changed, RECORD_CHANGED",
        "packet-and-leaf, CHAIN_BROKEN",
        "block-removed, RECORD_CHANGED",
        "opening, CHAIN_BROKEN",
        "repeated-of-nothing, RECORD_REPEATED",
        "checkpoint-not-sealed, CHECKPOINT_INVALID",
        "node-not-trusted, KEY_UNKNOWN",
        "packet-after-the-end, OUTSIDE_WARRANT",
        "account, ACCOUNT_WRONG",
        "seal-numbers, ACCOUNT_WRONG",
        "statement-not-chained, STATEMENT_INVALID",
        "one-approver, ORDER_INVALID",
        "one-approver-twice, ORDER_INVALID"
    })
    void theyAgree(String change, String expected) throws Exception {
        MadeEvidence evidence =
                change.equals("none") ? MadeEvidence.make(root) : MadeEvidence.make(root, "--change", change);
        Program script = MadeEvidence.verify(evidence.directory().toString(), "--json");
        List<EvidenceDirectory> found = EvidenceDirectory.under(evidence.directory());
        assertThat(found).hasSize(1);
        WarrantReport report =
                new WarrantVerifier(found.getFirst(), TrustedKeys.read(evidence.keys()), false, Progress.NONE).verify();
        List<String> codes =
                report.findings().stream().map(finding -> finding.code().name()).toList();
        assertThat(report.ok()).as(report.findings() + script.printed()).isEqualTo(script.exitCode() == 0);
        if (expected.isEmpty()) {
            assertThat(codes).isEmpty();
        } else {
            assertThat(codes).contains(expected.split(" "));
        }
    }
}
