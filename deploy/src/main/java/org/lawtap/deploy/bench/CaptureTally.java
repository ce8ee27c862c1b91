package org.lawtap.deploy.bench;

import java.time.Duration;
import java.util.HashMap;
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
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;

/** What the packet topic says of its sessions so far; owned by one thread. */
final class CaptureTally implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);

    private final Consumer<String, byte[]> consumer;
    private final Map<SessionId, SessionOpened> opened = new HashMap<>();
    private final Map<SessionId, Checkpoint> last = new HashMap<>();

    CaptureTally(KafkaClients kafka, WarrantId warrant) {
        consumer = kafka.consumer(Map.of());
        TopicPartition partition = new TopicPartition(Topic.packets(warrant).name(), 0);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
    }

    /** Reads what there is. */
    void poll() throws BenchException {
        try {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                switch (PacketCodec.decode(record.value())) {
                    case PacketEvent.Opened event -> opened.put(event.session(), event.statement());
                    case PacketEvent.Accounted event -> last.put(event.session(), event.checkpoint());
                    case PacketEvent.Batch ignored -> {}
                }
            }
        } catch (WireException e) {
            throw new BenchException("the packet topic holds an unreadable record: " + e.getMessage(), e);
        }
    }

    int opened() {
        return opened.size();
    }

    long ended() {
        return last.values().stream()
                .filter(checkpoint -> checkpoint.endReason() != null)
                .count();
    }

    long delivered() {
        return last.values().stream().mapToLong(Checkpoint::delivered).sum();
    }

    long dropped() {
        return last.values().stream()
                .mapToLong(checkpoint -> checkpoint.kernelDrop() + checkpoint.userDrop())
                .sum();
    }

    /** Packets that no class of any session accounts for. */
    long unaccounted() {
        return last.values().stream()
                .mapToLong(checkpoint -> Math.abs(checkpoint.unaccounted()))
                .sum();
    }

    @Override
    public void close() {
        consumer.close();
    }
}
