package org.lawtap.schemas.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class ServiceMainTest {
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    @Test
    void aStartWaitsForWhatPassesByItself() {
        Flaky service = new Flaky(List.of(away(), away()));
        assertThat(run(service)).isZero();
        assertThat(service.starts).isEqualTo(3);
        assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void aStartEndsWithWhatSomebodyMustMend() {
        Flaky service = new Flaky(List.of(away(), new StartException("Kafka has no topic lawtap.pods")));
        assertThat(run(service)).isEqualTo(ServiceMain.EXIT_CONFIG);
        assertThat(service.starts).isEqualTo(2);
        assertThat(said.toString(StandardCharsets.UTF_8)).isEqualTo("lawtap flaky: Kafka has no topic lawtap.pods\n");
    }

    private int run(Flaky service) {
        return ServiceMain.run(
                service,
                new String[0],
                Map.of("LAWTAP_LOG_FORMAT", "text"),
                new PrintStream(said, true, StandardCharsets.UTF_8),
                Duration.ofMillis(1));
    }

    private static StartException away() {
        return StartException.passing("Kafka did not answer", new TimeoutException());
    }

    /** Starts when it has nothing more to complain about, and ends at once. */
    private static final class Flaky implements ServiceMain.Service {
        private final Queue<StartException> complaints;
        private int starts;

        Flaky(List<StartException> complaints) {
            this.complaints = new ArrayDeque<>(complaints);
        }

        @Override
        public String name() {
            return "flaky";
        }

        @Override
        public String purpose() {
            return "Ends at once.";
        }

        @Override
        public void declare(Settings settings) {}

        @Override
        public ServiceMain.Running start(Settings settings) throws StartException {
            starts++;
            settings.check();
            StartException complaint = complaints.poll();
            if (complaint != null) {
                throw complaint;
            }
            return new ServiceMain.Running() {
                @Override
                public void await() {}

                @Override
                public void close() {}
            };
        }
    }
}
