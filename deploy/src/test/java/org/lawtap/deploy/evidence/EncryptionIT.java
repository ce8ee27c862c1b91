package org.lawtap.deploy.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.EnvelopeCodec;
import org.lawtap.sink.evidence.SignedLog;

/** Encrypted content on a real broker: from its topic into files, with and without its delivery key. */
final class EncryptionIT {
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
    void aSinkWaitsForTheDeliveryKeyAndFilesAllWhenItComes() throws Exception {
        Warrant warrant = stage.activate(Duration.ofHours(1), 30, DeliveryKeys.publicHalf(delivery));
        Warrant plain = stage.activate(Duration.ofHours(1), 30, null);
        stage.publish(warrant, EvidenceStage.log(warrant).values());
        List<byte[]> stored = stage.values(Topic.packets(warrant.id()));
        assertThat(stored).hasSize(5).anyMatch(EnvelopeCodec::isEnvelope);
        assertThat(stored)
                .noneMatch(value -> new String(value, StandardCharsets.ISO_8859_1).contains(SignedLog.CANARY));

        stage.startSink();
        CustodyEvent missing = stage.custody(warrant, CustodyAction.DELIVERY_KEY_MISSING);
        assertThat(missing.details())
                .containsEntry(
                        "deliveryKeyId", DeliveryKeys.publicHalf(delivery).id().hex());
        stage.publish(plain, EvidenceStage.log(plain).values());
        stage.custody(plain, CustodyAction.SESSION_FILED);
        assertThat(stage.files(warrant)).isEmpty();

        bringKey(warrant);
        CustodyEvent filed = stage.custody(warrant, CustodyAction.SESSION_FILED);
        assertThat(filed.details()).containsEntry("packets", "5").containsEntry("missing", "0");
        assertThat(Files.readString(
                        stage.evidence(warrant).resolve(warrant.id() + "-000001.pcapng"), StandardCharsets.ISO_8859_1))
                .contains(SignedLog.CANARY);
        assertThat(stage.count(warrant, CustodyAction.DELIVERY_KEY_MISSING)).isEqualTo(1);
        assertThat(stage.count(warrant, CustodyAction.INTEGRITY)).isZero();
        assertThat(stage.count(warrant, CustodyAction.RECORD_REFUSED)).isZero();
    }

    @Test
    void aDamagedEnvelopeIsRefusedAndTheOthersAreFiled() throws Exception {
        Warrant warrant = stage.activate(Duration.ofHours(1), 30, DeliveryKeys.publicHalf(delivery));
        bringKey(warrant);
        List<byte[]> values = new ArrayList<>(EvidenceStage.log(warrant).values());
        byte[] damaged = values.get(1).clone();
        damaged[damaged.length - 20] ^= 1;
        values.add(1, damaged);
        stage.publish(warrant, values);
        stage.startSink();
        CustodyEvent refused = stage.custody(warrant, CustodyAction.RECORD_REFUSED);
        assertThat(refused.details()).containsEntry("why", "UNREADABLE").containsEntry("offset", "1");
        CustodyEvent filed = stage.custody(warrant, CustodyAction.SESSION_FILED);
        assertThat(filed.details()).containsEntry("packets", "5").containsEntry("missing", "0");
    }

    @Test
    void aKeyThatNoOrderNamesHoldsNothingUp() throws Exception {
        Warrant warrant = stage.activate(Duration.ofHours(1), 30, DeliveryKeys.publicHalf(delivery));
        bringKey(warrant);
        // Whoever may write to the topic opens a session for a key that nobody has.
        KeyPair nobodys = DeliveryKeys.generate();
        stage.publish(
                warrant,
                EvidenceStage.log(warrant.deliveredTo(DeliveryKeys.publicHalf(nobodys)))
                        .values());
        stage.publish(warrant, EvidenceStage.log(warrant).values());
        stage.startSink();
        stage.custody(
                warrant.id(),
                event -> event.action() == CustodyAction.SESSION_FILED
                        && "5".equals(event.details().get("packets")));
        assertThat(stage.count(warrant, CustodyAction.RECORD_REFUSED)).isEqualTo(2);
    }

    private void bringKey(Warrant warrant) throws Exception {
        DeliveryKeys.writePrivate(stage.deliveryKeys().resolve(warrant.id() + ".key.pem"), delivery);
    }
}
