package org.lawtap.deploy.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.evidence.SignedLog;
import org.lawtap.sink.rebuild.KafkaRecordLog;
import org.lawtap.sink.rebuild.Rebuild;
import org.lawtap.sink.rebuild.RebuildException;
import org.lawtap.sink.rebuild.RecordLog;
import org.lawtap.sink.retention.DecryptedLog;
import org.lawtap.sink.retention.DeliveryKeyFiles;
import org.lawtap.sink.verify.EvidenceDirectory;
import org.lawtap.sink.verify.Progress;
import org.lawtap.sink.verify.TrustedKeys;
import org.lawtap.sink.verify.WarrantReport;
import org.lawtap.sink.verify.WarrantVerifier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The end of a warrant's content, on a real broker: not before its time, not under a hold, and then for good. */
final class DestructionIT {
    private static final Rebuild.Progress SILENT = new Rebuild.Progress() {
        @Override
        public void read(long nextOffset, long records, long bytes) {}

        @Override
        public void sorted(long bytes, long of) {}
    };

    @TempDir
    Path directory = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private EvidenceStage stage;

    private final KeyPair delivery = DeliveryKeys.generate();

    @BeforeEach
    void put() throws Exception {
        stage = EvidenceStage.start(directory.resolve("kafka"), directory);
    }

    @AfterEach
    void take() {
        stage.close();
    }

    @Test
    void destroysContentForGoodAndKeepsWhatProvesIt() throws Exception {
        Warrant warrant = sealed(0);
        Map<String, String> before = stage.files(warrant);
        stage.order(hold(warrant, 2));
        stage.order(destruction(warrant, 3));
        CustodyEvent refused = stage.custody(warrant, CustodyAction.DESTRUCTION_REFUSED);
        assertThat(refused.text()).contains("is held");
        assertThat(stage.files(warrant)).isEqualTo(before);
        rebuild(warrant, "before");
        assertThat(stage.files(warrant)).containsEntry(capture(warrant), hash(directory.resolve("before"), warrant));

        stage.order(new Order.Release(warrant.id(), 4, "Court", Instant.now(), "over"));
        stage.order(destruction(warrant, 5));
        CustodyEvent destroyed = stage.custody(warrant, CustodyAction.WARRANT_DESTROYED);

        Map<String, String> after = stage.files(warrant);
        assertThat(after).doesNotContainKey(capture(warrant)).containsKeys("destruction.json", "destruction.sig");
        before.keySet().stream()
                .filter(name -> !name.endsWith(".pcapng"))
                .forEach(name -> assertThat(after).containsEntry(name, before.get(name)));
        assertThat(destroyed.details()).containsEntry("proof", after.get("destruction.json"));
        assertThat(key(warrant)).doesNotExist();
        proves(warrant, before);
        assertThatExceptionOfType(RebuildException.class)
                .isThrownBy(() -> rebuild(warrant, "after"))
                .withMessageContaining("delivery key")
                .withMessageContaining("gone for good");
        noCanaryIn(directory);
        bothVerifiersAccept(warrant);

        stage.stopSink();
        stage.startSink();
        Warrant other = stage.activate(Duration.ofHours(1), 0, null);
        stage.publish(other, EvidenceStage.log(other).values());
        stage.custody(other, CustodyAction.SESSION_FILED);
        assertThat(stage.files(warrant)).isEqualTo(after);
        assertThat(stage.count(warrant, CustodyAction.DELIVERY_KEY_MISSING)).isZero();
        assertThat(stage.count(warrant, CustodyAction.WARRANT_DESTROYED)).isEqualTo(1);
    }

    @Test
    void destroysNothingBeforeItsTime() throws Exception {
        Warrant warrant = sealed(30);
        Map<String, String> before = stage.files(warrant);
        stage.order(destruction(warrant, 2));
        CustodyEvent refused = stage.custody(warrant, CustodyAction.DESTRUCTION_REFUSED);
        assertThat(refused.text()).contains("must be kept until");
        assertThat(stage.files(warrant)).isEqualTo(before);
        assertThat(key(warrant)).exists();
    }

    @Test
    void goesOnWithADestructionThatWasInterrupted() throws Exception {
        Warrant warrant = sealed(0);
        stage.stopSink();
        Files.writeString(stage.evidence(warrant).resolve(".destroying"), "{\"form\":\"lawtap destruction 1\"}\n");
        stage.startSink();
        stage.custody(warrant, CustodyAction.WARRANT_DESTROYED);
        assertThat(stage.files(warrant))
                .doesNotContainKey(capture(warrant))
                .containsKeys("destruction.json", "destruction.sig", "seal.json");
        assertThat(key(warrant)).doesNotExist();
        assertThat(stage.evidence(warrant).resolve(".destroying")).doesNotExist();
    }

    private Warrant sealed(int retentionDays) throws Exception {
        Warrant warrant = stage.activate(Duration.ofSeconds(2), retentionDays, DeliveryKeys.publicHalf(delivery));
        DeliveryKeys.writePrivate(key(warrant), delivery);
        stage.publish(warrant, EvidenceStage.log(warrant).values());
        stage.startSink();
        stage.custody(warrant, CustodyAction.WARRANT_SEALED);
        assertThat(stage.files(warrant)).containsKeys(capture(warrant), "seal.json");
        return warrant;
    }

    /** By the sink's public key and hashes alone. */
    private void proves(Warrant warrant, Map<String, String> before) throws Exception {
        Path evidence = stage.evidence(warrant);
        byte[] proof = Files.readAllBytes(evidence.resolve("destruction.json"));
        assertThat(OrderKeys.verifies(
                        proof,
                        Files.readAllBytes(evidence.resolve("destruction.sig")),
                        OrderKeys.readPublic(directory.resolve("sink-keys/sink.pub.pem"))))
                .isTrue();
        JsonNode json = JsonMapper.builder().build().readTree(proof);
        assertThat(json.path("files").get(0).path("sha256").asString()).isEqualTo(before.get(capture(warrant)));
        assertThat(json.path("seal").path("sha256").asString()).isEqualTo(before.get("seal.json"));
        assertThat(json.path("deliveryKeys").get(0).path("keyId").asString())
                .isEqualTo(DeliveryKeys.publicHalf(delivery).id().hex());
        assertThat(json.path("order").path("signatures").size()).isEqualTo(2);
        assertThat(json.path("encrypted").asBoolean()).isTrue();
        JsonNode seal = JsonMapper.builder().build().readTree(Files.readAllBytes(evidence.resolve("seal.json")));
        for (JsonNode file : seal.path("files")) {
            String name = file.path("name").asString();
            if (!name.endsWith(".pcapng")) {
                assertThat(stage.files(warrant))
                        .containsEntry(name, file.path("sha256").asString());
            }
        }
    }

    private void bothVerifiersAccept(Warrant warrant) throws Exception {
        Path keys = stage.publicKeys();
        WarrantReport report = new WarrantVerifier(
                        new EvidenceDirectory(stage.evidence(warrant), warrant.id()),
                        TrustedKeys.read(keys),
                        false,
                        Progress.NONE)
                .verify();
        assertThat(report.findings()).isEmpty();
        assertThat(report.notes()).anyMatch(note -> note.startsWith("the content was destroyed on "));
        Process python = new ProcessBuilder(
                        "python3",
                        "-B",
                        Path.of("../docs/verify.py").toString(),
                        stage.evidence(warrant).toString(),
                        "--keys",
                        keys.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(python.waitFor()).as(said).isZero();
        assertThat(said).contains("the content was destroyed on ");
    }

    private void rebuild(Warrant warrant, String name) throws Exception {
        try (RecordLog log = new DecryptedLog(
                KafkaRecordLog.open(stage.kafka(), warrant.id(), 1 << 20, Long.MAX_VALUE),
                warrant.id(),
                DecryptedLog.keys(new DeliveryKeyFiles(stage.deliveryKeys()), warrant.id(), stage.kafka()))) {
            new Rebuild(log, 2, SILENT).series(EvidenceFiles.open(directory.resolve(name), warrant.id()), 1L << 20);
        }
    }

    private static String hash(Path root, Warrant warrant) throws Exception {
        return Sha256.of(MerkleTree.sha256()
                        .digest(Files.readAllBytes(
                                root.resolve(warrant.id().toString()).resolve(capture(warrant)))))
                .hex();
    }

    /** Neither the log nor anything of the sink's holds what was captured; what a rebuild made before is not theirs. */
    private static void noCanaryIn(Path directory) throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> !file.startsWith(directory.resolve("before")))
                    .toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain(SignedLog.CANARY);
            }
        }
    }

    private Path key(Warrant warrant) {
        return stage.deliveryKeys().resolve(warrant.id() + ".key.pem");
    }

    private static String capture(Warrant warrant) {
        return warrant.id() + "-000001.pcapng";
    }

    private static Order hold(Warrant warrant, long generation) {
        return new Order.Hold(warrant.id(), generation, "Court", Instant.now(), "appeal");
    }

    private static Order destruction(Warrant warrant, long generation) {
        return new Order.Destruction(warrant.id(), generation, "Court", Instant.now(), "law");
    }
}
