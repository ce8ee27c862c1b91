package org.lawtap.deploy.bench;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.bench.DecideLoad.Wanted;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.schemas.wire.WireException;

/**
 * What a reader of {@code lawtap.commands} knows, as soon as it can know it: which captures run, and how long after its event each
 * command was in its hands, committed.
 */
final class DecideView implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);

    private final Consumer<String, byte[]> consumer;
    private final Thread thread;
    private final Map<Wanted, NodeName> running = new HashMap<>();
    private final Map<Awaited, Long> awaited = new HashMap<>();
    private Delays delays = new Delays();
    private long lastCommandNanos = System.nanoTime();
    private long wrong;
    private long renewals;
    private @Nullable String failure;
    private volatile boolean closed;

    private record Awaited(Wanted capture, boolean start) {}

    private DecideView(Consumer<String, byte[]> consumer) {
        this.consumer = consumer;
        this.thread = Thread.ofPlatform().daemon().name("bench-commands").unstarted(this::read);
    }

    /** Begins to read the topic from its beginning. */
    static DecideView start(KafkaClients kafka) {
        Consumer<String, byte[]> consumer = kafka.consumer(Map.of());
        List<TopicPartition> partitions = consumer.partitionsFor(Topic.COMMANDS.name()).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        DecideView view = new DecideView(consumer);
        view.thread.start();
        return view;
    }

    /** An event is about to be sent that calls for these commands. */
    synchronized void sent(List<Wanted> began, List<Wanted> ended, long nanoTime) {
        began.forEach(capture -> awaited.put(new Awaited(capture, true), nanoTime));
        ended.forEach(capture -> awaited.put(new Awaited(capture, false), nanoTime));
    }

    /** Captures that run by the commands so far. */
    synchronized int running() {
        return running.size();
    }

    /** Commands that were called for and have not come. */
    synchronized int awaited() {
        return awaited.size();
    }

    /** Renewals of single captures that were read. */
    synchronized long renewals() {
        return renewals;
    }

    /** {@link System#nanoTime} of the last START or STOP. */
    synchronized long lastCommandNanos() {
        return lastCommandNanos;
    }

    /** The delays since the last call. */
    synchronized Delays takeDelays() {
        Delays taken = delays;
        delays = new Delays();
        return taken;
    }

    /** Throws when the topic could not be read. */
    synchronized void check() throws BenchException {
        if (failure != null) {
            throw new BenchException("lawtap.commands can't be read: " + failure);
        }
    }

    /** What differs from the truth, as a sentence; empty if nothing does. */
    synchronized String differs(Map<Wanted, NodeName> truth) {
        if (wrong > 0) {
            return wrong + " commands said again what was said, or ended what did not run";
        }
        if (!awaited.isEmpty()) {
            return awaited.size() + " commands never came";
        }
        if (!running.equals(truth)) {
            long missing = truth.entrySet().stream()
                    .filter(entry -> !entry.getValue().equals(running.get(entry.getKey())))
                    .count();
            return missing + " of " + truth.size() + " captures are missing or on another node, and " + running.size()
                    + " run";
        }
        return "";
    }

    @Override
    public void close() {
        closed = true;
        consumer.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void read() {
        try (consumer) {
            while (!closed) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    take(CommandCodec.decode(record.value()), System.nanoTime());
                }
            }
        } catch (WireException | RuntimeException e) {
            if (!closed) {
                synchronized (this) {
                    failure = String.valueOf(e.getMessage());
                }
            }
        }
    }

    private synchronized void take(Command command, long now) {
        switch (command) {
            case Command.Start start -> {
                Wanted capture = capture(start.capture());
                wrong += running.put(capture, start.node()) == null ? 0 : 1;
                came(new Awaited(capture, true), now);
            }
            case Command.Stop stop -> {
                Wanted capture = capture(stop.capture());
                wrong += running.remove(capture) == null ? 1 : 0;
                came(new Awaited(capture, false), now);
            }
            case Command.Renew renew -> renewals += renew.captures().size();
        }
    }

    private void came(Awaited command, long now) {
        lastCommandNanos = now;
        Long sent = awaited.remove(command);
        if (sent != null) {
            delays.add(now - sent);
        }
    }

    private static Wanted capture(CaptureKey key) {
        return new Wanted(key.warrant(), key.pod());
    }
}
