package org.lawtap.schemas.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    private enum Engine {
        RING,
        PCAP4J
    }

    @Test
    void tellsAllMistakesAtOnce() {
        Settings settings = new Settings(Map.of("LAWTAP_N", "0", "LAWTAP_FLAG", "yes", "LAWTAP_X", "1", "PATH", "/"));
        settings.text("LAWTAP_T", "a text");
        settings.number("LAWTAP_N", 5, 1, 9, "a number");
        settings.flag("LAWTAP_FLAG", false, "a flag");
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(settings::check)
                .withMessage("""
                        wrong settings:
                          LAWTAP_T is missing: a text
                          LAWTAP_N=0: must be 1 to 9
                          LAWTAP_FLAG=yes: must be true or false
                          LAWTAP_X is unknown to this process""");
    }

    @Test
    void takesDefaultsWhereNothingIsSet() throws StartException {
        Settings settings = new Settings(Map.of("LAWTAP_BLANK", " "));
        assertThat(settings.text("LAWTAP_T", "d", "a text")).isEqualTo("d");
        assertThat(settings.text("LAWTAP_BLANK", "d", "a text")).isEqualTo("d");
        assertThat(settings.number("LAWTAP_N", 5, 1, 9, "a number")).isEqualTo(5);
        assertThat(settings.flag("LAWTAP_F", true, "a flag")).isTrue();
        assertThat(settings.choice("LAWTAP_C", Engine.RING, Engine.class, "a choice"))
                .isEqualTo(Engine.RING);
        assertThat(settings.path("LAWTAP_P", "/tmp", "a path")).isEqualTo(Path.of("/tmp"));
        settings.check();
    }

    @Test
    void readsAChoiceInLowerCase() throws StartException {
        Settings settings = new Settings(Map.of("LAWTAP_C", "pcap4j"));
        assertThat(settings.choice("LAWTAP_C", Engine.RING, Engine.class, "a choice"))
                .isEqualTo(Engine.PCAP4J);
        settings.check();
    }

    @Test
    void refusesAnotherChoice() {
        Settings settings = new Settings(Map.of("LAWTAP_C", "RING"));
        settings.choice("LAWTAP_C", Engine.RING, Engine.class, "a choice");
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(settings::check)
                .withMessageContaining("LAWTAP_C=RING: must be one of ring, pcap4j");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "9"})
    void takesANumberOnItsBounds(String text) throws StartException {
        Settings settings = new Settings(Map.of("LAWTAP_N", text));
        assertThat(settings.number("LAWTAP_N", 5, 1, 9, "a number")).isEqualTo(Long.parseLong(text));
        settings.check();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "10", "-1"})
    void refusesANumberOutsideItsBounds(String text) {
        Settings settings = new Settings(Map.of("LAWTAP_N", text));
        settings.number("LAWTAP_N", 5, 1, 9, "a number");
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(settings::check)
                .withMessageContaining("must be 1 to 9");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "1.5", "99999999999999999999", "0x1"})
    void refusesWhatIsNoNumber(String text) {
        Settings settings = new Settings(Map.of("LAWTAP_N", text));
        settings.number("LAWTAP_N", 5, 1, 9, "a number");
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(settings::check)
                .withMessageContaining("must be a whole number");
    }

    @Test
    void listsEverySettingInItsHelp() {
        Settings settings = new Settings(Map.of());
        settings.text("LAWTAP_T", "a text");
        settings.number("LAWTAP_N", 5, 1, 9, "a number");
        assertThat(settings.help()).isEqualTo("""
                  LAWTAP_T (required)
                      a text
                  LAWTAP_N (default: 5)
                      a number
                """);
    }

    @Test
    void showsTheEffectiveValues() {
        Settings settings = new Settings(Map.of("LAWTAP_T", "t", "LAWTAP_BLANK", " "));
        settings.text("LAWTAP_T", "a text");
        settings.number("LAWTAP_N", 5, 1, 9, "a number");
        settings.text("LAWTAP_BLANK", "d", "a text");
        assertThat(settings.effective().lines().map(String::strip))
                .containsExactly("", "LAWTAP_T=t", "LAWTAP_N=5", "LAWTAP_BLANK=d");
    }

    @Test
    void readsKafkaClientPropertiesFromAFile(@TempDir Path directory) throws IOException, StartException {
        Path file = Files.writeString(directory.resolve("client.properties"), "security.protocol=SSL\n");
        Settings settings = new Settings(
                Map.of("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", "b:1", "LAWTAP_KAFKA_CLIENT_PROPERTIES", file.toString()));
        KafkaSettings kafka = KafkaSettings.declare(settings);
        settings.check();
        assertThat(kafka.client("me"))
                .isEqualTo(Map.of(
                        "security.protocol",
                        "SSL",
                        "bootstrap.servers",
                        "b:1",
                        "client.id",
                        "me",
                        "ssl.engine.factory.class",
                        ReloadingSslEngineFactory.class));
    }

    @Test
    void leavesTheSslEngineToWhomeverChoseOne() {
        assertThat(new KafkaSettings("b:1", Map.of("security.protocol", "SASL_PLAINTEXT")).client("me"))
                .doesNotContainKey("ssl.engine.factory.class");
        assertThat(new KafkaSettings(
                                "b:1", Map.of("security.protocol", "SASL_SSL", "ssl.engine.factory.class", "their.Own"))
                        .client("me"))
                .containsEntry("ssl.engine.factory.class", "their.Own");
    }

    @Test
    void refusesAFileOfKafkaPropertiesThatIsMissing() {
        Settings settings = new Settings(Map.of(
                "LAWTAP_KAFKA_BOOTSTRAP_SERVERS",
                "b:1",
                "LAWTAP_KAFKA_CLIENT_PROPERTIES",
                "/nowhere/client.properties"));
        KafkaSettings.declare(settings);
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(settings::check)
                .withMessageContaining("LAWTAP_KAFKA_CLIENT_PROPERTIES=/nowhere/client.properties: cannot be read");
    }
}
