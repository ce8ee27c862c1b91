package org.lawtap.schemas.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.WireException;

class CustodyLogTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** A producer that fails as the real one does: by the callback, before send returns. */
    private static final class Away extends MockProducer<String, byte[]> {
        private final CountDownLatch tried = new CountDownLatch(2);
        private volatile boolean away = true;

        Away() {
            super(true, null, new StringSerializer(), new ByteArraySerializer());
        }

        @Override
        public synchronized java.util.concurrent.Future<RecordMetadata> send(
                ProducerRecord<String, byte[]> record, Callback callback) {
            if (away) {
                tried.countDown();
                callback.onCompletion(null, new TimeoutException("not present in metadata"));
                return java.util.concurrent.CompletableFuture.failedFuture(new TimeoutException());
            }
            return super.send(record, callback);
        }
    }

    @Test
    void keepsEventsInOrderWhileKafkaIsOutOfSightAndHoldsNobodyUp() throws Exception {
        Away producer = new Away();
        try (CustodyLog custody = CustodyLog.start(producer, "test", Clock.systemUTC())) {
            for (int i = 0; i < 100; i++) {
                tell(custody, "event " + i);
            }
            assertThat(producer.tried.await(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(producer.history()).isEmpty();
            assertThat(custody.waiting()).isEqualTo(100);
            producer.away = false;
            custody.close(PATIENCE);
            assertThat(custody.waiting()).isZero();
        }
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            expected.add("event " + i);
        }
        assertThat(texts(producer)).isEqualTo(expected);
    }

    @Test
    void givesUpAtTheEndOfTheProcess() {
        Away producer = new Away();
        CustodyLog custody = CustodyLog.start(producer, "test", Clock.systemUTC());
        tell(custody, "never heard");
        custody.close(Duration.ofMillis(50));
        tell(custody, "too late");
        assertThat(custody.waiting()).isZero();
        assertThat(producer.history()).isEmpty();
    }

    @Test
    void goesOnAfterAnEventThatIsRefusedForGood() throws Exception {
        MockProducer<String, byte[]> producer =
                new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());
        producer.sendException = new RecordTooLargeException("too large");
        CustodyLog custody = new CustodyLog(producer, "test", Clock.systemUTC());
        tell(custody, "refused");
        producer.sendException = null;
        tell(custody, "taken");
        assertThat(texts(producer)).containsExactly("taken");
    }

    private static void tell(CustodyLog custody, String text) {
        custody.record(CustodyAction.CAPTURE_REFUSED, null, null, null, text, Map.of());
    }

    private static List<String> texts(MockProducer<String, byte[]> producer) throws WireException {
        List<String> texts = new ArrayList<>();
        for (ProducerRecord<String, byte[]> record : producer.history()) {
            texts.add(CustodyCodec.decode(record.value()).text());
        }
        return texts;
    }
}
