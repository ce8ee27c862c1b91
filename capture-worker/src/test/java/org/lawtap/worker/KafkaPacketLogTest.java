package org.lawtap.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.wire.PacketCodec;

class KafkaPacketLogTest {
    private static final WarrantId WARRANT = new WarrantId(UUID.fromString("00000000-0000-0000-0000-000000000001"));
    private static final SessionId SESSION = SessionId.parse("00000000-0000-0000-0000-0000000000aa");
    private static final long RETRY_NS = 500_000_000L;

    private final AtomicLong time = new AtomicLong();
    private final MockProducer<String, byte[]> producer =
            new MockProducer<>(false, null, new StringSerializer(), new ByteArraySerializer());
    private final KafkaPacketLog log = new KafkaPacketLog(producer, 1000, time::get);

    @Test
    void keysByTheSessionInTheWarrantsTopic() {
        log.send(WARRANT, SESSION, batch(0));
        assertThat(producer.history()).singleElement().satisfies(record -> {
            assertThat(record.topic()).isEqualTo("lawtap.packets." + WARRANT);
            assertThat(record.key()).isEqualTo(SESSION.toString());
        });
    }

    @Test
    void hasNoRoomUntilTheBrokerAcknowledges() {
        while (log.hasRoom(WARRANT)) {
            log.send(WARRANT, SESSION, batch(0));
        }
        while (producer.completeNext()) {}
        assertThat(log.hasRoom(WARRANT)).isTrue();
        assertThat(log.failed(SESSION)).isFalse();
    }

    @Test
    void keepsInOrderWhatTheProducerHasNoRoomForNow() {
        producer.sendException = new TimeoutException("buffer full");
        log.send(WARRANT, SESSION, batch(0));
        log.send(WARRANT, SESSION, batch(1));
        assertThat(producer.history()).isEmpty();
        assertThat(log.hasRoom(WARRANT)).isFalse();

        producer.sendException = null;
        time.addAndGet(RETRY_NS);
        log.hasRoom(WARRANT);
        assertThat(producer.history()).hasSize(2);
        for (int i = 0; i < 2; i++) {
            assertThat(producer.history().get(i).value()).isEqualTo(batch(i));
        }
        assertThat(log.failed(SESSION)).isFalse();
    }

    @Test
    void marksTheSessionOfARecordThatIsNotStored() {
        log.send(WARRANT, SESSION, batch(0));
        producer.errorNext(new RecordTooLargeException("too large"));
        assertThat(log.failed(SESSION)).isTrue();
        assertThat(log.hasRoom(WARRANT)).isTrue();
    }

    @Test
    void givesUpAtTheEndWithinItsLimitAndSaysSo() {
        producer.sendException = new TimeoutException("broker away");
        log.send(WARRANT, SESSION, batch(0));
        log.settle(Duration.ZERO);
        assertThat(log.failed(SESSION)).isTrue();
    }

    private static byte[] batch(long sequence) {
        return PacketCodec.encode(new PacketEvent.Batch(
                SESSION,
                List.of(new Packet(sequence, 1, Packet.Direction.FROM_POD, 0, 200, ByteBuffer.wrap(new byte[200])))));
    }
}
