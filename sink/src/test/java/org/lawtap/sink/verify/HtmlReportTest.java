package org.lawtap.sink.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HtmlReportTest {
    @TempDir
    Path root = Path.of("");

    @Test
    void escapesWhatTheEvidenceSays() throws Exception {
        assertThat(page(root))
                .contains("Court of Sample &lt;1&gt;, case 7 Gs 12/26 &amp; more")
                .doesNotContain("Sample <1>");
    }

    @Test
    void needsNothingButItself() throws Exception {
        assertThat(page(root)).doesNotContain("<script", "http://", "https://", "<link", "<img", "url(", "@import");
    }

    @Test
    void drawsEachSession() throws Exception {
        assertThat(page(root))
                .contains("<svg", "session aaaaaaaa", "session bbbbbbbb", "3 packets lost in the node&#39;s kernel");
    }

    static String page(Path root) throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        return HtmlReport.write(new VerifyResult(
                List.of(WarrantVerifierTest.verify(evidence, false)), TrustedKeys.read(evidence.keys()), true));
    }
}
