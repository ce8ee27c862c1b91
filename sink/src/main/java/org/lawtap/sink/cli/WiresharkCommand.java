package org.lawtap.sink.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.sink.SinkConfig;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lawtap wireshark}: warrants as interfaces of Wireshark and tshark. */
@Command(
        name = "wireshark",
        description = "Show warrants as interfaces in Wireshark and tshark; see docs/wireshark.md.",
        subcommands = {WiresharkCommand.Install.class, ExtcapCommand.class})
public final class WiresharkCommand {
    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    /** Puts the extcap program where Wireshark looks for it. */
    @Command(
            name = "install",
            description = {
                "Put the extcap program into Wireshark's directory for them. It keeps the present values of"
                        + " LAWTAP_KAFKA_BOOTSTRAP_SERVERS, LAWTAP_KAFKA_CLIENT_PROPERTIES and LAWTAP_DELIVERY_KEYS_DIR.",
                "Exit codes: 0 installed; 1 not; 78 wrong settings."
            })
    static final class Install implements Callable<Integer> {
        private static final String FILE = "lawtap";
        private static final int EXIT_FAILED = 1;
        private static final String PERSONAL = "Personal Extcap path:";

        /** Releases that name no personal extcap directory look below this one. */
        private static final String CONFIGURATION = "Personal configuration:";

        @Spec
        @Nullable
        CommandSpec spec;

        @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
        boolean help;

        @Option(
                names = "--dir",
                paramLabel = "DIR",
                description = "Where to; default: the user's own directory, by tshark -G folders.")
        @Nullable
        Path directory;

        @Override
        public Integer call() throws InterruptedException {
            CommandLine line = Objects.requireNonNull(spec).commandLine();
            PrintWriter err = line.getErr();
            try {
                Settings settings = new Settings(ExtcapCommand.environment());
                KafkaSettings.declare(settings);
                SinkConfig.deliveryKeysDirectory(settings);
                settings.check();
                Path to = directory == null ? folder() : directory;
                Path file = write(to, program(settings));
                line.getOut().println("installed " + file + "; see the interfaces with: tshark -D");
                line.getOut().flush();
                return CommandLine.ExitCode.OK;
            } catch (StartException e) {
                err.println("lawtap wireshark install: " + e.getMessage());
                return ServiceMain.EXIT_CONFIG;
            } catch (IOException e) {
                err.println("lawtap wireshark install: " + e.getMessage());
                return EXIT_FAILED;
            } finally {
                err.flush();
            }
        }

        private static Path write(Path to, String program) throws IOException {
            Path file = to.toAbsolutePath().resolve(FILE);
            try {
                Files.createDirectories(to);
                Files.writeString(file, program);
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
                return file;
            } catch (IOException e) {
                throw new IOException(
                        file + " can't be written (" + e.getMessage()
                                + "); name another directory by --dir, and to Wireshark by WIRESHARK_EXTCAP_DIR",
                        e);
            }
        }

        private static Path folder() throws IOException, InterruptedException {
            Process tshark;
            try {
                tshark = new ProcessBuilder("tshark", "-G", "folders")
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
            } catch (IOException e) {
                throw new IOException(
                        "tshark can't be run; install the package tshark, or name the directory by --dir", e);
            }
            String said = new String(tshark.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            tshark.waitFor();
            return folder(said, PERSONAL)
                    .or(() -> folder(said, CONFIGURATION).map(configuration -> configuration.resolve("extcap")))
                    .orElseThrow(() -> new IOException("tshark names no extcap directory; name one by --dir"));
        }

        /** A line is {@code NAME: tabs PATH}. */
        private static Optional<Path> folder(String said, String name) {
            return said.lines()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(name.length()).strip())
                    .map(Path::of)
                    .findFirst();
        }

        private static String program(Settings settings) {
            String text;
            try (InputStream in =
                    Objects.requireNonNull(WiresharkCommand.class.getResourceAsStream("extcap.sh"), "extcap.sh")) {
                text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            Map<String, String> values = Map.of(
                    "@BOOTSTRAP@", braced(settings, "LAWTAP_KAFKA_BOOTSTRAP_SERVERS"),
                    "@PROPERTIES@", braced(settings, "LAWTAP_KAFKA_CLIENT_PROPERTIES"),
                    "@KEYS@", braced(settings, "LAWTAP_DELIVERY_KEYS_DIR"),
                    "@JAVA@",
                            quoted(Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString()),
                    "@CLASSPATH@", quoted(System.getProperty("java.class.path")),
                    "@MAIN@", "org.lawtap.deploy.Lawtap");
            for (Map.Entry<String, String> value : values.entrySet()) {
                text = text.replace(value.getKey(), value.getValue());
            }
            return text;
        }

        private static String braced(Settings settings, String name) {
            String value = settings.declared().stream()
                    .filter(setting -> setting.name().equals(name))
                    .map(setting -> setting.value() == null ? setting.defaultValue() : setting.value())
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse("");
            return value.replaceAll("([\\\\\"$`}])", "\\\\$1");
        }

        /** Inside single quotes. */
        private static String quoted(String value) {
            return value.replace("'", "'\\''");
        }
    }
}
