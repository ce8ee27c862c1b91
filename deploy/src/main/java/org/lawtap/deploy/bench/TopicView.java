package org.lawtap.deploy.bench;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.PodCodec;
import org.lawtap.schemas.wire.WireException;

/**
 * What a reader of {@code lawtap.pods} knows, as soon as it can know it. It hears from the load server what was sent and when,
 * and takes the time when a committed record of that pod with that resource version, a later one or GONE is in its hands.
 */
final class TopicView implements LoadApiServer.Sent, AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final int PROBLEMS_MAX = 5;
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final Consumer<String, byte[]> consumer;
    private final ClusterId cluster;
    private final Thread thread;
    private final Map<String, Long> present = new HashMap<>();
    private final Map<String, Deque<Awaited>> awaited = new HashMap<>();
    private Delays delays = new Delays();
    private long records;
    private long recordBytes;
    private long lastRecordNanos;
    private boolean listed;
    private @Nullable String failure;
    private volatile boolean closed;

    private record Awaited(long version, long sentNanos) {}

    /** How the topic compares with the truth. @param problems the first of those found; empty means equal */
    record Comparison(int pods, List<String> problems) {
        Comparison {
            problems = List.copyOf(problems);
        }
    }

    private TopicView(Consumer<String, byte[]> consumer, ClusterId cluster) {
        this.consumer = consumer;
        this.cluster = cluster;
        this.thread = Thread.ofPlatform().daemon().name("bench-topic").unstarted(this::read);
    }

    /** Begins to read the topic from its beginning. */
    static TopicView start(KafkaClients kafka, ClusterId cluster) {
        Consumer<String, byte[]> consumer = kafka.consumer(Map.of());
        List<TopicPartition> partitions = consumer.partitionsFor(Topic.PODS.name()).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        TopicView view = new TopicView(consumer, cluster);
        view.thread.start();
        return view;
    }

    @Override
    public synchronized void sent(LoadCluster.Change change, long nanoTime) {
        if (change.meaningful()) {
            awaited.computeIfAbsent(change.pod().uid(), uid -> new ArrayDeque<>())
                    .add(new Awaited(change.pod().resourceVersion(), nanoTime));
        }
    }

    /** Pods that the topic says are there. */
    synchronized int pods() {
        return present.size();
    }

    /** Whether the topic holds the mark of a complete list. */
    synchronized boolean listed() {
        return listed;
    }

    synchronized long records() {
        return records;
    }

    synchronized long recordBytes() {
        return recordBytes;
    }

    /** {@link System#nanoTime} when the last record came. */
    synchronized long lastRecordNanos() {
        return lastRecordNanos;
    }

    /** Changes that were sent, and of which the topic does not know yet. */
    synchronized int awaited() {
        return awaited.values().stream().mapToInt(Deque::size).sum();
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
            throw new BenchException("lawtap.pods can't be read: " + failure);
        }
    }

    /** Compares with what the API server has. */
    synchronized Comparison compare(LoadCluster.Snapshot truth) {
        List<String> problems = new ArrayList<>();
        Map<String, Long> left = new HashMap<>(present);
        int pods = 0;
        for (LoadPod pod : truth.slots()) {
            if (pod != null) {
                pods++;
                Long said = left.remove(pod.uid());
                if (said == null) {
                    problem(problems, "pod " + pod.uid() + " is missing");
                } else if (said != meaning(pod.expected(cluster))) {
                    problem(problems, "pod " + pod.uid() + " differs in what is said of it");
                }
            }
        }
        left.keySet().forEach(uid -> problem(problems, "pod " + uid + " is in the topic and not in the cluster"));
        return new Comparison(pods, problems);
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

    private static void problem(List<String> problems, String text) {
        if (problems.size() < PROBLEMS_MAX) {
            problems.add(text);
        }
    }

    private void read() {
        try (consumer) {
            while (!closed) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    take(record, System.nanoTime());
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

    private synchronized void take(ConsumerRecord<String, byte[]> record, long now) throws WireException {
        records++;
        recordBytes += Math.max(0, record.serializedValueSize());
        lastRecordNanos = now;
        if (record.value() == null) {
            String uid = record.key().substring(record.key().indexOf('/') + 1);
            present.remove(uid);
            return;
        }
        switch (PodCodec.decode(record.value())) {
            case PodEvent.Present event -> {
                Pod pod = event.pod();
                String uid = pod.ref().uid().value();
                present.put(uid, meaning(pod));
                arrived(uid, Long.parseLong(pod.resourceVersion()), now);
            }
            case PodEvent.Gone event -> {
                String uid = event.pod().ref().uid().value();
                present.remove(uid);
                arrived(uid, Long.MAX_VALUE, now);
            }
            case PodEvent.Listed ignored -> listed = true;
        }
    }

    private void arrived(String uid, long version, long now) {
        Deque<Awaited> waiting = awaited.get(uid);
        if (waiting == null) {
            return;
        }
        while (!waiting.isEmpty() && waiting.getFirst().version() <= version) {
            delays.add(now - waiting.removeFirst().sentNanos());
        }
        if (waiting.isEmpty()) {
            awaited.remove(uid);
        }
    }

    /** 64 bits of all that is said of a pod but its resource version: FNV-1a. The pods themselves would not fit beside Kafka. */
    private static long meaning(Pod pod) {
        String text = pod.ref().namespace() + "/" + pod.ref().name() + "|" + new TreeMap<>(pod.labels()) + "|"
                + pod.node() + "|" + pod.hostNetwork() + "|" + pod.phase() + "|" + pod.addresses() + "|"
                + pod.deletionRequestedAt();
        long hash = FNV_OFFSET;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * FNV_PRIME;
        }
        return hash;
    }
}
