package org.lawtap.deploy.broker;

import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which Kafka the integration tests run on.
 *
 * @param why one sentence, for whoever reads the tests' output
 */
record KafkaChoice(Kind kind, String why) {
    /** The system property that forces one. */
    static final String SETTING = "lawtap.test.kafka";

    private static final String TESTCONTAINERS = "testcontainers";
    private static final String EMBEDDED = "embedded";

    enum Kind {
        /** A broker in a container, by Testcontainers. */
        TESTCONTAINERS,
        /** A broker in the tests' own JVM. */
        EMBEDDED
    }

    /**
     * Containers where nothing is in their way, and the embedded Kafka elsewhere.
     *
     * @param wanted what the setting says; null where it is not given
     * @param image what containers are made of
     * @param obstacle why there can be no container, empty if there can; not asked where the embedded Kafka is wanted
     * @throws IllegalStateException where containers are wanted and can't be had
     */
    static KafkaChoice of(@Nullable String wanted, String image, Supplier<Optional<String>> obstacle) {
        return switch (wanted) {
            case null ->
                obstacle.get()
                        .map(reason -> new KafkaChoice(Kind.EMBEDDED, "on the embedded Kafka, as " + reason))
                        .orElseGet(() -> containers(image, "a Docker engine answers"));
            case EMBEDDED -> new KafkaChoice(Kind.EMBEDDED, "on the embedded Kafka, as " + said(EMBEDDED));
            case TESTCONTAINERS -> {
                Optional<String> reason = obstacle.get();
                if (reason.isPresent()) {
                    throw new IllegalStateException(
                            said(TESTCONTAINERS) + ", but " + reason.get() + "; set " + EMBEDDED + ", or nothing");
                }
                yield containers(image, said(TESTCONTAINERS));
            }
            default ->
                throw new IllegalArgumentException(
                        SETTING + " must be " + EMBEDDED + " or " + TESTCONTAINERS + ", not " + wanted);
        };
    }

    private static KafkaChoice containers(String image, String because) {
        return new KafkaChoice(Kind.TESTCONTAINERS, "on containers of " + image + ", as " + because);
    }

    private static String said(String value) {
        return SETTING + "=" + value + " is set";
    }
}
