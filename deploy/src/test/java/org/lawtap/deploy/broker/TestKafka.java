package org.lawtap.deploy.broker;

import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.utils.AppInfoParser;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.SandboxException;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A Kafka of one node for a test that needs a plain one, reached on this machine: in a container where a Docker engine is, else in this
 * JVM. The first start says which and why. Tests that stop, cut or fill the broker, give it certificates, or reach it out of network
 * namespaces take {@link EmbeddedKafka}.
 */
public final class TestKafka implements AutoCloseable {
    /** The system property with another image than Kafka's own in the version of our clients; it must have the same layout. */
    private static final String IMAGE_SETTING = "lawtap.test.kafka.image";

    private static final String KAFKAS_IMAGE = "apache/kafka";

    private static final String MESSAGE_BYTES_MAX = Integer.toString(4 << 20);

    /** What the embedded Kafka is set to, beside what Testcontainers sets. */
    private static final Map<String, String> SETTINGS = Map.of(
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false",
            "KAFKA_MESSAGE_MAX_BYTES", MESSAGE_BYTES_MAX,
            "KAFKA_REPLICA_FETCH_MAX_BYTES", MESSAGE_BYTES_MAX,
            "KAFKA_GROUP_STREAMS_INITIAL_REBALANCE_DELAY_MS", "0",
            "KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS", "1",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_NUM_PARTITIONS", "1",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1",
            "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1");

    private final String bootstrapServers;
    private final AutoCloseable broker;

    private TestKafka(String bootstrapServers, AutoCloseable broker) {
        this.bootstrapServers = bootstrapServers;
        this.broker = broker;
    }

    /** Made, and told, once in a JVM. */
    private static final class Chosen {
        static final String IMAGE = System.getProperty(IMAGE_SETTING, KAFKAS_IMAGE + ":" + AppInfoParser.getVersion());
        static final KafkaChoice CHOICE =
                KafkaChoice.of(System.getProperty(KafkaChoice.SETTING), IMAGE, () -> ContainerEngine.obstacle(IMAGE));

        static {
            System.err.println("The integration tests run " + CHOICE.why() + ".");
        }
    }

    /** Starts a new one and returns when it answers clients. @param directory for its storage, where it is in this JVM */
    public static TestKafka start(Path directory) throws SandboxException {
        return switch (Chosen.CHOICE.kind()) {
            case EMBEDDED -> {
                EmbeddedKafka broker = EmbeddedKafka.start(directory, "127.0.0.1", 0, why -> {});
                yield new TestKafka(broker.bootstrapServers(), broker);
            }
            case TESTCONTAINERS -> inContainer(Chosen.IMAGE);
        };
    }

    private static TestKafka inContainer(String image) {
        KafkaContainer broker =
                new KafkaContainer(DockerImageName.parse(image).asCompatibleSubstituteFor(KAFKAS_IMAGE));
        broker.withEnv(SETTINGS);
        broker.start();
        return new TestKafka(Objects.requireNonNull(broker.getBootstrapServers()), broker);
    }

    /** What clients are given as {@code bootstrap.servers}. */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    @Override
    public void close() {
        try {
            broker.close();
        } catch (Exception e) {
            throw new IllegalStateException("the Kafka of the tests did not end", e);
        }
    }
}
