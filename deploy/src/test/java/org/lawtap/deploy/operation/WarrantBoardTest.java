package org.lawtap.deploy.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;

class WarrantBoardTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Map<String, String> ACCEPTED = Map.of(
            "generation", "2", "notBefore", "2026-03-01T00:00:00Z", "notAfter", "2026-03-02T00:00:00Z", "pod", "web-7");

    private final WarrantBoard board = new WarrantBoard();
    private final WarrantId warrant = WarrantId.random();
    private final SessionId session = SessionId.random();

    @Test
    void aWarrantIsActiveInItsWindow() {
        say(CustodyAction.WARRANT_ACCEPTED, null, null, ACCEPTED);
        assertThat(row(NOW).generation()).isEqualTo(2);
        assertThat(row(NOW).state()).isEqualTo("active");
        assertThat(row(Instant.parse("2026-02-28T00:00:00Z")).state()).isEqualTo("waiting");
        assertThat(row(Instant.parse("2026-03-02T00:00:00Z")).state()).isEqualTo("ended");
    }

    @Test
    void aCaptureIsBlindUntilItsSessionOpensAndAfterItCloses() {
        say(CustodyAction.CAPTURE_COMMANDED, "uid-1", null, Map.of());
        assertThat(row(NOW).blind()).isEqualTo(1);
        say(CustodyAction.SESSION_OPENED, "uid-1", session, Map.of());
        assertThat(row(NOW))
                .extracting(WarrantBoard.Row::blind, WarrantBoard.Row::sessions)
                .containsExactly(0, 1);
        say(CustodyAction.SESSION_CLOSED, "uid-1", session, Map.of());
        assertThat(row(NOW).blind()).isEqualTo(1);
        say(CustodyAction.CAPTURE_STOPPED, "uid-1", null, Map.of());
        assertThat(row(NOW))
                .extracting(WarrantBoard.Row::blind, WarrantBoard.Row::captures)
                .containsExactly(0, 0);
    }

    @Test
    void gapsAreAddedUp() {
        say(CustodyAction.GAP, null, session, Map.of("packets", "7"));
        say(CustodyAction.SESSION_FILED, null, session, Map.of("missing", "3"));
        say(CustodyAction.SESSION_FILED, null, SessionId.random(), Map.of("missing", "0"));
        assertThat(row(NOW))
                .extracting(WarrantBoard.Row::gaps, WarrantBoard.Row::missing)
                .containsExactly(2L, 10L);
    }

    @Test
    void aDegradedTapAndASpillShowUntilTheyAreOver() {
        say(CustodyAction.SESSION_OPENED, "uid-1", session, Map.of());
        say(CustodyAction.TAP_DEGRADED, "uid-1", session, Map.of());
        say(CustodyAction.SPILL_BEGUN, null, null, Map.of());
        assertThat(row(NOW).degraded()).isEqualTo(1);
        assertThat(row(NOW).spilling()).isTrue();
        say(CustodyAction.SESSION_CLOSED, "uid-1", session, Map.of());
        say(CustodyAction.SPILL_DRAINED, null, null, Map.of());
        assertThat(row(NOW).degraded()).isZero();
        assertThat(row(NOW).spilling()).isFalse();
        assertThat(row(NOW).trouble()).isEqualTo("SPILL_BEGUN");
    }

    @Test
    void theEndThatCustodyTellsCounts() {
        say(CustodyAction.WARRANT_ACCEPTED, null, null, ACCEPTED);
        say(CustodyAction.WARRANT_REVOKED, null, null, Map.of());
        say(CustodyAction.WARRANT_ENDED, null, null, Map.of());
        assertThat(row(NOW).state()).isEqualTo("revoked");
        say(CustodyAction.WARRANT_SEALED, null, null, Map.of());
        assertThat(row(NOW).state()).isEqualTo("sealed");
    }

    @Test
    void nothingOfATargetIsShown() {
        say(CustodyAction.WARRANT_ACCEPTED, "uid-secret", null, ACCEPTED);
        say(CustodyAction.SESSION_OPENED, "uid-secret", session, Map.of("pod", "web-7", "node", "n1"));
        TopicBoard.Board topics =
                new TopicBoard.Board(Map.of(warrant, new TopicBoard.Packets(10, 3, NOW.minusSeconds(90))), 4);
        List<WarrantBoard.Row> rows = board.rows(NOW);
        assertThat(StatusCommand.text(rows, topics, List.of(), NOW))
                .contains(warrant.toString(), "active", "90 s", "deciding lags 4 records")
                .doesNotContain("web-7", "uid-secret", "n1");
        assertThat(StatusCommand.json(rows, topics, List.of(), NOW))
                .contains("\"records\":10,\"lag\":3,\"lastRecord\":\"2026-03-01T11:58:30Z\"")
                .doesNotContain("web-7", "uid-secret", "n1");
    }

    private WarrantBoard.Row row(Instant at) {
        return board.rows(at).getFirst();
    }

    private void say(
            CustodyAction action, @Nullable String pod, @Nullable SessionId about, Map<String, String> details) {
        board.accept(new CustodyEvent(
                UUID.randomUUID(),
                NOW,
                "test",
                action,
                warrant,
                about,
                pod == null ? null : new PodUid(pod),
                "text",
                details));
    }
}
