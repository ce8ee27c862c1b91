package org.lawtap.warrants.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.order.LawCases;
import org.lawtap.schemas.order.LawCases.LawCase;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.SignedOrder;

/** The table of the law at the command line: each row lies there as an approved draft, and is activated. */
class LawAtTheCommandLineTest {
    private static final LawCases LAW = new LawCases(Instant.parse("2026-11-23T12:00:00Z"));

    @TempDir
    Path directory = Path.of("");

    private final FakeOrderLog log = new FakeOrderLog(LAW.check(), LAW.now());
    private final Terminal lawtap = new Terminal(log, LAW.now());

    static Stream<LawCase> rows() {
        return LAW.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void publishesNothingAndSaysWhyOnce(LawCase row) throws IOException {
        row.earlier().forEach(log::hold);
        int exit = activate(row.order());
        if (row.waits()) {
            // Lawful before its time: it is published, and the reader is told that nothing is captured until it begins.
            assertThat(exit).isZero();
            assertThat(log.sent).hasSize(1);
            assertThat(lawtap.out()).contains("nothing is captured before that");
            return;
        }
        assertThat(exit).isEqualTo(1);
        assertThat(log.sent).isEmpty();
        assertThat(lawtap.out()).isEmpty();
        assertThat(lawtap.err().lines()).hasSize(1);
        // No tombstone can lie in a file: instead, the file of the signatures is empty.
        String sentence = row.order() == null ? "is not an order's envelope" : row.sentence();
        assertThat(lawtap.err()).startsWith("lawtap warrant: refused: ").contains(sentence);
        assertThat(log.custody).hasSize(1);
        assertThat(log.custody.getFirst().action()).isEqualTo(CustodyAction.WARRANT_REFUSED);
        assertThat(log.custody.getFirst().text()).contains(sentence);
    }

    static Stream<LawCase> unlawfulByThemselves() {
        return LAW.all().filter(row -> !readable(row.order()));
    }

    /** Nobody is let to sign what no signature can make lawful; it stays in a file, so that no custody is there to tell. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("unlawfulByThemselves")
    void letsNobodySignIt(LawCase row) throws IOException {
        SignedOrder order = Objects.requireNonNull(row.order());
        Path file = Files.write(directory.resolve("w.json"), order.payload());
        lawtap.run("keygen", "--name", "judge", "--dir", directory.toString());
        int exit = lawtap.run(
                "approve",
                file.toString(),
                "--key",
                directory.resolve("judge.key.pem").toString());
        assertThat(exit).isEqualTo(1);
        assertThat(lawtap.err().lines()).hasSize(1);
        assertThat(lawtap.err()).contains(row.sentence());
        assertThat(Files.exists(directory.resolve("w.json.dsse.json"))).isFalse();
    }

    @Test
    void publishesTheLawfulSample() throws IOException {
        assertThat(activate(LAW.lawful())).isZero();
        assertThat(log.sent).containsExactly(LAW.lawful());
        assertThat(log.custody).isEmpty();
    }

    @Test
    void aRefusalThatCantBePutOnRecordIsARefusalAllTheSame() throws IOException {
        log.custodyAway = true;
        LawCase row = LAW.all().findFirst().orElseThrow();
        assertThat(activate(row.order())).isEqualTo(1);
        assertThat(log.sent).isEmpty();
        assertThat(lawtap.err()).contains(row.sentence()).contains("could not be put into custody: Kafka is away");
    }

    private int activate(@Nullable SignedOrder order) throws IOException {
        Path file = directory.resolve("w.json");
        Path envelope = directory.resolve("w.json.dsse.json");
        if (order == null) {
            Files.write(envelope, new byte[0]);
        } else {
            Files.write(file, order.payload());
            EnvelopeFile.write(envelope, order);
        }
        return lawtap.run("activate", file.toString());
    }

    private static boolean readable(@Nullable SignedOrder order) {
        if (order == null) {
            // A tombstone can't be signed in the first place.
            return true;
        }
        if (order.payload().length > SignedOrder.PAYLOAD_BYTES_MAX) {
            return false;
        }
        try {
            OrderJson.read(order.payloadType(), order.payload());
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
