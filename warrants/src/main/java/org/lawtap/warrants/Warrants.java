package org.lawtap.warrants;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.process.TrustFile;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.warrants.topology.PacketTopics;
import org.lawtap.warrants.topology.Topologies;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The deciding service: pods and signed warrants in, commands out, exactly once. */
public final class Warrants implements ServiceMain.Service {
    private static final Logger LOG = LoggerFactory.getLogger(Warrants.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);
    private static final int COMMIT_INTERVAL_MS = 20;
    private static final int RETRY_MS = 5;
    private static final int RETRY_MAX_MS = 100;
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
        OrderCheck check = new OrderCheck(TrustFile.read(config.trustList()), config.demoKeysAllowed());
        Admin admin = new KafkaClients(config.kafka(), "lawtap-warrants-admin").admin();
        try {
            TopicAdmin topics = new TopicAdmin(admin, config.replication());
            topics.require(Topic.BASE);
            Files.createDirectories(config.stateDir());
            KafkaStreams streams = new KafkaStreams(
                    Topologies.build(check, PacketTopics.of(topics), config.lease(), clock), properties(config));
            return new Run(streams, admin);
        } catch (IOException e) {
            admin.close();
            throw new StartException(
                    "LAWTAP_STATE_DIR=" + config.stateDir() + " can't be created: " + e.getMessage(), e);
        } catch (StartException | RuntimeException e) {
            admin.close();
            throw e;
        }
    }

    /** The process's entry. */
    public static void main(String[] arguments) {
        System.exit(ServiceMain.run(new Warrants(), arguments, System.getenv(), System.err));
    }

    private static Properties properties(WarrantsConfig config) {
        Properties properties = new Properties();
        properties.putAll(config.kafka().client("lawtap-warrants"));
        properties.put("application.id", "lawtap-warrants");
        properties.put("processing.guarantee", "exactly_once_v2");
        // Two commits lie between a pod event and its command, and a pod's first packet comes within a second.
        properties.put("commit.interval.ms", COMMIT_INTERVAL_MS);
        // A transaction that begins while the one before is being closed is told to try again; at 100 ms a try, the
        // default,
        // a command would come late.
        properties.put("producer.retry.backoff.ms", RETRY_MS);
        properties.put("producer.retry.backoff.max.ms", RETRY_MAX_MS);
        properties.put("statestore.cache.max.bytes", 0);
        properties.put("state.dir", config.stateDir().toString());
        properties.put("replication.factor", config.replication() == 0 ? -1 : config.replication());
        properties.put("auto.offset.reset", "earliest");
        properties.put("producer.compression.type", "lz4");
        return properties;
    }

    private static final class Run implements ServiceMain.Running {
        private final KafkaStreams streams;
        private final Admin admin;
        private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

        Run(KafkaStreams streams, Admin admin) {
            this.streams = streams;
            this.admin = admin;
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
            streams.close(CLOSE_TIMEOUT);
            admin.close(ADMIN_CLOSE_TIMEOUT);
            ended.complete(null);
        }
    }
}
