package org.lawtap.sink.seal;

import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.WireException;
import tools.jackson.databind.node.ObjectNode;

/** A warrant's custody records as lines of JSON: each with its exact value, and what that says. */
final class CustodyExport {
    private static final Duration POLL = Duration.ofMillis(500);

    private CustodyExport() {}

    /** Reads the custody topic from its beginning to what is its end now. @param consumer of no group; left open */
    static String read(Consumer<String, byte[]> consumer, WarrantId warrant) {
        StringBuilder lines = new StringBuilder();
        TopicPartition partition = new TopicPartition(Topic.CUSTODY.name(), 0);
        List<TopicPartition> all = List.of(partition);
        consumer.assign(all);
        consumer.seekToBeginning(all);
        long end = consumer.endOffsets(all).getOrDefault(partition, 0L);
        while (consumer.position(partition) < end) {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                if (warrant.toString().equals(record.key()) && record.offset() < end) {
                    lines.append(line(record));
                }
            }
        }
        return lines.toString();
    }

    private static String line(ConsumerRecord<String, byte[]> record) {
        ObjectNode json = SealJson.object();
        json.put("o", record.offset());
        byte[] value = record.value();
        json.put("v", value == null ? null : Base64.getEncoder().encodeToString(value));
        try {
            fill(json, CustodyCodec.decode(value));
        } catch (WireException e) {
            json.put("unreadable", true);
        }
        return SealJson.line(json);
    }

    private static void fill(ObjectNode json, CustodyEvent event) {
        @Nullable SessionId session = event.session();
        @Nullable PodUid pod = event.pod();
        json.put("at", event.at().toString());
        json.put("actor", event.actor());
        json.put("action", event.action().name());
        json.put("session", session == null ? null : session.toString());
        json.put("podUid", pod == null ? null : pod.value());
        json.put("text", event.text());
        ObjectNode details = json.putObject("details");
        for (Map.Entry<String, String> detail : new TreeMap<>(event.details()).entrySet()) {
            details.put(detail.getKey(), detail.getValue());
        }
    }
}
