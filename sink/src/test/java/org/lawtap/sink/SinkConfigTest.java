package org.lawtap.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.process.KafkaOverride;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;

class SinkConfigTest {
    @Test
    void everyNameAndDefaultIsPinned() {
        Settings settings = new Settings(Map.of());
        SinkConfig.declare(settings);
        assertThat(settings.declared().stream()
                        .map(setting -> setting.name() + "=" + setting.defaultValue())
                        .toList())
                .containsExactly(
                        "LAWTAP_KAFKA_BOOTSTRAP_SERVERS=null",
                        "LAWTAP_KAFKA_CLIENT_PROPERTIES=",
                        "LAWTAP_KAFKA_UNSAFE=",
                        "LAWTAP_EVIDENCE_DIR=null",
                        "LAWTAP_EVIDENCE_ROTATE_BYTES=1073741824",
                        "LAWTAP_TOPIC_REFRESH_MS=1000",
                        "LAWTAP_TRUST_LIST=null",
                        "LAWTAP_DEMO_KEYS_ALLOWED=false",
                        "LAWTAP_SINK_KEYS_DIR=/var/lib/lawtap/sink-keys",
                        "LAWTAP_DELIVERY_KEYS_DIR=/var/lib/lawtap/delivery-keys",
                        "LAWTAP_TSA_URL=",
                        "LAWTAP_SEAL_DELAY_MS=10000",
                        "LAWTAP_HTTP_LISTEN=127.0.0.1:9443");
    }

    @Test
    void takesItsDefaults() throws StartException {
        Settings settings = new Settings(Map.of(
                "LAWTAP_KAFKA_BOOTSTRAP_SERVERS",
                "b:1",
                "LAWTAP_EVIDENCE_DIR",
                "/evidence",
                "LAWTAP_TRUST_LIST",
                "/trust.json"));
        SinkConfig config = SinkConfig.declare(settings);
        settings.check();
        assertThat(config)
                .isEqualTo(new SinkConfig(
                        new KafkaSettings("b:1", Map.of()),
                        KafkaOverride.NONE,
                        Path.of("/evidence"),
                        1_073_741_824,
                        1000,
                        Path.of("/trust.json"),
                        false,
                        Path.of("/var/lib/lawtap/sink-keys"),
                        Path.of("/var/lib/lawtap/delivery-keys"),
                        null,
                        Duration.ofSeconds(10),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 9443)));
    }

    @Test
    void refusesATimestampAuthorityThatIsNoUrl() {
        Settings settings = new Settings(Map.of("LAWTAP_TSA_URL", "tsa.example"));
        SinkConfig.declare(settings);
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(settings::check)
                .withMessageContaining("LAWTAP_TSA_URL=tsa.example: must be an http or https URL");
    }

    @Test
    void refusesFilesThatAreTooSmallToHoldAFrame() {
        Settings settings = new Settings(Map.of("LAWTAP_EVIDENCE_ROTATE_BYTES", "1000"));
        SinkConfig.declare(settings);
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(settings::check)
                .withMessageContaining("LAWTAP_EVIDENCE_ROTATE_BYTES=1000: must be 65536 to 1099511627776");
    }
}
