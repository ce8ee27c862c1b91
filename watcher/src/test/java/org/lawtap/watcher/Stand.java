package org.lawtap.watcher;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import org.lawtap.schemas.model.PodEvent;

/** A loop with everything it needs, driven by hand. */
final class Stand {
    static final Duration WATCH_TIMEOUT = Duration.ofSeconds(30);

    /** More steps than any test needs: a loop that never comes to rest is a failure. */
    private static final int STEPS_MAX = 100_000;

    final ManualTime time = new ManualTime();
    final FakeCluster cluster = new FakeCluster(time);
    final FakePodTopic topic = new FakePodTopic();
    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    final WatcherMetrics metrics = new WatcherMetrics(registry);
    PodTracker tracker = new PodTracker(FakeCluster.CLUSTER);
    PodLoop loop = loop();

    private PodLoop loop() {
        return new PodLoop(cluster, tracker, topic, WATCH_TIMEOUT, time, time::nanos, metrics);
    }

    /** Works until there is nothing to do, and tells what was said meanwhile. */
    List<PodEvent> settle() {
        int before = topic.said.size();
        try {
            for (int steps = 0; loop.doWork() > 0; steps++) {
                if (steps > STEPS_MAX) {
                    throw new AssertionError("the loop never rests");
                }
            }
        } catch (PublishException e) {
            throw new AssertionError(e);
        }
        return List.copyOf(topic.said.subList(before, topic.said.size()));
    }

    List<PodEvent> pass(Duration duration) {
        time.pass(duration);
        return settle();
    }

    /** The leader ends; the next one restores from the topic. */
    void nextTerm() {
        loop.close();
        tracker = new PodTracker(FakeCluster.CLUSTER);
        topic.restore(tracker::restore);
        loop = loop();
    }

    double count(String name, String... tags) {
        double sum = 0;
        for (Meter meter : registry.find(name).tags(tags).meters()) {
            sum += meter.measure().iterator().next().getValue();
        }
        return sum;
    }
}
