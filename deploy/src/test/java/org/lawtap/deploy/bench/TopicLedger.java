package org.lawtap.deploy.bench;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.content.ContentReader;
import org.lawtap.schemas.content.DeliveryKeyMissingException;
import org.lawtap.schemas.model.Chain;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;

/**
 * A warrant's packet topic, read whole: each session's packets in their order and without a gap, what was repeated left out, and the
 * chain of its records followed from seal to seal.
 */
final class TopicLedger {
    private static final Duration POLL = Duration.ofMillis(200);

    final Map<SessionId, Session> sessions = new LinkedHashMap<>();

    /** One session. */
    static final class Session {
        final SessionOpened opened;
        long packets;
        long repeated;
        int seals;

        @Nullable
        Checkpoint last;

        private final List<String> leaves = new ArrayList<>();
        private int checkpointAt;
        private @Nullable Sha256 previous;

        Session(SessionOpened opened) {
            this.opened = opened;
        }

        Checkpoint end() {
            Checkpoint end = last;
            if (end == null || end.endReason() == null) {
                throw new AssertionError("a session without an end: " + end);
            }
            return end;
        }
    }

    static TopicLedger read(KafkaClients kafka, WarrantId warrant, KeyPair delivery)
            throws WireException, DeliveryKeyMissingException {
        ContentReader content = new ContentReader(warrant, keyId -> Optional.of(delivery));
        TopicLedger ledger = new TopicLedger();
        try (Consumer<String, byte[]> consumer = kafka.consumer(Map.of())) {
            TopicPartition partition = new TopicPartition(Topic.packets(warrant).name(), 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    ledger.take(requireNonNull(content.read(record.value())));
                }
            }
        }
        return ledger;
    }

    private void take(byte[] value) throws WireException {
        PacketEvent event = PacketCodec.decode(value);
        Session session = sessions.get(event.session());
        String leaf = Sha256.of(new MerkleTree().leaf(value)).hex();
        if (session == null) {
            assertThat(event).isInstanceOf(PacketEvent.Opened.class);
            session = new Session(((PacketEvent.Opened) event).statement());
            sessions.put(event.session(), session);
        } else if (session.leaves.contains(leaf)) {
            session.repeated++;
            return;
        }
        switch (event) {
            case PacketEvent.Opened ignored -> {}
            case PacketEvent.Batch batch -> {
                for (Packet packet : batch.packets()) {
                    assertThat(packet.sequence()).isEqualTo(session.packets);
                    session.packets++;
                }
            }
            case PacketEvent.Accounted accounted -> check(session, accounted.checkpoint(), value);
        }
        session.leaves.add(leaf);
        if (event instanceof PacketEvent.Accounted) {
            session.checkpointAt = session.leaves.size();
            session.previous = new Sha256(leaf);
        }
    }

    private static void check(Session session, Checkpoint checkpoint, byte[] value) throws WireException {
        MerkleTree tree = new MerkleTree();
        session.leaves
                .subList(session.checkpointAt, session.leaves.size())
                .forEach(leaf -> tree.add(new Sha256(leaf).bytes()));
        assertThat(checkpoint.chain())
                .isEqualTo(new Chain(session.leaves.size(), Sha256.of(tree.root()), session.previous));
        byte[] key = new byte[session.opened.signingKey().remaining()];
        session.opened.signingKey().duplicate().get(key);
        Seal seal = PacketCodec.seal(value);
        assertThat(seal).isNotNull();
        assertThat(seal != null && seal.verifies(value, OrderKeys.publicKey(key)))
                .isTrue();
        session.seals++;
        session.last = checkpoint;
    }
}
