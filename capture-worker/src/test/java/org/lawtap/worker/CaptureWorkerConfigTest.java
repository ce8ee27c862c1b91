package org.lawtap.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.worker.engine.Engine;
import org.lawtap.worker.session.SessionLimits;

class CaptureWorkerConfigTest {
    private static final Map<String, String> REQUIRED = Map.of(
            "LAWTAP_KAFKA_BOOTSTRAP_SERVERS", "k:9092",
            "LAWTAP_CLUSTER", "c1",
            "LAWTAP_NODE_NAME", "n1",
            "LAWTAP_TRUST_LIST", "/etc/trust.json");

    @Test
    void hasTheseNamesAndDefaults() {
        Settings settings = new Settings(Map.of());
        CaptureWorkerConfig.declare(settings);
        Map<String, String> declared = new TreeMap<>();
        settings.declared().forEach(setting -> declared.put(setting.name(), String.valueOf(setting.defaultValue())));
        assertThat(declared)
                .containsExactly(
                        Map.entry("LAWTAP_CAPTURE_ALL_RINGS_BYTES", "0"),
                        Map.entry("LAWTAP_CAPTURE_BATCH_BYTES", "262144"),
                        Map.entry("LAWTAP_CAPTURE_BATCH_DELAY_MS", "50"),
                        Map.entry("LAWTAP_CAPTURE_ENGINE", "ring"),
                        Map.entry("LAWTAP_CAPTURE_RING_BYTES", "33554432"),
                        Map.entry("LAWTAP_CGROUP_ROOT", "/sys/fs/cgroup"),
                        Map.entry("LAWTAP_CHECKPOINT_INTERVAL_MS", "1000"),
                        Map.entry("LAWTAP_CLUSTER", "null"),
                        Map.entry("LAWTAP_DEMO_KEYS_ALLOWED", "false"),
                        Map.entry("LAWTAP_HTTP_LISTEN", "127.0.0.1:9442"),
                        Map.entry("LAWTAP_IN_FLIGHT_BYTES", "67108864"),
                        Map.entry("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", "null"),
                        Map.entry("LAWTAP_KAFKA_CLIENT_PROPERTIES", ""),
                        Map.entry("LAWTAP_KAFKA_UNSAFE", ""),
                        Map.entry("LAWTAP_LEASE_SECONDS_MAX", "300"),
                        Map.entry("LAWTAP_NODE_KEY", ""),
                        Map.entry("LAWTAP_NODE_NAME", "null"),
                        Map.entry("LAWTAP_PROC_ROOT", "/proc"),
                        Map.entry("LAWTAP_SPILL_BYTES", "1073741824"),
                        Map.entry("LAWTAP_SPILL_DIR", ""),
                        Map.entry("LAWTAP_SPILL_WARRANT_BYTES", "268435456"),
                        Map.entry("LAWTAP_STATE_DIR", "/var/lib/lawtap/capture-worker"),
                        Map.entry("LAWTAP_TRUST_LIST", "null"));
    }

    @Test
    void readsTheRequiredOnesAndKeepsTheDefaults() throws StartException {
        Settings settings = new Settings(REQUIRED);
        CaptureWorkerConfig config = CaptureWorkerConfig.declare(settings);
        settings.check();
        assertThat(config.cluster()).isEqualTo(new ClusterId("c1"));
        assertThat(config.node()).isEqualTo(new NodeName("n1"));
        assertThat(config.trustList()).isEqualTo(Path.of("/etc/trust.json"));
        assertThat(config.engine()).isEqualTo(Engine.Kind.RING);
        assertThat(config.limits()).isEqualTo(new SessionLimits(262_144, 50, 1000));
        assertThat(config.http()).isEqualTo(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9442));
        assertThat(config.spillDir()).isEqualTo(Path.of("/var/lib/lawtap/capture-worker/spill"));
    }

    @Test
    void tellsAllThatIsMissingAtOnce() {
        Settings settings = new Settings(Map.of());
        CaptureWorkerConfig.declare(settings);
        assertThatThrownBy(settings::check)
                .isInstanceOf(StartException.class)
                .hasMessageContaining("LAWTAP_CLUSTER")
                .hasMessageContaining("LAWTAP_NODE_NAME")
                .hasMessageContaining("LAWTAP_TRUST_LIST");
    }

    @Test
    void saysThatTheTrustListIsMissing() {
        Settings settings = new Settings(REQUIRED);
        CaptureWorkerConfig config = CaptureWorkerConfig.declare(settings);
        assertThatThrownBy(() -> CaptureWorker.launch(config))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("LAWTAP_TRUST_LIST=/etc/trust.json can't be read");
    }
}
