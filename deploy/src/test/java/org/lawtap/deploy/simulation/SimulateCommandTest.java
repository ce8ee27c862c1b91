package org.lawtap.deploy.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class SimulateCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @Test
    void saysThatAllHeld() {
        assertThat(run("--seeds", "3", "--from", "7")).isZero();
        assertThat(said()).startsWith("3 seeds from 7: all invariants held in 180 steps;");
    }

    @Test
    void tellsTheStoryOfASeedThatBreaksAndHowToReplayIt() {
        assertThat(run("--seeds", "100", "--plant", "worker-mixes-topics")).isEqualTo(1);
        String said = said();
        assertThat(said)
                .contains("no warrant's data is in another's topic or files")
                .contains("is published, signed by");
        String[] words = said.substring(said.indexOf("again: ./lawtap simulate "))
                .strip()
                .split(" ", -1);
        assertThat(words).endsWith("--seeds", "1", "--plant", "worker-mixes-topics");

        out.reset();
        assertThat(run("--from", words[4], "--seeds", "1", "--plant", "worker-mixes-topics"))
                .isEqualTo(1);
        assertThat(said()).isEqualTo(said);
    }

    @Test
    void refusesWrongArguments() {
        assertThat(run("--seeds", "0")).isEqualTo(2);
        assertThat(run("--plant", "something")).isEqualTo(2);
        assertThat(run("--from", "x")).isEqualTo(2);
        assertThat(said()).isEmpty();
    }

    private int run(String... arguments) {
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        return new CommandLine(new SimulateCommand(print, nowhere)).execute(arguments);
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8);
    }
}
