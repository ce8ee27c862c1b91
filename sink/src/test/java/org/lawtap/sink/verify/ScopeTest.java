package org.lawtap.sink.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScopeTest {
    @TempDir
    Path root = Path.of("");

    @ParameterizedTest
    @EnumSource
    void holdsASessionToTheScopeAndTheFilterOfItsWarrant(ScopeEvidence made) throws Exception {
        WarrantReport report = verify(made.write(root));
        assertThat(report.findings().stream().map(Finding::code).collect(Collectors.toSet()))
                .as("%s", report.findings())
                .isEqualTo(made.findings());
    }

    @Test
    void saysHowManyBytesWereLeftOut() throws Exception {
        int left = 2 * (SampleSession.SEGMENT_BYTES - SampleSession.SEGMENT_HEADERS);
        assertThat(verify(ScopeEvidence.HEADERS_AS_ORDERED.write(root)).notes())
                .anyMatch(note -> note.contains("holds headers only") && note.contains(" " + left + " bytes"));
    }

    @Test
    void saysHowManyPacketsTheFilterRefused() throws Exception {
        assertThat(verify(ScopeEvidence.FILTERED_AS_ORDERED.write(root)).notes())
                .anyMatch(note -> note.contains(" 5 packets of the interface did not pass its filter"));
    }

    @Test
    void theFilesSayThatContentWasLeftOut() throws Exception {
        SampleEvidence evidence = ScopeEvidence.HEADERS_AS_ORDERED.write(root);
        assertThat(Files.readString(evidence.file(1, "pcapng"), StandardCharsets.ISO_8859_1))
                .contains("scope=HEADERS, content left out");
        assertThat(Files.readString(evidence.directory().resolve("seal.json"))).contains("\"cutByScopeBytes\"");
        // A cut frame shows by its lengths; what they can't say stands in the ledger.
        assertThat(Files.readString(evidence.file(1, "ledger")))
                .doesNotContain("\"f\":[[0,")
                .contains("\"f\":[[1,1,18]]");
    }

    private static WarrantReport verify(SampleEvidence evidence) throws Exception {
        return new WarrantVerifier(
                        new EvidenceDirectory(evidence.directory(), SampleEvidence.WARRANT),
                        TrustedKeys.read(evidence.keys()),
                        false,
                        Progress.NONE)
                .verify();
    }
}
