package org.lawtap.warrants;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaGate;
import org.lawtap.schemas.process.ProcessMetrics;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.process.TrustFile;
import org.lawtap.schemas.topics.KafkaSafety;
import org.lawtap.schemas.topics.KafkaState;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.warrants.topology.PacketTopics;
import org.lawtap.warrants.topology.Topologies;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The deciding service: pods and signed warrants in, commands out, exactly once. */
public final class Warrants implements ServiceMain.Service {
    /** The consumer group, and what the names of all that is the topology's begin with. */
    static final String APPLICATION = "lawtap-warrants";

    private static final String ACTOR = "warrants";
    private static final Logger LOG = LoggerFactory.getLogger(Warrants.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);
    private static final int COMMIT_INTERVAL_MS = 20;
    private static final int RETRY_MS = 5;
    private static final int RETRY_MAX_MS = 100;

    /** After which a replica that is silent gives up its tasks to the others. */
    private static final int SESSION_TIMEOUT_MS = 10_000;

    private static final int HEARTBEAT_MS = 2_000;

    /** A changelog is only shortened behind its newest segment, and a start reads all of it. */
    private static final int SEGMENT_BYTES = 32 << 20;

    private static final Duration ADMIN_CLOSE_TIMEOUT = Duration.ofSeconds(5);

    @Override
    public String name() {
        return "warrants";
    }

    @Override
    public String purpose() {
        return "Joins lawtap.warrants with lawtap.pods and commands the capture-workers through lawtap.commands.";
    }

    @Override
    public void declare(Settings settings) {
        WarrantsConfig.declare(settings);
    }

    @Override
    public ServiceMain.Running start(Settings settings) throws StartException {
        WarrantsConfig config = WarrantsConfig.declare(settings);
        settings.check();
        return launch(config, Clock.systemUTC());
    }

    /** Starts the topology; returns at once, it runs when its group has formed. */
    public static ServiceMain.Running launch(WarrantsConfig config, Clock clock) throws StartException {
        TrustList trust = TrustFile.read(config.trustList());
        OrderCheck check = new OrderCheck(trust, config.demoKeysAllowed());
        Replica replica = Replica.take(config.stateDir());
        Admin admin = null;
        Lookout lookout = null;
        ProcessMetrics metrics = new ProcessMetrics("warrants");
        WarrantsStatus status = new WarrantsStatus(metrics);
        try {
            metrics.of(trust);
            metrics.of(config.kafka());
            metrics.serve(config.http(), status);
            admin = new KafkaClients(config.kafka(), "lawtap-warrants-admin").admin();
            TopicAdmin topics = new TopicAdmin(admin, config.replication());
            topics.require(Topic.BASE);
            KafkaState.OfTopic prospect = topics.prospect();
            KafkaClients kafka = new KafkaClients(config.kafka(), "lawtap-warrants-gate");
            metrics.overridden(new KafkaGate(kafka, config.override(), ACTOR, clock)
                    .pass(new KafkaSafety(admin)
                            .state(Topic.BASE, Topic.PACKETS_PREFIX, APPLICATION + "-")
                            .with(prospect)));
            GroupPositions positions = new GroupPositions(
                    admin,
                    new KafkaClients(config.kafka(), "lawtap-warrants-lookout").consumer(GroupPositions.CONSUMER),
                    APPLICATION,
                    List.of(Topic.PODS.name(), Topic.WARRANTS.name()),
                    Topologies.innerTopics(APPLICATION));
            Rounds rounds = new Rounds(positions, clock);
            Lookout watching = new Lookout(positions, rounds, clock);
            lookout = watching;
            metrics.gauge(
                    "behind.seconds",
                    "How long ago that was published of which not all is known yet; over "
                            + Rounds.BEHIND_MAX.toSeconds() + " no capture begins and none is renewed",
                    () -> watching.behind().toMillis() / 1000.0);
            KafkaStreams streams = new KafkaStreams(
                    Topologies.build(check, PacketTopics.of(topics), rounds, config.lease(), clock, status),
                    properties(config, replica.name(), TopicAdmin.safety(prospect)),
                    new ReplicaClients(replica.name()));
            status.of(streams);
            return new Run(streams, watching, admin, replica, metrics);
        } catch (StartException | RuntimeException e) {
            if (lookout != null) {
                lookout.close();
            }
            if (admin != null) {
                admin.close();
            }
            metrics.close();
            replica.close();
            throw e;
        }
    }

    /** The process's entry. */
    public static void main(String[] arguments) {
        System.exit(ServiceMain.run(new Warrants(), arguments, System.getenv(), System.err));
    }

    private static Properties properties(WarrantsConfig config, String replica, Map<String, String> safety) {
        Properties properties = new Properties();
        properties.putAll(config.kafka().client(APPLICATION));
        properties.put("application.id", APPLICATION);
        properties.put("processing.guarantee", "exactly_once_v2");
        // Two commits lie between a pod event and its command, and a pod's first packet comes within a second.
        properties.put("commit.interval.ms", COMMIT_INTERVAL_MS);
        // A transaction that begins while the one before is being closed is told to try again; at 100 ms a try, the
        // default, a
        // command would come late.
        properties.put("producer.retry.backoff.ms", RETRY_MS);
        properties.put("producer.retry.backoff.max.ms", RETRY_MAX_MS);
        properties.put("statestore.cache.max.bytes", 0);
        properties.put("state.dir", config.stateDir().toString());
        properties.put("replication.factor", config.replication() == 0 ? -1 : config.replication());
        properties.put("auto.offset.reset", "earliest");
        properties.put("producer.compression.type", "lz4");
        properties.put("num.standby.replicas", config.standbys());
        properties.put("main.consumer.group.instance.id", replica);
        properties.put("main.consumer.session.timeout.ms", SESSION_TIMEOUT_MS);
        properties.put("main.consumer.heartbeat.interval.ms", HEARTBEAT_MS);
        // What fits into lawtap's topics fits into the inner ones: a pod with a megabyte of labels stops nobody.
        properties.put("producer.max.request.size", Topic.RECORD_BYTES_MAX);
        properties.put("topic.max.message.bytes", Topic.RECORD_BYTES_MAX);
        properties.put("topic.segment.bytes", SEGMENT_BYTES);
        safety.forEach((name, value) -> properties.put("topic." + name, value));
        return properties;
    }

    private static final class Run implements ServiceMain.Running {
        private final KafkaStreams streams;
        private final Lookout lookout;
        private final Admin admin;
        private final Replica replica;
        private final ProcessMetrics metrics;
        private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

        Run(KafkaStreams streams, Lookout lookout, Admin admin, Replica replica, ProcessMetrics metrics) {
            this.streams = streams;
            this.lookout = lookout;
            this.admin = admin;
            this.replica = replica;
            this.metrics = metrics;
            streams.setStateListener((now, before) -> {
                if (now == KafkaStreams.State.RUNNING) {
                    LOG.info("deciding");
                } else if (before == KafkaStreams.State.RUNNING) {
                    LOG.info("not deciding: {}", now);
                }
            });
            streams.setUncaughtExceptionHandler(failure -> {
                LOG.error("the topology failed", failure);
                ended.completeExceptionally(failure);
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
            streams.start();
        }

        @Override
        public void await() throws InterruptedException {
            try {
                ended.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("deciding ended: " + e.getCause(), e);
            }
        }

        @Override
        public void close() {
            // Leaving lets the others take over at once. One that is killed keeps its place for its next life, for a
            // while.
            streams.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                    .withTimeout(CLOSE_TIMEOUT));
            lookout.close();
            admin.close(ADMIN_CLOSE_TIMEOUT);
            replica.close();
            metrics.close();
            ended.complete(null);
        }
    }
}
