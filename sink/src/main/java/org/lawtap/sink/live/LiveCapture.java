package org.lawtap.sink.live;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.lawtap.schemas.content.ContentReader;
import org.lawtap.schemas.content.DeliveryKeyMissingException;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.sink.evidence.DeafListener;
import org.lawtap.sink.evidence.EvidenceException;
import org.lawtap.sink.evidence.EvidenceSeries;

/**
 * The packet topic of one warrant as a stream of pcapng blocks, the same that the sink writes to its files: once from the beginning to
 * the present end, or on and on. Read without a group: nobody else's place in the topic moves. Owned by one thread.
 */
public final class LiveCapture implements AutoCloseable {
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(200);

    /** What is shown. */
    public enum Mode {
        /** All there is, then the end. */
        REPLAY,
        /** All there is, and what comes. */
        FOLLOW,
        /** What comes from now on; what was before is read all the same, as it says which sessions and keys there are. */
        NOW
    }

    private final Consumer<String, byte[]> consumer;
    private final TopicPartition partition;
    private final ContentReader content;
    private final WarrantId warrant;
    private final Mode mode;
    private final long first;
    private final long end;
    private long next;

    private LiveCapture(
            Consumer<String, byte[]> consumer,
            TopicPartition partition,
            ContentReader content,
            WarrantId warrant,
            Mode mode,
            long first,
            long end) {
        this.consumer = consumer;
        this.partition = partition;
        this.content = content;
        this.warrant = warrant;
        this.mode = mode;
        this.first = first;
        this.end = end;
        this.next = first;
    }

    /** Opens the topic of a warrant. @throws LiveCaptureException if there is none, or Kafka does not give it */
    public static LiveCapture open(KafkaClients kafka, WarrantId warrant, ContentReader.Keys keys, Mode mode)
            throws LiveCaptureException {
        Consumer<String, byte[]> consumer = kafka.consumer(Map.of("isolation.level", "read_uncommitted"));
        TopicPartition partition = new TopicPartition(Topic.packets(warrant).name(), 0);
        List<TopicPartition> all = List.of(partition);
        try {
            List<PartitionInfo> partitions = consumer.partitionsFor(partition.topic(), ANSWER_TIMEOUT);
            if (partitions == null || partitions.isEmpty()) {
                throw new LiveCaptureException(
                        "Kafka has no topic " + partition.topic() + ": nothing was captured under this warrant");
            }
            consumer.assign(all);
            consumer.seekToBeginning(all);
            long first = consumer.beginningOffsets(all, ANSWER_TIMEOUT).getOrDefault(partition, 0L);
            long end = consumer.endOffsets(all, ANSWER_TIMEOUT).getOrDefault(partition, 0L);
            return new LiveCapture(consumer, partition, new ContentReader(warrant, keys), warrant, mode, first, end);
        } catch (KafkaException e) {
            consumer.close();
            throw new LiveCaptureException(partition.topic() + " can't be read: " + e, e);
        } catch (LiveCaptureException e) {
            consumer.close();
            throw e;
        }
    }

    /** The offset of the first record of which something is shown. */
    public long from() {
        return mode == Mode.NOW ? end : first;
    }

    /** The offset after the last record that was shown. */
    public long next() {
        return Math.max(next, from());
    }

    /** Writes blocks until all is shown or {@code stop} says so. @throws IOException if nobody reads them any more */
    public void run(WritableByteChannel out, BooleanSupplier stop) throws IOException, LiveCaptureException {
        StreamedOutput output = new StreamedOutput(warrant, out);
        output.mute(mode == Mode.NOW && end > first);
        try (EvidenceSeries series = new EvidenceSeries(output, Long.MAX_VALUE, new DeafListener())) {
            while (!stop.getAsBoolean() && (mode != Mode.REPLAY || next < end)) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    if (mode == Mode.REPLAY && record.offset() >= end) {
                        break;
                    }
                    if (record.offset() >= from()) {
                        // What was taken so far is still left out.
                        loud(series, output);
                    }
                    series.accept(record.offset(), content.read(record.value()));
                }
                next = consumer.position(partition);
                series.flush();
                if (next >= from()) {
                    output.mute(false);
                }
            }
            series.finish();
        } catch (EvidenceException e) {
            throw new LiveCaptureException(String.valueOf(e.getMessage()), e);
        } catch (DeliveryKeyMissingException e) {
            throw new LiveCaptureException(
                    "the content is encrypted for the delivery key " + e.keyId().hex()
                            + ", which is not in the directory of delivery keys; put it there as " + warrant
                            + ".key.pem",
                    e);
        } catch (KafkaException e) {
            throw new LiveCaptureException(partition.topic() + " can't be read any more: " + e, e);
        }
    }

    private static void loud(EvidenceSeries series, StreamedOutput output) throws IOException, EvidenceException {
        if (output.isMute()) {
            series.flush();
            output.mute(false);
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
