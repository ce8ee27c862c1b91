package org.lawtap.deploy.simulation;

import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.wire.PodCodec;
import org.lawtap.watcher.PodTracker;

/**
 * The watcher: the real {@link PodTracker} between an API server and {@code lawtap.pods}. Its watch may break and go on from an
 * older version, or be refused, so that pods are listed again; a crash forgets all but the topic.
 */
final class SimulatedWatcher {
    private final ClusterId cluster;
    private final ApiServer api;
    private final KafkaLog kafka;
    private final Clock clock;
    private final Fault fault;
    private PodTracker tracker;
    private int heard;
    private boolean listsNext = true;
    private boolean listedOnce;
    private boolean connected = true;

    SimulatedWatcher(ClusterId cluster, ApiServer api, KafkaLog kafka, Clock clock, Fault fault) {
        this.cluster = cluster;
        this.api = api;
        this.kafka = kafka;
        this.clock = clock;
        this.fault = fault;
        this.tracker = new PodTracker(cluster);
    }

    /** The connection breaks. @param resumable whether the server still knows what comes after the last version heard */
    void lose(boolean resumable, SplittableRandom random) {
        connected = false;
        if (resumable) {
            heard = Math.max(0, heard - random.nextInt(4));
        } else {
            listsNext = true;
        }
    }

    void connect() {
        connected = true;
    }

    boolean isConnected() {
        return connected;
    }

    /** A new leader: it knows what the topic says, and lists. */
    void crash() {
        tracker = new PodTracker(cluster);
        Map<String, PodEvent> compacted = new LinkedHashMap<>();
        kafka.pods.forEach(record -> compacted.put(record.event().key(), record.event()));
        compacted.values().forEach(tracker::restore);
        listsNext = true;
    }

    /** Hears at most so many changes, or a list. */
    void run(int changesMax) {
        if (!connected) {
            return;
        }
        if (listsNext) {
            listsNext = false;
            heard = api.changes().size();
            if (fault != Fault.WATCHER_NEVER_LISTS_AGAIN || !listedOnce) {
                list();
            }
            listedOnce = true;
            return;
        }
        for (int i = 0; i < changesMax && heard < api.changes().size(); i++) {
            ApiServer.Change change = api.changes().get(heard++);
            publish(
                    change.deleted()
                            ? tracker.vanished(change.pod(), PodEvent.Source.WATCH, clock.instant())
                            : tracker.seen(change.pod(), PodEvent.Source.WATCH, clock.instant()));
        }
    }

    private void list() {
        List<PodEvent> events = new ArrayList<>();
        tracker.beginList();
        for (Pod pod : api.list()) {
            events.addAll(tracker.listed(pod, PodEvent.Source.RELIST, clock.instant()));
        }
        events.addAll(tracker.endList(PodEvent.Source.RELIST, clock.instant()));
        publish(events);
    }

    private void publish(List<PodEvent> events) {
        events.forEach(event -> kafka.pods.add(new KafkaLog.PodRecord(event, PodCodec.encode(event))));
    }
}
