package org.lawtap.deploy.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LogFormatTest {
    /** A service that starts, fails and logs both. */
    public static final class Failing implements ServiceMain.Service, ServiceMain.Running {
        @Override
        public String name() {
            return "failing";
        }

        @Override
        public String purpose() {
            return "Fails.";
        }

        @Override
        public void declare(Settings settings) {
            // It has none of its own.
        }

        @Override
        public ServiceMain.Running start(Settings settings) throws StartException {
            settings.check();
            return this;
        }

        @Override
        public void await() {
            throw new IllegalStateException("no\n\"answer\"");
        }

        @Override
        public void close() {
            // Nothing is open.
        }

        /** The entry. */
        public static void main(String[] arguments) {
            System.exit(ServiceMain.run(new Failing(), arguments, System.getenv(), System.err));
        }
    }

    @Test
    void isTextByDefault() throws Exception {
        List<String> lines = said(null, 1);
        assertThat(lines.getFirst()).matches("\\S+Z INFO  ServiceMain failing started:");
        assertThat(lines.get(1)).isEqualTo("  LAWTAP_LOG_FORMAT=text");
    }

    @Test
    void isOneJsonObjectALineWithTheNamesOfTheCommonSchema() throws Exception {
        List<String> lines = said("ecs", 1);
        assertThat(lines).hasSize(2);
        JsonNode line = JsonMapper.shared().readTree(lines.getLast());
        assertThat(Instant.parse(line.path("@timestamp").asString())).isBefore(Instant.now());
        assertThat(line.path("log.level").asString()).isEqualTo("ERROR");
        assertThat(line.path("message").asString()).isEqualTo("failing failed: no\n\"answer\"");
        assertThat(line.path("log.logger").asString()).isEqualTo(ServiceMain.class.getName());
        assertThat(line.path("service.name").asString()).isEqualTo("lawtap");
        assertThat(line.path("error.type").asString()).isEqualTo("java.lang.IllegalStateException");
        assertThat(line.path("error.message").asString()).isEqualTo("no\n\"answer\"");
        assertThat(line.path("ecs.version").asString()).isNotEmpty();
    }

    @Test
    void anotherFormatStopsTheStart() throws Exception {
        assertThat(said("xml", ServiceMain.EXIT_CONFIG)).contains("  LAWTAP_LOG_FORMAT=xml: must be one of text, ecs");
    }

    private static List<String> said(@Nullable String format, int code) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Failing.class.getName());
        builder.environment().keySet().removeIf(name -> name.startsWith("LAWTAP_") || name.equals("JAVA_TOOL_OPTIONS"));
        if (format != null) {
            builder.environment().put("LAWTAP_LOG_FORMAT", format);
        }
        Process process = builder.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isEqualTo(code);
        return said.lines().toList();
    }
}
