package org.lawtap.sink.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code docs/verify.py} on evidence that is as it should be, and on evidence that somebody changed. */
final class VerifyScriptIT {
    private static final Pattern CODE = Pattern.compile("\"code\": \"([A-Z_]+)\"");

    @TempDir
    Path root = Path.of("");

    @Test
    void acceptsEvidenceThatNobodyChanged() throws IOException, InterruptedException {
        MadeEvidence evidence = MadeEvidence.make(root);
        Program said = MadeEvidence.verify(evidence.directory().toString(), "--json");
        assertThat(said.exitCode()).as(said.printed()).isZero();
        assertThat(codes(said)).isEmpty();
        assertThat(said.printed()).contains("\"verdict\": \"OK\"");
    }

    @Test
    void acceptsATimestampWithAnRsaKey() throws IOException, InterruptedException {
        Program said =
                MadeEvidence.verify(MadeEvidence.make(root, "--rsa").root().toString());
        assertThat(said.exitCode()).as(said.printed()).isZero();
    }

    @Test
    void acceptsAWarrantThatWasRevoked() throws IOException, InterruptedException {
        Program said =
                MadeEvidence.verify(MadeEvidence.make(root, "--revoked").root().toString());
        assertThat(said.exitCode()).as(said.printed()).isZero();
    }

    /** By somebody who has the sink's keys and signs anew what is changed; only the nodes' keys are out of reach. */
    @ParameterizedTest
    @CsvSource({
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
        "filter, OUTSIDE_WARRANT",
        "seal-numbers, ACCOUNT_WRONG",
        "statement-not-chained, STATEMENT_INVALID",
        "one-approver, ORDER_INVALID",
        "one-approver-twice, ORDER_INVALID"
    })
    void findsWhatTheSinksKeysCantHide(String change, String expected) throws IOException, InterruptedException {
        MadeEvidence evidence = MadeEvidence.make(root, "--change", change);
        Program said = MadeEvidence.verify(evidence.directory().toString(), "--json");
        assertThat(said.exitCode()).as(said.printed()).isEqualTo(1);
        assertThat(codes(said)).as(said.printed()).contains(expected.split(" "));
    }

    /** By somebody who can write to the directory and has no key. */
    @ParameterizedTest
    @CsvSource({
        "W-000001.pcapng, FILE_CHANGED",
        "W-000002.ledger, FILE_CHANGED",
        "W-000001.statement.json, STATEMENT_INVALID",
        "W-000001.statement.sig, STATEMENT_INVALID",
        "custody.jsonl, FILE_CHANGED",
        "case.jsonld, FILE_CHANGED",
        "SHA256SUMS, FILE_CHANGED",
        "seal.json, SEAL_INVALID",
        "seal.sig, SEAL_INVALID"
    })
    void findsAChangedBit(String name, String expected) throws IOException, InterruptedException {
        MadeEvidence evidence = MadeEvidence.make(root);
        evidence.changeBit(name);
        Program said = MadeEvidence.verify(evidence.directory().toString(), "--json");
        assertThat(said.exitCode()).as(said.printed()).isEqualTo(1);
        assertThat(codes(said)).as(said.printed()).contains(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "W-000002.pcapng, FILE_MISSING",
        "W-000001.statement.json, FILE_MISSING",
        "seal.json, SEAL_MISSING",
        "seal.sig, SEAL_INVALID",
        "seal.p7s, CMS_INVALID",
        "seal.tsr, TIMESTAMP_INVALID"
    })
    void findsAFileThatIsMissing(String name, String expected) throws IOException, InterruptedException {
        MadeEvidence evidence = MadeEvidence.make(root);
        Files.delete(evidence.file(name));
        Program said = MadeEvidence.verify(evidence.directory().toString(), "--json");
        assertThat(said.exitCode()).as(said.printed()).isEqualTo(1);
        assertThat(codes(said)).as(said.printed()).contains(expected);
    }

    @Test
    void findsAFileThatWasAdded() throws IOException, InterruptedException {
        MadeEvidence evidence = MadeEvidence.make(root);
        Files.writeString(evidence.file("W-000003.pcapng"), "");
        Program said = MadeEvidence.verify(evidence.directory().toString(), "--json");
        assertThat(said.exitCode()).isEqualTo(1);
        assertThat(codes(said)).containsExactly("FILE_ADDED");
    }

    @Test
    void saysOfASessionThatWasCutOffThatNobodyKnowsItsEnd() throws IOException, InterruptedException {
        Program said = MadeEvidence.verify(
                MadeEvidence.make(root, "--change", "end-removed").directory().toString());
        assertThat(said.exitCode()).as(said.printed()).isZero();
        assertThat(said.printed()).contains("was cut off: nothing vouches for its packets after record 10");
    }

    @Test
    void endsWith2WhenTheQuestionIsWrong() throws IOException, InterruptedException {
        MadeEvidence evidence = MadeEvidence.make(root);
        assertThat(MadeEvidence.verify(root.resolve("none").toString()).exitCode())
                .isEqualTo(2);
        assertThat(MadeEvidence.verify(
                                evidence.keys().toString(),
                                "--keys",
                                evidence.keys().toString())
                        .exitCode())
                .isEqualTo(2);
        Files.delete(evidence.keys().resolve("trust.json"));
        assertThat(MadeEvidence.verify(root.toString()).exitCode()).isEqualTo(2);
    }

    @Test
    void itsOwnTestsPass() throws IOException, InterruptedException {
        Program said = MadeEvidence.make(root).testVerifier();
        assertThat(said.exitCode()).as(said.printed()).isZero();
    }

    static Set<String> codes(Program said) {
        Set<String> codes = new TreeSet<>();
        Matcher matcher = CODE.matcher(said.printed());
        while (matcher.find()) {
            codes.add(matcher.group(1));
        }
        return codes;
    }
}
