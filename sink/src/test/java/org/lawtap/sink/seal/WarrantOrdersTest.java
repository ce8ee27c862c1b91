package org.lawtap.sink.seal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.wire.OrderCodec;

class WarrantOrdersTest {
    private final WarrantOrders orders = new WarrantOrders(Approved.check(), Clock.systemUTC());

    @Test
    void aWarrantEndsAtItsNotAfter() {
        take(0, Approved.warrant(1, Approved.END));
        assertThat(orders.end(Approved.ID)).contains(new WarrantOrders.End(Approved.END, WarrantOrders.Why.NOT_AFTER));
    }

    @Test
    void anAmendmentMovesTheEndAndBothCount() {
        take(0, Approved.warrant(1, Approved.END));
        take(1, Approved.warrant(2, Approved.END.plusSeconds(60)));
        assertThat(orders.end(Approved.ID).orElseThrow().at()).isEqualTo(Approved.END.plusSeconds(60));
        assertThat(offsets()).containsExactly(0L, 1L);
    }

    @Test
    void anOlderGenerationDoesNotCount() {
        take(0, Approved.warrant(2, Approved.END));
        take(1, Approved.warrant(1, Approved.END.plusSeconds(60)));
        assertThat(orders.end(Approved.ID).orElseThrow().at()).isEqualTo(Approved.END);
        assertThat(offsets()).containsExactly(0L);
    }

    @Test
    void aRevocationEndsItWhenItsRecordCame() {
        take(0, Approved.warrant(1, Approved.END));
        orders.take(1, Approved.NOW.plusSeconds(5), OrderCodec.encode(Approved.revocation(1)));
        assertThat(orders.end(Approved.ID))
                .contains(new WarrantOrders.End(Approved.NOW.plusSeconds(5), WarrantOrders.Why.REVOKED));
    }

    @Test
    void aNewerGenerationBringsARevokedWarrantBack() {
        take(0, Approved.warrant(1, Approved.END));
        orders.take(1, Approved.NOW.plusSeconds(5), OrderCodec.encode(Approved.revocation(1)));
        take(2, Approved.warrant(2, Approved.END.plusSeconds(60)));
        assertThat(orders.end(Approved.ID))
                .contains(new WarrantOrders.End(Approved.END.plusSeconds(60), WarrantOrders.Why.NOT_AFTER));
    }

    @Test
    void aRevocationAfterTheEndChangesNothing() {
        take(0, Approved.warrant(1, Approved.END));
        orders.take(1, Approved.END.plusSeconds(5), OrderCodec.encode(Approved.revocation(1)));
        assertThat(orders.end(Approved.ID).orElseThrow().why()).isEqualTo(WarrantOrders.Why.NOT_AFTER);
    }

    @Test
    void aDestructionBeforeItsTimeDoesNotCountLaterEither() {
        Instant over = Approved.END.plus(Duration.ofDays(30));
        WarrantOrders later = new WarrantOrders(Approved.check(), Clock.fixed(over, ZoneOffset.UTC));
        later.take(0, Approved.NOW, OrderCodec.encode(Approved.warrant(1, Approved.END)));
        later.take(1, Approved.END.plusSeconds(1), OrderCodec.encode(Approved.destruction(2)));
        WarrantOrders.Kept early = later.kept(Approved.ID).orElseThrow();
        assertThat(early.destruction()).isNull();
        assertThat(requireNonNull(early.refused()).why()).contains("must be kept until");
    }

    /** A record says its time itself; what comes from the future is judged as of now. */
    @Test
    void aDestructionFromTheFutureIsJudgedNow() {
        WarrantOrders now = new WarrantOrders(Approved.check(), Clock.fixed(Approved.NOW, ZoneOffset.UTC));
        now.take(0, Approved.NOW, OrderCodec.encode(Approved.warrant(1, Approved.END)));
        now.take(1, Approved.END.plusSeconds(9000), OrderCodec.encode(Approved.destruction(2)));
        WarrantOrders.Kept kept = now.kept(Approved.ID).orElseThrow();
        assertThat(requireNonNull(kept.refused()).why()).contains("has not ended");
        assertThat(now.of(Approved.ID)).hasSize(1);
    }

    @Test
    void whatOneAloneSignedDoesNotCount() {
        orders.take(0, Approved.NOW, OrderCodec.encode(Approved.signedOnce(Approved.draft(1, Approved.END))));
        assertThat(orders.end(Approved.ID)).isEmpty();
    }

    @Test
    void whatCantBeReadIsPassedOver() {
        orders.take(0, Approved.NOW, null);
        orders.take(1, Approved.NOW, new byte[] {1, 2, 3});
        take(2, Approved.warrant(1, Approved.END));
        assertThat(offsets()).containsExactly(2L);
    }

    private void take(long offset, org.lawtap.schemas.order.SignedOrder order) {
        orders.take(offset, Approved.NOW, OrderCodec.encode(order));
    }

    private List<Long> offsets() {
        return orders.of(Approved.ID).stream()
                .map(WarrantOrders.Accepted::offset)
                .toList();
    }
}
