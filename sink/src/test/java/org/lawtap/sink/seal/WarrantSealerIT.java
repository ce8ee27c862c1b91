package org.lawtap.sink.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.sink.evidence.EvidenceException;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.evidence.EvidenceSeries;
import org.lawtap.sink.evidence.Refusal;
import org.lawtap.sink.evidence.SignedLog;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A sealed warrant, and what openssl and sha256sum say of it. */
final class WarrantSealerIT {
    private static final SessionId SESSION = SessionId.parse("aaaaaaaa-0000-4000-8000-000000000001");
    private static final KeyPair NODE = OrderKeys.generate();

    @TempDir
    Path root = Path.of("");

    @Test
    void opensslAcceptsTheSealAndRefusesAChangedOne() throws Exception {
        Path directory = seal();
        accepted(
                "pkeyutl",
                "-verify",
                "-pubin",
                "-inkey",
                key("sink.pub.pem"),
                "-rawin",
                "-in",
                "seal.json",
                "-sigfile",
                "seal.sig");
        accepted(
                "cms",
                "-verify",
                "-binary",
                "-inform",
                "DER",
                "-in",
                "seal.p7s",
                "-content",
                "seal.json",
                "-CAfile",
                key("sink.crt.pem"),
                "-purpose",
                "any",
                "-out",
                "/dev/null");
        Process sums = new ProcessBuilder("sha256sum", "--strict", "-c", "SHA256SUMS")
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        assertThat(new String(sums.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .doesNotContain("FAILED");
        assertThat(sums.waitFor()).isZero();

        byte[] seal = Files.readAllBytes(directory.resolve("seal.json"));
        seal[seal.length / 2] ^= 1;
        Files.write(directory.resolve("seal.json"), seal);
        refused(
                "pkeyutl",
                "-verify",
                "-pubin",
                "-inkey",
                key("sink.pub.pem"),
                "-rawin",
                "-in",
                "seal.json",
                "-sigfile",
                "seal.sig");
        refused(
                "cms",
                "-verify",
                "-binary",
                "-inform",
                "DER",
                "-in",
                "seal.p7s",
                "-content",
                "seal.json",
                "-CAfile",
                key("sink.crt.pem"),
                "-purpose",
                "any",
                "-out",
                "/dev/null");
    }

    @Test
    void theSealSaysWhatTheWarrantBrought() throws Exception {
        JsonNode seal = JsonMapper.builder().build().readTree(Files.readAllBytes(seal().resolve("seal.json")));
        assertThat(seal.path("totals").path("packets").asLong()).isEqualTo(7);
        assertThat(seal.path("totals").path("cutOff").asLong()).isZero();
        assertThat(seal.path("log").path("next").asLong()).isEqualTo(5);
        assertThat(seal.path("orders").size()).isEqualTo(1);
        assertThat(seal.path("sessions").get(0).path("endReason").asString()).isEqualTo("WARRANT_ENDED");
        assertThat(seal.path("files").size()).isEqualTo(7);
    }

    @Test
    void custodyOfOtherWarrantsIsNotExported() throws Exception {
        String custody = Files.readString(seal().resolve("custody.jsonl"));
        assertThat(custody.lines()).hasSize(1).first().asString().contains("\"text\":\"of this one\"");
    }

    @Test
    void aStatementThatWasChangedIsNotOverwritten() throws Exception {
        Path directory = seal();
        Path statement = directory.resolve(Approved.ID + "-000001.statement.json");
        Files.writeString(statement, Files.readString(statement).replace("\"number\" : 1", "\"number\" : 2"));
        byte[] changed = Files.readAllBytes(statement);
        assertThatExceptionOfType(EvidenceException.class).isThrownBy(this::seal);
        assertThat(Files.readAllBytes(statement)).isEqualTo(changed);
    }

    @Test
    void aSecondRunOverTheSameLogFindsTheSameStatements() throws Exception {
        Path directory = seal();
        byte[] before = Files.readAllBytes(directory.resolve(Approved.ID + "-000001.statement.json"));
        seal();
        assertThat(Files.readAllBytes(directory.resolve(Approved.ID + "-000001.statement.json")))
                .isEqualTo(before);
    }

    private Path seal() throws Exception {
        SinkKeys keys = SinkKeys.open(root.resolve("keys"));
        WarrantOrders orders = new WarrantOrders(Approved.check(), Clock.systemUTC());
        orders.take(0, Approved.NOW, OrderCodec.encode(Approved.warrant(1, Approved.END)));
        long start = Approved.NOW.getEpochSecond() * 1_000_000_000L;
        List<byte[]> log = new SignedLog(Approved.ID, start, NODE)
                .opened(SESSION, "web")
                .packets(SESSION, 3, 64)
                .checkpoint(SESSION, null)
                .packets(SESSION, 4, 64)
                .checkpoint(SESSION, StopReason.WARRANT_ENDED)
                .values();
        Statements statements = new Statements(
                new StatementFiles(Approved.ID, root.resolve("evidence").resolve(Approved.ID.toString()), keys));
        try (EvidenceSeries series =
                new EvidenceSeries(EvidenceFiles.open(root.resolve("evidence"), Approved.ID), 1 << 20, statements)) {
            for (int i = 0; i < log.size(); i++) {
                series.accept(i, log.get(i));
            }
            series.finish();
            Path directory = root.resolve("evidence").resolve(Approved.ID.toString());
            new WarrantSealer(keys, null, WarrantSealerIT::custody, Clock.fixed(Approved.END, ZoneOffset.UTC))
                    .seal(new WarrantSealer.Ended(
                            Approved.ID,
                            directory,
                            orders.end(Approved.ID).orElseThrow(),
                            orders.of(Approved.ID),
                            statements.files.files(),
                            series.records(),
                            series.nextOffset(),
                            series.sessions()));
            return directory;
        }
    }

    private static MockConsumer<String, byte[]> custody() {
        MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
        TopicPartition partition = new TopicPartition(Topic.CUSTODY.name(), 0);
        consumer.updateBeginningOffsets(Map.of(partition, 0L));
        consumer.updateEndOffsets(Map.of(partition, 2L));
        consumer.schedulePollTask(() -> {
            consumer.addRecord(record(0, WarrantId.random(), "of another one"));
            consumer.addRecord(record(1, Approved.ID, "of this one"));
        });
        return consumer;
    }

    private static ConsumerRecord<String, byte[]> record(long offset, WarrantId warrant, String text) {
        CustodyEvent event = new CustodyEvent(
                new UUID(0, offset),
                Approved.NOW,
                "test",
                CustodyAction.OTHER,
                warrant,
                null,
                null,
                text,
                Map.of("b", "2", "a", "1"));
        return new ConsumerRecord<>(Topic.CUSTODY.name(), 0, offset, event.key(), CustodyCodec.encode(event));
    }

    private String key(String name) {
        return root.resolve("keys").resolve(name).toString();
    }

    private void accepted(String... arguments) throws IOException, InterruptedException {
        assertThat(openssl(arguments)).as(String.join(" ", arguments)).isZero();
    }

    private void refused(String... arguments) throws IOException, InterruptedException {
        assertThat(openssl(arguments)).as(String.join(" ", arguments)).isNotZero();
    }

    private int openssl(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(
                        root.resolve("evidence").resolve(Approved.ID.toString()).toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor();
    }

    private record Statements(StatementFiles files) implements EvidenceSeries.Listener {
        @Override
        public void filed(SessionId session, String file, long packets, long missing, Checkpoint last) {}

        @Override
        public void continued(SessionId session, SessionId previous, long notFiled, boolean sameInterface) {}

        @Override
        public void refused(@Nullable SessionId session, long offset, Refusal why) {
            throw new IllegalStateException("record " + offset + ": " + why);
        }

        @Override
        public void integrity(SessionId session, long from, long to, String problem) {
            throw new IllegalStateException(problem);
        }

        @Override
        public void complete(EvidenceSeries.FilePair pair) throws IOException, EvidenceException {
            files.write(pair);
        }
    }
}
