package org.lawtap.deploy.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;

class KafkaBoardTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00.25Z");

    private final KafkaBoard board = new KafkaBoard();

    @Test
    void namesWhoStartedAllTheSameAndWhenTheLastTimeWas() {
        say(CustodyAction.KAFKA_UNSAFE, "sink", NOON);
        say(CustodyAction.KAFKA_UNSAFE, "capture-worker@n1", NOON);
        say(CustodyAction.KAFKA_UNSAFE, "sink", NOON.plusSeconds(60));
        say(CustodyAction.WARRANT_SEALED, "warrants", NOON);
        assertThat(board.lines(List.of("replication: lawtap.custody")))
                .containsExactly(
                        "replication: lawtap.custody",
                        "started all the same: capture-worker@n1 2026-03-01T12:00:00Z, sink 2026-03-01T12:01:00Z");
    }

    @Test
    void tellsNothingOfOldStartsWhereKafkaIsSafeAgain() {
        say(CustodyAction.KAFKA_UNSAFE, "sink", NOON);
        assertThat(board.lines(List.of())).isEmpty();
    }

    private void say(CustodyAction action, String actor, Instant at) {
        board.accept(new CustodyEvent(UUID.randomUUID(), at, actor, action, null, null, null, "", Map.of()));
    }
}
