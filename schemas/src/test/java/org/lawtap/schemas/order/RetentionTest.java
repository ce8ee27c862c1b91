package org.lawtap.schemas.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetentionTest {
    private static final Instant END = SampleOrders.warrant().notAfter();
    private static final int DAYS = 10;

    /** H, R, D: hold, release, destruction; each some hours after the end of the warrant. What the last one is answered. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            H-5                | accepted
            H1                 | accepted
            H1 H2              | is held already
            R1                 | is not held
            H1 R2              | accepted
            H1 R2 R3           | is not held
            H1 R2 H3           | accepted
            D-1                | has not ended
            D1                 | must be kept until
            D239               | must be kept until
            D240               | accepted
            D241               | accepted
            D240 D241          | is ordered already
            H1 D241            | is held
            H-1 D-1            | has not ended
            H1 R2 D239         | must be kept until
            H1 R2 D240         | accepted
            D240 H241          | accepted
            D240 H241 D242     | is held
            D240 H241 R242     | accepted
            D240 H241 R242 D243| accepted
            D240 R241          | is not held
            """)
    void answers(String orders, String expected) {
        Retention state = kept();
        String answer = "";
        long generation = 2;
        for (String word : orders.split(" ", -1)) {
            switch (state.take(order(word.charAt(0), generation++), at(word))) {
                case Retention.Answer.Accepted accepted -> {
                    answer = "accepted";
                    state = accepted.now();
                }
                case Retention.Answer.Refused refused -> answer = refused.why();
            }
        }
        assertThat(answer).contains(expected);
    }

    @Test
    void aReleaseThatIsSentAgainEndsNoSecondHold() {
        Retention state = accepted(kept(), 'H', 2);
        Order.OfRetention release = order('R', 3);
        state = accepted(state.take(release, END));
        state = accepted(state, 'H', 4);
        assertThat(state.take(release, END)).isInstanceOf(Retention.Answer.Refused.class);
        assertThat(state.held()).isTrue();
    }

    @Test
    void anOrderToDestroyStandsUntilAHoldComes() {
        Retention ordered = accepted(kept().take(order('D', 2), END.plus(Duration.ofDays(DAYS))));
        assertThat(ordered.hindrance(true)).isEmpty();
        assertThat(ordered.hindrance(false)).contains("the warrant's evidence is not sealed yet");
        assertThat(accepted(ordered, 'H', 3).hindrance(true)).contains("nobody ordered it");
        assertThat(kept().hindrance(true)).contains("nobody ordered it");
    }

    @Test
    void aRevocationBringsTheEndForwardAndNeverBeforeItWasDecided() {
        Order.Revocation revocation = SampleOrders.revocation();
        assertThat(kept().revoked(revocation, SampleOrders.NOW.plusSeconds(5)).end())
                .isEqualTo(SampleOrders.NOW.plusSeconds(5));
        assertThat(kept().revoked(revocation, Instant.EPOCH).end()).isEqualTo(revocation.revokedAt());
        assertThat(kept().revoked(revocation, END.plusSeconds(9)).end()).isEqualTo(END);
    }

    @Test
    void anAmendedWarrantHasItsOwnEndAndTimeAndKeepsItsHold() {
        Retention held = accepted(kept(), 'H', 2);
        assertThat(held.amended(SampleOrders.warrant()))
                .isEqualTo(new Retention(END, SampleOrders.warrant().retentionDays(), 2, true, false));
    }

    @Test
    void isReadAsItWasWritten() {
        Retention state = accepted(kept(), 'H', 7);
        assertThat(Retention.parse(state.text())).isEqualTo(state);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "x", "x 1 1 true true", "2026-01-01T00:00:00Z 1 x true true", "2026-01-01T00:00:00Z 1 1 true"
            })
    void readsNothingElse(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Retention.parse(text));
    }

    private static Retention kept() {
        return new Retention(END, DAYS, 0, false, false);
    }

    private static Retention accepted(Retention state, char kind, long generation) {
        return accepted(state.take(order(kind, generation), END.plusSeconds(1)));
    }

    private static Retention accepted(Retention.Answer answer) {
        return switch (answer) {
            case Retention.Answer.Accepted accepted -> accepted.now();
            case Retention.Answer.Refused refused -> throw new AssertionError(refused.why());
        };
    }

    private static Instant at(String word) {
        return END.plus(Duration.ofHours(Long.parseLong(word.substring(1))));
    }

    private static Order.OfRetention order(char kind, long generation) {
        return switch (kind) {
            case 'H' -> SampleOrders.hold(generation);
            case 'R' -> SampleOrders.release(generation);
            default -> SampleOrders.destruction(generation);
        };
    }
}
