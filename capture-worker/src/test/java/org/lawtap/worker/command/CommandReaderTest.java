package org.lawtap.worker.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.internals.AutoOffsetResetStrategy;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.WireException;

class CommandReaderTest {
    private static final TopicPartition PARTITION = CommandTopic.PARTITION;
    private static final Instant LEASE = Orders.NOW.plusSeconds(30);
    private static final Duration LEASE_MAX = Duration.ofMinutes(5);

    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>(AutoOffsetResetStrategy.EARLIEST.name());
    private final MockProducer<String, byte[]> producer =
            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());
    private final Clock clock = Clock.fixed(Orders.NOW, ZoneOffset.UTC);
    private final List<String> handled = new ArrayList<>();
    private long offset;

    @Test
    void actsOnTheResultOfThePastOnly() {
        Command.Start first = Orders.start(Orders.warrant(), LEASE);
        CommandReader reader = reader(List.of(
                first, stop(first.capture()), Orders.start(Orders.warrant(2, Warrant.Scope.CONTENT, null), LEASE)));
        reader.poll();
        assertThat(handled).containsExactly("start 2 " + LEASE);
    }

    @Test
    void grantsNoLongerLeaseThanItsOwnWhateverACommandSays() {
        CommandReader reader = reader(List.of());
        reader.poll();
        Command.Start start = Orders.start(Orders.warrant(), Orders.NOW.plus(Duration.ofDays(1)));
        add(start);
        add(new Command.Renew(Orders.NODE, Orders.NOW, List.of(start.capture()), Orders.NOW.plus(Duration.ofDays(1))));
        reader.poll();
        Instant granted = Orders.NOW.plus(LEASE_MAX);
        assertThat(handled).containsExactly("start 1 " + granted, "renew " + granted);
    }

    @Test
    void aLongLeaseOfThePastIsOver() {
        Instant longAgo = Orders.NOW.minus(LEASE_MAX);
        Command.Start start = Orders.start(Orders.warrant(), Orders.NOW.plus(Duration.ofDays(1)));
        reader(List.of(new Command.Start(
                        start.node(),
                        longAgo,
                        start.capture(),
                        start.order(),
                        start.pod(),
                        start.labels(),
                        start.hostNetwork(),
                        start.leaseUntil())))
                .poll();
        assertThat(handled).isEmpty();
    }

    @Test
    void leavesOutACaptureWhoseLeaseEndedMeanwhile() {
        reader(List.of(Orders.start(Orders.warrant(), Orders.NOW))).poll();
        assertThat(handled).isEmpty();
    }

    @Test
    void countsTheLastLeaseOfThePast() {
        Command.Start start = Orders.start(Orders.warrant(), Orders.NOW.minusSeconds(1));
        reader(List.of(start, new Command.Renew(Orders.NODE, Orders.NOW, List.of(start.capture()), LEASE)))
                .poll();
        assertThat(handled).containsExactly("start 1 " + LEASE);
    }

    @Test
    void neverShortensALeaseOfThePast() {
        Command.Start start = Orders.start(Orders.warrant(), LEASE);
        Instant sooner = LEASE.minusSeconds(1);
        reader(List.of(
                        start,
                        Orders.start(Orders.warrant(), sooner),
                        new Command.Renew(Orders.NODE, Orders.NOW, List.of(start.capture()), sooner)))
                .poll();
        assertThat(handled).containsExactly("start 1 " + LEASE);
    }

    @Test
    void bringsBackACaptureWhoseLeaseEndedMeanwhileWhenItIsRenewed() {
        Command.Start start = Orders.start(Orders.warrant(), Orders.NOW);
        CommandReader reader = reader(List.of(start));
        reader.poll();
        assertThat(handled).isEmpty();
        Command.Renew renewal = new Command.Renew(Orders.NODE, Orders.NOW, List.of(start.capture()), LEASE);
        add(renewal);
        add(renewal);
        reader.poll();
        assertThat(handled).containsExactly("start 1 " + LEASE, "renew " + LEASE, "renew " + LEASE);
    }

    @Test
    void bringsNothingBackThatWasStopped() {
        Command.Start start = Orders.start(Orders.warrant(), Orders.NOW);
        CommandReader reader = reader(List.of(start));
        reader.poll();
        add(stop(start.capture()));
        add(new Command.Renew(Orders.NODE, Orders.NOW, List.of(start.capture()), LEASE));
        reader.poll();
        assertThat(handled).containsExactly("stop WARRANT_REVOKED", "renew " + LEASE);
    }

    @Test
    void aForgedStartOfThePastNeitherHidesNorProlongsTheRealOne() throws WireException {
        Command.Start forged = Orders.start(
                Orders.warrant(),
                Orders.signedOnce(Orders.warrant()),
                Orders.REF,
                Orders.LABELS,
                false,
                LEASE.plusSeconds(3600));
        reader(List.of(forged, Orders.start(Orders.warrant(), LEASE), forged)).poll();
        assertThat(handled).containsExactly("start 1 " + LEASE);
        assertThat(actions()).containsExactly(CustodyAction.CAPTURE_REFUSED);
    }

    @Test
    void takesCommandsAsTheyComeOnceThePastIsRead() {
        CommandReader reader = reader(List.of());
        Command.Start start = Orders.start(Orders.warrant(), LEASE);
        reader.poll();
        add(start);
        add(new Command.Renew(Orders.NODE, Orders.NOW, List.of(start.capture()), LEASE.plusSeconds(1)));
        add(stop(start.capture()));
        reader.poll();
        assertThat(handled)
                .containsExactly("start 1 " + LEASE, "renew " + LEASE.plusSeconds(1), "stop WARRANT_REVOKED");
    }

    @Test
    void ignoresAnotherNodesCommands() {
        Command.Start start = Orders.start(Orders.warrant(), LEASE);
        reader(List.of(new Command.Stop(new NodeName("n2"), Orders.NOW, start.capture(), StopReason.POD_GONE)))
                .poll();
        assertThat(handled).isEmpty();
        assertThat(producer.history()).isEmpty();
    }

    @Test
    void setsAPoisonRecordAsideAndGoesOn() throws WireException {
        CommandReader reader = reader(List.of());
        reader.poll();
        add(new byte[] {1, 2, 3});
        add((byte[]) null);
        add(Orders.start(Orders.warrant(), LEASE));
        reader.poll();
        assertThat(handled).hasSize(1);
        assertThat(actions()).containsExactly(CustodyAction.RECORD_REFUSED, CustodyAction.RECORD_REFUSED);
    }

    @Test
    void recordsARefusedStart() throws WireException {
        Warrant warrant = Orders.warrant();
        reader(List.of(Orders.start(warrant, Orders.signedOnce(warrant), Orders.REF, Orders.LABELS, false, LEASE)))
                .poll();
        assertThat(handled).isEmpty();
        assertThat(actions()).containsExactly(CustodyAction.CAPTURE_REFUSED);
    }

    @Test
    void refusesAnOlderGenerationAfterANewer() throws WireException {
        CommandReader reader = reader(List.of());
        reader.poll();
        add(Orders.start(Orders.warrant(2, Warrant.Scope.CONTENT, null), LEASE));
        add(Orders.start(Orders.warrant(), LEASE));
        reader.poll();
        assertThat(handled).containsExactly("start 2 " + LEASE);
        assertThat(actions()).containsExactly(CustodyAction.CAPTURE_REFUSED);
    }

    @Test
    void remembersOverARestartThatThereWasANewerGeneration() throws WireException {
        Command.Start newer = Orders.start(Orders.warrant(2, Warrant.Scope.CONTENT, null), LEASE);
        CommandReader reader = reader(
                List.of(newer, new Command.Stop(Orders.NODE, Orders.NOW, newer.capture(), StopReason.POD_LEFT_TARGET)));
        reader.poll();
        add(Orders.start(Orders.warrant(), LEASE));
        reader.poll();
        assertThat(handled).isEmpty();
        assertThat(actions()).containsExactly(CustodyAction.CAPTURE_REFUSED);
    }

    @Test
    void aForgedNewerGenerationKeepsNobodyFromCapturing() throws WireException {
        Warrant forged = Orders.warrant(9, Warrant.Scope.CONTENT, null);
        Command.Start start =
                Orders.start(forged, Orders.signedOnce(forged), Orders.REF, Orders.LABELS, false, Orders.NOW);
        CommandReader reader = reader(List.of(start));
        reader.poll();
        add(start);
        add(Orders.start(Orders.warrant(), LEASE));
        reader.poll();
        assertThat(handled).containsExactly("start 1 " + LEASE);
        assertThat(actions()).containsExactly(CustodyAction.CAPTURE_REFUSED);
    }

    @Test
    void startsNothingUnderARevokedGenerationUntilANewerOneComes() throws WireException {
        CommandReader reader = reader(List.of());
        Command.Start start = Orders.start(Orders.warrant(), LEASE);
        reader.poll();
        add(start);
        add(stop(start.capture()));
        add(start);
        add(Orders.start(Orders.warrant(2, Warrant.Scope.CONTENT, null), LEASE));
        reader.poll();
        assertThat(handled).containsExactly("start 1 " + LEASE, "stop WARRANT_REVOKED", "start 2 " + LEASE);
        assertThat(actions()).containsExactly(CustodyAction.CAPTURE_REFUSED);
    }

    private static Command.Stop stop(CaptureKey key) {
        return new Command.Stop(Orders.NODE, Orders.NOW, key, StopReason.WARRANT_REVOKED);
    }

    private CommandReader reader(List<Command> past) {
        CommandTopic.describeTo(consumer);
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
        consumer.updateEndOffsets(Map.of(PARTITION, (long) past.size()));
        CommandReader reader = new CommandReader(
                consumer,
                Orders.NODE,
                new Admission(Orders.check(), Orders.CLUSTER, Orders.NODE),
                LEASE_MAX,
                new CustodyLog(producer, "test", clock),
                clock,
                new CommandReader.Handler() {
                    @Override
                    public void start(Command.Start start, Warrant warrant) {
                        handled.add("start " + warrant.generation() + " " + start.leaseUntil());
                    }

                    @Override
                    public void renew(Command.Renew renew) {
                        handled.add("renew " + renew.leaseUntil());
                    }

                    @Override
                    public void stop(Command.Stop stop) {
                        handled.add("stop " + stop.reason());
                    }
                });
        past.forEach(this::add);
        return reader;
    }

    private void add(Command command) {
        add(CommandCodec.encode(command));
    }

    private void add(byte @Nullable [] value) {
        consumer.addRecord(new ConsumerRecord<>(PARTITION.topic(), PARTITION.partition(), offset++, "n1", value));
    }

    private List<CustodyAction> actions() throws WireException {
        List<CustodyAction> actions = new ArrayList<>();
        for (var record : producer.history()) {
            actions.add(CustodyCodec.decode(record.value()).action());
        }
        return actions;
    }
}
