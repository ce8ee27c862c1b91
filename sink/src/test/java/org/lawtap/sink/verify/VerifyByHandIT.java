package org.lawtap.sink.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The checks of {@code docs/verify-by-hand.md}, taken from the page and run as they stand there. */
final class VerifyByHandIT {
    private static final Pattern CHECK = Pattern.compile("\n## (\\d+)\\. [^\n]*\n.*?```sh\n(.*?)```", Pattern.DOTALL);

    @TempDir
    Path root = Path.of("");

    @Test
    void everyCheckPassesOnEvidenceThatNobodyChanged() throws IOException, InterruptedException {
        MadeEvidence evidence = MadeEvidence.make(root);
        Map<Integer, String> checks = checks();
        assertThat(checks).hasSize(12);
        for (Map.Entry<Integer, String> check : checks.entrySet()) {
            Program said = run(evidence, check.getValue());
            assertThat(said.exitCode())
                    .as("%d: %s", check.getKey(), said.printed())
                    .isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "W-000001.pcapng, 1",
        "W-000001.ledger, 1",
        "custody.jsonl, 1",
        "SHA256SUMS, 2",
        "seal.json, 3",
        "seal.json, 4",
        "seal.json, 5",
        "W-000001.statement.json, 6",
        "W-000002.statement.sig, 6"
    })
    void aChangedBitFailsItsCheck(String name, int check) throws IOException, InterruptedException {
        MadeEvidence evidence = MadeEvidence.make(root);
        evidence.changeBit(name);
        assertThat(run(evidence, check).exitCode()).isNotZero();
    }

    @ParameterizedTest
    @CsvSource({
        "statement-not-chained, 6",
        "one-approver, 7",
        "one-approver-twice, 7",
        "seal-numbers, 8",
        "record-removed, 9",
        "block-removed, 9"
    })
    void aChangeThatWasSignedAnewFailsItsCheck(String change, int check) throws IOException, InterruptedException {
        MadeEvidence evidence = MadeEvidence.make(root, "--change", change);
        Program said = run(evidence, check);
        assertThat(said.exitCode()).as(said.printed()).isNotZero();
    }

    @ParameterizedTest
    @CsvSource({"none, 0", "destruction-not-signed, 1", "destruction-of-another-seal, 1"})
    void theEleventhCheckIsOfAProofOfDestruction(String change, int exitCode) throws IOException, InterruptedException {
        MadeEvidence evidence = MadeEvidence.make(root, "--destroy", "--change", change);
        Program said = run(evidence, 11);
        assertThat(said.exitCode()).as(said.printed()).isEqualTo(exitCode);
    }

    @Test
    void anAddedFileFailsTheSecondCheck() throws IOException, InterruptedException {
        MadeEvidence evidence = MadeEvidence.make(root);
        Files.writeString(evidence.file("W-000003.pcapng"), "");
        Program said = run(evidence, 2);
        assertThat(said.exitCode()).isNotZero();
        assertThat(said.printed()).contains("was added");
    }

    @Test
    void aFileThatEndsInsideABlockFailsTheEighthCheck() throws IOException, InterruptedException {
        MadeEvidence evidence = MadeEvidence.make(root);
        byte[] bytes = Files.readAllBytes(evidence.file("W-000001.pcapng"));
        Files.write(evidence.file("W-000001.pcapng"), java.util.Arrays.copyOf(bytes, bytes.length - 5));
        assertThat(run(evidence, 8).exitCode()).isNotZero();
    }

    @ParameterizedTest
    @CsvSource({"HEADERS_AS_ORDERED, true", "CONTENT_BEHIND_HEADERS, false", "FILTERED_AS_ORDERED, true"})
    void contentInASessionOfHeadersFailsTheTwelfthCheck(ScopeEvidence made, boolean passes) throws Exception {
        SampleEvidence evidence = made.write(root);
        Program said = Program.run(
                evidence.directory(), Map.of(), List.of("sh", "-e", "-c", checks().getOrDefault(12, "no such check")));
        assertThat(said.exitCode() == 0).as(said.printed()).isEqualTo(passes);
    }

    /** What the page says of itself: a packet that the sink's own keys vouch for takes the chain to be found. */
    @Test
    void noCheckByHandFindsAPacketThatTheSinkChanged() throws IOException, InterruptedException {
        MadeEvidence evidence = MadeEvidence.make(root, "--change", "packet-changed");
        for (String check : checks().values()) {
            assertThat(run(evidence, check).exitCode()).isZero();
        }
        assertThat(MadeEvidence.verify(root.toString()).exitCode()).isEqualTo(1);
    }

    private static Program run(MadeEvidence evidence, int check) throws IOException, InterruptedException {
        return run(evidence, checks().getOrDefault(check, "no such check"));
    }

    private static Program run(MadeEvidence evidence, String check) throws IOException, InterruptedException {
        return Program.run(
                evidence.directory(),
                Map.of("KEYS", evidence.keys().toString(), "LC_ALL", "C"),
                List.of("sh", "-e", "-c", check));
    }

    private static Map<Integer, String> checks() throws IOException {
        Map<Integer, String> checks = new LinkedHashMap<>();
        Matcher matcher = CHECK.matcher(MadeEvidence.byHand());
        while (matcher.find()) {
            checks.put(Integer.parseInt(matcher.group(1)), matcher.group(2));
        }
        return checks;
    }
}
