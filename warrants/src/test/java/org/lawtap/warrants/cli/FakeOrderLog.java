package org.lawtap.warrants.cli;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.process.StartException;

/** A log in memory. */
final class FakeOrderLog implements OrderLog {
    final List<Entry> orders = new ArrayList<>();
    final List<PodEvent> pods = new ArrayList<>();
    final List<CustodyEvent> custody = new ArrayList<>();
    final List<SignedOrder> sent = new ArrayList<>();
    boolean custodyAway;
    private final OrderCheck check;
    private final Instant now;

    FakeOrderLog(OrderCheck check, Instant now) {
        this.check = check;
        this.now = now;
    }

    void hold(SignedOrder order) {
        orders.add(new Entry(now, order));
    }

    @Override
    public OrderCheck check() {
        return check;
    }

    @Override
    public List<Entry> orders() {
        return List.copyOf(orders);
    }

    @Override
    public List<CustodyEvent> custody(WarrantId warrant) {
        return custody.stream().filter(event -> warrant.equals(event.warrant())).toList();
    }

    @Override
    public List<PodEvent> pods() {
        return List.copyOf(pods);
    }

    @Override
    public void send(WarrantId warrant, SignedOrder order) {
        sent.add(order);
        hold(order);
    }

    @Override
    public void record(CustodyAction action, @Nullable WarrantId warrant, String text) throws StartException {
        if (custodyAway) {
            throw new StartException("Kafka is away");
        }
        custody.add(new CustodyEvent(
                UUID.randomUUID(), now, "warrant-cli", action, warrant, null, null, text, java.util.Map.of()));
    }
}
