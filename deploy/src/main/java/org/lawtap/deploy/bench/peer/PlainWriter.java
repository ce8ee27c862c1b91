package org.lawtap.deploy.bench.peer;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * The plain pipeline's second half, a process of its own: {@code PlainWriter BOOTSTRAP_SERVERS TOPIC FILE}. Reads the topic's one
 * partition and appends each packet to a pcap file of nanoseconds, which is flushed after each poll.
 */
public final class PlainWriter {
    private static final int PCAP_NANOS = 0xA1B23C4D;
    private static final int PCAP_HEADER_BYTES = 24;
    private static final int RECORD_HEADER_BYTES = 16;
    private static final int BUFFER_BYTES = 1 << 20;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final Duration POLL = Duration.ofMillis(100);

    private PlainWriter() {}

    /** The process's entry; runs until it is killed. */
    public static void main(String[] arguments) throws IOException {
        PlainPacket.trust();
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", arguments[0]);
        TopicPartition partition = new TopicPartition(arguments[1], 0);
        SpecificDatumReader<PlainPacket> reader = new SpecificDatumReader<>(PlainPacket.SCHEMA$);
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(new byte[0], null);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(Path.of(arguments[2])), BUFFER_BYTES);
                Consumer<String, byte[]> consumer =
                        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            out.write(header());
            out.flush();
            System.out.println("ready");
            while (true) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    decoder = DecoderFactory.get().binaryDecoder(record.value(), decoder);
                    write(reader.read(null, decoder), out);
                }
                out.flush();
            }
        }
    }

    private static byte[] header() {
        return ByteBuffer.allocate(PCAP_HEADER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(PCAP_NANOS)
                .putShort((short) 2)
                .putShort((short) 4)
                .putInt(0)
                .putInt(0)
                .putInt(Pcap4jPeer.SNAP_LENGTH)
                .putInt(1)
                .array();
    }

    private static void write(PlainPacket packet, OutputStream out) throws IOException {
        ByteBuffer data = packet.data();
        out.write(ByteBuffer.allocate(RECORD_HEADER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) (packet.time() / NANOS_PER_SECOND))
                .putInt((int) (packet.time() % NANOS_PER_SECOND))
                .putInt(data.remaining())
                .putInt(packet.length())
                .array());
        out.write(data.array(), data.arrayOffset() + data.position(), data.remaining());
    }
}
