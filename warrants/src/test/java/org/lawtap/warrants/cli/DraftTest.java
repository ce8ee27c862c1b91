package org.lawtap.warrants.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Warrant;
import picocli.CommandLine;

class DraftTest {
    @TempDir
    Path directory = Path.of("");

    private final StringWriter said = new StringWriter();

    @Test
    void aDraftMakesADeliveryKeyAndSaysWhatToDoWithIt() throws IOException {
        assertThat(draft()).isZero();
        Warrant warrant = warrant();
        Path secret = directory.resolve(warrant.id() + ".delivery.key.pem");
        assertThat(DeliveryKeys.publicHalf(DeliveryKeys.read(secret))).isEqualTo(warrant.deliveryKey());
        assertThat(DeliveryKeys.readPublic(directory.resolve(warrant.id() + ".delivery.pub.pem")))
                .isEqualTo(warrant.deliveryKey());
        assertThat(Files.getPosixFilePermissions(secret)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(said.toString())
                .contains(secret.toString(), "LAWTAP_DELIVERY_KEYS_DIR as " + warrant.id() + ".key.pem");
    }

    @Test
    void aDraftTakesTheAgencysOwnKeyAndMakesNone() throws IOException {
        var pair = DeliveryKeys.generate();
        Path known = directory.resolve("agency.pub.pem");
        DeliveryKeys.writePublic(known, pair);
        assertThat(draft("--delivery-key", known.toString())).isZero();
        assertThat(warrant().deliveryKey()).isEqualTo(DeliveryKeys.publicHalf(pair));
        assertThat(names()).containsExactlyInAnyOrder("agency.pub.pem", "w.json");
    }

    @Test
    void aDraftWithoutEncryptionSaysWhatThatMeans() throws IOException {
        assertThat(draft("--no-encryption")).isZero();
        assertThat(warrant().deliveryKey()).isNull();
        assertThat(names()).containsExactly("w.json");
        assertThat(said.toString()).contains("whoever reads the log");
    }

    @Test
    void refusesAnApproversKeyAsDeliveryKeyAndBothOptionsAtOnce() throws IOException {
        Path approver = Files.writeString(
                directory.resolve("judge.pub.pem"),
                OrderKeys.pem(OrderKeys.generate().getPublic()));
        assertThat(draft("--delivery-key", approver.toString())).isEqualTo(1);
        assertThat(draft("--delivery-key", approver.toString(), "--no-encryption"))
                .isEqualTo(1);
        assertThat(names()).containsExactly("judge.pub.pem");
    }

    @Test
    void aDraftThatIsThereIsNotOverwrittenAndNoKeyIsMadeForIt() throws IOException {
        Files.writeString(directory.resolve("w.json"), "mine");
        assertThat(draft()).isEqualTo(1);
        assertThat(names()).containsExactly("w.json");
    }

    @Test
    void approvesAnOrderOfRetentionUnderItsOwnType() throws IOException {
        Path file = directory.resolve("hold.json");
        Order.Hold hold = new Order.Hold(WarrantId.random(), 2, "Court", java.time.Instant.EPOCH, "appeal");
        Files.write(file, OrderJson.write(hold));
        assertThat(run("keygen", "--name", "judge", "--dir", directory.toString()))
                .isZero();
        assertThat(run(
                        "approve",
                        file.toString(),
                        "--key",
                        directory.resolve("judge.key.pem").toString()))
                .isZero();
        SignedOrder signed = EnvelopeFile.read(directory.resolve("hold.json.dsse.json"));
        assertThat(signed.payloadType()).isEqualTo(Order.Hold.PAYLOAD_TYPE);
        assertThat(signed.signatures()).hasSize(1);
        assertThat(said.toString()).contains("hold of warrant " + hold.id() + " has 1 signatures");
    }

    @Test
    void refusesADraftOfEverythingOrOfNothing() throws IOException {
        label = "";
        assertThat(draft()).isEqualTo(1);
        assertThat(said.toString()).contains("would match every pod");
        label = "app";
        assertThat(draft()).isEqualTo(1);
        label = "app=web";
        assertThat(draft("--label", "app=api")).isEqualTo(1);
        assertThat(said.toString()).contains("can never match: --label app is given twice");
        label = "app=w\u0435b";
        assertThat(draft()).isEqualTo(1);
        assertThat(said.toString()).contains("can never match", "U+0435 (CYRILLIC SMALL LETTER IE)");
        assertThat(run("draft", "--out", directory.resolve("w.json").toString()))
                .isEqualTo(1);
        assertThat(said.toString())
                .contains("a draft needs --cluster, --namespace, --authority, --case, --agency, --not-after");
        assertThat(names()).isEmpty();
    }

    private String label = "app=web";

    private Warrant warrant() throws IOException {
        return OrderJson.readWarrant(Files.readAllBytes(directory.resolve("w.json")));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName())).toList();
        }
    }

    private int draft(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "draft",
                "--out",
                directory.resolve("w.json").toString(),
                "--cluster",
                "c1",
                "--namespace",
                "shop",
                "--authority",
                "Court",
                "--case",
                "1/26",
                "--agency",
                "Unit 1",
                "--not-after",
                Instant.now().truncatedTo(ChronoUnit.SECONDS).plusSeconds(3600).toString()));
        if (!label.isEmpty()) {
            arguments.addAll(List.of("--label", label));
        }
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    private int run(String... arguments) {
        return new CommandLine(new WarrantCommand())
                .setOut(new PrintWriter(said))
                .setErr(new PrintWriter(said))
                .execute(arguments);
    }
}
