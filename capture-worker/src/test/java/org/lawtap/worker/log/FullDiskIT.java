package org.lawtap.worker.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.wire.CustodyCodec;

/** The packet log on a file system of 1 MiB. Needs root. */
class FullDiskIT {
    private static final WarrantId WARRANT = new WarrantId(new UUID(0, 1));
    private static final WarrantId OTHER = new WarrantId(new UUID(0, 2));
    private static final SessionId SESSION = new SessionId(new UUID(0, 3));
    private static final int IN_FLIGHT = 200_000;
    private static final int RECORD_BYTES = 10_000;
    private static final long SEGMENT_BYTES = 100_000;
    private static final long MUCH = 1L << 30;
    private static final long RETRY_NS = 500_000_000L;

    private final AtomicLong time = new AtomicLong();
    private final MockProducer<String, byte[]> producer =
            new MockProducer<>(false, null, new StringSerializer(), new ByteArraySerializer());
    private final MockProducer<String, byte[]> custody =
            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());

    private final List<Spill> opened = new ArrayList<>();

    @TempDir
    private Path disk;

    @BeforeEach
    void mount() throws Exception {
        run("mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", disk.toString());
    }

    @AfterEach
    void unmount() throws Exception {
        opened.forEach(Spill::close);
        run("umount", disk.toString());
    }

    @Test
    void losesNothingWhenTheDiskIsFull() throws Exception {
        KafkaPacketLog log = log();
        int sent = fill(log);
        assertThat(log.failed(SESSION)).isFalse();
        log.doWork();
        assertThat(log.hasRoom(WARRANT)).isFalse();
        CustodyEvent full = told().getLast();
        assertThat(full.action()).isEqualTo(CustodyAction.SPILL_FULL);
        assertThat(full.details().get("reason")).contains("No space left on device");

        drain(log);
        assertThat(numbers()).isEqualTo(upTo(sent));
        assertThat(log.hasRoom(WARRANT)).isTrue();
        assertThat(SpillFiles.of(disk)).isEmpty();
    }

    @Test
    void leavesNothingTornBehind() throws Exception {
        KafkaPacketLog log = log();
        int sent = fill(log);
        log.doWork();
        log.close();
        assertThat(spill().takeRecovered()).singleElement().satisfies(found -> {
            assertThat(found.damaged()).isNull();
            assertThat(found.tornBytes()).isZero();
            assertThat(found.records()).isBetween(sent - 30L, (long) sent);
        });
    }

    @Test
    void goesOnWhenThereIsSpaceAgain() throws Exception {
        KafkaPacketLog log = log();
        Path filler = Files.write(disk.resolve("filler"), new byte[1_000_000]);
        int sent = fill(log);
        assertThat(log.hasRoom(WARRANT)).isFalse();
        Files.delete(filler);
        assertThat(log.doWork()).isZero();
        time.addAndGet(RETRY_NS);
        assertThat(log.doWork()).isPositive();
        assertThat(log.hasRoom(WARRANT)).isTrue();
        sent = fill(log, sent);
        drain(log);
        assertThat(numbers()).isEqualTo(upTo(sent));
    }

    /** What failed half-way may have used the next nonce. */
    @Test
    void writesNoMoreIntoASegmentInWhichAWriteFailed() throws Exception {
        KafkaPacketLog log = log();
        Path filler = Files.write(disk.resolve("filler"), new byte[715_000]);
        fill(log);
        Path last = segments().getLast();
        long bytes = Files.size(last);
        assertThat(bytes).isLessThan(SEGMENT_BYTES - RECORD_BYTES);
        Files.delete(filler);
        time.addAndGet(RETRY_NS);
        log.doWork();
        assertThat(segments().getLast()).isNotEqualTo(last);
        assertThat(last).hasSize(bytes);
    }

    @Test
    void servesAnotherWarrantDirectlyMeanwhile() throws Exception {
        KafkaPacketLog log = log();
        fill(log);
        assertThat(log.hasRoom(OTHER)).isTrue();
        int before = producer.history().size();
        log.send(OTHER, SESSION, record(0));
        assertThat(producer.history()).hasSize(before + 1);
    }

    private List<Path> segments() throws IOException {
        return SpillFiles.of(disk.resolve("spill"));
    }

    private int fill(KafkaPacketLog log) {
        return fill(log, 0);
    }

    private static int fill(KafkaPacketLog log, int from) {
        int number = from;
        while (log.hasRoom(WARRANT)) {
            log.send(WARRANT, SESSION, record(number++));
        }
        for (int more = 0; more < 3; more++) {
            log.send(WARRANT, SESSION, record(number++));
        }
        return number;
    }

    private void drain(KafkaPacketLog log) {
        for (int idle = 0; idle < 2; ) {
            time.addAndGet(RETRY_NS);
            boolean moved = false;
            while (producer.completeNext()) {
                moved = true;
            }
            idle = log.doWork() > 0 || moved ? 0 : idle + 1;
        }
    }

    private List<Long> numbers() {
        List<Long> numbers = new ArrayList<>();
        for (ProducerRecord<String, byte[]> record : producer.history()) {
            numbers.add(ByteBuffer.wrap(record.value()).getLong());
        }
        return numbers;
    }

    private List<CustodyEvent> told() throws Exception {
        List<CustodyEvent> events = new ArrayList<>();
        for (ProducerRecord<String, byte[]> record : custody.history()) {
            events.add(CustodyCodec.decode(record.value()));
        }
        return events;
    }

    private static List<Long> upTo(int end) {
        return LongStream.range(0, end).boxed().toList();
    }

    private static byte[] record(long number) {
        return ByteBuffer.allocate(RECORD_BYTES).putLong(number).array();
    }

    private KafkaPacketLog log() throws Exception {
        return new KafkaPacketLog(
                producer,
                IN_FLIGHT,
                spill(),
                new CustodyLog(custody, "test", Clock.systemUTC()),
                time::get,
                Runnable::run);
    }

    private Spill spill() throws Exception {
        Spill spill = Spill.open(
                disk.resolve("spill"),
                new SecretKeySpec(new byte[32], "Generic"),
                new Spill.Limits(MUCH, MUCH, SEGMENT_BYTES),
                time::get);
        opened.add(spill);
        return spill;
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    }
}
