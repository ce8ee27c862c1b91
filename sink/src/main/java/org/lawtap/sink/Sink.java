package org.lawtap.sink;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
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
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.sink.evidence.EvidenceException;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.evidence.EvidenceSeries;
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
    private static final Duration POLL = Duration.ofMillis(200);
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
        KafkaClients kafka = new KafkaClients(config.kafka(), GROUP);
        try (Admin admin = kafka.admin()) {
            new TopicAdmin(admin, 0).require(List.of(Topic.CUSTODY));
        }
        Consumer<String, byte[]> consumer =
                kafka.consumer(Map.of("group.id", GROUP, "metadata.max.age.ms", config.topicRefreshMs()));
        Run run = new Run(config, consumer, kafka.producer(Map.of()), clock);
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
        private final Consumer<String, byte[]> consumer;
        private final Producer<String, byte[]> producer;
        private final CustodyLog custody;
        private final Thread thread = new Thread(this::work, "sink");
        private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
        private final Map<TopicPartition, Owned> owned = new HashMap<>();
        private volatile boolean closing;

        Run(SinkConfig config, Consumer<String, byte[]> consumer, Producer<String, byte[]> producer, Clock clock) {
            this.config = config;
            this.consumer = consumer;
            this.producer = producer;
            this.custody = new CustodyLog(producer, "sink", clock);
        }

        private void work() {
            try {
                consumer.subscribe(Pattern.compile(Pattern.quote(Topic.PACKETS_PREFIX) + ".+"), this);
                while (!closing) {
                    poll();
                }
                ended.complete(null);
            } catch (WakeupException e) {
                ended.complete(null);
            } catch (IOException e) {
                ended.completeExceptionally(new IOException("evidence can't be written: " + e.getMessage(), e));
            } catch (RuntimeException e) {
                ended.completeExceptionally(e);
            } finally {
                owned.values().forEach(Owned::close);
                consumer.close();
                producer.close(CLOSE_TIMEOUT);
            }
        }

        private void poll() throws IOException {
            Set<Owned> touched = new HashSet<>();
            for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                Owned evidence = owned.get(new TopicPartition(record.topic(), record.partition()));
                if (evidence != null && evidence.accept(record)) {
                    touched.add(evidence);
                }
            }
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (Owned evidence : touched) {
                if (evidence.flush()) {
                    offsets.put(evidence.partition, new OffsetAndMetadata(evidence.next));
                }
            }
            if (!offsets.isEmpty()) {
                consumer.commitAsync(offsets, null);
            }
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            Map<TopicPartition, OffsetAndMetadata> reported = consumer.committed(Set.copyOf(partitions));
            consumer.seekToBeginning(partitions);
            for (TopicPartition partition : partitions) {
                try {
                    WarrantId warrant = WarrantId.parse(partition.topic().substring(Topic.PACKETS_PREFIX.length()));
                    OffsetAndMetadata mark = reported.get(partition);
                    owned.put(
                            partition,
                            new Owned(
                                    partition,
                                    warrant,
                                    EvidenceFiles.open(config.directory(), warrant),
                                    mark == null ? 0 : mark.offset()));
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
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            for (TopicPartition partition : partitions) {
                Owned evidence = owned.remove(partition);
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
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** A warrant's topic in this sink's hands. */
        private final class Owned implements EvidenceSeries.Listener {
            private final TopicPartition partition;
            private final WarrantId warrant;
            private final EvidenceSeries series;
            private final long reportedTo;
            private long next;
            private boolean broken;

            Owned(TopicPartition partition, WarrantId warrant, EvidenceFiles files, long reportedTo) {
                this.partition = partition;
                this.warrant = warrant;
                this.reportedTo = reportedTo;
                this.series = new EvidenceSeries(files, config.rotateBytes(), this);
            }

            /** Returns whether there is something to flush. */
            boolean accept(ConsumerRecord<String, byte[]> record) throws IOException {
                if (broken) {
                    return false;
                }
                next = record.offset() + 1;
                try {
                    series.accept(PacketCodec.decode(record.value()));
                } catch (WireException e) {
                    say(
                            CustodyAction.RECORD_REFUSED,
                            null,
                            record.topic() + "@" + record.offset() + " is left out: " + e.getMessage(),
                            Map.of());
                } catch (EvidenceException e) {
                    mismatch(e);
                }
                return !broken;
            }

            boolean flush() throws IOException {
                try {
                    if (!broken) {
                        series.flush();
                    }
                } catch (EvidenceException e) {
                    mismatch(e);
                }
                return !broken;
            }

            @Override
            public void filed(SessionId session, String file, long packets, long missing, Checkpoint last) {
                say(
                        CustodyAction.SESSION_FILED,
                        session,
                        "the session is complete in " + file,
                        Map.of(
                                "file", file,
                                "packets", String.valueOf(packets),
                                "missing", String.valueOf(missing),
                                "delivered", String.valueOf(last.delivered()),
                                "kernelDrop", String.valueOf(last.kernelDrop())));
            }

            @Override
            public void continued(SessionId session, SessionId previous, long notFiled, boolean sameInterface) {
                say(
                        CustodyAction.GAP,
                        session,
                        sameInterface
                                ? "between the session before and this one " + notFiled
                                        + " packets of the interface passed that are in no file"
                                : "the session before had another interface; of this one's " + notFiled
                                        + " packets passed before the session and are in no file",
                        Map.of(
                                "previousSession", previous.toString(),
                                "packets", String.valueOf(notFiled),
                                "sameInterface", String.valueOf(sameInterface)));
            }

            @Override
            public void refused(SessionId session, String reason) {
                say(CustodyAction.RECORD_REFUSED, session, reason, Map.of());
            }

            private void mismatch(EvidenceException e) {
                broken = true;
                LOG.error("warrant {}: {}; this warrant's evidence is left as it is", warrant, e.getMessage());
                custody.record(
                        CustodyAction.EVIDENCE_MISMATCH, warrant, null, null, String.valueOf(e.getMessage()), Map.of());
            }

            private void say(
                    CustodyAction action, @Nullable SessionId session, String text, Map<String, String> details) {
                if (next > reportedTo) {
                    custody.record(action, warrant, session, null, text, details);
                }
            }

            void close() {
                try {
                    series.close();
                } catch (IOException e) {
                    LOG.error("warrant {}: closing its evidence failed: {}", warrant, e.getMessage());
                }
            }
        }
    }
}
