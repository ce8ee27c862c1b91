package org.lawtap.deploy.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class TestCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void refusesMinutesThatAreNone() {
        assertThat(run("--faults", "--minutes", "0")).isEqualTo(64);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("--minutes must be 1 to 120");
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThat(run("--faults", "--seconds", "3")).isEqualTo(64);
        assertThat(run("--seed", "3")).isEqualTo(64);
        assertThat(run("--faults", "--seed", "one")).isEqualTo(64);
    }

    @Test
    void saysWhatWouldBefallWhomAndWhen() {
        assertThat(run("--faults", "--seed", "1", "--plan")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8).lines())
                .hasSameSizeAs(Plan.of(1, 3).faults())
                .first()
                .asString()
                .isEqualTo("    8.0 s  worker: disk full for 18.1 s");
    }

    private int run(String... arguments) {
        TestCommand command = new TestCommand(
                new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8));
        return new CommandLine(command)
                .setErr(new PrintWriter(new StringWriter()))
                .execute(arguments);
    }
}
