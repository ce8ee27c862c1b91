package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.Lawtap;
import org.lawtap.deploy.bench.peer.RecordFile;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.sink.Sink;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.rebuild.KafkaRecordLog;
import org.lawtap.sink.rebuild.LogRecord;
import org.lawtap.sink.rebuild.Outcome;
import org.lawtap.sink.rebuild.Rebuild;
import org.lawtap.sink.rebuild.RecordLog;

/** The real sink is killed at any moment of its writing, again and again; then its files are those of every rebuild, to the byte. */
@Tag("long")
class SinkKilledIT {
    private static final int KILLS = Integer.getInteger("lawtap.sink.kills", 50);
    private static final int ROTATE_BYTES = 4 << 20;
    private static final long PACKETS = 100_000;
    private static final long ADVANCE_BYTES_MAX = 8 << 20;
    private static final String HEAP = "256m";
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    Path directory = Path.of("");

    private final Random random = new Random(50);

    @Test
    void itsFilesAreThoseOfEveryRebuild() throws Exception {
        ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();
        try (EmbeddedKafka broker = EmbeddedKafka.start(directory.resolve("kafka"), "127.0.0.1", 0, failures::add)) {
            KafkaClients kafka = new KafkaClients(new KafkaSettings(broker.bootstrapServers(), Map.of()), "test");
            WarrantId warrant = fill(kafka);
            Map<String, String> expected = rebuilt(kafka, warrant, 1, 1 << 16);
            assertThat(expected).hasSizeGreaterThan(2 * 5);
            assertThat(rebuilt(kafka, warrant, 8, 16 << 20)).isEqualTo(expected);
            assertThat(rebuiltElsewhere(broker, warrant, "ar", "EG", "Asia/Kathmandu"))
                    .isEqualTo(expected);

            killAgainAndAgain(broker, warrant, size(directory.resolve("rebuilt1"), warrant), expected);

            assertThat(digests(directory.resolve("evidence"), warrant)).isEqualTo(expected);
            assertThat(rebuiltElsewhere(broker, warrant, "tr", "TR", "Pacific/Apia"))
                    .isEqualTo(expected);
        }
        assertThat(failures).isEmpty();
    }

    /** A log with what befalls one: records twice, a stretch again, and what can't be read. */
    private WarrantId fill(KafkaClients kafka) throws Exception {
        Path file = directory.resolve("records");
        RecordedTraffic.Written log = RecordedTraffic.write(file, Mix.IMIX, PACKETS);
        Topic topic = Topic.packets(log.warrant());
        try (Admin admin = kafka.admin()) {
            new TopicAdmin(admin, 1).create(Topic.BASE);
            new TopicAdmin(admin, 1).create(List.of(topic));
        }
        try (RecordLog records = RecordFile.open(file, log.records());
                Producer<String, byte[]> producer = kafka.producer(Map.of())) {
            for (List<LogRecord> some = records.next(); !some.isEmpty(); some = records.next()) {
                some.forEach(record -> send(producer, topic, record));
                some.subList(0, some.size() / 4).forEach(record -> send(producer, topic, record));
                producer.send(new ProducerRecord<>(topic.name(), "poison", new byte[random.nextInt(90)]));
            }
        }
        return log.warrant();
    }

    private void send(Producer<String, byte[]> producer, Topic topic, LogRecord record) {
        producer.send(new ProducerRecord<>(topic.name(), "session", record.value()));
        if (random.nextInt(9) == 0) {
            producer.send(new ProducerRecord<>(topic.name(), "session", record.value()));
        }
    }

    private Map<String, String> rebuilt(KafkaClients kafka, WarrantId warrant, int threads, int fetchBytes)
            throws Exception {
        Path out = directory.resolve("rebuilt" + threads);
        try (RecordLog log = KafkaRecordLog.open(kafka, warrant, fetchBytes, Long.MAX_VALUE)) {
            Outcome outcome =
                    new Rebuild(log, threads, new Silent()).series(EvidenceFiles.rebuilt(out, warrant), ROTATE_BYTES);
            assertThat(outcome.sound()).as(outcome.problems().toString()).isTrue();
        }
        return digests(out, warrant);
    }

    private static final class Silent implements Rebuild.Progress {
        @Override
        public void read(long nextOffset, long records, long bytes) {}

        @Override
        public void sorted(long bytes, long of) {}
    }

    /** By the command, in a JVM of another language and time zone. */
    private Map<String, String> rebuiltElsewhere(
            EmbeddedKafka broker, WarrantId warrant, String language, String country, String zone) throws Exception {
        Path out = directory.resolve("rebuilt-" + language);
        String options = "-Duser.language=" + language + " -Duser.country=" + country + " -Duser.timezone=" + zone;
        try (MeasuredProcess process = MeasuredProcess.java(
                "the rebuild",
                List.of(),
                new MeasuredProcess.Java(
                        HEAP,
                        Lawtap.class.getName(),
                        List.of(
                                "rebuild",
                                "--warrant",
                                warrant.toString(),
                                "--out",
                                out.toString(),
                                "--rotate-bytes",
                                Integer.toString(ROTATE_BYTES)),
                        Map.of(
                                "LAWTAP_KAFKA_BOOTSTRAP_SERVERS",
                                broker.bootstrapServers(),
                                "JAVA_TOOL_OPTIONS",
                                options)),
                directory.resolve("rebuild-" + language + ".log"))) {
            process.awaitEnd(PATIENCE);
            assertThat(process.said()).contains("chains and seals: right");
        }
        return digests(out, warrant);
    }

    private void killAgainAndAgain(EmbeddedKafka broker, WarrantId warrant, long bytes, Map<String, String> expected)
            throws Exception {
        Map<String, String> environment = new HashMap<>();
        // The next sink takes the place of the killed one at once, instead of waiting until Kafka gives that one up.
        Path properties = Files.writeString(directory.resolve("client.properties"), "group.instance.id=one\n");
        Path trust = Files.write(directory.resolve("trust.json"), new TrustList(List.of()).write());
        environment.put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        environment.put("LAWTAP_KAFKA_UNSAFE", EmbeddedKafka.OVERRIDE.text());
        environment.put("LAWTAP_KAFKA_CLIENT_PROPERTIES", properties.toString());
        environment.put("LAWTAP_EVIDENCE_DIR", directory.resolve("evidence").toString());
        environment.put("LAWTAP_EVIDENCE_ROTATE_BYTES", Integer.toString(ROTATE_BYTES));
        environment.put("LAWTAP_TRUST_LIST", trust.toString());
        environment.put("LAWTAP_SINK_KEYS_DIR", directory.resolve("sink-keys").toString());
        MeasuredProcess.switchOffHttp(new Sink(), environment);
        Path evidence = directory.resolve("evidence");
        int whileWriting = 0;
        int completed = 0;
        for (int kill = 1; kill <= KILLS; kill++) {
            long before = size(evidence, warrant);
            if (before == bytes) {
                // All is written: from the beginning again.
                assertThat(digests(evidence, warrant)).isEqualTo(expected);
                remove(evidence);
                before = 0;
                completed++;
            }
            // At least a byte more than there was: it is killed in its writing, not in its starting.
            long target = before + 1 + random.nextLong(Math.min(bytes - before, ADVANCE_BYTES_MAX));
            try (MeasuredProcess sink = sink(environment)) {
                reach(sink, warrant, target);
                sink.signal("KILL");
            }
            whileWriting += size(evidence, warrant) < bytes ? 1 : 0;
        }
        System.out.println("killed " + KILLS + " times, " + whileWriting + " of them while there was more to write, "
                + completed + " times all was written");
        assertThat(whileWriting).isGreaterThan(KILLS / 3);
        try (MeasuredProcess sink = sink(environment)) {
            reach(sink, warrant, bytes);
            sink.terminate(PATIENCE);
        }
    }

    private MeasuredProcess sink(Map<String, String> environment) throws BenchException {
        return MeasuredProcess.java(
                "the sink",
                List.of(),
                new MeasuredProcess.Java(HEAP, Sink.class.getName(), List.of(), environment),
                directory.resolve("sink.log"));
    }

    private void reach(MeasuredProcess sink, WarrantId warrant, long bytes) throws Exception {
        boolean reached = Pace.until(PATIENCE, () -> {
            sink.check();
            return size(directory.resolve("evidence"), warrant) >= bytes;
        });
        assertThat(reached)
                .as("the sink writes " + bytes + " bytes; " + sink.said())
                .isTrue();
    }

    /** Bytes of the capture files and ledgers. */
    private static long size(Path root, WarrantId warrant) {
        Path files = root.resolve(warrant.toString());
        if (!Files.isDirectory(files)) {
            return 0;
        }
        try (Stream<Path> all = Files.list(files)) {
            return all.filter(SinkKilledIT::isPart)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path each : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    private static boolean isPart(Path file) {
        return file.toString().endsWith(".pcapng") || file.toString().endsWith(".ledger");
    }

    private static Map<String, String> digests(Path root, WarrantId warrant) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.list(root.resolve(warrant.toString()))) {
            for (Path file : files.filter(SinkKilledIT::isPart).toList()) {
                byte[] digest = MerkleTree.sha256().digest(Files.readAllBytes(file));
                digests.put(String.valueOf(file.getFileName()), HexFormat.of().formatHex(digest));
            }
        }
        return digests;
    }
}
