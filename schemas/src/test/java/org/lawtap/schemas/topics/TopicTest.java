package org.lawtap.schemas.topics;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.WarrantId;

class TopicTest {
    /** The hashes of a and foobar are test vectors of FNV-1a's authors: 0xe40c292c and 0xbf9cf968. */
    @ParameterizedTest
    @CsvSource({"a, 16, 12", "a, 2147483647, 1678518571", "foobar, 16, 8", "n1, 16, 0", "node-17.example.org, 16, 8"})
    void aNodesPartitionIsPinned(String node, int partitions, int partition) {
        assertThat(Topic.commandPartition(new NodeName(node), partitions)).isEqualTo(partition);
    }

    @Test
    void aPacketTopicIsNamedByItsWarrantOnly() {
        WarrantId warrant = WarrantId.parse("0b5a9a52-7a2e-4d0c-9a3e-111111111111");
        assertThat(Topic.packets(warrant))
                .isEqualTo(
                        new Topic("lawtap.packets.0b5a9a52-7a2e-4d0c-9a3e-111111111111", 1, false, SchemaId.PACKETS));
    }

    @Test
    void theBaseTopicsArePinned() {
        assertThat(Topic.BASE)
                .containsExactly(
                        new Topic("lawtap.pods", 8, true, SchemaId.PODS),
                        new Topic("lawtap.warrants", 1, false, SchemaId.WARRANTS),
                        new Topic("lawtap.commands", 16, false, SchemaId.COMMANDS),
                        new Topic("lawtap.custody", 1, false, SchemaId.CUSTODY),
                        new Topic("lawtap.deadletters", 1, false, null));
    }

    @Test
    void nothingButPodsIsEverForgotten() {
        assertThat(Topic.WARRANTS.config())
                .containsEntry("cleanup.policy", "delete")
                .containsEntry("retention.ms", "-1")
                .containsEntry("retention.bytes", "-1");
        assertThat(Topic.PODS.config()).containsEntry("cleanup.policy", "compact");
    }
}
