package org.lawtap.warrants;

import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.ThreadMetadata;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.process.ProcessMetrics;
import org.lawtap.schemas.process.StatusPage;
import org.lawtap.warrants.topology.DecidingCounts;

/** What a deciding process says of itself. Replicas share the tasks: sums over all replicas are those of the service. */
final class WarrantsStatus implements StatusPage.Health, DecidingCounts {
    private final LongAdder starts = new LongAdder();
    private final LongAdder stops = new LongAdder();
    private final LongAdder renewals = new LongAdder();
    private final LongAdder ordersRefused = new LongAdder();
    private final LongAdder deadLetters = new LongAdder();
    private final Map<String, Held> tasks = new ConcurrentHashMap<>();
    private final Timer delay;
    private volatile @Nullable KafkaStreams streams;

    WarrantsStatus(ProcessMetrics metrics) {
        this.delay =
                metrics.timer("event.to.command", "From a pod's event, as the watcher observed it, to its command");
        metrics.counter("starts.sent", "STARTs sent", starts::sum);
        metrics.counter("stops.sent", "STOPs sent", stops::sum);
        metrics.counter("renewals.sent", "Renewals sent, one for all captures of a node", renewals::sum);
        metrics.counter("orders.refused", "Orders refused; custody says why", ordersRefused::sum);
        metrics.counter("dead.letters", "Records that could not be read and were set aside", deadLetters::sum);
        metrics.gauge(
                "active",
                "Warrants in their window and not revoked, of the namespaces that this replica decides for",
                () -> tasks.values().stream().mapToLong(Held::active).sum());
        metrics.gauge(
                "idle",
                "Of these, warrants under which nothing is captured",
                () -> tasks.values().stream().mapToLong(Held::idle).sum());
        metrics.gauge(
                "captures.wanted",
                "Captures commanded and not stopped, of these namespaces",
                () -> tasks.values().stream().mapToLong(Held::captures).sum());
        metrics.gauge("streams.running", "1 while this replica runs its tasks", () -> running() ? 1 : 0);
        metrics.gauge("tasks", "Tasks of this replica", this::tasks);
        metrics.gauge(
                "lag.records", "Records of its topics that this replica has not read yet, at most of any", this::lag);
    }

    void of(KafkaStreams running) {
        streams = running;
    }

    @Override
    public void sent(Command command) {
        switch (command) {
            case Command.Start ignored -> starts.increment();
            case Command.Stop ignored -> stops.increment();
            case Command.Renew ignored -> renewals.increment();
        }
    }

    @Override
    public void decided(Duration after) {
        delay.record(after.isNegative() ? Duration.ZERO : after);
    }

    @Override
    public void orderRefused() {
        ordersRefused.increment();
    }

    @Override
    public void deadLetter() {
        deadLetters.increment();
    }

    @Override
    public void holds(String task, Held held) {
        tasks.put(task, held);
    }

    @Override
    public void leaves(String task) {
        tasks.remove(task);
    }

    @Override
    public List<String> notLive() {
        KafkaStreams current = streams;
        return current == null
                        || current.state().isRunningOrRebalancing()
                        || current.state() == KafkaStreams.State.CREATED
                ? List.of()
                : List.of("the topology is " + current.state() + "; the log says why");
    }

    @Override
    public List<String> notReady() {
        List<String> reasons = new ArrayList<>(notLive());
        if (reasons.isEmpty() && !running()) {
            reasons.add("the topology does not run yet: its group forms, or its stores are read");
        } else if (reasons.isEmpty() && tasks() == 0) {
            reasons.add("no partition is assigned to this replica");
        }
        return reasons;
    }

    private boolean running() {
        KafkaStreams current = streams;
        return current != null && current.state() == KafkaStreams.State.RUNNING;
    }

    private int tasks() {
        KafkaStreams current = streams;
        int sum = 0;
        if (current != null && current.state().isRunningOrRebalancing()) {
            for (ThreadMetadata thread : current.metadataForLocalThreads()) {
                sum += thread.activeTasks().size() + thread.standbyTasks().size();
            }
        }
        return sum;
    }

    private double lag() {
        KafkaStreams current = streams;
        double most = 0;
        if (current != null) {
            for (Map.Entry<MetricName, ? extends Metric> entry :
                    current.metrics().entrySet()) {
                if (entry.getKey().name().equals("records-lag")
                        && !entry.getKey().tags().getOrDefault("client-id", "").contains("restore")
                        && entry.getValue().metricValue() instanceof Double lag
                        && lag > most) {
                    most = lag;
                }
            }
        }
        return most;
    }
}
