package org.lawtap.deploy.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;

/** Three brokers in processes of their own, of which the one that leads a packet topic stands still for longer than it may. */
@Tag("long")
final class LeaderChangeIT {
    private static final List<String> HOSTS = List.of("127.91.0.1", "127.91.0.2", "127.91.0.3");
    private static final long SECONDS_MAX = 120;
    private static final String OTHERS = "others";
    private static final int ANSWER_MS = 3_000;
    private static final int RECORDS = 40;

    @TempDir
    private Path directory;

    private final List<Process> brokers = new ArrayList<>();
    private final Topic topic = Topic.packets(WarrantId.random());
    private KafkaClients kafka;

    @BeforeEach
    void startThree() throws Exception {
        EmbeddedKafka.Members members = new EmbeddedKafka.Members(EmbeddedKafka.newClusterId(), HOSTS);
        for (int number = 1; number <= HOSTS.size(); number++) {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-cp",
                    System.getProperty("java.class.path"),
                    BrokerMember.class.getName(),
                    directory.resolve("kafka-" + number).toString(),
                    String.valueOf(number),
                    members.clusterId()));
            command.addAll(HOSTS);
            brokers.add(new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log(number).toFile())
                    .start());
        }
        for (int number = 1; number <= HOSTS.size(); number++) {
            await(log(number));
        }
        kafka = new KafkaClients(new KafkaSettings(members.bootstrapServers(), Map.of()), "leader-change-it");
        try (Admin admin = kafka.admin()) {
            new TopicAdmin(admin, HOSTS.size()).create(List.of(topic));
            admin.createTopics(List.of(new NewTopic(OTHERS, HOSTS.size(), (short) HOSTS.size())))
                    .all()
                    .get();
        }
    }

    @AfterEach
    void endThem() {
        brokers.forEach(Process::destroyForcibly);
    }

    /** The first records of a producer wait at the old leader; those that follow go to the new one. */
    @Test
    void whatIsSentStandsInTheLogInItsOrder() throws Exception {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        // As the worker's: it gives up nothing that it has taken. It hears soon who leads, as after another topic's
        // fault.
        Producer<String, byte[]> producer = kafka.producer(
                Map.of("delivery.timeout.ms", Integer.MAX_VALUE, "linger.ms", 5, "metadata.max.age.ms", 1_000));
        try (Admin admin = kafka.admin()) {
            producer.partitionsFor(topic.name());
            int old = leader(admin);
            connect(producer, old);
            signal("STOP", old);
            send(producer, 0, sent);
            awaitAnother(admin, old);
            send(producer, RECORDS, sent);
            // What may overtake has overtaken by then: the producer asks each second who leads.
            Thread.sleep(5_000);
            signal("CONT", old);
            for (Future<RecordMetadata> record : sent) {
                record.get(SECONDS_MAX, TimeUnit.SECONDS);
            }
        } finally {
            // What it can't get rid of it would try for ever.
            producer.close(Duration.ZERO);
        }
        assertThat(read())
                .containsExactlyElementsOf(
                        LongStream.range(0, 2L * RECORDS).boxed().toList());
    }

    /** Other warrants' topics have the same leader: what is sent now is on its way before the broker stands still. */
    private void connect(Producer<String, byte[]> producer, int broker) throws Exception {
        for (PartitionInfo partition : producer.partitionsFor(OTHERS)) {
            if (partition.leader().id() == broker) {
                producer.send(new ProducerRecord<>(OTHERS, partition.partition(), "session", new byte[1]))
                        .get();
                return;
            }
        }
        throw new AssertionError("broker " + broker + " leads nothing of " + OTHERS);
    }

    /** One after the other, as sessions make them: what is sent at once would be one batch. */
    private void send(Producer<String, byte[]> producer, int first, List<Future<RecordMetadata>> sent)
            throws InterruptedException {
        for (int i = first; i < first + RECORDS; i++) {
            byte[] value = ByteBuffer.allocate(Long.BYTES).putLong(i).array();
            sent.add(producer.send(new ProducerRecord<>(topic.name(), 0, "session", value)));
            Thread.sleep(20);
        }
    }

    private List<Long> read() {
        TopicPartition partition = new TopicPartition(topic.name(), 0);
        List<Long> values = new ArrayList<>();
        try (Consumer<String, byte[]> consumer = kafka.consumer(Map.of())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    values.add(ByteBuffer.wrap(record.value()).getLong());
                }
            }
        }
        return values;
    }

    private void awaitAnother(Admin admin, int old) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
        while (System.nanoTime() < deadline) {
            try {
                if (leader(admin) != old) {
                    return;
                }
            } catch (ExecutionException e) {
                // It asked the one that stands still.
                assertThat(e).hasCauseInstanceOf(TimeoutException.class);
            }
            Thread.sleep(200);
        }
        throw new AssertionError("broker " + old + " leads for " + SECONDS_MAX + " s while it stands still");
    }

    private int leader(Admin admin) throws Exception {
        return admin.describeTopics(List.of(topic.name()), new DescribeTopicsOptions().timeoutMs(ANSWER_MS))
                .topicNameValues()
                .values()
                .iterator()
                .next()
                .get()
                .partitions()
                .getFirst()
                .leader()
                .id();
    }

    private void signal(String name, int broker) throws Exception {
        Process kill = new ProcessBuilder(
                        "kill",
                        "-" + name,
                        String.valueOf(brokers.get(broker - 1).pid()))
                .start();
        assertThat(kill.waitFor()).isZero();
    }

    private Path log(int number) {
        return directory.resolve("broker-" + number + ".log");
    }

    private static void await(Path log) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
        while (!Files.readString(log).contains(BrokerMember.READY)) {
            assertThat(System.nanoTime()).as(Files.readString(log)).isLessThan(deadline);
            Thread.sleep(200);
        }
    }
}
