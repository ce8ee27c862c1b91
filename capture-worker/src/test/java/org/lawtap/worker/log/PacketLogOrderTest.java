package org.lawtap.worker.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;

/**
 * The packet log under random refusals, acknowledgements, orderly restarts and kills. What Kafka has in the end is, for each
 * warrant, what was sent, in that order, once repeats are left out; only a kill may cost what was in memory, and never anything
 * of a warrant that was spilling.
 */
class PacketLogOrderTest {
    private static final int WARRANTS = 3;
    private static final int SESSIONS = 3;
    private static final int STEPS = 200;
    private static final int IN_FLIGHT = 2000;
    private static final long SEGMENT = 1000;
    private static final Spill.Limits LIMITS = new Spill.Limits(40_000, 8000, SEGMENT);
    private static final Spill.Limits OFF = new Spill.Limits(0, 8000, SEGMENT);

    @TempDir
    private Path root;

    private final AtomicLong time = new AtomicLong();
    private final MockProducer<String, byte[]> custody =
            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());
    private final Map<String, List<Long>> sent = new HashMap<>();
    private final Map<String, List<Long>> stored = new HashMap<>();
    private final Map<Long, String> sessions = new HashMap<>();
    private final Map<Long, byte[]> values = new HashMap<>();
    private MockProducer<String, byte[]> producer = producer();
    private int acknowledged;
    private long number;
    private int generation;
    private Path directory = Path.of("unset");

    static java.util.stream.LongStream seeds() {
        return java.util.stream.LongStream.range(0, Long.getLong("lawtap.seeds", 300));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void storesWhatWasSentInOrder(long seed) throws Exception {
        Random random = new Random(seed);
        boolean on = random.nextInt(5) > 0;
        directory = Files.createDirectory(root.resolve("0"));
        KafkaPacketLog log = log(on);
        for (int step = 0; step < STEPS; step++) {
            switch (random.nextInt(120)) {
                case 0 -> log = restarted(log, random, on);
                case 1 -> log = killed(log, random, on);
                case 2, 3, 4, 5, 6 -> refuse(random);
                case 7, 8, 9, 10, 11 -> producer.sendException = null;
                case 12, 13, 14 -> time.addAndGet(random.nextLong(8_000_000_000L));
                default -> {
                    if (random.nextInt(3) > 0) {
                        send(log, random);
                    } else {
                        acknowledge(random.nextInt(6));
                        log.doWork();
                    }
                }
            }
        }
        finish(log);
        for (int i = 0; i < WARRANTS; i++) {
            String topic = Topic.packets(warrant(i)).name();
            List<Long> once = List.copyOf(new LinkedHashSet<>(stored.getOrDefault(topic, List.of())));
            assertThat(once).as("seed %s, warrant %s", seed, i).isEqualTo(sent.getOrDefault(topic, List.of()));
        }
        assertThat(SpillFiles.of(directory)).isEmpty();
    }

    private void send(KafkaPacketLog log, Random random) {
        WarrantId warrant = warrant(random.nextInt(WARRANTS));
        // A session may hand over a little more than there is room for.
        int over = log.lane(warrant).queue.isEmpty() ? random.nextInt(3) : 0;
        while (log.hasRoom(warrant) ? random.nextInt(8) > 0 : over-- > 0) {
            SessionId session = new SessionId(
                    new UUID(random.nextInt(SESSIONS), warrant.value().getLeastSignificantBits()));
            byte[] value = new byte[8 + random.nextInt(200)];
            random.nextBytes(value);
            ByteBuffer.wrap(value).putLong(number);
            sessions.put(number, session.toString());
            values.put(number, value);
            sent.computeIfAbsent(Topic.packets(warrant).name(), id -> new ArrayList<>())
                    .add(number++);
            log.send(warrant, session, value);
            assertThat(log.failed(session)).isFalse();
        }
    }

    private void refuse(Random random) {
        producer.sendException =
                random.nextBoolean() ? new BufferExhaustedException("full") : new TimeoutException("no metadata");
    }

    /** The producer has its records acknowledged in order. */
    private void acknowledge(int count) {
        for (int i = 0; i < count && producer.completeNext(); i++) {
            store(producer.history().get(acknowledged++));
        }
    }

    private void store(ProducerRecord<String, byte[]> record) {
        long id = ByteBuffer.wrap(record.value()).getLong();
        assertThat(record.key()).isEqualTo(sessions.get(id));
        assertThat(record.value()).isEqualTo(values.get(id));
        stored.computeIfAbsent(record.topic(), topic -> new ArrayList<>()).add(id);
    }

    private KafkaPacketLog restarted(KafkaPacketLog log, Random random, boolean on) throws Exception {
        if (!on) {
            // Without a disk the end must wait for Kafka.
            finish(log);
        }
        log.settle(Duration.ZERO);
        acknowledge(random.nextInt(4));
        log.close();
        replaced(random);
        return log(on);
    }

    private KafkaPacketLog killed(KafkaPacketLog log, Random random, boolean on) throws Exception {
        Set<String> spilling = new LinkedHashSet<>();
        for (int i = 0; i < WARRANTS; i++) {
            Lane lane = log.lane(warrant(i));
            if (lane.spill.hasUnread() && lane.queue.isEmpty()) {
                spilling.add(lane.topic);
            }
        }
        Path copy = Files.createDirectory(root.resolve(String.valueOf(++generation)));
        SpillFiles.copy(directory, copy);
        replaced(random);
        directory = copy;
        Map<String, Set<Long>> left = left(copy);
        sent.forEach((topic, ids) -> {
            Set<Long> kept = new LinkedHashSet<>(stored.getOrDefault(topic, List.of()));
            kept.addAll(left.getOrDefault(topic, Set.of()));
            if (spilling.contains(topic)) {
                assertThat(kept).containsAll(ids);
            }
            ids.retainAll(kept);
        });
        return log(on);
    }

    /** What stands on the disk, read by a spill of its own. */
    private Map<String, Set<Long>> left(Path from) throws Exception {
        Path copy = Files.createDirectory(root.resolve(generation + "-read"));
        SpillFiles.copy(from, copy);
        Map<String, Set<Long>> left = new HashMap<>();
        try (Spill spill = Spill.open(copy, key(), LIMITS, time::get)) {
            for (int i = 0; i < WARRANTS; i++) {
                WarrantSpill warrant = spill.of(warrant(i));
                Set<Long> ids = new LinkedHashSet<>();
                while (warrant.hasUnread()) {
                    SegmentCipher.Opened opened =
                            Objects.requireNonNull(warrant.read().opened());
                    ids.add(ByteBuffer.wrap(opened.value()).getLong());
                }
                left.put(Topic.packets(warrant(i)).name(), ids);
            }
        }
        return left;
    }

    /** Some of what the old producer had on its way may have arrived. */
    private void replaced(Random random) {
        int arrived = random.nextInt(producer.history().size() - acknowledged + 1);
        for (int i = 0; i < arrived; i++) {
            store(producer.history().get(acknowledged + i));
        }
        producer = producer();
        acknowledged = 0;
    }

    private void finish(KafkaPacketLog log) {
        producer.sendException = null;
        int idle = 0;
        while (idle < 3) {
            time.addAndGet(31_000_000_000L);
            int before = acknowledged;
            acknowledge(Integer.MAX_VALUE);
            idle = log.doWork() == 0 && acknowledged == before ? idle + 1 : 0;
        }
    }

    private KafkaPacketLog log(boolean on) throws StartException, IOException {
        return new KafkaPacketLog(
                producer,
                IN_FLIGHT,
                Spill.open(directory, key(), on ? LIMITS : OFF, time::get),
                new CustodyLog(custody, "test", Clock.systemUTC()),
                time::get,
                Runnable::run);
    }

    private static WarrantId warrant(int number) {
        return new WarrantId(new UUID(7, number));
    }

    private static SecretKeySpec key() {
        return new SecretKeySpec(new byte[32], "Generic");
    }

    private static MockProducer<String, byte[]> producer() {
        return new MockProducer<>(false, null, new StringSerializer(), new ByteArraySerializer());
    }
}
