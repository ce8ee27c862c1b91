package org.lawtap.deploy.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.Lawtap;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.sink.evidence.SignedLog;

/** An encrypted topic as a file that Apache Avro's own tool reads, by the command as a user types it. */
final class ExportIT {
    private static final int PACKETS = 5;

    @TempDir
    private Path directory;

    private EvidenceStage stage;
    private Path out;
    private final KeyPair delivery = DeliveryKeys.generate();

    @BeforeEach
    void put() throws Exception {
        stage = EvidenceStage.start(directory.resolve("kafka"), directory);
        out = directory.resolve("packets.avro");
    }

    @AfterEach
    void take() {
        stage.close();
    }

    @Test
    void avroToolsReadEveryPacketOfAnEncryptedTopic() throws Exception {
        Warrant warrant = captured();
        bringKey(warrant);
        assertThat(export(0, warrant, out.toString())).contains("offsets 0 to 4: 5 records");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(out)))
                .isEqualTo("rw-------");
        String json = avro("tojson");
        assertThat(records(json)).hasSize(PACKETS);
        assertThat(json).contains(SignedLog.CANARY);

        List<CustodyEvent> looks = stage.events(warrant, CustodyAction.CONTENT_ACCESSED);
        assertThat(looks).hasSize(2);
        assertThat(looks.getFirst().details())
                .containsEntry("user", System.getProperty("user.name"))
                .containsEntry("mode", "EXPORT")
                .containsEntry("fromOffset", "0")
                .doesNotContainKey("nextOffset");
        assertThat(looks.getLast().details()).containsEntry("nextOffset", "5");

        assertThat(flows()).startsWith("PROTOCOL\tSOURCE\tPORT\tDESTINATION\tPORT\tPACKETS\tBYTES\tSECONDS\n");
        byte[] written = Files.readAllBytes(out);
        assertThat(export(2, warrant, out.toString())).contains("is there already; nothing is overwritten");
        assertThat(out).hasBinaryContent(written);
    }

    @Test
    void whatIsNoPacketRecordIsLeftOutAndSaid() throws Exception {
        Warrant warrant = captured();
        bringKey(warrant);
        stage.publish(warrant, List.of("poison".getBytes(StandardCharsets.UTF_8)));
        assertThat(export(3, warrant, out.toString()))
                .contains("offsets 0 to 5: 5 records", "1 left out that are no packet records", "offsets 5");
        assertThat(records(avro("tojson"))).hasSize(PACKETS);
    }

    @Test
    void nothingIsWrittenWithoutTheDeliveryKey() throws Exception {
        Warrant warrant = captured();
        assertThat(export(1, warrant, out.toString()))
                .contains("put it into LAWTAP_DELIVERY_KEYS_DIR as " + warrant.id() + ".key.pem")
                .contains("incomplete");
        assertThat(Files.readString(out, StandardCharsets.ISO_8859_1)).doesNotContain(SignedLog.CANARY);
    }

    private Warrant captured() throws Exception {
        Warrant warrant = stage.activate(Duration.ofHours(1), 30, DeliveryKeys.publicHalf(delivery));
        stage.publish(warrant, EvidenceStage.log(warrant).values());
        return warrant;
    }

    private void bringKey(Warrant warrant) throws Exception {
        DeliveryKeys.writePrivate(stage.deliveryKeys().resolve(warrant.id() + ".key.pem"), delivery);
    }

    private String export(int code, Warrant warrant, String to) throws Exception {
        ProcessBuilder builder = java(
                "-cp",
                System.getProperty("java.class.path"),
                Lawtap.class.getName(),
                "export",
                "--warrant",
                warrant.id().toString(),
                "--out",
                to);
        builder.environment().keySet().removeIf(name -> name.startsWith("LAWTAP_"));
        builder.environment()
                .put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", stage.settings().bootstrapServers());
        builder.environment()
                .put("LAWTAP_DELIVERY_KEYS_DIR", stage.deliveryKeys().toString());
        return said(builder, code);
    }

    private String avro(String command) throws Exception {
        return said(
                java("-jar", Path.of("target", "tools", "avro-tools.jar").toString(), command, out.toString())
                        .redirectError(ProcessBuilder.Redirect.DISCARD),
                0);
    }

    private static List<String> records(String json) {
        return json.lines().filter(line -> line.startsWith("{\"session\"")).toList();
    }

    private String flows() throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(Path.of("analytics", "flows.sh").toString(), out.toString());
        builder.environment()
                .put("AVRO_TOOLS", Path.of("target", "tools", "avro-tools.jar").toString());
        builder.environment()
                .merge(
                        "PATH",
                        Path.of(System.getProperty("java.home"), "bin").toString(),
                        (path, bin) -> bin + ":" + path);
        return said(builder, 0);
    }

    private static ProcessBuilder java(String... arguments) {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString());
        builder.command().addAll(List.of(arguments));
        return builder.redirectErrorStream(true);
    }

    private static String said(ProcessBuilder builder, int code) throws Exception {
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isEqualTo(code);
        return said;
    }
}
