package org.lawtap.sink.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Both verifiers take what a trust list says of a key's roles and its revocation; needs python3 and openssl. */
final class TrustedRolesIT {
    @TempDir
    Path root = Path.of("");

    /** The sample's warrant begins at 2026-11-24T12:00:00Z. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "roles" : ["WARRANT"]                   | true
            "roles" : ["REVOCATION", "RETENTION"]   | false
            "revokedAt" : "2026-11-24T12:00:01Z"    | true
            "revokedAt" : "2026-11-24T12:00:00Z"    | false
            """)
    void bothJudgeByWhatTheListSaysOfTheKeys(String more, boolean counts) throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        Path trust = evidence.keys().resolve("trust.json");
        String before = Files.readString(trust);
        String after = before.replace("\"demo\" : false", "\"demo\" : false, " + more);
        assertThat(after).isNotEqualTo(before);
        Files.writeString(trust, after);

        Set<String> lawtap = new TreeSet<>();
        new WarrantVerifier(
                        new EvidenceDirectory(evidence.directory(), SampleEvidence.WARRANT),
                        TrustedKeys.read(evidence.keys()),
                        false,
                        Progress.NONE)
                .verify()
                .findings()
                .forEach(finding -> lawtap.add(finding.code().name()));
        Program python = MadeEvidence.verify(
                evidence.directory().toString(), "--keys", evidence.keys().toString(), "--json");

        assertThat(VerifyScriptIT.codes(python)).as(python.printed()).isEqualTo(lawtap);
        if (counts) {
            assertThat(lawtap).isEmpty();
        } else {
            assertThat(lawtap).contains("ORDER_INVALID");
        }
    }
}
