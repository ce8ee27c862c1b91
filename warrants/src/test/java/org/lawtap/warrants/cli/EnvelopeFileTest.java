package org.lawtap.warrants.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Warrant;

class EnvelopeFileTest {
    private static final SignedOrder ORDER = new SignedOrder(
            Warrant.PAYLOAD_TYPE, new byte[] {1, 2, -1}, List.of(new SignedOrder.OrderSignature("ab", new byte[64])));

    @TempDir
    Path directory = Path.of("");

    @Test
    void readsBackTheEnvelopeItWrote() throws IOException {
        Path file = directory.resolve("order.json");
        EnvelopeFile.write(file, ORDER);
        assertThat(EnvelopeFile.read(file)).isEqualTo(ORDER);
    }

    @Test
    void replacesAFileWholeAndLeavesNothingBeside() throws IOException {
        Path file = Files.writeString(directory.resolve("order.json"), "old");
        EnvelopeFile.write(file, ORDER);
        assertThat(EnvelopeFile.read(file)).isEqualTo(ORDER);
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void theLongestOrderFits() throws IOException {
        Path file = directory.resolve("order.json");
        SignedOrder longest =
                new SignedOrder(Warrant.PAYLOAD_TYPE, new byte[SignedOrder.PAYLOAD_BYTES_MAX], ORDER.signatures());
        EnvelopeFile.write(file, longest);
        assertThat(EnvelopeFile.read(file)).isEqualTo(longest);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "[]",
                "{}",
                "{\"payloadType\": 1, \"payload\": \"\"}",
                "{\"payloadType\": \"a\"}",
                "{\"payloadType\": \"a\", \"payload\": \"*\"}",
                "{\"payloadType\": \"a\", \"payload\": \"\", \"signatures\": [{\"keyid\": \"a\"}]}"
            })
    void refusesWhatIsNoEnvelope(String text) throws IOException {
        Path file = Files.writeString(directory.resolve("order.json"), text);
        assertThatIllegalArgumentException().isThrownBy(() -> EnvelopeFile.read(file));
    }

    @Test
    void refusesAFileThatIsTooLarge() throws IOException {
        Path file = Files.write(directory.resolve("order.json"), new byte[4 * SignedOrder.PAYLOAD_BYTES_MAX + 1]);
        assertThatIllegalArgumentException().isThrownBy(() -> EnvelopeFile.read(file));
    }
}
