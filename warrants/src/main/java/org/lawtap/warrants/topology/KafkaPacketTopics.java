package org.lawtap.warrants.topology;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.topics.Topic;

/**
 * Sees to packet topics with one request at a time: what is asked for meanwhile waits and goes together in the next one. A request takes
 * some 30 ms, and the first start under thousands of warrants must not take minutes.
 */
final class KafkaPacketTopics implements PacketTopics {
    private static final int REQUEST_TOPICS_MAX = 500;

    private final Broker broker;
    private final Set<WarrantId> standing = ConcurrentHashMap.newKeySet();
    private final Set<WarrantId> waiting = new LinkedHashSet<>();
    private boolean asking;

    /** Who makes topics. */
    interface Broker {
        /** Ends with the names of those that stand now. */
        CompletionStage<Set<String>> ensure(Collection<Topic> topics);
    }

    KafkaPacketTopics(Broker broker) {
        this.broker = broker;
    }

    @Override
    public boolean ready(WarrantId warrant) {
        if (standing.contains(warrant)) {
            return true;
        }
        synchronized (this) {
            if (!standing.contains(warrant)) {
                waiting.add(warrant);
            }
        }
        ask();
        return standing.contains(warrant);
    }

    private void ask() {
        List<WarrantId> some = take();
        if (!some.isEmpty()) {
            broker.ensure(some.stream().map(Topic::packets).toList())
                    .whenComplete((names, failure) -> answered(some, names));
        }
    }

    private synchronized List<WarrantId> take() {
        if (asking) {
            return List.of();
        }
        List<WarrantId> some = new ArrayList<>(waiting);
        if (some.size() > REQUEST_TOPICS_MAX) {
            some = some.subList(0, REQUEST_TOPICS_MAX);
        }
        asking = !some.isEmpty();
        return List.copyOf(some);
    }

    private void answered(List<WarrantId> some, @Nullable Set<String> names) {
        for (WarrantId warrant : some) {
            if (names != null && names.contains(Topic.packets(warrant).name())) {
                standing.add(warrant);
            }
        }
        synchronized (this) {
            // What failed is asked for again when somebody needs it.
            some.forEach(waiting::remove);
            asking = false;
        }
        ask();
    }
}
