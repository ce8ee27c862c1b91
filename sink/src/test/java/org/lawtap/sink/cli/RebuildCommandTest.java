package org.lawtap.sink.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class RebuildCommandTest {
    private static final String WARRANT = "00000000-0000-4000-8000-000000000001";

    private final StringWriter said = new StringWriter();

    @TempDir
    Path directory = Path.of("");

    @Test
    void refusesADirectoryThatHoldsSomething() throws Exception {
        Path file = Files.writeString(directory.resolve("evidence"), "kept");
        assertThat(run("--warrant", WARRANT, "--out", directory.toString())).isEqualTo(2);
        assertThat(said.toString()).contains("--out " + directory + " is not empty");
        assertThat(file).hasContent("kept");
    }

    @Test
    void refusesAFileInPlaceOfADirectory() throws Exception {
        Path file = Files.writeString(directory.resolve("evidence"), "kept");
        assertThat(run("--warrant", WARRANT, "--out", file.toString())).isEqualTo(2);
        assertThat(said.toString()).contains("is no directory");
    }

    @Test
    void refusesWhatIsNoWarrant() {
        assertThat(run("--warrant", "../../etc", "--out", directory.toString())).isEqualTo(2);
        assertThat(said.toString()).contains("\"../../etc\" is not a lower-case UUID");
    }

    @Test
    void refusesNumbersThatMakeNoSense() {
        assertThat(run("--warrant", WARRANT, "--out", directory.toString(), "--threads", "0"))
                .isEqualTo(2);
        assertThat(run("--warrant", WARRANT, "--out", directory.toString(), "--rotate-bytes", "1"))
                .isEqualTo(2);
        assertThat(run("--warrant", WARRANT, "--out", directory.toString(), "--to", "-1"))
                .isEqualTo(2);
        assertThat(said.toString()).contains("--threads must be", "--rotate-bytes must be", "--to must be");
    }

    @Test
    void namesTheSettingsThatAreMissing() {
        assertThat(run("--warrant", WARRANT, "--out", directory.toString())).isEqualTo(78);
        assertThat(said.toString()).contains("LAWTAP_KAFKA_BOOTSTRAP_SERVERS");
    }

    private int run(String... arguments) {
        return new CommandLine(new RebuildCommand())
                .setErr(new PrintWriter(said))
                .execute(arguments);
    }
}
