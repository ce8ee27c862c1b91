package org.lawtap.watcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.process.KafkaOverride;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;

class WatcherConfigTest {
    private static final Map<String, String> LEAST =
            Map.of("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", "b:1", "LAWTAP_CLUSTER", "c1");

    @Test
    void everyNameAndDefaultIsPinned() {
        Settings settings = new Settings(Map.of());
        WatcherConfig.declare(settings);
        assertThat(settings.declared().stream()
                        .map(setting -> setting.name() + "=" + setting.defaultValue())
                        .toList())
                .containsExactly(
                        "LAWTAP_KAFKA_BOOTSTRAP_SERVERS=null",
                        "LAWTAP_KAFKA_CLIENT_PROPERTIES=",
                        "LAWTAP_KAFKA_UNSAFE=",
                        "LAWTAP_CLUSTER=null",
                        "LAWTAP_WATCH_SECONDS=30",
                        "LAWTAP_LEASE_NAMESPACE=",
                        "LAWTAP_LEASE_NAME=lawtap-watcher",
                        "LAWTAP_HTTP_LISTEN=127.0.0.1:9440");
    }

    @Test
    void takesItsDefaults() throws StartException {
        assertThat(read(LEAST))
                .isEqualTo(new WatcherConfig(
                        new KafkaSettings("b:1", Map.of()),
                        KafkaOverride.NONE,
                        new ClusterId("c1"),
                        Duration.ofSeconds(30),
                        null,
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 9440)));
    }

    @Test
    void aNamespaceMakesItACandidate() throws StartException {
        WatcherConfig config = read(with("LAWTAP_LEASE_NAMESPACE", "lawtap"));
        assertThat(config.lease()).isEqualTo(new WatcherConfig.LeaseName("lawtap", "lawtap-watcher"));
    }

    @Test
    void healthAndMetricsCanBeOff() throws StartException {
        assertThat(read(with("LAWTAP_HTTP_LISTEN", "off")).http()).isNull();
    }

    @Test
    void refusesAnAddressWithoutAPort() {
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> read(with("LAWTAP_HTTP_LISTEN", "localhost")))
                .withMessageContaining("LAWTAP_HTTP_LISTEN");
    }

    private static Map<String, String> with(String name, String value) {
        Map<String, String> environment = new java.util.HashMap<>(LEAST);
        environment.put(name, value);
        return environment;
    }

    private static WatcherConfig read(Map<String, String> environment) throws StartException {
        Settings settings = new Settings(environment);
        WatcherConfig config = WatcherConfig.declare(settings);
        settings.check();
        return config;
    }
}
