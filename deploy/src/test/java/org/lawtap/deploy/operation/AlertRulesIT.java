package org.lawtap.deploy.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The alert rules as Prometheus's own tool reads and plays them. Skipped where it is not: a test does not install a monitoring system. */
final class AlertRulesIT {
    @Test
    void everyAlertFiresWhenItShouldAndNotBefore() throws Exception {
        assertThat(promtool("check", "rules", "rules.yaml")).contains("SUCCESS");
        assertThat(promtool("test", "rules", "rules-test.yaml")).contains("SUCCESS");
    }

    private static String promtool(String... arguments) throws Exception {
        assumeThat(Stream.of(System.getenv("PATH").split(":", -1)).map(path -> Path.of(path, "promtool")))
                .as("promtool, of the package prometheus, is on the path")
                .anyMatch(Files::isExecutable);
        ProcessBuilder builder = new ProcessBuilder("promtool");
        builder.command().addAll(List.of(arguments));
        Process process = builder.directory(Path.of("observability").toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }
}
