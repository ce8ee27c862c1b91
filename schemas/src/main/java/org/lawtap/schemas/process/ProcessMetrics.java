package org.lawtap.schemas.process;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.topics.KafkaFinding;

/**
 * The figures of one process, for Prometheus. They have no labels that name a pod, a namespace, a node or a warrant: whoever may
 * read metrics must not learn who is intercepted. They are read when somebody asks, by any thread; nothing is counted twice.
 */
public final class ProcessMetrics implements AutoCloseable {
    private static final double MS_PER_SECOND = 1000;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final String prefix;

    /** A function counter knows its object weakly. */
    private final List<LongSupplier> held = new ArrayList<>();

    private @Nullable StatusPage page;

    /** @param service the first word of the names, for instance {@code sink} */
    public ProcessMetrics(String service) {
        this.prefix = "lawtap." + service + ".";
    }

    /** A value that goes up and down, {@code lawtap_SERVICE_NAME}; NaN while nobody knows it. */
    public void gauge(String name, String description, DoubleSupplier value) {
        add(prefix + name, description, value);
    }

    /** What only grows while the process lives, {@code lawtap_SERVICE_NAME_total}. */
    public void counter(String name, String description, LongSupplier value) {
        count(prefix + name, description, value);
    }

    /** How long something takes, {@code lawtap_SERVICE_NAME_seconds_count, _sum, _max}. */
    public Timer timer(String name, String description) {
        return Timer.builder(prefix + name).description(description).register(registry);
    }

    /** The same in every process that writes custody records. */
    public void of(CustodyLog custody) {
        add("lawtap.custody.waiting", "Custody records that Kafka has not acknowledged yet", custody::waiting);
        count("lawtap.custody.lost", "Custody records that could not be stored", custody::lost);
    }

    /** The same in every process that reaches Kafka. */
    public void of(KafkaSettings kafka) {
        CertificateExpiry certificate = new CertificateExpiry(kafka.clientProperties());
        add(
                "lawtap.certificate.not.after.seconds",
                "When the first certificate of the Kafka clients' own key store ends, Unix time; NaN without one",
                certificate::notAfterSeconds);
    }

    /** The same in every process that asks whether Kafka is safe. @param overridden what it found and started all the same */
    public void overridden(List<KafkaFinding> overridden) {
        measure(registry, overridden);
    }

    /** The same for a process that has a registry of its own. */
    public static void measure(MeterRegistry registry, List<KafkaFinding> overridden) {
        int count = overridden.size();
        Gauge.builder("lawtap.kafka.unsafe", () -> count)
                .description(
                        "Ways in which Kafka may lose records, found at the start and overridden by LAWTAP_KAFKA_UNSAFE")
                .register(registry);
    }

    /** The same in every process that checks orders. */
    public void of(TrustList trust) {
        add(
                "lawtap.trust.not.after.seconds",
                "When the first of the approvers' keys that are valid now ends, Unix time; NaN if none is",
                () -> trust.nextEnd(java.time.Instant.now())
                        .map(end -> end.toEpochMilli() / MS_PER_SECOND)
                        .orElse(Double.NaN));
    }

    /** Serves them beside the process's health. @param listen null: nowhere */
    public void serve(@Nullable InetSocketAddress listen, StatusPage.Health health) throws StartException {
        if (listen != null) {
            page = StatusPage.start(listen, health, this::scrape);
        }
    }

    /** The Prometheus text. */
    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        StatusPage served = page;
        if (served != null) {
            served.close();
        }
        registry.close();
    }

    private void add(String name, String description, DoubleSupplier value) {
        Gauge.builder(name, value::getAsDouble).description(description).register(registry);
    }

    private void count(String name, String description, LongSupplier value) {
        held.add(value);
        FunctionCounter.builder(name, value, LongSupplier::getAsLong)
                .description(description)
                .register(registry);
    }
}
