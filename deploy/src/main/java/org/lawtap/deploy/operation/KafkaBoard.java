package org.lawtap.deploy.operation;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.KafkaFinding;
import org.lawtap.schemas.topics.KafkaSafety;
import org.lawtap.schemas.topics.Topic;

/** Whether Kafka may lose what it has acknowledged, and who started all the same. Owned by one thread. */
final class KafkaBoard {
    private static final String OF_LAWTAP = "lawtap";

    private final Map<String, Instant> starts = new TreeMap<>();

    /** Takes the next event of custody. */
    void accept(CustodyEvent event) {
        if (event.action() == CustodyAction.KAFKA_UNSAFE) {
            starts.put(event.actor(), event.at());
        }
    }

    /** What is not safe now, of all topics of lawtap that can be seen, as sentences. */
    static List<String> look(Admin admin) {
        try {
            return KafkaFinding.sentences(new KafkaSafety(admin)
                    .state(List.of(Topic.CUSTODY), OF_LAWTAP)
                    .findings());
        } catch (StartException e) {
            return List.of("not known: " + e.getMessage());
        }
    }

    /** What is not safe now, and who has started with an override since custody began; nothing where Kafka is safe again. */
    List<String> lines(List<String> unsafe) {
        List<String> lines = new ArrayList<>(unsafe);
        if (!unsafe.isEmpty() && !starts.isEmpty()) {
            lines.add("started all the same: "
                    + String.join(
                            ", ",
                            starts.entrySet().stream()
                                    .map(start -> start.getKey() + " "
                                            + start.getValue().truncatedTo(ChronoUnit.SECONDS))
                                    .toList()));
        }
        return lines;
    }
}
