package org.lawtap.sink;

import java.io.IOException;
import java.nio.file.Files;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.content.DeliveryKeyMissingException;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaGate;
import org.lawtap.schemas.process.ProcessMetrics;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.process.TrustFile;
import org.lawtap.schemas.topics.KafkaFinding;
import org.lawtap.schemas.topics.KafkaSafety;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.retention.DeliveryKeyFiles;
import org.lawtap.sink.seal.SinkKeys;
import org.lawtap.sink.seal.WarrantOrders;
import org.lawtap.sink.seal.WarrantSealer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sink service: packet topics to evidence files. Sinks of one group share warrants; whoever gets a warrant's topic reads
 * it from its beginning and checks what is already on disk against it. The group's offsets only mark what was reported to
 * custody before.
 */
public final class Sink implements ServiceMain.Service {
    private static final Logger LOG = LoggerFactory.getLogger(Sink.class);
    private static final String GROUP = "lawtap-sink";
    private static final String ACTOR = "sink";
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration TICK = Duration.ofMillis(500);
    private static final TopicPartition ORDERS = new TopicPartition(Topic.WARRANTS.name(), 0);

    /** Between looks for delivery keys that are missing. */
    private static final Duration KEY_LOOK = Duration.ofSeconds(3);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

    @Override
    public String name() {
        return "sink";
    }

    @Override
    public String purpose() {
        return "Rebuilds one pcapng series per warrant from lawtap.packets.WARRANT.";
    }

    @Override
    public void declare(Settings settings) {
        SinkConfig.declare(settings);
    }

    @Override
    public ServiceMain.Running start(Settings settings) throws StartException {
        SinkConfig config = SinkConfig.declare(settings);
        settings.check();
        return launch(config, Clock.systemUTC());
    }

    /** Starts a sink. */
    public static ServiceMain.Running launch(SinkConfig config, Clock clock) throws StartException {
        try {
            Files.createDirectories(config.directory());
        } catch (IOException e) {
            throw new StartException(
                    "LAWTAP_EVIDENCE_DIR=" + config.directory() + " can't be created: " + e.getMessage(), e);
        }
        TrustList trust = TrustFile.read(config.trustList());
        SinkKeys keys = SinkKeys.open(config.keysDirectory());
        KafkaClients kafka = new KafkaClients(config.kafka(), GROUP);
        List<KafkaFinding> overridden;
        try (Admin admin = kafka.admin()) {
            List<Topic> topics = List.of(Topic.CUSTODY, Topic.WARRANTS);
            new TopicAdmin(admin, 0).require(topics);
            overridden = new KafkaGate(kafka, config.override(), ACTOR, clock)
                    .pass(new KafkaSafety(admin).state(topics, Topic.PACKETS_PREFIX));
        }
        SinkStatus status = new SinkStatus(config.directory(), clock, System::nanoTime);
        ProcessMetrics metrics = new ProcessMetrics("sink");
        metrics.of(trust);
        metrics.of(config.kafka());
        metrics.overridden(overridden);
        status.measure(metrics);
        metrics.serve(config.http(), status);
        WarrantOrders orders = new WarrantOrders(new OrderCheck(trust, config.demoKeysAllowed()), clock);
        Run run = new Run(config, kafka, keys, orders, status, metrics, clock);
        run.thread.start();
        return run;
    }

    /** The process's entry. */
    public static void main(String[] arguments) {
        System.exit(ServiceMain.run(new Sink(), arguments, System.getenv(), System.err));
    }

    /** One thread owns the consumer and all series. */
    private static final class Run implements ServiceMain.Running, ConsumerRebalanceListener {
        private final SinkConfig config;
        private final SinkKeys keys;
        private final WarrantOrders orders;
        private final Clock clock;
        private final Consumer<String, byte[]> consumer;
        private final Consumer<String, byte[]> orderConsumer;
        private final Producer<String, byte[]> producer;
        private final CustodyLog custody;
        private final WarrantSealer sealer;
        private final ExecutorService sealing = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("sealing").daemon().factory());
        private final Thread thread = new Thread(this::work, "sink");
        private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
        private final Map<TopicPartition, WarrantEvidence> owned = new HashMap<>();
        private final DeliveryKeyFiles deliveryKeys;
        private final SinkStatus status;
        private final ProcessMetrics metrics;
        private Instant tickedAt = Instant.MIN;
        private Instant keysSoughtAt = Instant.MIN;
        private boolean joined;
        private boolean askedAgain;
        private volatile boolean closing;

        Run(
                SinkConfig config,
                KafkaClients kafka,
                SinkKeys keys,
                WarrantOrders orders,
                SinkStatus status,
                ProcessMetrics metrics,
                Clock clock) {
            this.status = status;
            this.metrics = metrics;
            this.config = config;
            this.keys = keys;
            this.orders = orders;
            this.deliveryKeys = new DeliveryKeyFiles(config.deliveryKeysDirectory());
            this.clock = clock;
            // As a rebuild does: workers write no transactions, and nobody else's holds the evidence up.
            this.consumer = kafka.consumer(Map.of(
                    "group.id",
                    GROUP,
                    "isolation.level",
                    "read_uncommitted",
                    "metadata.max.age.ms",
                    config.topicRefreshMs()));
            this.orderConsumer = kafka.consumer(Map.of());
            this.producer = kafka.producer(Map.of("delivery.timeout.ms", Integer.MAX_VALUE));
            this.custody = CustodyLog.start(producer, ACTOR, clock);
            this.sealer = new WarrantSealer(keys, config.timestampAuthority(), () -> kafka.consumer(Map.of()), clock);
            metrics.of(custody);
        }

        private void work() {
            try {
                orderConsumer.assign(List.of(ORDERS));
                orderConsumer.seekToBeginning(List.of(ORDERS));
                consumer.subscribe(Pattern.compile(Pattern.quote(Topic.PACKETS_PREFIX) + ".+"), this);
                while (!closing) {
                    status.turned();
                    poll();
                    askAgain();
                    tick();
                }
                ended.complete(null);
            } catch (WakeupException e) {
                ended.complete(null);
            } catch (IOException e) {
                ended.completeExceptionally(new IOException("evidence can't be written: " + e.getMessage(), e));
            } catch (RuntimeException e) {
                ended.completeExceptionally(e);
            } finally {
                status.ended();
                awaitSealing();
                owned.values().forEach(WarrantEvidence::close);
                consumer.close();
                orderConsumer.close();
                custody.close(CLOSE_TIMEOUT);
                producer.close(CLOSE_TIMEOUT);
            }
        }

        /** Another sink may take a directory over as soon as its lock is free. */
        private void awaitSealing() {
            sealing.shutdown();
            try {
                if (!sealing.awaitTermination(CLOSE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                    LOG.warn("a seal is left unfinished; the next start makes it");
                    sealing.shutdownNow();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /**
         * With a {@code group.instance.id} a sink that comes back is given what the dead one had, and Kafka does not look for topics that
         * came meanwhile: it must ask for that itself.
         */
        private void askAgain() {
            if (joined && !askedAgain) {
                askedAgain = true;
                if (consumer.groupMetadata().groupInstanceId().isPresent()) {
                    consumer.enforceRebalance("topics may have come while this sink was away");
                }
            }
        }

        private void poll() throws IOException {
            Instant now = clock.instant();
            Set<WarrantEvidence> touched = new HashSet<>();
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                WarrantEvidence evidence = owned.get(partition);
                try {
                    if (evidence != null && !evidence.waitsForKey() && evidence.accept(record, now)) {
                        touched.add(evidence);
                    }
                } catch (DeliveryKeyMissingException e) {
                    evidence.waitForKey(e.keyId());
                    consumer.pause(List.of(partition));
                    consumer.seek(partition, record.offset());
                }
            }
            for (Map.Entry<TopicPartition, WarrantEvidence> entry : owned.entrySet()) {
                if (touched.contains(entry.getValue()) && entry.getValue().flush()) {
                    offsets.put(
                            entry.getKey(),
                            new OffsetAndMetadata(entry.getValue().next()));
                }
            }
            if (!offsets.isEmpty()) {
                consumer.commitAsync(offsets, null);
            }
        }

        /** What the clock asks for: orders that came, and warrants that are over. */
        private void tick() throws IOException {
            Instant now = clock.instant();
            if (tickedAt.plus(TICK).isAfter(now) && !tickedAt.isAfter(now)) {
                return;
            }
            tickedAt = now;
            for (ConsumerRecord<String, byte[]> record : orderConsumer.poll(Duration.ZERO)) {
                orders.take(record.offset(), Instant.ofEpochMilli(record.timestamp()), record.value());
            }
            boolean lookForKeys = !now.isBefore(keysSoughtAt.plus(KEY_LOOK)) || now.isBefore(keysSoughtAt);
            keysSoughtAt = lookForKeys ? now : keysSoughtAt;
            for (Map.Entry<TopicPartition, WarrantEvidence> entry : owned.entrySet()) {
                if (lookForKeys && entry.getValue().keyCame()) {
                    consumer.resume(List.of(entry.getKey()));
                }
                entry.getValue().tick(now, consumer.currentLag(entry.getKey()), orders, ordersRead(), sealing);
                if (entry.getValue().isDestroyed()) {
                    consumer.pause(List.of(entry.getKey()));
                }
            }
            status.show(state(now));
        }

        private SinkStatus.State state(Instant now) {
            long lag = 0;
            for (TopicPartition partition : owned.keySet()) {
                lag += consumer.currentLag(partition).orElse(0);
            }
            return new SinkStatus.State(
                    count(WarrantEvidence::isOpen),
                    count(evidence -> evidence.isSilent(now)),
                    count(WarrantEvidence::waitsForKey),
                    count(WarrantEvidence::isMismatched),
                    lag,
                    count(WarrantEvidence::isSealDue));
        }

        private int count(Predicate<WarrantEvidence> which) {
            return Math.toIntExact(owned.values().stream().filter(which).count());
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            joined = true;
            Map<TopicPartition, OffsetAndMetadata> reported = consumer.committed(Set.copyOf(partitions));
            consumer.seekToBeginning(partitions);
            for (TopicPartition partition : partitions) {
                try {
                    WarrantId warrant = WarrantId.parse(partition.topic().substring(Topic.PACKETS_PREFIX.length()));
                    OffsetAndMetadata mark = reported.get(partition);
                    owned.put(partition, open(warrant, mark == null ? 0 : mark.offset()));
                } catch (IllegalArgumentException | IOException e) {
                    custody.record(
                            CustodyAction.RECORD_REFUSED,
                            null,
                            null,
                            null,
                            "topic " + partition + " is left alone: " + e.getMessage(),
                            Map.of());
                    LOG.error("{} is left alone: {}", partition, e.getMessage());
                }
            }
            status.assigned(true);
        }

        private WarrantEvidence open(WarrantId warrant, long reportedTo) throws IOException {
            EvidenceFiles files = EvidenceFiles.open(config.directory(), warrant);
            try {
                return new WarrantEvidence(
                        files,
                        config,
                        keys,
                        sealer,
                        custody,
                        keyId -> deliveryKey(warrant, keyId),
                        deliveryKeys,
                        clock,
                        status,
                        reportedTo);
            } catch (IOException e) {
                files.close();
                throw e;
            }
        }

        /** An order is in its topic before anything is captured under it: whoever has read that knows all keys that may come. */
        private Optional<KeyPair> deliveryKey(WarrantId warrant, Sha256 keyId) throws DeliveryKeyMissingException {
            Optional<KeyPair> pair = deliveryKeys.find(warrant, keyId);
            if (pair.isEmpty() && (!ordersRead() || orders.name(warrant, keyId))) {
                throw new DeliveryKeyMissingException(keyId);
            }
            return pair;
        }

        private boolean ordersRead() {
            return orderConsumer.currentLag(ORDERS).orElse(1) == 0;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            status.assigned(false);
            for (TopicPartition partition : partitions) {
                WarrantEvidence evidence = owned.remove(partition);
                if (evidence != null) {
                    evidence.close();
                }
            }
        }

        @Override
        public void await() throws InterruptedException {
            try {
                ended.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(
                        e.getCause() == null ? "the sink ended" : e.getCause().getMessage(), e);
            }
        }

        @Override
        public void close() {
            closing = true;
            try {
                if (!thread.join(CLOSE_TIMEOUT)) {
                    consumer.wakeup();
                    thread.join(CLOSE_TIMEOUT);
                }
                metrics.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
