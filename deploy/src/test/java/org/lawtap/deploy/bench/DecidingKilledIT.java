package org.lawtap.deploy.bench;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.warrants.Warrants;

/**
 * The real deciding service is killed again and again under load, {@code -Dlawtap.kills.seconds} long: no command is wrong, none is
 * missing, none comes late but for the restarts, and custody and dead letters tell of each thing once.
 */
@Tag("long")
class DecidingKilledIT {
    private static final long SECONDS = Long.getLong("lawtap.kills.seconds", 20);
    private static final int KILLS_LEAST = 3;
    private static final int STEPS_PER_SECOND = 80;
    private static final int LIFE_MS_LEAST = 2000;
    private static final int LIFE_MS_MORE = 4000;
    private static final int COMMANDS_LEAST = 100;

    /** A busy machine spends much of each life on its start, and gets more lives for as many commands. */
    private static final long SECONDS_MAX = 4 * SECONDS;

    private static final String HEAP = "256m";
    private static final Duration POLL = Duration.ofMillis(50);

    @TempDir
    Path directory = Path.of("");

    private final long seed = Long.getLong("lawtap.kills.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final DecideOracle oracle = new DecideOracle();
    private final List<KeyPair> approvers = List.of(OrderKeys.generate(), OrderKeys.generate());
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private int lives;
    private volatile boolean publishing = true;
    private volatile boolean reading = true;
    private final Map<CustodyAction, Integer> commands = new ConcurrentHashMap<>();

    @Test
    void saysEveryCommandOnceAndInTime() throws Exception {
        System.out.println("-Dlawtap.kills.seed=" + seed);
        List<String> broken = new ArrayList<>();
        try (EmbeddedKafka broker = EmbeddedKafka.start(directory.resolve("kafka"), "127.0.0.1", 0, broken::add)) {
            KafkaClients kafka = new KafkaClients(new KafkaSettings(broker.bootstrapServers(), Map.of()), "test");
            DecideTraffic traffic;
            Thread reader = Thread.ofPlatform().daemon().unstarted(() -> guarded(() -> read(kafka)));
            try (Admin admin = kafka.admin();
                    Producer<String, byte[]> producer = kafka.producer(Map.of("linger.ms", 0))) {
                new TopicAdmin(admin, 1).create(Topic.BASE);
                reader.start();
                traffic = new DecideTraffic(seed, producer, approvers, oracle);
                traffic.begin();
                Topic forgetful = forgetful(admin, traffic);
                Thread publisher = Thread.ofPlatform().daemon().start(() -> guarded(() -> publish(traffic)));
                killAgainAndAgain(environment(broker), publisher);
                assertMended(admin, forgetful);
            }
            reading = false;
            reader.join();
            if (failure.get() != null) {
                throw new AssertionError(failure.get());
            }
            List<String> problems = oracle.problems(Instant.now());
            System.out.println(traffic + ", commands " + commands + "; the latest came "
                    + oracle.latest().toMillis() + " ms after its cause while the service was up");
            assertThat(problems).as("%s", String.join("\n", problems)).isEmpty();
            assertThat(commands.getOrDefault(CustodyAction.CAPTURE_COMMANDED, 0))
                    .isGreaterThan(COMMANDS_LEAST);
            custody(kafka, traffic);
            assertThat(values(kafka, Topic.DEAD_LETTERS)).hasSize(traffic.count("poison"));
        }
        assertThat(broken).isEmpty();
    }

    /** Somebody has made the packet topic of a warrant, and it would forget. */
    private static Topic forgetful(Admin admin, DecideTraffic traffic) throws Exception {
        Topic topic = Topic.packets(traffic.longestWarrant());
        admin.createTopics(List.of(new NewTopic(topic.name(), 1, (short) 1)
                        .configs(Map.of("retention.ms", "1000", "cleanup.policy", "compact"))))
                .all()
                .get(30, TimeUnit.SECONDS);
        return topic;
    }

    private static void assertMended(Admin admin, Topic topic) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
        Config now = requireNonNull(admin.describeConfigs(List.of(resource))
                .all()
                .get(30, TimeUnit.SECONDS)
                .get(resource));
        topic.config()
                .forEach((name, value) -> assertThat(now.get(name).value()).isEqualTo(value));
    }

    private interface Work {
        void run() throws Exception;
    }

    private void guarded(Work work) {
        try {
            work.run();
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    private void publish(DecideTraffic traffic) throws Exception {
        long begin = System.nanoTime();
        for (long step = 1; publishing; step++) {
            traffic.step();
            long due = begin + step * 1_000_000_000L / STEPS_PER_SECOND;
            Pace.pause(Math.max(0, due - System.nanoTime()));
        }
    }

    private boolean tooFew(Instant begin) {
        return commands.getOrDefault(CustodyAction.CAPTURE_COMMANDED, 0) <= COMMANDS_LEAST
                && Duration.between(begin, Instant.now()).toSeconds() < SECONDS_MAX;
    }

    private void killAgainAndAgain(Map<String, String> environment, Thread publisher) throws Exception {
        int life = 1;
        MeasuredProcess deciding = deciding(environment, life);
        Instant begin = Instant.now();
        try {
            while (failure.get() == null
                    && (Duration.between(begin, Instant.now()).toSeconds() < SECONDS
                            || life <= KILLS_LEAST
                            || tooFew(begin))) {
                Pace.pass(Duration.ofMillis(LIFE_MS_LEAST + random.nextInt(LIFE_MS_MORE)));
                deciding.check();
                deciding.signal("KILL");
                oracle.down(Instant.now());
                deciding.close();
                life++;
                deciding = deciding(environment, life);
            }
            publishing = false;
            publisher.join();
            Pace.pass(DecideOracle.SLACK.plusSeconds(1));
            deciding.check();
        } finally {
            deciding.close();
        }
        lives = life;
        System.out.println("killed " + (life - 1) + " times in "
                + Duration.between(begin, Instant.now()).toSeconds() + " s");
        assertThat(life).isGreaterThan(KILLS_LEAST);
    }

    private MeasuredProcess deciding(Map<String, String> environment, int life) throws Exception {
        MeasuredProcess process = MeasuredProcess.java(
                "the deciding service",
                List.of(),
                new MeasuredProcess.Java(HEAP, Warrants.class.getName(), List.of(), environment),
                directory.resolve("warrants-" + life + ".log"));
        try {
            process.awaitWords(" deciding");
        } catch (BenchException | InterruptedException e) {
            process.close();
            throw e;
        }
        oracle.up(Instant.now());
        return process;
    }

    private Map<String, String> environment(EmbeddedKafka broker) throws Exception {
        Instant now = Instant.now();
        List<TrustList.Approver> trusted = new ArrayList<>();
        for (KeyPair approver : approvers) {
            trusted.add(new TrustList.Approver(
                    "approver " + trusted.size(),
                    approver.getPublic(),
                    now.minusSeconds(60),
                    now.plusSeconds(100_000),
                    false));
        }
        Path trust = Files.write(directory.resolve("trust.json"), new TrustList(trusted).write());
        return Map.of(
                "LAWTAP_KAFKA_BOOTSTRAP_SERVERS",
                broker.bootstrapServers(),
                "LAWTAP_KAFKA_UNSAFE",
                EmbeddedKafka.OVERRIDE.text(),
                "LAWTAP_TRUST_LIST",
                trust.toString(),
                "LAWTAP_LEASE_SECONDS",
                "60",
                "LAWTAP_STATE_DIR",
                directory.resolve("state").toString());
    }

    private void read(KafkaClients kafka) throws Exception {
        Set<CaptureKey> running = new HashSet<>();
        try (Consumer<String, byte[]> consumer = kafka.consumer(Map.of())) {
            List<TopicPartition> partitions = consumer.partitionsFor(Topic.COMMANDS.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (reading) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    take(CommandCodec.decode(record.value()), running);
                }
            }
        }
    }

    private void take(Command command, Set<CaptureKey> running) {
        switch (command) {
            case Command.Start start -> {
                running.add(start.capture());
                commands.merge(CustodyAction.CAPTURE_COMMANDED, 1, Integer::sum);
                tell(start.capture(), true, start);
            }
            case Command.Stop stop -> {
                running.remove(stop.capture());
                commands.merge(CustodyAction.CAPTURE_STOPPED, 1, Integer::sum);
                tell(stop.capture(), false, stop);
            }
            case Command.Renew renew -> {
                if (!running.containsAll(renew.captures())) {
                    throw new AssertionError("renewed what does not run: " + renew);
                }
            }
        }
    }

    private void tell(CaptureKey capture, boolean start, Command command) {
        oracle.said(
                capture.warrant(),
                capture.pod().value(),
                new DecideOracle.Said(
                        start, capture.generation(), command.node().value(), command.issuedAt(), Instant.now()));
    }

    private void custody(KafkaClients kafka, DecideTraffic traffic) throws Exception {
        Map<CustodyAction, Integer> told = new HashMap<>();
        Set<String> ends = new HashSet<>();
        for (byte[] value : values(kafka, Topic.CUSTODY)) {
            CustodyEvent event = CustodyCodec.decode(value);
            told.merge(event.action(), 1, Integer::sum);
            if (event.action() == CustodyAction.WARRANT_ENDED) {
                assertThat(ends.add(event.warrant() + " " + event.details().get("notAfter")))
                        .as("an end that is told twice: " + event)
                        .isTrue();
            }
        }
        told.remove(CustodyAction.WARRANT_ENDED);
        // Once for each life, unless it was killed before; the broker here is none for evidence.
        Integer overridden = told.remove(CustodyAction.KAFKA_UNSAFE);
        assertThat(overridden).isBetween(1, lives);
        Map<CustodyAction, Integer> expected = new HashMap<>(commands);
        expected.put(CustodyAction.RECORD_REFUSED, traffic.count("poison"));
        expected.put(CustodyAction.WARRANT_REVOKED, traffic.count("revoked"));
        int accepted = told.getOrDefault(CustodyAction.WARRANT_ACCEPTED, 0);
        int refused = told.getOrDefault(CustodyAction.WARRANT_REFUSED, 0);
        told.remove(CustodyAction.WARRANT_ACCEPTED);
        told.remove(CustodyAction.WARRANT_REFUSED);
        assertThat(told).isEqualTo(expected);
        // A warrant that was over before the service came back is refused, where one in time would have been accepted.
        assertThat(accepted + refused).isEqualTo(traffic.count("accepted") + traffic.count("refused"));
        assertThat(refused).isGreaterThanOrEqualTo(traffic.count("refused"));
        assertThat(accepted).isPositive();
    }

    private static List<byte[]> values(KafkaClients kafka, Topic topic) {
        List<byte[]> values = new ArrayList<>();
        try (Consumer<String, byte[]> consumer = kafka.consumer(Map.of())) {
            TopicPartition partition = new TopicPartition(topic.name(), 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                consumer.poll(POLL).forEach(record -> values.add(record.value()));
            }
        }
        return values;
    }
}
