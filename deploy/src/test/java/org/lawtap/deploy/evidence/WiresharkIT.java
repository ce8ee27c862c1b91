package org.lawtap.deploy.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyPair;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.content.ContentReader;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.sink.evidence.SignedLog;
import org.lawtap.sink.live.LiveCapture;
import org.lawtap.sink.live.LiveCaptureException;
import org.lawtap.sink.retention.DecryptedLog;
import org.lawtap.sink.retention.DeliveryKeyFiles;

/** A warrant as an interface of tshark, with the real tshark on a real broker. */
final class WiresharkIT {
    private static final int PACKETS = 5;

    @TempDir
    private Path directory;

    private EvidenceStage stage;
    private Path extcap;

    private final KeyPair delivery = DeliveryKeys.generate();

    @BeforeEach
    void put() throws Exception {
        stage = EvidenceStage.start(directory.resolve("kafka"), directory);
        extcap = directory.resolve("config").resolve("wireshark").resolve("extcap");
    }

    @AfterEach
    void take() {
        stage.close();
    }

    @Test
    void tsharkListsTheWarrantAndCapturesWhatTheFileHolds() throws Exception {
        Warrant warrant = captured();
        bringKey(warrant);
        stage.startSink();
        stage.custody(warrant, CustodyAction.SESSION_FILED);
        assertThat(install()).contains("installed " + extcap.resolve("lawtap"));

        assertThat(tshark("-D")).contains("lawtap-" + warrant.id() + " (lawtap: warrant " + warrant.id() + ")");
        Path out = directory.resolve("out.pcapng");
        tshark("-i", "lawtap-" + warrant.id(), "-w", out.toString());
        Path file = stage.evidence(warrant).resolve(warrant.id() + "-000001.pcapng");
        String packets = packets(out);
        assertThat(packets).isEqualTo(packets(file));
        assertThat(packets.lines().filter(line -> line.contains("0000  "))).hasSize(PACKETS);

        List<CustodyEvent> looks = stage.events(warrant, CustodyAction.CONTENT_ACCESSED);
        assertThat(looks).hasSize(2);
        assertThat(looks.getFirst().details())
                .containsEntry("user", System.getProperty("user.name"))
                .containsEntry("mode", "REPLAY")
                .containsEntry("fromOffset", "0")
                .doesNotContainKey("nextOffset");
        assertThat(looks.getLast().details()).containsEntry("nextOffset", "5");
    }

    @Test
    void tsharkFollowsAWarrantThatGoesOn() throws Exception {
        Warrant warrant = captured();
        bringKey(warrant);
        install();
        Path out = directory.resolve("out.pcapng");
        Process following = start(
                "-i",
                "lawtap-" + warrant.id(),
                "-o",
                "extcap.lawtap_" + warrant.id().toString().replace('-', '_') + ".mode:follow",
                "-c",
                String.valueOf(2 * PACKETS),
                "-w",
                out.toString());
        try {
            stage.custody(warrant, CustodyAction.CONTENT_ACCESSED);
            stage.publish(warrant, EvidenceStage.log(warrant).values());
            assertThat(following.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(packets(out).lines().filter(line -> line.contains("0000  ")))
                    .hasSize(2 * PACKETS);
            CustodyEvent ended = stage.custody(
                    warrant.id(),
                    event -> event.action() == CustodyAction.CONTENT_ACCESSED
                            && event.details().containsKey("nextOffset"));
            assertThat(ended.details()).containsEntry("mode", "FOLLOW");
        } finally {
            following.destroyForcibly();
        }
    }

    @Test
    void whoComesLaterSeesWhatComesFromThenOn() throws Exception {
        Warrant warrant = captured();
        bringKey(warrant);
        ContentReader.Keys keys =
                DecryptedLog.keys(new DeliveryKeyFiles(stage.deliveryKeys()), warrant.id(), stage.kafka());
        Path out = directory.resolve("now.pcapng");
        try (LiveCapture live = LiveCapture.open(stage.kafka(), warrant.id(), keys, LiveCapture.Mode.NOW);
                FileChannel channel = FileChannel.open(out, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            assertThat(live.from()).isEqualTo(PACKETS);
            stage.publish(warrant, EvidenceStage.log(warrant).values());
            live.run(channel, () -> live.next() >= 2 * PACKETS);
        }
        assertThat(packets(out).lines().filter(line -> line.contains("0000  "))).hasSize(PACKETS);
    }

    @Test
    void nothingIsShownWithoutTheDeliveryKey() throws Exception {
        Warrant warrant = captured();
        ContentReader.Keys keys =
                DecryptedLog.keys(new DeliveryKeyFiles(stage.deliveryKeys()), warrant.id(), stage.kafka());
        Path out = directory.resolve("none.pcapng");
        try (LiveCapture live = LiveCapture.open(stage.kafka(), warrant.id(), keys, LiveCapture.Mode.REPLAY);
                FileChannel channel = FileChannel.open(out, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            assertThatExceptionOfType(LiveCaptureException.class)
                    .isThrownBy(() -> live.run(channel, () -> false))
                    .withMessageContaining("put it there as " + warrant.id() + ".key.pem");
        }
        assertThat(Files.readString(out, StandardCharsets.ISO_8859_1)).doesNotContain(SignedLog.CANARY);
    }

    /** A warrant with five packets in its topic. */
    private Warrant captured() throws Exception {
        Warrant warrant = stage.activate(Duration.ofHours(1), 30, DeliveryKeys.publicHalf(delivery));
        stage.publish(warrant, EvidenceStage.log(warrant).values());
        assertThat(stage.values(Topic.packets(warrant.id()))).hasSize(PACKETS);
        return warrant;
    }

    private void bringKey(Warrant warrant) throws Exception {
        DeliveryKeys.writePrivate(stage.deliveryKeys().resolve(warrant.id() + ".key.pem"), delivery);
    }

    private String install() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "org.lawtap.deploy.Lawtap",
                "wireshark",
                "install");
        home(builder);
        builder.environment()
                .putAll(Map.of(
                        "LAWTAP_KAFKA_BOOTSTRAP_SERVERS", stage.settings().bootstrapServers(),
                        "LAWTAP_DELIVERY_KEYS_DIR", stage.deliveryKeys().toString()));
        return said(builder.redirectErrorStream(true).start());
    }

    private String tshark(String... arguments) throws Exception {
        return said(start(arguments));
    }

    private Process start(String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("tshark");
        builder.command().addAll(List.of(arguments));
        home(builder);
        return builder.redirectErrorStream(true).start();
    }

    /** A home of its own; and only the settings that the test gives. */
    private void home(ProcessBuilder builder) {
        builder.environment().keySet().removeIf(name -> name.startsWith("LAWTAP_"));
        builder.environment().put("XDG_CONFIG_HOME", directory.resolve("config").toString());
    }

    private static String said(Process process) throws Exception {
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    /** Times, lengths and bytes of all packets. */
    private static String packets(Path file) throws Exception {
        Process process = new ProcessBuilder("tshark", "-n", "-r", file.toString(), "-t", "e", "-P", "-x")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return said(process);
    }
}
