package org.lawtap.worker.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.internals.AutoOffsetResetStrategy;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.wire.CommandCodec;

class CommandLoopTest {
    private static final TopicPartition PARTITION = CommandTopic.PARTITION;

    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>(AutoOffsetResetStrategy.EARLIEST.name());
    private final Clock clock = Clock.fixed(Orders.NOW, ZoneOffset.UTC);
    private final List<String> handled = new ArrayList<>();
    private int unanswered;
    private int opened;
    private int read;

    @BeforeEach
    void oneCaptureIsCommanded() {
        CommandTopic.describeTo(consumer);
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
        consumer.updateEndOffsets(Map.of(PARTITION, 1L));
        consumer.schedulePollTask(() -> consumer.addRecord(new ConsumerRecord<>(
                PARTITION.topic(),
                PARTITION.partition(),
                0,
                "n1",
                CommandCodec.encode(Orders.start(Orders.warrant(), Orders.NOW.plusSeconds(30))))));
    }

    @Test
    void waitsForAKafkaThatIsAwayWhenTheWorkerStarts() {
        unanswered = 3;
        new CommandLoop(this::open).run(() -> read > 0, () -> read++);
        assertThat(opened).isEqualTo(4);
        assertThat(handled).containsExactly("start 1");
    }

    @Test
    void beginsAnewWhereKafkaGoesAwayBeforeAllCommandsAreRead() {
        consumer.updateEndOffsets(Map.of(PARTITION, 2L));
        consumer.schedulePollTask(() -> consumer.setPollException(new TimeoutException("where to begin is not known")));
        consumer.schedulePollTask(() -> consumer.updateEndOffsets(Map.of(PARTITION, 0L)));
        new CommandLoop(this::open).run(() -> opened > 1, () -> read++);
        assertThat(opened).isEqualTo(2);
        assertThat(read).isZero();
        assertThat(handled).isEmpty();
    }

    @Test
    void endsWithAFaultThatIsNoneOfAStart() {
        CommandLoop loop = new CommandLoop(this::open);
        loop.run(() -> read > 0, () -> read++);
        consumer.setPollException(new TimeoutException("later"));
        assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> loop.run(() -> false, () -> read++));
        assertThat(opened).isEqualTo(1);
    }

    private CommandReader open() {
        opened++;
        if (unanswered-- > 0) {
            throw new TimeoutException("no answer");
        }
        return new CommandReader(
                consumer,
                Orders.NODE,
                new Admission(Orders.check(), Orders.CLUSTER, Orders.NODE),
                Duration.ofMinutes(5),
                new CustodyLog(
                        new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer()),
                        "test",
                        clock),
                clock,
                new CommandReader.Handler() {
                    @Override
                    public void start(Command.Start start, Warrant warrant) {
                        handled.add("start " + warrant.generation());
                    }

                    @Override
                    public void renew(Command.Renew renew) {
                        handled.add("renew");
                    }

                    @Override
                    public void stop(Command.Stop stop) {
                        handled.add("stop");
                    }
                });
    }
}
