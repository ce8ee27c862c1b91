package org.lawtap.warrants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.process.KafkaOverride;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;

class WarrantsConfigTest {
    @Test
    void everyNameAndDefaultIsPinned() {
        Settings settings = new Settings(Map.of());
        WarrantsConfig.declare(settings);
        assertThat(settings.declared().stream()
                        .map(setting -> setting.name() + "=" + setting.defaultValue())
                        .toList())
                .containsExactly(
                        "LAWTAP_KAFKA_BOOTSTRAP_SERVERS=null",
                        "LAWTAP_KAFKA_CLIENT_PROPERTIES=",
                        "LAWTAP_KAFKA_UNSAFE=",
                        "LAWTAP_TRUST_LIST=null",
                        "LAWTAP_DEMO_KEYS_ALLOWED=false",
                        "LAWTAP_LEASE_SECONDS=30",
                        "LAWTAP_TOPIC_REPLICATION=0",
                        "LAWTAP_STANDBY_REPLICAS=0",
                        "LAWTAP_STATE_DIR=/var/lib/lawtap/warrants",
                        "LAWTAP_HTTP_LISTEN=127.0.0.1:9441");
    }

    @Test
    void takesItsDefaults() throws StartException {
        Settings settings =
                new Settings(Map.of("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", "b:1", "LAWTAP_TRUST_LIST", "/t.json"));
        WarrantsConfig config = WarrantsConfig.declare(settings);
        settings.check();
        assertThat(config)
                .isEqualTo(new WarrantsConfig(
                        new KafkaSettings("b:1", Map.of()),
                        KafkaOverride.NONE,
                        Path.of("/t.json"),
                        false,
                        Duration.ofSeconds(30),
                        0,
                        0,
                        Path.of("/var/lib/lawtap/warrants"),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 9441)));
    }

    @Test
    void aTrustListWithAMistakeStopsTheStart(@TempDir Path directory) throws IOException {
        Path list = Files.writeString(directory.resolve("trust.json"), "{}");
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> Warrants.launch(config(list), Clock.systemUTC()))
                .withMessageContaining("LAWTAP_TRUST_LIST=" + list);
    }

    @Test
    void aMissingTrustListStopsTheStart(@TempDir Path directory) {
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> Warrants.launch(config(directory.resolve("none.json")), Clock.systemUTC()))
                .withMessageContaining("does the file exist?");
    }

    private static WarrantsConfig config(Path list) {
        return new WarrantsConfig(
                new KafkaSettings("localhost:1", Map.of()),
                KafkaOverride.NONE,
                list,
                false,
                Duration.ofSeconds(30),
                0,
                0,
                Path.of("/tmp"),
                null);
    }
}
