package org.lawtap.sink.verify;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.sink.evidence.EvidenceException;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.evidence.EvidenceSeries;
import org.lawtap.sink.evidence.Refusal;
import org.lawtap.sink.seal.SinkKeys;
import org.lawtap.sink.seal.StatementFiles;
import org.lawtap.sink.seal.WarrantOrders;
import org.lawtap.sink.seal.WarrantSealer;

/**
 * A small warrant's evidence, written and sealed by the sink's own code: two sessions, eleven packets, two capture files.
 *
 * <pre>
 *   ROOT/evidence/WARRANT/...   ROOT/keys/...   ROOT/sink-keys/...
 * </pre>
 */
final class SampleEvidence {
    static final WarrantId WARRANT = WarrantId.parse("00000000-0000-4000-8000-000000000001");
    static final SessionId A = SessionId.parse("aaaaaaaa-0000-4000-8000-000000000001");
    static final SessionId B = SessionId.parse("bbbbbbbb-0000-4000-8000-000000000001");
    static final Instant BEGIN = Instant.parse("2026-11-24T12:00:00Z");

    private static final long BEGIN_NS = BEGIN.getEpochSecond() * 1_000_000_000L;
    private static final long ROTATE_BYTES = 1400;

    private final Path root;
    private final KeyPair node = OrderKeys.generate();
    private final KeyPair judge = OrderKeys.generate();
    private final KeyPair prosecutor;
    private final Clock clock = Clock.fixed(BEGIN.plusSeconds(3700), ZoneOffset.UTC);

    /** A record of a log. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Logged(long offset, byte[] value) {}

    private SampleEvidence(Path root, boolean oneApprover) {
        this.root = root;
        this.prosecutor = oneApprover ? judge : OrderKeys.generate();
    }

    /** Writes it below a directory, sealed. */
    static SampleEvidence write(Path root) throws Exception {
        SampleEvidence evidence = new SampleEvidence(root, false);
        evidence.write(evidence.log(), evidence.warrant(), true);
        return evidence;
    }

    /** Writes another log and another warrant, sealed. */
    static SampleEvidence write(Path root, UnaryOperator<List<Logged>> log, UnaryOperator<Warrant> warrant)
            throws Exception {
        SampleEvidence evidence = new SampleEvidence(root, false);
        evidence.write(log.apply(evidence.log()), warrant.apply(evidence.warrant()), true);
        return evidence;
    }

    /** Writes what a node with this key has captured, sealed. @param captured its records, in the order of the log */
    static SampleEvidence writeCaptured(
            Path root, Function<KeyPair, List<byte[]>> captured, UnaryOperator<Warrant> warrant) throws Exception {
        SampleEvidence evidence = new SampleEvidence(root, false);
        List<Logged> log = new ArrayList<>();
        for (byte[] value : captured.apply(evidence.node)) {
            log.add(new Logged(log.size(), value));
        }
        evidence.write(log, warrant.apply(evidence.warrant()), true);
        return evidence;
    }

    /** Writes it with a warrant that one approver signed alone. */
    static SampleEvidence writeWithOneApprover(Path root) throws Exception {
        SampleEvidence evidence = new SampleEvidence(root, true);
        evidence.write(evidence.log(), evidence.warrant(), true);
        return evidence;
    }

    /** Writes it as long as the warrant still runs. */
    static SampleEvidence writeUnsealed(Path root) throws Exception {
        SampleEvidence evidence = new SampleEvidence(root, false);
        evidence.write(evidence.log(), evidence.warrant(), false);
        return evidence;
    }

    Path directory() {
        return root.resolve("evidence").resolve(WARRANT.toString());
    }

    Path keys() {
        return root.resolve("keys");
    }

    Path file(int number, String suffix) {
        return directory().resolve("%s-%06d.%s".formatted(WARRANT, number, suffix));
    }

    Warrant warrant() {
        return new Warrant(
                WARRANT,
                1,
                "Court of Sample <1>",
                "7 Gs 12/26 & more",
                new Target(new ClusterId("c1"), new Namespace("shop"), Map.of("app", "web")),
                BEGIN,
                BEGIN.plusSeconds(3600),
                Warrant.Scope.CONTENT,
                null,
                "State Police",
                3650);
    }

    /** The log: two sessions, a record twice, one that can't be read, an offset that Kafka took, a loss. */
    List<Logged> log() {
        SampleSession a = new SampleSession(A, "a", node, BEGIN_NS + 60_000_000_000L);
        SampleSession b = new SampleSession(B, "b", node, BEGIN_NS + 62_000_000_000L);
        List<byte[]> values = new ArrayList<>();
        values.add(a.open(null));
        values.add(a.packets(2, 0));
        values.add(b.open(A));
        byte[] twice = a.packets(2, Packet.CHECKSUM_NOT_READY);
        values.add(twice);
        values.add(b.packets(1, Packet.VLAN_RESTORED | Packet.CHECKSUM_VALID));
        values.add(twice);
        values.add(a.checkpoint(null));
        a.drop(3);
        values.add(new byte[] {1, 2, 3});
        values.add(b.checkpoint(null));
        values.add(a.packets(1, Packet.SEGMENTATION_PENDING));
        values.add(b.packets(2, 0));
        values.add(a.checkpoint(StopReason.POD_GONE));
        values.add(b.packets(3, 0));
        values.add(b.checkpoint(StopReason.WARRANT_ENDED));
        List<Logged> log = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            log.add(new Logged(i < 7 ? i : i + 1L, values.get(i)));
        }
        return log;
    }

    /** Writes a log as the sink does. */
    void write(List<Logged> log, Warrant warrant, boolean sealed) throws Exception {
        SinkKeys sinkKeys = SinkKeys.open(root.resolve("sink-keys"));
        TestTimestampAuthority authority = new TestTimestampAuthority(BEGIN.minusSeconds(1000));
        publishKeys(authority);
        EvidenceFiles files = EvidenceFiles.open(root.resolve("evidence"), WARRANT);
        StatementFiles statements = new StatementFiles(WARRANT, files.directory(), sinkKeys);
        try (EvidenceSeries series = new EvidenceSeries(files, ROTATE_BYTES, new Stating(statements))) {
            for (Logged record : log) {
                series.accept(record.offset(), record.value());
            }
            if (!sealed) {
                series.flush();
                return;
            }
            series.finish();
            SignedOrder signed = OrderKeys.sign(
                    OrderKeys.sign(new SignedOrder(Warrant.PAYLOAD_TYPE, OrderJson.write(warrant), List.of()), judge),
                    prosecutor);
            new WarrantSealer(sinkKeys, URI.create("http://tsa.invalid/"), this::custody, clock)
                    .seal(new WarrantSealer.Ended(
                            WARRANT,
                            files.directory(),
                            new WarrantOrders.End(warrant.notAfter(), WarrantOrders.Why.NOT_AFTER),
                            List.of(new WarrantOrders.Accepted(4, BEGIN, signed, warrant)),
                            statements.files(),
                            series.records(),
                            series.nextOffset(),
                            series.sessions()));
            Files.write(
                    files.directory().resolve("seal.tsr"),
                    authority.stamp(
                            Files.readAllBytes(files.directory().resolve("seal.json")), BEGIN.plusSeconds(3701)));
        }
    }

    private void publishKeys(TestTimestampAuthority authority) throws Exception {
        Files.createDirectories(keys().resolve("nodes"));
        Files.writeString(keys().resolve("nodes").resolve("n1.pem"), OrderKeys.pem(node.getPublic()));
        List<TrustList.Approver> approvers = judge.equals(prosecutor)
                ? List.of(approver("Judge One", judge))
                : List.of(approver("Judge One", judge), approver("Prosecutor Two", prosecutor));
        Files.write(keys().resolve("trust.json"), new TrustList(approvers).write());
        for (String name : List.of("sink.pub.pem", "sink.crt.pem")) {
            Files.copy(root.resolve("sink-keys").resolve(name), keys().resolve(name));
        }
        authority.writeCertificate(keys().resolve("tsa.crt.pem"));
    }

    private static TrustList.Approver approver(String name, KeyPair keys) {
        return new TrustList.Approver(
                name, keys.getPublic(), BEGIN.minusSeconds(1_000_000), BEGIN.plusSeconds(1_000_000), false);
    }

    private MockConsumer<String, byte[]> custody() {
        MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
        TopicPartition partition = new TopicPartition(Topic.CUSTODY.name(), 0);
        List<CustodyEvent> events = List.of(
                event(1, CustodyAction.WARRANT_ACCEPTED, null, null, "the warrant is accepted", Map.of()),
                event(
                        50,
                        CustodyAction.CAPTURE_COMMANDED,
                        null,
                        "uid-a",
                        "capture of a pod of the target commanded",
                        Map.of("node", "n1", "generation", "1", "labels", "{app=web}", "resourceVersion", "4711")),
                event(
                        60,
                        CustodyAction.SESSION_OPENED,
                        A,
                        "uid-a",
                        "the session captures",
                        Map.of("node", "n1", "interface", "vetha", "engine", "ring")));
        consumer.updateBeginningOffsets(Map.of(partition, 0L));
        consumer.updateEndOffsets(Map.of(partition, (long) events.size()));
        consumer.schedulePollTask(() -> {
            for (int i = 0; i < events.size(); i++) {
                consumer.addRecord(new ConsumerRecord<>(
                        partition.topic(), 0, i, WARRANT.toString(), CustodyCodec.encode(events.get(i))));
            }
        });
        return consumer;
    }

    private static CustodyEvent event(
            int second,
            CustodyAction action,
            @Nullable SessionId session,
            @Nullable String pod,
            String text,
            Map<String, String> details) {
        return new CustodyEvent(
                new UUID(1, second),
                BEGIN.plusSeconds(second),
                "test",
                action,
                WARRANT,
                session,
                pod == null ? null : new PodUid(pod),
                text,
                details);
    }

    /** States what is complete, and tells nobody. */
    private record Stating(StatementFiles statements) implements EvidenceSeries.Listener {
        @Override
        public void filed(SessionId session, String file, long packets, long missing, Checkpoint last) {}

        @Override
        public void continued(SessionId session, SessionId previous, long notFiled, boolean sameInterface) {}

        @Override
        public void refused(@Nullable SessionId session, long offset, Refusal why) {}

        @Override
        public void integrity(SessionId session, long from, long to, String problem) {
            // Whoever checks finds it, too.
        }

        @Override
        public void complete(EvidenceSeries.FilePair files) throws IOException, EvidenceException {
            statements.write(files);
        }
    }
}
