package org.lawtap.deploy.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.broker.TestKafka;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.topics.SchemaId;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.sink.evidence.SignedLog;

/** The analytics example as its README has it: kcat, avro-tools and jq on a real broker. */
final class FlowsIT {
    private static final long START_NS = 1_770_000_000_000_000_000L;

    @TempDir
    private Path directory = Path.of("");

    private TestKafka broker;
    private KafkaClients kafka;
    private final WarrantId warrant = WarrantId.random();
    private final SessionId session = SessionId.random();

    @BeforeEach
    void start() throws Exception {
        broker = TestKafka.start(directory.resolve("kafka"));
        kafka = new KafkaClients(new KafkaSettings(broker.bootstrapServers(), Map.of()), "flows-it");
        try (Admin admin = kafka.admin()) {
            new TopicAdmin(admin, 1).create(List.of(Topic.packets(warrant)));
        }
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    @Test
    void theFlowsOfATopicAreATable() throws Exception {
        List<byte[]> values = new ArrayList<>(log().opened(session, "web").values());
        values.add(PacketCodec.encode(new PacketEvent.Batch(
                session,
                List.of(
                        packet(0, 6, 2, 8080, 7, 41222, 1500),
                        packet(1, 6, 7, 41222, 2, 8080, 60),
                        packet(2, 6, 2, 8080, 7, 41222, 1400)))));
        values.add(PacketCodec.encode(new PacketEvent.Batch(session, List.of(packet(3, 17, 2, 5353, 9, 53, 90)))));
        publish(values);
        assertThat(flows(0)).isEqualTo("""
                        PROTOCOL\tSOURCE\tPORT\tDESTINATION\tPORT\tPACKETS\tBYTES\tSECONDS
                        TCP\t10.244.0.2\t8080\t10.244.0.7\t41222\t2\t2900\t0.002
                        UDP\t10.244.0.2\t5353\t10.244.0.9\t53\t1\t90\t0
                        TCP\t10.244.0.7\t41222\t10.244.0.2\t8080\t1\t60\t0
                        """);
    }

    @Test
    void encryptedContentIsSaidToBe() throws Exception {
        publish(log().encryptedFor(DeliveryKeys.publicHalf(DeliveryKeys.generate()))
                .opened(session, "web")
                .packets(session, 3, 64)
                .values());
        assertThat(flows(1))
                .contains("the packets of this warrant are encrypted for its delivery key")
                .contains("./lawtap export --warrant " + warrant);
    }

    private SignedLog log() {
        return new SignedLog(warrant, START_NS, OrderKeys.generate());
    }

    /** One frame a millisecond. */
    private static Packet packet(long sequence, int protocol, int from, int fromPort, int to, int toPort, int length) {
        ByteBuffer frame = ByteBuffer.allocate(54);
        frame.position(12).putShort((short) 0x0800).put((byte) 0x45);
        frame.put(23, (byte) protocol);
        frame.position(26).put(new byte[] {10, (byte) 244, 0, (byte) from, 10, (byte) 244, 0, (byte) to});
        frame.putShort((short) fromPort).putShort((short) toPort);
        return new Packet(
                sequence, START_NS + sequence * 1_000_000, Packet.Direction.FROM_POD, 0, length, frame.rewind());
    }

    private void publish(List<byte[]> values) throws Exception {
        try (Producer<String, byte[]> producer = kafka.producer(Map.of())) {
            for (byte[] value : values) {
                producer.send(new ProducerRecord<>(Topic.packets(warrant).name(), session.toString(), value))
                        .get();
            }
        }
    }

    private String flows(int code) throws Exception {
        Path schema = Files.writeString(directory.resolve("packets.avsc"), SchemaId.PACKETS.json());
        ProcessBuilder builder =
                new ProcessBuilder(Path.of("analytics", "flows.sh").toString(), warrant.toString());
        String java = Path.of(System.getProperty("java.home"), "bin").toString();
        builder.environment()
                .putAll(Map.of(
                        "KAFKA", broker.bootstrapServers(),
                        "SCHEMA", schema.toString(),
                        "AVRO_TOOLS",
                                Path.of("target", "tools", "avro-tools.jar").toString(),
                        "PATH", java + ":" + System.getenv("PATH")));
        Process process = builder.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isEqualTo(code);
        return said;
    }
}
