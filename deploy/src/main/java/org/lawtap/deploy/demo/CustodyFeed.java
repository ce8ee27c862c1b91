package org.lawtap.deploy.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.WireException;

/** Follows {@code lawtap.custody}: tells each event to a listener and lets others wait for one. */
final class CustodyFeed implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);

    private final org.apache.kafka.clients.consumer.Consumer<String, byte[]> consumer;
    private final Consumer<CustodyEvent> listener;
    private final AtomicReference<@Nullable String> failure;
    private final List<CustodyEvent> events = new ArrayList<>();
    private final Thread thread = new Thread(this::follow, "custody-feed");
    private volatile boolean closing;

    /** @param failure set by others when something broke that no waiting can mend */
    CustodyFeed(KafkaClients kafka, Consumer<CustodyEvent> listener, AtomicReference<@Nullable String> failure) {
        this.consumer = kafka.consumer(Map.of());
        this.listener = listener;
        this.failure = failure;
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    /** All events so far. */
    List<CustodyEvent> events() {
        synchronized (events) {
            return List.copyOf(events);
        }
    }

    /** Waits until at least {@code count} events fit. @throws DemoException after the time, naming what was awaited */
    List<CustodyEvent> await(String what, int count, Duration timeout, Predicate<CustodyEvent> wanted)
            throws DemoException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        synchronized (events) {
            while (true) {
                List<CustodyEvent> found = events.stream().filter(wanted).toList();
                if (found.size() >= count) {
                    return found;
                }
                String broken = failure.get();
                if (broken != null) {
                    throw new DemoException(broken);
                }
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new DemoException("%s did not happen within %d s (%d of %d); DIR/logs says more"
                            .formatted(what, timeout.toSeconds(), found.size(), count));
                }
                events.wait(Math.max(1, Math.min(left / 1_000_000, 200)));
            }
        }
    }

    private void follow() {
        try (consumer) {
            List<TopicPartition> partitions = List.of(new TopicPartition(Topic.CUSTODY.name(), 0));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (!closing) {
                consumer.poll(POLL).forEach(record -> {
                    try {
                        add(CustodyCodec.decode(record.value()));
                    } catch (WireException e) {
                        failure.compareAndSet(null, "the custody log holds an unreadable record: " + e.getMessage());
                    }
                });
            }
        } catch (WakeupException e) {
            // Closing.
        }
    }

    private void add(CustodyEvent event) {
        listener.accept(event);
        synchronized (events) {
            events.add(event);
            events.notifyAll();
        }
    }

    @Override
    public void close() {
        closing = true;
        consumer.wakeup();
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
