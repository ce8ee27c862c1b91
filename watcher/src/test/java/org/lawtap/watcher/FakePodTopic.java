package org.lawtap.watcher;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.lawtap.schemas.model.PodEvent;

/** The topic as a list; keeps over several leaders. */
final class FakePodTopic implements PodTopic {
    final List<PodEvent> said = new ArrayList<>();
    final List<Integer> transactions = new ArrayList<>();

    @Override
    public void restore(Consumer<PodEvent> into) {
        List.copyOf(said).forEach(into);
    }

    @Override
    public void publish(List<PodEvent> events) {
        if (events.isEmpty() || events.size() > TRANSACTION_EVENTS_MAX) {
            throw new AssertionError("a transaction of " + events.size());
        }
        transactions.add(events.size());
        said.addAll(events);
    }

    @Override
    public void close() {}
}
