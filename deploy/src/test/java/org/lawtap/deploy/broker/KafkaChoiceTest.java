package org.lawtap.deploy.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class KafkaChoiceTest {
    private static final String IMAGE = "apache/kafka:4.3.1";

    @Test
    void containersAreTakenWhereTheyCanBeHad() {
        assertThat(KafkaChoice.of(null, IMAGE, Optional::empty))
                .isEqualTo(new KafkaChoice(
                        KafkaChoice.Kind.TESTCONTAINERS,
                        "on containers of apache/kafka:4.3.1, as a Docker engine answers"));
    }

    @Test
    void theEmbeddedOneIsTakenElsewhereAndItIsSaidWhy() {
        assertThat(KafkaChoice.of(null, IMAGE, KafkaChoiceTest::noEngine))
                .isEqualTo(new KafkaChoice(
                        KafkaChoice.Kind.EMBEDDED, "on the embedded Kafka, as no Docker engine answers"));
    }

    @Test
    void whereTheEmbeddedOneIsWantedNoEngineIsAsked() {
        KafkaChoice choice = KafkaChoice.of("embedded", IMAGE, () -> {
            throw new AssertionError("asked");
        });
        assertThat(choice.kind()).isEqualTo(KafkaChoice.Kind.EMBEDDED);
        assertThat(choice.why()).contains("lawtap.test.kafka=embedded is set");
    }

    @Test
    void wantedContainersAreNotReplaced() {
        assertThat(KafkaChoice.of("testcontainers", IMAGE, Optional::empty).kind())
                .isEqualTo(KafkaChoice.Kind.TESTCONTAINERS);
        assertThatIllegalStateException()
                .isThrownBy(() -> KafkaChoice.of("testcontainers", IMAGE, KafkaChoiceTest::noEngine))
                .withMessage(
                        "lawtap.test.kafka=testcontainers is set, but no Docker engine answers; set embedded, or nothing");
    }

    @Test
    void anUnknownWordIsRefused() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> KafkaChoice.of("docker", IMAGE, Optional::empty))
                .withMessage("lawtap.test.kafka must be embedded or testcontainers, not docker");
    }

    private static Optional<String> noEngine() {
        return Optional.of("no Docker engine answers");
    }
}
