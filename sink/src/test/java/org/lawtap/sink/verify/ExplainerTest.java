package org.lawtap.sink.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExplainerTest {
    @TempDir
    Path root = Path.of("");

    @Test
    void followsAPacketBackToItsApprovers() throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        String told = ExplanationText.json(explain(evidence, 1, 3));
        assertThat(told)
                .contains("\"sequence\" : \"2\"")
                .contains("\"offset\" : \"3\"")
                .contains("leads to this leaf")
                .contains("of the key that the session names")
                .contains("\"resourceVersion\" : \"4711\"")
                .contains("\"approvers\" : \"Judge One, Prosecutor Two\"");
    }

    @Test
    void findsTheOpeningInAnEarlierFile() throws Exception {
        Explanation told = explain(SampleEvidence.write(root), 2, 1);
        assertThat(told.session()).isEqualTo(SampleEvidence.B);
        assertThat(told.opened().node().value()).isEqualTo("n1");
    }

    @Test
    void saysHowManyFramesThereAre() throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> explain(evidence, 1, 300))
                .withMessageContaining("there is no frame 300")
                .withMessageContaining(" has 8");
    }

    @Test
    void noticesAChangedPacket() throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        Path file = evidence.file(1, "pcapng");
        byte[] bytes = Files.readAllBytes(file);
        bytes[700] ^= 1;
        Files.write(file, bytes);
        assertThat(explain(evidence, 1, 3).record().same()).isFalse();
    }

    private static Explanation explain(SampleEvidence evidence, int file, long frame) throws Exception {
        return Explainer.of(evidence.file(file, "pcapng"), TrustedKeys.read(evidence.keys()))
                .explain(frame);
    }
}
