package org.lawtap.schemas.topics;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.WarrantId;

/**
 * The topic catalogue.
 *
 * <pre>
 *   topic                 key               value            kept
 *   lawtap.pods           CLUSTER/POD_UID   PodRecord        compacted
 *   lawtap.warrants       WARRANT_ID        SignedWarrant    for ever
 *   lawtap.commands       NODE              CommandRecord    for ever; a node reads its partition only
 *   lawtap.packets.ID     SESSION_ID        PacketRecord,    for ever; one partition, so that offset order is the order
 *                                           EncryptedRecord
 *   lawtap.custody        WARRANT_ID        CustodyRecord    for ever
 *   lawtap.deadletters    as it came        as it came       for ever; what the deciding service could not read
 * </pre>
 *
 * @param partitions of a new topic
 * @param schema of its values; null where they are of none
 */
public record Topic(
        String name,
        int partitions,
        boolean compacted,
        @Nullable SchemaId schema) {
    public static final Topic PODS = new Topic("lawtap.pods", 8, true, SchemaId.PODS);
    public static final Topic WARRANTS = new Topic("lawtap.warrants", 1, false, SchemaId.WARRANTS);
    public static final Topic COMMANDS = new Topic("lawtap.commands", 16, false, SchemaId.COMMANDS);
    public static final Topic CUSTODY = new Topic("lawtap.custody", 1, false, SchemaId.CUSTODY);

    /** Records of {@link #PODS} and {@link #WARRANTS} that were set aside; their headers say where they stood and why. */
    public static final Topic DEAD_LETTERS = new Topic("lawtap.deadletters", 1, false, null);

    /** The topics that exist before any warrant. */
    public static final List<Topic> BASE = List.of(PODS, WARRANTS, COMMANDS, CUSTODY, DEAD_LETTERS);

    /** What every packet topic's name begins with. */
    public static final String PACKETS_PREFIX = "lawtap.packets.";

    /** The largest record: a batch of packets with one frame of the largest size, and its frame. */
    public static final int RECORD_BYTES_MAX = 2 * 1024 * 1024;

    /** The topic of one warrant's packets. */
    public static Topic packets(WarrantId warrant) {
        return new Topic(PACKETS_PREFIX + warrant, 1, false, SchemaId.PACKETS);
    }

    /** The partition of {@link #COMMANDS} that holds a node's commands; stable over languages and releases: FNV-1a of the name. */
    public static int commandPartition(NodeName node, int partitions) {
        int hash = 0x811c9dc5;
        for (int i = 0; i < node.value().length(); i++) {
            hash = (hash ^ (node.value().charAt(i) & 0xff)) * 0x01000193;
        }
        return Math.floorMod(hash, partitions);
    }

    /** Settings of a new topic. */
    public Map<String, String> config() {
        return Map.of(
                "cleanup.policy", compacted ? "compact" : "delete",
                "retention.ms", "-1",
                "retention.bytes", "-1",
                "max.message.bytes", String.valueOf(RECORD_BYTES_MAX),
                "message.timestamp.type", "CreateTime");
    }
}
