package org.lawtap.deploy.bench.peer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.RawPacketListener;

/**
 * The plain pipeline's first half, a process of its own: {@code PlainCapture INTERFACE RING_BYTES BOOTSTRAP_SERVERS TOPIC}. pcap4j's
 * loop; one Avro record and one Kafka record a packet; the producer as it is by default, with lz4.
 */
public final class PlainCapture {
    private final PcapHandle handle;
    private final Producer<String, byte[]> producer;
    private final String topic;
    private final AtomicLong kept = new AtomicLong();
    private final SpecificDatumWriter<PlainPacket> writer = new SpecificDatumWriter<>(PlainPacket.SCHEMA$);
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);

    private PlainCapture(PcapHandle handle, Producer<String, byte[]> producer, String topic) {
        this.handle = handle;
        this.producer = producer;
        this.topic = topic;
    }

    /** The process's entry. */
    public static void main(String[] arguments) throws Exception {
        PlainPacket.trust();
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", arguments[2]);
        settings.put("compression.type", "lz4");
        try (Producer<String, byte[]> producer =
                        new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
                PcapHandle handle = Pcap4jPeer.open(arguments[0], Integer.parseInt(arguments[1]))) {
            producer.partitionsFor(arguments[3]);
            PlainCapture capture = new PlainCapture(handle, producer, arguments[3]);
            Answers.serve(() -> Answers.line(capture.kept.get(), Pcap4jPeer.dropped(handle)));
            System.out.println("ready");
            RawPacketListener listener = capture::take;
            handle.loop(-1, listener);
        }
    }

    private void take(byte[] packet) {
        java.sql.Timestamp at = handle.getTimestamp();
        long time = Math.floorDiv(at.getTime(), 1000L) * 1_000_000_000L + at.getNanos();
        bytes.reset();
        try {
            writer.write(new PlainPacket(time, handle.getOriginalLength(), ByteBuffer.wrap(packet)), encoder);
            encoder.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        producer.send(new ProducerRecord<>(topic, bytes.toByteArray()), (metadata, failure) -> {
            if (failure != null) {
                System.out.println("a packet was not stored: " + failure);
            }
        });
        kept.setRelease(kept.getPlain() + 1);
    }
}
