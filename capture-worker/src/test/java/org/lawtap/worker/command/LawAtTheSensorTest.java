package org.lawtap.worker.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.internals.AutoOffsetResetStrategy;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.order.LawCases;
import org.lawtap.schemas.order.LawCases.LawCase;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.WireException;

/**
 * The table of the law at the sensor: each row comes inside a START for a pod of the target, written straight into the node's
 * partition, past command line and topology. What is not handed on opens no socket: only {@link CommandReader.Handler#start} begins
 * a capture.
 */
class LawAtTheSensorTest {
    private static final LawCases LAW = new LawCases(Instant.parse("2026-11-23T12:00:00Z"));
    private static final TopicPartition PARTITION =
            new TopicPartition(Topic.COMMANDS.name(), Topic.commandPartition(Orders.NODE, 1));
    private static final PodRef POD =
            new PodRef(LawCases.CLUSTER, LawCases.NAMESPACE, new PodName("web-1"), new PodUid("uid-1"));

    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>(AutoOffsetResetStrategy.EARLIEST.name());
    private final MockProducer<String, byte[]> producer =
            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());
    private final Clock clock = Clock.fixed(LAW.now(), ZoneOffset.UTC);
    private final List<Warrant> begun = new ArrayList<>();
    private long offset;

    static Stream<LawCase> rows() {
        return LAW.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void beginsNoCaptureAndSaysWhyOnce(LawCase row) throws WireException {
        CommandReader reader = reader();
        for (SignedOrder earlier : row.earlier()) {
            add(start(earlier));
        }
        reader.poll();
        begun.clear();
        assertThat(custody()).isEmpty();

        add(start(row.order()));
        reader.poll();

        refused(row);
    }

    /** A worker that starts reads what was written while it was not there. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void beginsNoCaptureFromThePastEither(LawCase row) throws WireException {
        List<byte @Nullable []> past = new ArrayList<>();
        row.earlier().forEach(earlier -> past.add(start(earlier)));
        past.add(start(row.order()));
        CommandReader reader = reader(past.size());
        past.forEach(this::add);
        reader.poll();
        reader.poll();

        assertThat(begun)
                .as("only what came lawfully before")
                .hasSize(row.earlier().size());
        begun.clear();
        refused(row);
    }

    @Test
    void beginsTheCaptureOfTheLawfulSample() throws WireException {
        CommandReader reader = reader();
        add(start(LAW.lawful()));
        reader.poll();
        assertThat(begun).hasSize(1);
        assertThat(custody()).isEmpty();
    }

    private void refused(LawCase row) throws WireException {
        assertThat(begun).isEmpty();
        List<CustodyEvent> said = custody();
        assertThat(said).hasSize(1);
        assertThat(said.getFirst().action()).isIn(CustodyAction.CAPTURE_REFUSED, CustodyAction.RECORD_REFUSED);
        assertThat(said.getFirst().text()).contains(row.sentence());
    }

    private CommandReader reader() {
        return reader(0);
    }

    private CommandReader reader(long pastRecords) {
        Node broker = new Node(0, "k", 9092);
        consumer.updatePartitions(
                PARTITION.topic(),
                List.of(new PartitionInfo(PARTITION.topic(), 0, broker, new Node[] {broker}, new Node[] {broker})));
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
        consumer.updateEndOffsets(Map.of(PARTITION, pastRecords));
        return new CommandReader(
                consumer,
                Orders.NODE,
                new Admission(LAW.check(), LawCases.CLUSTER, Orders.NODE),
                Duration.ofHours(1),
                new CustodyLog(producer, "test", clock),
                clock,
                new CommandReader.Handler() {
                    @Override
                    public void start(Command.Start start, Warrant warrant) {
                        begun.add(warrant);
                    }

                    @Override
                    public void renew(Command.Renew renew) {}

                    @Override
                    public void stop(Command.Stop stop) {}
                });
    }

    /** The name of the capture is not written: the reader takes it from the order inside. */
    private static byte @Nullable [] start(@Nullable SignedOrder order) {
        if (order == null) {
            return null;
        }
        return CommandCodec.encode(new Command.Start(
                Orders.NODE,
                LAW.now(),
                new CaptureKey(LawCases.ID, 1, POD.uid()),
                order,
                POD,
                LawCases.LABELS,
                false,
                LAW.now().plusSeconds(30)));
    }

    private void add(byte @Nullable [] value) {
        consumer.addRecord(new ConsumerRecord<>(PARTITION.topic(), PARTITION.partition(), offset++, "n1", value));
    }

    private List<CustodyEvent> custody() throws WireException {
        List<CustodyEvent> events = new ArrayList<>();
        for (ProducerRecord<String, byte[]> record : producer.history()) {
            events.add(CustodyCodec.decode(record.value()));
        }
        return events;
    }
}
