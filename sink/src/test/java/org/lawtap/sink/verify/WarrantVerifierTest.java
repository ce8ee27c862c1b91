package org.lawtap.sink.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WarrantVerifierTest {
    @TempDir
    Path root = Path.of("");

    @Test
    void acceptsWhatTheSinkHasSealed() throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        WarrantReport report = verify(evidence, false);
        StringWriter text = new StringWriter();
        TextReport.print(
                new VerifyResult(List.of(report), TrustedKeys.read(evidence.keys()), true),
                new PrintWriter(text, true));
        System.out.println(text);
        assertThat(report.findings()).isEmpty();
        assertThat(report.checks()).allMatch(check -> check.state() == Check.State.OK);
        long time = System.nanoTime();
        for (int i = 0; i < 1000; i++) {
            verify(evidence, false);
        }
        System.out.println((System.nanoTime() - time) / 1000 / 1000 + " us");
    }

    static WarrantReport verify(SampleEvidence evidence, boolean unsealed) throws Exception {
        return new WarrantVerifier(
                        new EvidenceDirectory(evidence.directory(), SampleEvidence.WARRANT),
                        TrustedKeys.read(evidence.keys()),
                        unsealed,
                        Progress.NONE)
                .verify();
    }
}
