package org.lawtap.schemas.process;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/**
 * How a process reaches Kafka.
 *
 * @param clientProperties passed to every client as they are: TLS, SASL, timeouts
 */
public record KafkaSettings(String bootstrapServers, Map<String, String> clientProperties) {
    public KafkaSettings {
        clientProperties = Map.copyOf(clientProperties);
    }

    /** Reads the settings that every service has. */
    public static KafkaSettings declare(Settings settings) {
        return new KafkaSettings(
                settings.text("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", "Kafka brokers, HOST:PORT[,HOST:PORT...]"),
                settings.optional(
                        "LAWTAP_KAFKA_CLIENT_PROPERTIES",
                        "",
                        "File of Kafka client properties (TLS, SASL), passed to every client",
                        Map.of(),
                        KafkaSettings::readProperties));
    }

    /** Properties of any client of this process. */
    public Map<String, Object> client(String clientId) {
        Map<String, Object> properties = new HashMap<>(clientProperties);
        if (clientProperties.getOrDefault("security.protocol", "").endsWith("SSL")) {
            properties.putIfAbsent("ssl.engine.factory.class", ReloadingSslEngineFactory.class);
        }
        properties.put("bootstrap.servers", bootstrapServers);
        properties.put("client.id", clientId);
        return properties;
    }

    /** Reads a file of properties; none if the path is empty. */
    public static Map<String, String> readProperties(String path) {
        if (path.isEmpty()) {
            return Map.of();
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(path))) {
            properties.load(reader);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot be read", e);
        }
        Map<String, String> map = new HashMap<>();
        properties.stringPropertyNames().forEach(name -> map.put(name, properties.getProperty(name)));
        return map;
    }
}
