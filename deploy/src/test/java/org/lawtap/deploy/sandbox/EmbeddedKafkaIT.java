package org.lawtap.deploy.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedKafkaIT {
    private static final String TOPIC = "letters";

    @TempDir
    Path directory;

    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    @Test
    void recordsOutliveARestart() throws Exception {
        Path storage = directory.resolve("kafka");
        try (EmbeddedKafka kafka = EmbeddedKafka.start(storage, "127.0.0.1", 0, failures::add)) {
            assertThat(kafka.bootstrapServers()).startsWith("127.0.0.1:");
            createTopic(kafka);
            try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", kafka.bootstrapServers(), "transactional.id", "t"),
                    new StringSerializer(),
                    new StringSerializer())) {
                producer.initTransactions();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(TOPIC, "k", "one"));
                producer.commitTransaction();
            }
            assertThat(read(kafka)).isEqualTo("one");
            assertThatThrownBy(() -> EmbeddedKafka.start(storage, "127.0.0.1", 0, failures::add))
                    .isInstanceOf(SandboxException.class);
        }
        try (EmbeddedKafka kafka = EmbeddedKafka.start(storage, "127.0.0.1", 0, failures::add)) {
            assertThat(read(kafka)).isEqualTo("one");
        }
        assertThat(failures).isEmpty();
    }

    /** Needs root, for a disk of its own. */
    @Test
    void aFullDiskIsToldInASentence() throws Exception {
        Path disk = Files.createDirectory(directory.resolve("disk"));
        Shell.run("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", disk.toString());
        try {
            try (EmbeddedKafka kafka = EmbeddedKafka.start(disk, "127.0.0.1", 0, failures::add)) {
                createTopic(kafka);
                try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                        Map.of(
                                "bootstrap.servers", kafka.bootstrapServers(),
                                "delivery.timeout.ms", "4000",
                                "request.timeout.ms", "2000",
                                "linger.ms", "0"),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
                    assertThatThrownBy(() -> {
                                for (int i = 0; i < 100; i++) {
                                    producer.send(new ProducerRecord<>(TOPIC, new byte[900_000]))
                                            .get();
                                }
                            })
                            .isInstanceOf(ExecutionException.class);
                    Machine.await("a sentence", () -> !failures.isEmpty());
                    producer.close(Duration.ZERO);
                }
            }
            assertThat(failures.peek()).contains("gave up").contains("is the disk full?");
        } finally {
            // Kafka closes some files only when they are collected.
            Shell.run("umount", "-l", disk.toString());
        }
    }

    private static void createTopic(EmbeddedKafka kafka) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get(30, TimeUnit.SECONDS);
        }
    }

    private static String read(EmbeddedKafka kafka) {
        try (KafkaConsumer<byte[], String> consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers", kafka.bootstrapServers(),
                        "group.id", "readers",
                        "isolation.level", "read_committed",
                        "enable.auto.commit", "false",
                        "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(),
                new StringDeserializer())) {
            consumer.subscribe(List.of(TOPIC));
            for (int i = 0; i < 60; i++) {
                for (ConsumerRecord<byte[], String> letter : consumer.poll(Duration.ofSeconds(1))) {
                    return letter.value();
                }
            }
            return "";
        }
    }
}
