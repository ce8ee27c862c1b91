package org.lawtap.deploy.simulation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.warrants.decision.Core;
import org.lawtap.warrants.topology.Topologies;

/**
 * The deciding service: the real topology on Kafka's own test driver. A run is a transaction: its commands, its stores and
 * how far it read stand together or, when it crashes in the middle, not at all. Pods are read from several partitions, in any
 * order among these.
 */
final class DecidingService {
    private static final int POD_PARTITIONS = 3;

    private final Clock clock;
    private final SimulatedTime time;
    private final KafkaLog kafka;
    private final Oracle oracle;
    private final Core core;
    private final Duration lease;
    private final Set<WarrantId> withoutTopic = new HashSet<>();
    private @Nullable Running running;
    private Map<String, List<KeyValue<Object, Object>>> stores = new LinkedHashMap<>();
    private int[] podsRead = new int[POD_PARTITIONS];
    private int ordersRead;

    /** What there was to read when the last run ended. */
    private int podsPublished;

    private int ordersPublished;
    private View view = new View();

    DecidingService(Core core, Duration lease, Clock clock, SimulatedTime time, KafkaLog kafka, Oracle oracle) {
        this.core = core;
        this.lease = lease;
        this.clock = clock;
        this.time = time;
        this.kafka = kafka;
        this.oracle = oracle;
        start();
    }

    /** A driver with its topics. */
    private static final class Running {
        private final TopologyTestDriver driver;
        private final TestInputTopic<String, byte[]> pods;
        private final TestInputTopic<String, byte[]> orders;
        private final TestOutputTopic<String, byte[]> commands;
        private Instant at;

        Running(TopologyTestDriver driver, Instant at) {
            this.driver = driver;
            this.at = at;
            this.pods = driver.createInputTopic(Topic.PODS.name(), new StringSerializer(), new ByteArraySerializer());
            this.orders =
                    driver.createInputTopic(Topic.WARRANTS.name(), new StringSerializer(), new ByteArraySerializer());
            this.commands = driver.createOutputTopic(
                    Topic.COMMANDS.name(), new StringDeserializer(), new ByteArrayDeserializer());
        }
    }

    boolean isUp() {
        return running != null;
    }

    /** Starts it with the stores and positions that were committed last. */
    void start() {
        if (running == null) {
            Properties properties = new Properties();
            properties.put("application.id", "simulated");
            properties.put("bootstrap.servers", "none:1");
            TopologyTestDriver driver = new TopologyTestDriver(
                    Topologies.build(
                            core,
                            Authority.check(),
                            warrant -> !withoutTopic.contains(warrant),
                            now -> isCurrent(),
                            lease,
                            clock),
                    properties,
                    time.now());
            stores.forEach((name, entries) -> {
                KeyValueStore<Object, Object> store = driver.getKeyValueStore(name);
                entries.forEach(entry -> store.put(entry.key, entry.value));
            });
            running = new Running(driver, time.now());
        }
    }

    /** Ends it; what was committed is kept. */
    void stop() {
        Running ending = running;
        if (ending != null) {
            stores = copyOf(ending.driver);
            ending.driver.close();
            running = null;
        }
    }

    /** The packet topic of a warrant is not there for some time. */
    void topicAwaited(WarrantId warrant) {
        withoutTopic.add(warrant);
    }

    /** The packet topic of a warrant is there. */
    void topicReady(WarrantId warrant) {
        withoutTopic.remove(warrant);
    }

    void allTopicsReady() {
        withoutTopic.clear();
    }

    /** Reads at most so many records and looks at the clock. @param crashes whether it ends before it commits */
    void run(int recordsMax, boolean crashes, SplittableRandom random) {
        Running now = running;
        if (now == null) {
            return;
        }
        Map<String, List<KeyValue<Object, Object>>> storesBefore = crashes ? copyOf(now.driver) : Map.of();
        View viewBefore = crashes ? new View(view) : view;
        int[] podsBefore = podsRead.clone();
        int ordersBefore = ordersRead;
        boolean clockFirst = random.nextBoolean();
        if (clockFirst) {
            tick(now);
        }
        for (int i = 0; i < recordsMax && read(now, random); i++) {
            oracle.wants(view, clock.instant());
        }
        if (!clockFirst) {
            tick(now);
        }
        List<KeyValue<String, byte[]>> said = now.commands.readKeyValuesToList();
        if (crashes) {
            now.driver.close();
            running = null;
            stores = storesBefore;
            view = viewBefore;
            podsRead = podsBefore;
            ordersRead = ordersBefore;
        } else {
            podsPublished = kafka.pods.size();
            ordersPublished = kafka.orders.size();
            said.forEach(command -> kafka.commands.add(new KafkaLog.CommandRecord(command.key, command.value)));
        }
    }

    /** Whether all was read that was published before the last run ended. */
    private boolean isCurrent() {
        if (ordersRead < ordersPublished) {
            return false;
        }
        for (int partition = 0; partition < POD_PARTITIONS; partition++) {
            for (int i = podsRead[partition]; i < podsPublished; i++) {
                if (partitionOf(kafka.pods.get(i)) == partition) {
                    return false;
                }
            }
        }
        return true;
    }

    private static int partitionOf(KafkaLog.PodRecord record) {
        return Math.floorMod(record.event().key().hashCode(), POD_PARTITIONS);
    }

    private void tick(Running now) {
        now.driver.advanceWallClockTime(Duration.between(now.at, time.now()));
        now.at = time.now();
        oracle.wants(view, clock.instant());
    }

    private boolean read(Running now, SplittableRandom random) {
        int first = random.nextInt(POD_PARTITIONS + 1);
        for (int i = 0; i <= POD_PARTITIONS; i++) {
            int partition = (first + i) % (POD_PARTITIONS + 1);
            if (partition == POD_PARTITIONS ? readOrder(now) : readPod(now, partition)) {
                return true;
            }
        }
        return false;
    }

    private boolean readOrder(Running now) {
        if (ordersRead == kafka.orders.size()) {
            return false;
        }
        Published record = kafka.orders.get(ordersRead++);
        now.orders.pipeInput(record.key().toString(), record.value(), time.now());
        view.read(record);
        return true;
    }

    private boolean readPod(Running now, int partition) {
        while (podsRead[partition] < kafka.pods.size()) {
            KafkaLog.PodRecord record = kafka.pods.get(podsRead[partition]++);
            if (partitionOf(record) == partition) {
                now.pods.pipeInput(record.event().key(), record.value(), time.now());
                view.read(record.event());
                return true;
            }
        }
        return false;
    }

    private static Map<String, List<KeyValue<Object, Object>>> copyOf(TopologyTestDriver driver) {
        Map<String, List<KeyValue<Object, Object>>> copy = new LinkedHashMap<>();
        for (String name : driver.getAllStateStores().keySet()) {
            List<KeyValue<Object, Object>> entries = new ArrayList<>();
            KeyValueStore<Object, Object> store = driver.getKeyValueStore(name);
            try (KeyValueIterator<Object, Object> all = store.all()) {
                all.forEachRemaining(entries::add);
            }
            copy.put(name, entries);
        }
        return copy;
    }
}
