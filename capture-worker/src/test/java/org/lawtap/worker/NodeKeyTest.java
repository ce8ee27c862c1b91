package org.lawtap.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;

class NodeKeyTest {
    @TempDir
    Path directory = Path.of("");

    @Test
    void isMadeOnceAndKeptForItsOwner() throws Exception {
        NodeKey made = NodeKey.open(config(""));
        NodeKey again = NodeKey.open(config(""));
        assertThat(again.keys().getPublic()).isEqualTo(made.keys().getPublic());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("node.key.pem"))))
                .isEqualTo("rw-------");
        assertThat(OrderKeys.readPublic(directory.resolve("node.pub.pem")))
                .isEqualTo(made.keys().getPublic());
    }

    @Test
    void derivesAnotherKeyForEachPurposeAndTheSameEachTime() throws Exception {
        NodeKey key = NodeKey.open(config(""));
        byte[] spill = key.derive("spill").getEncoded();
        assertThat(spill).hasSize(32);
        assertThat(NodeKey.open(config("")).derive("spill").getEncoded()).isEqualTo(spill);
        assertThat(key.derive("other").getEncoded()).isNotEqualTo(spill);
    }

    @Test
    void refusesHalvesThatAreNotOfOneKeyAndNamesThatTellNothing() throws Exception {
        NodeKey.open(config(""));
        Files.writeString(
                directory.resolve("node.pub.pem"),
                OrderKeys.pem(OrderKeys.generate().getPublic()));
        assertThatThrownBy(() -> NodeKey.open(config("")))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("not the other half");
        assertThatThrownBy(() -> NodeKey.open(config("/nowhere/node.key.pem")))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("LAWTAP_NODE_KEY");
        Path other = Files.copy(directory.resolve("node.key.pem"), directory.resolve("node.pem"));
        assertThatThrownBy(() -> NodeKey.open(config(other.toString())))
                .isInstanceOf(StartException.class)
                .hasMessageContaining(".key.pem");
    }

    private CaptureWorkerConfig config(String nodeKey) throws StartException {
        Map<String, String> environment = new HashMap<>(Map.of(
                "LAWTAP_KAFKA_BOOTSTRAP_SERVERS", "localhost:9092",
                "LAWTAP_CLUSTER", "c1",
                "LAWTAP_NODE_NAME", "n1",
                "LAWTAP_TRUST_LIST", "/etc/trust.json",
                "LAWTAP_STATE_DIR", directory.toString()));
        environment.put("LAWTAP_NODE_KEY", nodeKey);
        Settings settings = new Settings(environment);
        CaptureWorkerConfig config = CaptureWorkerConfig.declare(settings);
        settings.check();
        return config;
    }
}
