package org.lawtap.deploy.simulation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.WarrantId;

/** The topics: what is committed, in its order. */
final class KafkaLog {
    final List<PodRecord> pods = new ArrayList<>();
    final List<Published> orders = new ArrayList<>();
    final List<CommandRecord> commands = new ArrayList<>();
    final Map<WarrantId, List<byte[]>> packets = new LinkedHashMap<>();

    /** A record of {@code lawtap.pods}. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record PodRecord(PodEvent event, byte[] value) {}

    /** A record of {@code lawtap.commands}. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record CommandRecord(String node, byte[] value) {}

    List<byte[]> packetsOf(WarrantId warrant) {
        return packets.computeIfAbsent(warrant, any -> new ArrayList<>());
    }
}
