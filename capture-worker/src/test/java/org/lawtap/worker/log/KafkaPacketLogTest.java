package org.lawtap.worker.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;

class KafkaPacketLogTest {
    private static final WarrantId WARRANT = new WarrantId(UUID.fromString("00000000-0000-0000-0000-000000000001"));
    private static final WarrantId OTHER = new WarrantId(UUID.fromString("00000000-0000-0000-0000-000000000002"));
    private static final SessionId SESSION = SessionId.parse("00000000-0000-0000-0000-0000000000aa");
    private static final long RETRY_NS = 500_000_000L;
    private static final long STALE_NS = 5_000_000_000L;
    private static final long QUIET_NS = 10_000_000_000L;
    private static final int IN_FLIGHT = 4000;
    private static final Spill.Limits OFF = new Spill.Limits(0, 0, 0);
    private static final Spill.Limits ON = new Spill.Limits(100_000, 50_000, 2000);

    private final AtomicLong time = new AtomicLong();
    private final MockProducer<String, byte[]> producer = producer();
    private final MockProducer<String, byte[]> custody =
            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());

    @TempDir
    private Path directory;

    @TempDir
    private Path afterKill;

    @Test
    void keysByTheSessionInTheWarrantsTopic() throws Exception {
        KafkaPacketLog log = log(OFF);
        log.send(WARRANT, SESSION, batch(0));
        assertThat(producer.history()).singleElement().satisfies(record -> {
            assertThat(record.topic()).isEqualTo("lawtap.packets." + WARRANT);
            assertThat(record.key()).isEqualTo(SESSION.toString());
        });
    }

    @Test
    void hasNoRoomUntilTheBrokerAcknowledges() throws Exception {
        KafkaPacketLog log = log(OFF);
        while (log.hasRoom(WARRANT)) {
            log.send(WARRANT, SESSION, batch(0));
        }
        while (producer.completeNext()) {}
        log.doWork();
        assertThat(log.hasRoom(WARRANT)).isTrue();
        assertThat(log.failed(SESSION)).isFalse();
    }

    @Test
    void leavesRoomForOthersWhenOneWarrantFloods() throws Exception {
        KafkaPacketLog log = log(OFF);
        long flooded = 0;
        while (log.hasRoom(WARRANT)) {
            log.send(WARRANT, SESSION, batch(flooded++));
        }
        assertThat(log.hasRoom(OTHER)).isTrue();
        long others = 0;
        while (log.hasRoom(OTHER)) {
            log.send(OTHER, SESSION, batch(others++));
        }
        assertThat(flooded).isGreaterThan(others);
        assertThat(others).isPositive();
    }

    @Test
    void keepsInOrderWhatTheProducerHasNoRoomForNow() throws Exception {
        KafkaPacketLog log = log(OFF);
        producer.sendException = new TimeoutException("buffer full");
        log.send(WARRANT, SESSION, batch(0));
        log.send(WARRANT, SESSION, batch(1));
        assertThat(producer.history()).isEmpty();
        assertThat(log.hasRoom(WARRANT)).isFalse();

        producer.sendException = null;
        log.doWork();
        assertThat(producer.history()).isEmpty();
        time.addAndGet(RETRY_NS);
        assertThat(log.doWork()).isEqualTo(2);
        assertThat(sequences(producer, WARRANT)).containsExactly(0L, 1L);
        assertThat(log.hasRoom(WARRANT)).isTrue();
        assertThat(log.failed(SESSION)).isFalse();
    }

    @Test
    void triesNoOtherWarrantWhileTheProducerIsFull() throws Exception {
        KafkaPacketLog log = log(ON);
        producer.sendException = new TimeoutException("buffer full");
        log.send(WARRANT, SESSION, batch(0));
        producer.sendException = null;
        log.send(OTHER, SESSION, batch(1));
        log.doWork();
        assertThat(producer.history()).isEmpty();
        time.addAndGet(RETRY_NS);
        log.doWork();
        assertThat(producer.history()).hasSize(2);
    }

    @Test
    void aWarrantThatIsRefusedDoesNotHoldUpTheOthers() throws Exception {
        KafkaPacketLog log = log(ON);
        producer.sendException = new TimeoutException("no metadata");
        for (int i = 0; i < 4; i++) {
            log.send(WARRANT, SESSION, batch(i));
            time.addAndGet(8 * RETRY_NS);
            log.doWork();
        }
        producer.sendException = null;
        time.addAndGet(RETRY_NS);
        log.send(OTHER, SESSION, batch(0));
        assertThat(sequences(producer, OTHER)).containsExactly(0L);
    }

    @Test
    void marksTheSessionOfARecordThatIsNotStoredAndTellsItOnce() throws Exception {
        KafkaPacketLog log = log(OFF);
        log.send(WARRANT, SESSION, batch(0));
        log.send(WARRANT, SESSION, batch(1));
        producer.errorNext(new RecordTooLargeException("too large"));
        producer.errorNext(new RecordTooLargeException("too large"));
        log.doWork();
        assertThat(log.failed(SESSION)).isTrue();
        assertThat(log.hasRoom(WARRANT)).isTrue();
        assertThat(told()).containsExactly(CustodyAction.RECORD_NOT_STORED);
    }

    @Test
    void givesUpAtTheEndWithinItsLimitAndSaysSo() throws Exception {
        KafkaPacketLog log = log(OFF);
        producer.sendException = new TimeoutException("broker away");
        log.send(WARRANT, SESSION, batch(0));
        log.settle(Duration.ZERO);
        assertThat(log.failed(SESSION)).isTrue();
        assertThat(told()).contains(CustodyAction.RECORD_NOT_STORED);
    }

    @Test
    void spillsWhatHasNoRoomAndDrainsItInOrder() throws Exception {
        KafkaPacketLog log = log(ON);
        for (int i = 0; i < 50; i++) {
            assertThat(log.hasRoom(WARRANT)).isTrue();
            log.send(WARRANT, SESSION, batch(i));
        }
        assertThat(producer.history()).hasSizeLessThan(20);
        assertThat(bytesOnDisk()).isPositive();
        drain(log, producer);
        assertThat(sequences(producer, WARRANT)).isEqualTo(upTo(50));
        assertThat(files()).isEmpty();
    }

    @Test
    void tellsAnOutageOnceHoweverOftenItBreathes() throws Exception {
        KafkaPacketLog log = log(new Spill.Limits(100_000, 10_000, 2000));
        for (int breath = 0; breath < 5; breath++) {
            int sent = 0;
            while (log.hasRoom(WARRANT)) {
                log.send(WARRANT, SESSION, batch(sent++));
            }
            log.doWork();
            time.addAndGet(QUIET_NS / 10);
            drain(log, producer);
        }
        assertThat(told()).containsExactly(CustodyAction.SPILL_BEGUN, CustodyAction.SPILL_FULL);
        time.addAndGet(QUIET_NS);
        log.doWork();
        assertThat(told())
                .containsExactly(CustodyAction.SPILL_BEGUN, CustodyAction.SPILL_FULL, CustodyAction.SPILL_DRAINED);
        assertThat(events().getLast().details()).containsEntry("ms", "5000");
        time.addAndGet(QUIET_NS);
        log.doWork();
        assertThat(told()).hasSize(3);
    }

    @Test
    void hasNoRoomWhenTheDiskIsFullAndKeepsTheLastOnesInMemory() throws Exception {
        KafkaPacketLog log = log(new Spill.Limits(10_000, 10_000, 2000));
        int sent = 0;
        while (log.hasRoom(WARRANT)) {
            log.send(WARRANT, SESSION, batch(sent++));
        }
        for (int i = 0; i < 3; i++) {
            log.send(WARRANT, SESSION, batch(sent++));
        }
        assertThat(log.hasRoom(WARRANT)).isFalse();
        assertThat(log.hasRoom(OTHER)).isTrue();
        assertThat(log.failed(SESSION)).isFalse();
        drain(log, producer);
        assertThat(sequences(producer, WARRANT)).isEqualTo(upTo(sent));
        assertThat(log.hasRoom(WARRANT)).isTrue();
    }

    @Test
    void takesTheLastOnesAsLongAsMemoryHasRoomForAnAccountAsWell() throws Exception {
        KafkaPacketLog log = log(OFF);
        producer.sendException = new TimeoutException("buffer full");
        int sent = 0;
        while (log.takesLast(WARRANT)) {
            log.send(WARRANT, SESSION, batch(sent++));
        }
        assertThat(log.hasRoom(WARRANT)).isFalse();
        log.send(WARRANT, SESSION, batch(sent++));
        assertThat(log.failed(SESSION)).isFalse();
        producer.sendException = null;
        time.addAndGet(RETRY_NS);
        drain(log, producer);
        assertThat(sequences(producer, WARRANT)).isEqualTo(upTo(sent));
        assertThat(log.takesLast(WARRANT)).isTrue();
    }

    @Test
    void endsTheSessionWhenMemoryIsFullToo() throws Exception {
        KafkaPacketLog log = log(OFF);
        producer.sendException = new TimeoutException("buffer full");
        for (int i = 0; i < 40; i++) {
            log.send(WARRANT, SESSION, batch(i));
        }
        assertThat(log.failed(SESSION)).isTrue();
        producer.sendException = null;
        assertThat(told(log)).contains(CustodyAction.RECORD_NOT_STORED);
    }

    @Test
    void isSilentAboutNothingButKeepsAllWhenKilledWhileItSpills() throws Exception {
        KafkaPacketLog log = log(ON);
        for (int i = 0; i < 30; i++) {
            log.send(WARRANT, SESSION, batch(i));
        }
        Path copy = copy();
        MockProducer<String, byte[]> next = producer();
        KafkaPacketLog restarted = log(next, copy, ON, Runnable::run);
        restarted.send(WARRANT, SESSION, batch(30));
        drain(restarted, next);
        assertThat(sequences(next, WARRANT)).isEqualTo(upTo(31));
        assertThat(told()).contains(CustodyAction.SPILL_RECOVERED);
    }

    @Test
    void repeatsNoMoreThanASegmentAfterItWasKilled() throws Exception {
        KafkaPacketLog log = log(ON);
        for (int i = 0; i < 60; i++) {
            log.send(WARRANT, SESSION, batch(i));
        }
        int acknowledged = 0;
        while (acknowledged < 40) {
            assertThat(producer.completeNext()).isTrue();
            acknowledged++;
            log.doWork();
        }
        MockProducer<String, byte[]> next = producer();
        KafkaPacketLog restarted = log(next, copy(), ON, Runnable::run);
        drain(restarted, next);
        List<Long> again = sequences(next, WARRANT);
        assertThat(again.getLast()).isEqualTo(59);
        assertThat(again.getFirst()).isBetween(40L - 2000 / 200, 40L);
    }

    @Test
    void writesToTheDiskWhatKafkaDoesNotAcknowledge() throws Exception {
        KafkaPacketLog log = log(ON);
        log.send(WARRANT, SESSION, batch(0));
        log.doWork();
        assertThat(bytesOnDisk()).isZero();
        time.addAndGet(STALE_NS);
        log.doWork();
        assertThat(bytesOnDisk()).isPositive();
        assertThat(told()).containsExactly(CustodyAction.SPILL_BEGUN);
        drain(log, producer);
        assertThat(files()).isEmpty();
        assertThat(sequences(producer, WARRANT)).containsExactly(0L);
    }

    @Test
    void writesWhatComesNextToTheDiskFirstUntilKafkaHasAllThatIsThere() throws Exception {
        KafkaPacketLog log = log(ON);
        log.send(WARRANT, SESSION, batch(0));
        time.addAndGet(STALE_NS);
        log.doWork();
        long first = bytesOnDisk();
        log.send(WARRANT, SESSION, batch(1));
        assertThat(bytesOnDisk()).isGreaterThan(first);
        drain(log, producer);
        log.send(WARRANT, SESSION, batch(2));
        assertThat(bytesOnDisk()).isZero();
        assertThat(sequences(producer, WARRANT)).containsExactly(0L, 1L, 2L);
    }

    @Test
    void leavesOnTheDiskWhatRemainsAtAnOrderlyEnd() throws Exception {
        KafkaPacketLog log = log(ON);
        for (int i = 0; i < 3; i++) {
            log.send(WARRANT, SESSION, batch(i));
        }
        producer.completeNext();
        log.settle(Duration.ZERO);
        log.close();
        assertThat(log.failed(SESSION)).isFalse();
        MockProducer<String, byte[]> next = producer();
        KafkaPacketLog restarted = log(next, directory, ON, Runnable::run);
        drain(restarted, next);
        assertThat(sequences(next, WARRANT)).containsExactly(1L, 2L);
    }

    @Test
    void sendsNothingAgainThatWasAcknowledgedWhileTheProducerClosed() throws Exception {
        KafkaPacketLog log = log(ON);
        log.send(WARRANT, SESSION, batch(0));
        log.settle(Duration.ZERO);
        producer.completeNext();
        log.close();
        assertThat(files()).isEmpty();
    }

    @Test
    void keepsOnTheDiskWhatKafkaRefusesAndOffersItAgain() throws Exception {
        KafkaPacketLog log = log(ON);
        for (int i = 0; i < 30; i++) {
            log.send(WARRANT, SESSION, batch(i));
        }
        while (producer.errorNext(new TopicAuthorizationException("not allowed"))) {}
        log.doWork();
        assertThat(log.failed(SESSION)).isTrue();
        assertThat(told()).containsExactly(CustodyAction.SPILL_BEGUN, CustodyAction.RECORD_NOT_STORED);
        int offered = producer.history().size();
        log.doWork();
        assertThat(producer.history()).hasSize(offered);
        time.addAndGet(2 * RETRY_NS);
        drain(log, producer);
        assertThat(sequences(producer, WARRANT).subList(offered, offered + 30)).isEqualTo(upTo(30));
        assertThat(files()).isEmpty();
    }

    @Test
    void keepsARefusedRecordThoughLaterOnesWereTaken() throws Exception {
        KafkaPacketLog log = log(ON);
        for (int i = 0; i < 30; i++) {
            log.send(WARRANT, SESSION, batch(i));
        }
        int offered = producer.history().size();
        producer.errorNext(new TopicAuthorizationException("not allowed"));
        while (producer.completeNext()) {}
        log.doWork();
        MockProducer<String, byte[]> next = producer();
        drain(log(next, copy(), ON, Runnable::run), next);
        assertThat(sequences(next, WARRANT)).isEqualTo(upTo(30));
        time.addAndGet(2 * RETRY_NS);
        drain(log, producer);
        assertThat(sequences(producer, WARRANT).subList(offered, offered + 30)).isEqualTo(upTo(30));
    }

    @Test
    void givesUpARecordOnTheDiskThatIsTooLargeAndGoesOn() throws Exception {
        KafkaPacketLog log = log(ON);
        for (int i = 0; i < 30; i++) {
            log.send(WARRANT, SESSION, batch(i));
        }
        producer.errorNext(new RecordTooLargeException("too large"));
        drain(log, producer);
        assertThat(log.failed(SESSION)).isTrue();
        assertThat(sequences(producer, WARRANT)).isEqualTo(upTo(30));
        assertThat(files()).isEmpty();
    }

    @Test
    void doesNotWaitForTheTopicOfARecoveredRecord() throws Exception {
        KafkaPacketLog log = log(ON);
        log.send(WARRANT, SESSION, batch(0));
        log.settle(Duration.ZERO);
        log.close();
        List<Runnable> asked = new ArrayList<>();
        MockProducer<String, byte[]> next = producer();
        KafkaPacketLog restarted = log(next, directory, ON, asked::add);
        restarted.doWork();
        restarted.doWork();
        assertThat(next.history()).isEmpty();
        assertThat(asked).hasSize(1);
        asked.getFirst().run();
        drain(restarted, next);
        assertThat(sequences(next, WARRANT)).containsExactly(0L);
    }

    @Test
    void tellsDamageAndSendsTheRest() throws Exception {
        KafkaPacketLog log = log(ON);
        for (int i = 0; i < 3; i++) {
            log.send(WARRANT, SESSION, batch(i));
        }
        log.settle(Duration.ZERO);
        log.close();
        Path segment = files().getFirst();
        byte[] bytes = Files.readAllBytes(segment);
        bytes[bytes.length / 2] ^= 1;
        Files.write(segment, bytes);
        MockProducer<String, byte[]> next = producer();
        KafkaPacketLog restarted = log(next, directory, ON, Runnable::run);
        drain(restarted, next);
        assertThat(sequences(next, WARRANT)).containsExactly(0L, 2L);
        assertThat(told()).contains(CustodyAction.SPILL_DAMAGED);
        assertThat(files())
                .singleElement()
                .satisfies(path -> assertThat(path.toString()).endsWith(".damaged"));
    }

    @Test
    void tellsCustodyOnlyWhenTheProducerTakesSomething() throws Exception {
        KafkaPacketLog log = log(ON);
        producer.sendException = new TimeoutException("buffer full");
        log.send(WARRANT, SESSION, batch(0));
        log.doWork();
        assertThat(custody.history()).isEmpty();
        producer.sendException = null;
        time.addAndGet(RETRY_NS);
        log.doWork();
        assertThat(told()).containsExactly(CustodyAction.SPILL_BEGUN);
        assertThat(events().getFirst().details()).containsEntry("toldAfterMs", "500");
    }

    @Test
    void readsBackNoMoreInARoundThanTheRingsCanWaitFor() throws Exception {
        int rounds = 0;
        int megabyte = 1 << 20;
        MockProducer<String, byte[]> large = producer();
        KafkaPacketLog log = new KafkaPacketLog(
                large,
                20L * megabyte,
                Spill.open(directory, key(), Spill.Limits.of(200L * megabyte, 200L * megabyte), time::get),
                new CustodyLog(custody, "test", Clock.systemUTC()),
                time::get,
                Runnable::run);
        for (int i = 0; i < 20; i++) {
            log.send(WARRANT, SESSION, new byte[megabyte]);
        }
        while (large.completeNext()) {}
        int before = large.history().size();
        while (large.history().size() < 20) {
            int at = large.history().size();
            log.doWork();
            assertThat(large.history().size() - at).isLessThanOrEqualTo(4);
            rounds++;
        }
        assertThat(rounds).isGreaterThanOrEqualTo((20 - before) / 4);
    }

    private static void drain(KafkaPacketLog log, MockProducer<String, byte[]> producer) {
        boolean moved = true;
        while (moved) {
            moved = false;
            while (producer.completeNext()) {
                moved = true;
            }
            moved |= log.doWork() > 0;
        }
    }

    private static List<Long> upTo(int end) {
        return Stream.iterate(0L, i -> i + 1).limit(end).toList();
    }

    private static List<Long> sequences(MockProducer<String, byte[]> producer, WarrantId warrant) throws WireException {
        List<Long> sequences = new ArrayList<>();
        for (ProducerRecord<String, byte[]> record : producer.history()) {
            if (record.topic().equals(Topic.packets(warrant).name())
                    && PacketCodec.decode(record.value()) instanceof PacketEvent.Batch batch) {
                sequences.add(batch.packets().getFirst().sequence());
            }
        }
        return sequences;
    }

    private List<CustodyAction> told(KafkaPacketLog log) throws WireException {
        time.addAndGet(RETRY_NS);
        log.doWork();
        return told();
    }

    private List<CustodyAction> told() throws WireException {
        return events().stream().map(CustodyEvent::action).toList();
    }

    private List<CustodyEvent> events() throws WireException {
        List<CustodyEvent> events = new ArrayList<>();
        for (ProducerRecord<String, byte[]> record : custody.history()) {
            events.add(CustodyCodec.decode(record.value()));
        }
        return events;
    }

    private KafkaPacketLog log(Spill.Limits limits) throws StartException {
        return log(producer, directory, limits, Runnable::run);
    }

    private KafkaPacketLog log(MockProducer<String, byte[]> to, Path where, Spill.Limits limits, Executor locator)
            throws StartException {
        return new KafkaPacketLog(
                to,
                IN_FLIGHT,
                Spill.open(where, key(), limits, time::get),
                new CustodyLog(custody, "test", Clock.systemUTC()),
                time::get,
                locator);
    }

    private static SecretKeySpec key() {
        return new SecretKeySpec(new byte[32], "Generic");
    }

    private static MockProducer<String, byte[]> producer() {
        return new MockProducer<>(false, null, new StringSerializer(), new ByteArraySerializer());
    }

    /** What a killed process leaves: the files as they are. */
    private Path copy() throws IOException {
        SpillFiles.copy(directory, afterKill);
        return afterKill;
    }

    private long bytesOnDisk() throws IOException {
        long bytes = 0;
        for (Path file : files()) {
            bytes += Files.size(file);
        }
        return bytes;
    }

    private List<Path> files() throws IOException {
        return SpillFiles.of(directory);
    }

    private static byte[] batch(long sequence) {
        return PacketCodec.encode(new PacketEvent.Batch(
                SESSION,
                List.of(new Packet(sequence, 1, Packet.Direction.FROM_POD, 0, 200, ByteBuffer.wrap(new byte[200])))));
    }
}
