package org.lawtap.deploy.demo;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.EnvelopeCodec;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;

/** What the log says of one session: its first statement and its last account. */
record SessionAccount(SessionId id, SessionOpened opened, Checkpoint last) {
    private static final Duration POLL = Duration.ofMillis(200);

    /** The six bytes of the pod's interface, or none. */
    ByteBuffer podAddress() {
        return opened.podHardwareAddress();
    }

    /** Packets of the interface since the session was armed that no class accounts for. */
    long unaccounted() {
        return last.unaccounted();
    }

    /** Reads all sessions of a warrant from its packet topic. @throws DemoException if one has no final account */
    static List<SessionAccount> read(KafkaClients kafka, WarrantId warrant) throws DemoException {
        Map<SessionId, SessionOpened> opened = new LinkedHashMap<>();
        Map<SessionId, Checkpoint> last = new LinkedHashMap<>();
        TopicPartition partition = new TopicPartition(Topic.packets(warrant).name(), 0);
        try (Consumer<String, byte[]> consumer = kafka.consumer(Map.of())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    if (EnvelopeCodec.isEnvelope(record.value())) {
                        continue;
                    }
                    switch (PacketCodec.decode(record.value())) {
                        case PacketEvent.Opened event -> opened.put(event.session(), event.statement());
                        case PacketEvent.Accounted event -> last.put(event.session(), event.checkpoint());
                        case PacketEvent.Batch ignored -> {}
                    }
                }
            }
        } catch (WireException e) {
            throw new DemoException("the packet topic holds an unreadable record: " + e.getMessage(), e);
        }
        List<SessionAccount> accounts = new ArrayList<>();
        for (Map.Entry<SessionId, SessionOpened> entry : opened.entrySet()) {
            Checkpoint account = last.get(entry.getKey());
            if (account == null || account.endReason() == null) {
                throw new DemoException("session " + entry.getKey() + " has no final account");
            }
            accounts.add(new SessionAccount(entry.getKey(), entry.getValue(), account));
        }
        return accounts;
    }
}
