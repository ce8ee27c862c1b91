package org.lawtap.deploy.bench;

import java.security.KeyPair;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.lawtap.schemas.content.ContentReader;
import org.lawtap.schemas.content.DeliveryKeyMissingException;
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

/** What the packet topic says of its sessions so far; owned by one thread. */
final class CaptureTally implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);

    /** More than the checkpoints that a session writes before its packets are all in the topic. */
    private static final int RECORDS_PER_SESSION = 10;

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final TopicPartition partition;
    private final Consumer<String, byte[]> consumer;
    private final ContentReader content;
    private final Map<SessionId, SessionOpened> opened = new HashMap<>();
    private final Map<SessionId, Checkpoint> last = new HashMap<>();
    /** The sequence after the last packet read, by session. */
    private final Map<SessionId, Long> next = new HashMap<>();

    private long batches;

    /** @param delivery the warrant's delivery key */
    CaptureTally(KafkaClients kafka, WarrantId warrant, KeyPair delivery) {
        content = new ContentReader(warrant, keyId -> Optional.of(delivery));
        consumer = kafka.consumer(Map.of());
        partition = new TopicPartition(Topic.packets(warrant).name(), 0);
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
    }

    /** Reads what there is. */
    void poll() throws BenchException {
        try {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                byte[] value = content.read(record.value());
                if (EnvelopeCodec.isEnvelope(value)) {
                    // Of a session whose opening was passed over, as after a restart.
                    batches++;
                    continue;
                }
                switch (PacketCodec.decode(value)) {
                    case PacketEvent.Opened event -> opened.put(event.session(), event.statement());
                    case PacketEvent.Accounted event -> last.put(event.session(), event.checkpoint());
                    case PacketEvent.Batch event -> {
                        batches++;
                        next.put(event.session(), event.packets().getLast().sequence() + 1);
                    }
                }
            }
        } catch (WireException | DeliveryKeyMissingException e) {
            throw new BenchException("the packet topic holds an unreadable record: " + e.getMessage(), e);
        }
    }

    /** Passes over what was written meanwhile but for the last records, and reads those: packets are not read in vain. */
    void skip(int sessions) throws BenchException {
        long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        long from = end - (long) RECORDS_PER_SESSION * sessions - RECORDS_PER_SESSION;
        if (from > consumer.position(partition)) {
            consumer.seek(partition, from);
        }
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (consumer.position(partition) < end) {
            if (System.nanoTime() - deadline > 0) {
                throw new BenchException(
                        "the packet topic could not be read to its end within " + TIMEOUT.toSeconds() + " s");
            }
            poll();
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

    /** Packets by the last checkpoints. */
    long delivered() {
        return last.values().stream().mapToLong(Checkpoint::delivered).sum();
    }

    /** Packets by the last packets; a session that has nothing new to account for writes no checkpoint. */
    long written() {
        return next.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Records of packets that were read. */
    long batches() {
        return batches;
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
