package org.lawtap.watcher;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.lawtap.schemas.model.PodEvent;

/** The watcher's counts. No name of a pod, node or namespace is in any of them. */
final class WatcherMetrics {
    private final MeterRegistry registry;
    private final Counter refused;
    private final Timer lag;

    WatcherMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.refused = Counter.builder("lawtap.watcher.objects.refused")
                .description("Pod objects set aside because they break the API's own rules")
                .register(registry);
        this.lag = Timer.builder("lawtap.watcher.publish.lag")
                .description("From an event's arrival to its commit in lawtap.pods")
                .register(registry);
        for (String type : List.of("added", "updated", "gone")) {
            said(type);
        }
    }

    void gauge(String name, String unit, String description, Supplier<Number> value) {
        Gauge.builder("lawtap.watcher." + name, value)
                .baseUnit(unit.isEmpty() ? null : unit)
                .description(description)
                .register(registry);
    }

    void published(List<PodEvent> events, Instant at) {
        for (PodEvent event : events) {
            switch (event) {
                case PodEvent.Present present ->
                    said(present.added() ? "added" : "updated").increment();
                case PodEvent.Gone ignored -> said("gone").increment();
                case PodEvent.Listed ignored -> {}
            }
            Duration late = Duration.between(event.observedAt(), at);
            lag.record(late.isNegative() ? Duration.ZERO : late);
        }
    }

    void objectRefused() {
        refused.increment();
    }

    /** A list was begun again, or begun for a reason other than the start. */
    void relist(RelistCause cause) {
        Counter.builder("lawtap.watcher.relists")
                .description("Lists after the first of a term, by cause")
                .tag("cause", lower(cause))
                .register(registry)
                .increment();
    }

    void watchEnded(WatchEnd cause) {
        Counter.builder("lawtap.watcher.watch.ends")
                .description("Watches that ended, by cause")
                .tag("cause", lower(cause))
                .register(registry)
                .increment();
    }

    /** Why the pods were listed again. */
    enum RelistCause {
        /** The watch's resource version is older than the server's history. */
        GONE,
        /** The list's continue token is. */
        LIST_EXPIRED,
        /** The watch failed again and again without a word. */
        WATCH_FAILING
    }

    /** Why a watch ended. */
    enum WatchEnd {
        ORDERLY,
        DROPPED,
        ERROR,
        GONE,
        UNREADABLE,
        HANG
    }

    private Counter said(String type) {
        return Counter.builder("lawtap.watcher.events")
                .description("Events published, by type")
                .tag("type", type)
                .register(registry);
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
