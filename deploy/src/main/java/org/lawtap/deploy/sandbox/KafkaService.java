package org.lawtap.deploy.sandbox;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;

/** The single-node Kafka as a service of its own, for small clusters that have no other. It has no login and no second copy. */
public final class KafkaService implements ServiceMain.Service {
    /** Where clients find it, and where it listens. */
    private record Address(String host, int port) {
        static Address parse(String text) {
            int colon = text.lastIndexOf(':');
            if (colon < 1) {
                throw new IllegalArgumentException("must be HOST:PORT");
            }
            return new Address(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
        }
    }

    private record Config(Path directory, Address listen, Address advertised) {
        static Config declare(Settings settings) {
            return new Config(
                    settings.path("LAWTAP_KAFKA_DIR", "/var/lib/lawtap/kafka", "Directory of its storage"),
                    settings.optional(
                            "LAWTAP_KAFKA_LISTEN",
                            "0.0.0.0:9092",
                            "HOST:PORT where it listens",
                            new Address("unset", 0),
                            Address::parse),
                    settings.required(
                            "LAWTAP_KAFKA_ADVERTISED",
                            "HOST:PORT by which clients reach it, wherever they are",
                            new Address("unset", 0),
                            Address::parse));
        }
    }

    @Override
    public String name() {
        return "kafka";
    }

    @Override
    public String purpose() {
        return "A Kafka of one node, broker and controller at once, for clusters that have no other. No login, no second copy.";
    }

    @Override
    public void declare(Settings settings) {
        Config.declare(settings);
    }

    @Override
    public ServiceMain.Running start(Settings settings) throws StartException {
        Config config = Config.declare(settings);
        settings.check();
        CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
        try {
            EmbeddedKafka kafka = EmbeddedKafka.start(
                    config.directory(),
                    config.listen().host(),
                    config.listen().port(),
                    Map.of(
                            "advertised.listeners",
                            "CLIENTS://" + config.advertised().host() + ":"
                                    + config.advertised().port()),
                    why -> ended.completeExceptionally(new IllegalStateException(why)));
            return new Run(kafka, ended);
        } catch (SandboxException e) {
            throw new StartException(String.valueOf(e.getMessage()), e);
        }
    }

    /** The process's entry. */
    public static void main(String[] arguments) {
        System.exit(ServiceMain.run(new KafkaService(), arguments, System.getenv(), System.err));
    }

    private record Run(EmbeddedKafka kafka, CompletableFuture<@Nullable Void> ended) implements ServiceMain.Running {
        @Override
        public void await() throws InterruptedException {
            try {
                ended.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }

        @Override
        public void close() {
            kafka.close();
            ended.complete(null);
        }
    }
}
