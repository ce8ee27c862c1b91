package org.lawtap.sink.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lawtap.schemas.model.WarrantId;

/** The two verifiers, written apart from each other, say the same of the same evidence; needs python3 and openssl. */
final class VerifiersAgreeIT {
    private static final long SEED = 20261124;
    private static final int FLIPS = 40;
    private static final String[] MISSING = {
        "FILE_MISSING", "SEAL_MISSING", "SEAL_INVALID", "CMS_INVALID", "TIMESTAMP_INVALID"
    };

    @TempDir
    Path root = Path.of("");

    /** What each says: the codes of its findings, and all of it in words. */
    private record Said(Set<String> lawtap, Set<String> python, String words) {
        void same() {
            assertThat(python).as(words).isEqualTo(lawtap);
        }
    }

    @Test
    void bothAcceptWhatTheSinkWrote() throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        Said said = say(evidence.directory(), evidence.keys(), SampleEvidence.WARRANT);
        assertThat(said.lawtap()).as(said.words()).isEmpty();
        said.same();
    }

    @Test
    void bothSayThatAWarrantStillRuns() throws Exception {
        SampleEvidence evidence = SampleEvidence.writeUnsealed(root);
        Said said = say(evidence.directory(), evidence.keys(), SampleEvidence.WARRANT);
        assertThat(said.lawtap()).as(said.words()).contains("SEAL_MISSING");
        said.same();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "none",
                "record-removed",
                "checkpoint-removed",
                "packet-changed",
                "packet-and-leaf",
                "block-removed",
                "opening",
                "repeated-of-nothing",
                "checkpoint-not-sealed",
                "node-not-trusted",
                "packet-after-the-end",
                "account",
                "filter",
                "seal-numbers",
                "statement-not-chained",
                "one-approver",
                "one-approver-twice",
                "end-removed"
            })
    void bothFindTheSame(String change) throws Exception {
        MadeEvidence evidence = MadeEvidence.make(root, "--change", change);
        say(evidence.directory(), evidence.keys(), WarrantId.parse(MadeEvidence.WARRANT))
                .same();
    }

    /** lawtap's verifier also names the byte where the capture file stops to follow from the records. */
    @Test
    void bothFindRecordsThatWereSwapped() throws Exception {
        MadeEvidence evidence = MadeEvidence.make(root, "--change", "records-swapped");
        Said said = say(evidence.directory(), evidence.keys(), WarrantId.parse(MadeEvidence.WARRANT));
        assertThat(said.lawtap()).as(said.words()).contains("CHAIN_BROKEN", "SEQUENCE");
        assertThat(said.python()).as(said.words()).contains("CHAIN_BROKEN", "SEQUENCE");
    }

    /** Capture files that are gone: on an order that counts, or not; the chain is followed all the same. */
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "none, -",
                "destruction-too-early, DESTRUCTION_INVALID FILE_MISSING",
                "destruction-kept-shorter, DESTRUCTION_INVALID FILE_MISSING",
                "destruction-by-one, DESTRUCTION_INVALID FILE_MISSING",
                "destruction-by-hold, DESTRUCTION_INVALID FILE_MISSING",
                "destruction-under-hold, DESTRUCTION_INVALID FILE_MISSING",
                "destruction-of-less, DESTRUCTION_INVALID FILE_MISSING",
                "destruction-of-another-seal, DESTRUCTION_INVALID FILE_MISSING",
                "destruction-not-signed, DESTRUCTION_INVALID FILE_MISSING",
                "destruction-not-done, DESTRUCTION_INVALID FILE_MISSING",
                "record-removed, CHAIN_BROKEN SEQUENCE",
                "packet-and-leaf, CHAIN_BROKEN RECORD_REPEATED",
                "checkpoint-not-sealed, CHECKPOINT_INVALID",
                "seal-numbers, ACCOUNT_WRONG"
            })
    void bothJudgeADestruction(String change, @Nullable String expected) throws Exception {
        MadeEvidence evidence = MadeEvidence.make(root, "--destroy", "--change", change);
        Said said = say(evidence.directory(), evidence.keys(), WarrantId.parse(MadeEvidence.WARRANT));
        assertThat(said.lawtap())
                .as(said.words())
                .isEqualTo(expected == null ? Set.of() : Set.of(expected.split(" ", -1)));
        said.same();
    }

    @ParameterizedTest
    @EnumSource
    void bothHoldASessionToItsScope(ScopeEvidence made) throws Exception {
        SampleEvidence evidence = made.write(root);
        Said said = say(evidence.directory(), evidence.keys(), SampleEvidence.WARRANT);
        Set<String> expected = new TreeSet<>();
        made.findings().forEach(code -> expected.add(code.name()));
        assertThat(said.lawtap()).as(said.words()).isEqualTo(expected);
        said.same();
    }

    @Test
    void bothFindAMissingFile() throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        for (Path file : files(evidence)) {
            byte[] whole = Files.readAllBytes(file);
            Files.delete(file);
            Said said = say(evidence.directory(), evidence.keys(), SampleEvidence.WARRANT);
            assertThat(said.lawtap()).as(said.words()).containsAnyOf(MISSING);
            assertThat(said.python()).as(said.words()).containsAnyOf(MISSING);
            Files.write(file, whole);
        }
    }

    /** One bit of a file, at places that a seed chooses; what CMS structures carry beside a signature may be anything. */
    @Test
    void bothFindAChangedBit() throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        List<Path> files = files(evidence).stream()
                .filter(file -> !file.endsWith("seal.p7s") && !file.endsWith("seal.tsr"))
                .toList();
        Random random = new Random(SEED);
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < FLIPS; i++) {
            Path file = files.get(random.nextInt(files.size()));
            byte[] whole = Files.readAllBytes(file);
            byte[] changed = whole.clone();
            int at = random.nextInt(whole.length);
            changed[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, changed);
            Said said = say(evidence.directory(), evidence.keys(), SampleEvidence.WARRANT);
            if (said.lawtap().isEmpty() != said.python().isEmpty()) {
                differences.add(file.getFileName() + " byte " + at + ": " + said);
            }
            Files.write(file, whole);
        }
        assertThat(differences).as("seed %d", SEED).isEmpty();
    }

    private static List<Path> files(SampleEvidence evidence) throws IOException {
        try (Stream<Path> listed = Files.list(evidence.directory())) {
            return listed.filter(file -> !file.endsWith(".lock")).sorted().toList();
        }
    }

    private static Said say(Path directory, Path keys, WarrantId warrant) throws IOException, InterruptedException {
        List<Finding> findings = new WarrantVerifier(
                        new EvidenceDirectory(directory, warrant), TrustedKeys.read(keys), false, Progress.NONE)
                .verify()
                .findings();
        Set<String> lawtap = new TreeSet<>();
        findings.forEach(finding -> lawtap.add(finding.code().name()));
        Program python = MadeEvidence.verify(directory.toString(), "--keys", keys.toString(), "--json");
        assertThat(python.exitCode()).as(python.printed()).isIn(0, 1);
        return new Said(lawtap, VerifyScriptIT.codes(python), findings + "\n" + python.printed());
    }
}
