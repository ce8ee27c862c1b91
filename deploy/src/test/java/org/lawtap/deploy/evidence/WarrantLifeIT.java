package org.lawtap.deploy.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.Lawtap;
import org.lawtap.deploy.broker.TestKafka;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.PodCodec;
import org.lawtap.warrants.Warrants;
import org.lawtap.warrants.WarrantsConfig;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A warrant's life at the real command line, with a real Kafka and the deciding service: each change of state is a custody record. */
class WarrantLifeIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @TempDir
    Path directory = Path.of("");

    private final List<CustodyEvent> custody = new ArrayList<>();

    /** What one call of the command line came to. */
    private record Said(int exit, String text) {
        JsonNode json() {
            return JsonMapper.shared().readTree(text);
        }
    }

    @Test
    void eachChangeOfStateIsACustodyRecord() throws Exception {
        try (TestKafka broker = TestKafka.start(directory.resolve("kafka"))) {
            KafkaSettings settings = new KafkaSettings(broker.bootstrapServers(), Map.of());
            KafkaClients kafka = new KafkaClients(settings, "warrant-life-it");
            try (Admin admin = kafka.admin()) {
                new TopicAdmin(admin, 1).create(Topic.BASE);
            }
            present(kafka);
            for (String approver : List.of("judge", "prosecutor")) {
                well(broker, "keygen", "--name", approver, "--dir", directory.toString());
                well(
                        broker,
                        "trust",
                        "--list",
                        in("trust.json"),
                        "--name",
                        approver,
                        "--key",
                        in(approver + ".pub.pem"));
            }
            WarrantsConfig config = new WarrantsConfig(
                    settings,
                    EmbeddedKafka.OVERRIDE,
                    Path.of(in("trust.json")),
                    false,
                    Duration.ofSeconds(30),
                    1,
                    0,
                    directory.resolve("state"),
                    null);
            ServiceMain.Running deciding = Warrants.launch(config, Clock.systemUTC());
            try (Consumer<String, byte[]> reader = kafka.consumer(Map.of())) {
                List<TopicPartition> partitions = List.of(new TopicPartition(Topic.CUSTODY.name(), 0));
                reader.assign(partitions);
                reader.seekToBeginning(partitions);
                live(broker, reader);
            } finally {
                deciding.close();
            }
        }
    }

    private void live(TestKafka broker, Consumer<String, byte[]> reader) throws Exception {
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        String id = well(
                        broker,
                        "draft",
                        "--out",
                        in("w.json"),
                        "--cluster",
                        "c1",
                        "--namespace",
                        "shop",
                        "--label",
                        "app=web",
                        "--authority",
                        "Court",
                        "--case",
                        "1/26",
                        "--agency",
                        "Unit 1",
                        "--not-after",
                        now.plusSeconds(3600).toString())
                .json()
                .path("warrant")
                .asString();
        JsonNode preview = well(broker, "preview", in("w.json")).json();
        assertThat(preview.path("nodes").path("n1").asInt()).isEqualTo(1);
        assertThat(preview.path("refusal").isNull()).isTrue();
        approve(broker, "w.json");
        well(broker, "activate", in("w.json"));
        await(reader, CustodyAction.WARRANT_ACCEPTED, "warrant accepted, approved by judge, prosecutor");
        await(reader, CustodyAction.CAPTURE_COMMANDED, "commanded");

        JsonNode amended = well(
                        broker,
                        "amend",
                        id,
                        "--out",
                        in("w2.json"),
                        "--not-after",
                        now.plusSeconds(7200).toString())
                .json();
        assertThat(amended.path("wider").asBoolean()).isTrue();
        approve(broker, "w2.json");
        well(broker, "activate", in("w2.json"));
        await(reader, CustodyAction.WARRANT_ACCEPTED, "warrant amended, approved by judge, prosecutor");

        Said again = lawtap(broker, "activate", in("w.json"));
        assertThat(again.exit()).isEqualTo(1);
        assertThat(again.text().lines().filter(line -> line.startsWith("lawtap warrant: ")))
                .hasSize(1);
        assertThat(again.text()).contains("lawtap warrant: refused: generation 1 is not newer than 2");
        await(reader, CustodyAction.WARRANT_REFUSED, "activation refused: generation 1 is not newer than 2");

        well(broker, "revoke", id, "--key", in("judge.key.pem"), "--authority", "Court", "--reason", "closed");
        await(reader, CustodyAction.WARRANT_REVOKED, "warrant revoked by judge");
        JsonNode listed = well(broker, "list").json().path("warrants").get(0);
        assertThat(listed.path("state").asString()).isEqualTo("revoked");
        assertThat(listed.path("generation").asLong()).isEqualTo(2);
        assertThat(custody.stream().map(CustodyEvent::action))
                .containsOnlyOnce(CustodyAction.WARRANT_REVOKED, CustodyAction.WARRANT_REFUSED);
    }

    private void approve(TestKafka broker, String file) throws Exception {
        well(broker, "approve", in(file), "--key", in("judge.key.pem"));
        well(broker, "approve", in(file), "--key", in("prosecutor.key.pem"));
    }

    private static void present(KafkaClients kafka) throws Exception {
        PodRef ref = new PodRef(new ClusterId("c1"), new Namespace("shop"), new PodName("web-1"), new PodUid("uid-1"));
        Pod pod =
                new Pod(ref, Map.of("app", "web"), new NodeName("n1"), false, Pod.Phase.RUNNING, List.of(), null, "1");
        PodEvent event = new PodEvent.Present(true, pod, PodEvent.Source.LIST, Instant.now());
        try (Producer<String, byte[]> producer = kafka.producer(Map.of())) {
            producer.send(new ProducerRecord<>(Topic.PODS.name(), event.key(), PodCodec.encode(event)))
                    .get();
        }
    }

    private void await(Consumer<String, byte[]> reader, CustodyAction action, String words) throws Exception {
        long end = System.nanoTime() + TIMEOUT.toNanos();
        while (custody.stream()
                .noneMatch(event -> event.action() == action && event.text().contains(words))) {
            assertThat(System.nanoTime()).as(action + " in " + custody).isLessThan(end);
            for (ConsumerRecord<String, byte[]> record : reader.poll(Duration.ofMillis(200))) {
                custody.add(CustodyCodec.decode(record.value()));
            }
        }
    }

    private String in(String file) {
        return directory.resolve(file).toString();
    }

    private Said well(TestKafka broker, String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--output", "json"));
        Said said = lawtap(broker, all.toArray(String[]::new));
        assertThat(said.exit()).as(said.text()).isZero();
        return said;
    }

    /** A process of its own, as the launcher starts it: settings come from its environment. */
    private Said lawtap(TestKafka broker, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                Lawtap.class.getName(),
                "warrant"));
        command.addAll(List.of(arguments));
        Path errors = directory.resolve("errors");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("LAWTAP_"));
        builder.environment().put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        builder.environment().put("LAWTAP_TRUST_LIST", in("trust.json"));
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return new Said(process.exitValue(), process.exitValue() == 0 ? text : Files.readString(errors));
    }
}
