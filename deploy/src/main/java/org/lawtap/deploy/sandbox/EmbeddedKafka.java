package org.lawtap.deploy.sandbox;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.process.KafkaOverride;
import org.lawtap.schemas.topics.KafkaFinding.Kind;

/**
 * A real Kafka of one node, broker and controller at once, in this JVM. Its controller listens on loopback; clients find it at
 * one address and port. The storage of a directory that was used before is taken up again.
 *
 * <p>Kafka ends the JVM when it meets a fault that it cannot survive, for instance a full disk. Here it ends only the thread that
 * met it, and the handler gets a sentence. At most one instance lives in a JVM at a time, as that hook is the JVM's.
 */
public final class EmbeddedKafka implements AutoCloseable {
    /** What one node can't give: a service must be told to start all the same. */
    public static final KafkaOverride OVERRIDE = new KafkaOverride(Set.of(Kind.REPLICATION, Kind.MIN_INSYNC));

    private static final AtomicBoolean LIVES = new AtomicBoolean();

    private static final int NODE = 1;
    private static final String CLIENTS = "CLIENTS";
    private static final String CONTROLLER = "CONTROLLER";
    private static final int MESSAGE_BYTES_MAX = 4 << 20;
    private static final int CLEANER_BUFFER_BYTES = 2 << 20;
    private static final int SEGMENT_BYTES_OF_OFFSETS = 16 << 20;

    private static final int PORT_OF_MEMBERS = 9092;
    private static final int CONTROLLER_PORT_OF_MEMBERS = 9093;
    private static final int PARTITIONS_OF_MEMBERS = 6;

    private final KafkaRaftServer server;
    private final String bootstrapServers;

    /**
     * A set of brokers, each of them a controller, too: each record stands on all of them, and is acknowledged by all but one.
     *
     * @param clusterId the same for all; as Kafka writes it, from {@link #newClusterId}
     * @param hosts addresses of all, by their numbers from 1
     */
    public record Members(String clusterId, List<String> hosts) {
        public Members {
            hosts = List.copyOf(hosts);
        }

        /** What clients are given as {@code bootstrap.servers}. */
        public String bootstrapServers() {
            return hosts.stream().map(host -> host + ":" + PORT_OF_MEMBERS).collect(Collectors.joining(","));
        }

        private Map<String, String> settings(int number) {
            String host = hosts.get(number - 1);
            String clients = CLIENTS + "://" + host + ":" + PORT_OF_MEMBERS;
            String copies = Integer.toString(hosts.size());
            String acknowledged = Integer.toString(hosts.size() - 1);
            Map<String, String> settings = new HashMap<>();
            settings.put("node.id", Integer.toString(number));
            settings.put(
                    "controller.quorum.voters",
                    IntStream.rangeClosed(1, hosts.size())
                            .mapToObj(each -> each + "@" + hosts.get(each - 1) + ":" + CONTROLLER_PORT_OF_MEMBERS)
                            .collect(Collectors.joining(",")));
            settings.put("listeners", clients + "," + CONTROLLER + "://" + host + ":" + CONTROLLER_PORT_OF_MEMBERS);
            settings.put("advertised.listeners", clients);
            settings.put("default.replication.factor", copies);
            settings.put("min.insync.replicas", acknowledged);
            for (String topic :
                    new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
                settings.put(topic + ".replication.factor", copies);
                settings.put(topic + ".num.partitions", Integer.toString(PARTITIONS_OF_MEMBERS));
            }
            settings.put("transaction.state.log.min.isr", acknowledged);
            settings.put("share.coordinator.state.topic.min.isr", acknowledged);
            return settings;
        }
    }

    /** A name for a new set of brokers. */
    public static String newClusterId() {
        return Uuid.randomUuid().toString();
    }

    private EmbeddedKafka(KafkaRaftServer server, String bootstrapServers) {
        this.server = server;
        this.bootstrapServers = bootstrapServers;
    }

    /**
     * Starts it and returns when it answers clients.
     *
     * @param directory for its storage; made if it is not there
     * @param host the address that clients use
     * @param port 0 for any that is free
     * @param onFailure gets one sentence when Kafka has failed for good; any thread, more than once if several parts fail
     */
    public static EmbeddedKafka start(Path directory, String host, int port, Consumer<String> onFailure)
            throws SandboxException {
        return start(directory, host, port, Map.of(), onFailure);
    }

    /** The same. @param more settings of the broker, instead of its own or besides; its clients' listener is named CLIENTS */
    public static EmbeddedKafka start(
            Path directory, String host, int port, Map<String, String> more, Consumer<String> onFailure)
            throws SandboxException {
        return start(directory, host, port, NODE, newClusterId(), more, onFailure);
    }

    /**
     * Starts one of a set; returns when it answers clients, for which most of the set must live.
     *
     * @param number from 1
     */
    public static EmbeddedKafka startMember(Path directory, Members members, int number, Consumer<String> onFailure)
            throws SandboxException {
        return start(
                directory,
                members.hosts().get(number - 1),
                PORT_OF_MEMBERS,
                number,
                members.clusterId(),
                members.settings(number),
                onFailure);
    }

    private static EmbeddedKafka start(
            Path directory,
            String host,
            int port,
            int node,
            String clusterId,
            Map<String, String> more,
            Consumer<String> onFailure)
            throws SandboxException {
        if (!LIVES.compareAndSet(false, true)) {
            throw new SandboxException("this JVM already runs an embedded Kafka");
        }
        KafkaRaftServer server = null;
        try {
            takeExit(directory, onFailure);
            InetAddress address = InetAddress.getByName(host);
            int clientPort = port == 0 ? freePort(address) : port;
            Map<String, String> settings =
                    settings(directory, host, clientPort, freePort(InetAddress.getLoopbackAddress()));
            settings.putAll(more);
            format(directory, node, clusterId);
            server = new KafkaRaftServer(new KafkaConfig(settings, false), Time.SYSTEM);
            server.startup();
            return new EmbeddedKafka(server, host + ":" + clientPort);
        } catch (Exception e) {
            end(server);
            throw new SandboxException(
                    "Kafka did not start in " + directory + " at " + host + ":" + port + ": " + reason(e), e);
        }
    }

    /** What clients are given as {@code bootstrap.servers}. */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /** Ends it in order; what clients were acknowledged stands in its directory. */
    @Override
    public void close() {
        end(server);
    }

    private static void end(@Nullable KafkaRaftServer server) {
        try {
            if (server != null) {
                server.shutdown();
                server.awaitShutdown();
            }
        } finally {
            Exit.resetExitProcedure();
            Exit.resetHaltProcedure();
            LIVES.set(false);
        }
    }

    private static Map<String, String> settings(Path directory, String host, int port, int controllerPort) {
        Map<String, String> settings = new HashMap<>();
        settings.put("node.id", Integer.toString(NODE));
        settings.put("process.roles", "broker,controller");
        settings.put("controller.quorum.voters", NODE + "@127.0.0.1:" + controllerPort);
        settings.put("controller.listener.names", CONTROLLER);
        settings.put("inter.broker.listener.name", CLIENTS);
        settings.put(
                "listeners", CLIENTS + "://" + host + ":" + port + "," + CONTROLLER + "://127.0.0.1:" + controllerPort);
        settings.put("advertised.listeners", CLIENTS + "://" + host + ":" + port);
        settings.put("listener.security.protocol.map", CLIENTS + ":PLAINTEXT," + CONTROLLER + ":PLAINTEXT");
        settings.put("log.dirs", directory.toString());
        settings.put("auto.create.topics.enable", "false");
        settings.put("num.partitions", "1");
        settings.put("default.replication.factor", "1");
        settings.put("min.insync.replicas", "1");
        for (String topic : new String[] {"offsets.topic", "transaction.state.log", "share.coordinator.state.topic"}) {
            settings.put(topic + ".replication.factor", "1");
            settings.put(topic + ".num.partitions", "1");
        }
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("share.coordinator.state.topic.min.isr", "1");
        // Compaction spares the newest segment: small ones keep these topics small.
        settings.put("offsets.topic.segment.bytes", Integer.toString(SEGMENT_BYTES_OF_OFFSETS));
        settings.put("transaction.state.log.segment.bytes", Integer.toString(SEGMENT_BYTES_OF_OFFSETS));
        settings.put("group.initial.rebalance.delay.ms", "0");
        settings.put("group.streams.initial.rebalance.delay.ms", "0");
        settings.put("message.max.bytes", Integer.toString(MESSAGE_BYTES_MAX));
        settings.put("replica.fetch.max.bytes", Integer.toString(MESSAGE_BYTES_MAX));
        settings.put("log.cleaner.dedupe.buffer.size", Integer.toString(CLEANER_BUFFER_BYTES));
        settings.put("num.network.threads", "2");
        settings.put("num.io.threads", "4");
        settings.put("num.replica.fetchers", "1");
        settings.put("num.recovery.threads.per.data.dir", "1");
        settings.put("background.threads", "2");
        return settings;
    }

    private static void format(Path directory, int node, String clusterId) throws Exception {
        Files.createDirectories(directory);
        if (Files.exists(directory.resolve("meta.properties"))) {
            return;
        }
        new Formatter()
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                .setNodeId(node)
                .setClusterId(clusterId)
                .setControllerListenerName(CONTROLLER)
                .setReleaseVersion(MetadataVersion.LATEST_PRODUCTION)
                .addDirectory(directory.toString())
                .setMetadataLogDirectory(directory.toString())
                .run();
    }

    private static int freePort(InetAddress address) throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, address)) {
            return socket.getLocalPort();
        }
    }

    private static void takeExit(Path directory, Consumer<String> onFailure) {
        Exit.Procedure procedure = (status, message) -> {
            String why = message == null ? "" : " (" + message + ")";
            String sentence = String.format(
                    Locale.ROOT,
                    "the embedded Kafka in %s gave up with status %d%s; is the disk full? %d MB are free",
                    directory,
                    status,
                    why,
                    directory.toFile().getUsableSpace() >> 20);
            onFailure.accept(sentence);
            // Kafka relies on not coming back from here; without this its thread would go on in a state it gave up on.
            throw new IllegalStateException(sentence);
        };
        Exit.setExitProcedure(procedure);
        Exit.setHaltProcedure(procedure);
    }

    private static String reason(Throwable e) {
        Throwable last = e;
        for (int depth = 0; depth < 10 && last.getCause() != null; depth++) {
            last = last.getCause();
        }
        return last.getMessage() == null ? last.toString() : last.getMessage();
    }
}
