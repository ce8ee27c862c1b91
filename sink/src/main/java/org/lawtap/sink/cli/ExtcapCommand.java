package org.lawtap.sink.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.sink.SinkConfig;
import org.lawtap.sink.live.ContentLook;
import org.lawtap.sink.live.LiveCapture;
import org.lawtap.sink.live.LiveCaptureException;
import org.lawtap.sink.retention.DecryptedLog;
import org.lawtap.sink.retention.DeliveryKeyFiles;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/**
 * What the installed extcap program asks: the interfaces, and the capture of one. The protocol is Wireshark's (its Developer's Guide,
 * chapter 8.2); what it answers without Kafka the program answers by itself. Nobody sees a packet before custody holds who looks.
 */
@Command(name = "extcap", hidden = true, description = "Answer Wireshark; called by the installed extcap program.")
final class ExtcapCommand implements Callable<Integer> {
    static final String INTERFACE_PREFIX = "lawtap-";

    private static final Set<String> KNOWN =
            Set.of("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", "LAWTAP_KAFKA_CLIENT_PROPERTIES", "LAWTAP_DELIVERY_KEYS_DIR");
    private static final String ACTOR = "wireshark";
    private static final String CLIENT = "lawtap-wireshark";
    private static final int EXIT_FAILED = 1;
    private static final int LIST_TIMEOUT_MS = 4000;
    private static final Duration END_TIMEOUT = Duration.ofSeconds(8);

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "--extcap-interfaces")
    boolean interfaces;

    @Option(names = "--extcap-version", arity = "0..1", fallbackValue = "")
    @Nullable
    String version;

    @Option(names = "--extcap-interface")
    String extcapInterface = "";

    @Option(names = "--capture")
    boolean capture;

    @Option(names = "--fifo")
    @Nullable
    Path fifo;

    @Option(names = {"--extcap-capture-filter", "--extcap-filter"})
    String filter = "";

    @Option(names = "--mode")
    String mode = "replay";

    @Option(names = "--delivery-keys")
    String deliveryKeys = "";

    /** What later releases of Wireshark may say. */
    @Unmatched
    List<String> others = new ArrayList<>();

    /** The settings of this command alone: whoever starts Wireshark may have others for other commands. */
    static Map<String, String> environment() {
        return System.getenv().entrySet().stream()
                .filter(entry -> !entry.getKey().startsWith("LAWTAP_") || KNOWN.contains(entry.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    @Override
    public Integer call() throws InterruptedException {
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        PrintWriter err = line.getErr();
        try {
            Settings settings = new Settings(environment());
            KafkaSettings kafka = KafkaSettings.declare(settings);
            Path keys = SinkConfig.deliveryKeysDirectory(settings);
            settings.check();
            KafkaClients clients = new KafkaClients(kafka, CLIENT);
            if (interfaces) {
                list(clients, line);
                return CommandLine.ExitCode.OK;
            }
            if (!capture) {
                // Asked for something that newer releases ask: no answer is an answer.
                return CommandLine.ExitCode.OK;
            }
            show(clients, deliveryKeys.isBlank() ? keys : Path.of(deliveryKeys));
            return CommandLine.ExitCode.OK;
        } catch (StartException e) {
            err.println("lawtap: " + e.getMessage());
            return ServiceMain.EXIT_CONFIG;
        } catch (IllegalArgumentException | LiveCaptureException e) {
            err.println("lawtap: " + e.getMessage());
            return EXIT_FAILED;
        } finally {
            err.flush();
        }
    }

    private static void list(KafkaClients clients, CommandLine line) throws InterruptedException {
        PrintWriter out = line.getOut();
        out.println("extcap {version=1.0}{display=lawtap}");
        try (Admin admin = clients.admin()) {
            Set<String> names = new TreeSet<>();
            try {
                names.addAll(admin.listTopics().names().get(LIST_TIMEOUT_MS, TimeUnit.MILLISECONDS));
            } catch (ExecutionException | TimeoutException e) {
                line.getErr().println("lawtap: Kafka did not answer; no warrant is shown");
                admin.close(Duration.ZERO);
            }
            for (String name : names) {
                if (name.startsWith(Topic.PACKETS_PREFIX)) {
                    String id = name.substring(Topic.PACKETS_PREFIX.length());
                    out.println("interface {value=" + INTERFACE_PREFIX + id + "}{display=lawtap: warrant " + id + "}");
                }
            }
        }
        out.flush();
    }

    private void show(KafkaClients clients, Path keys) throws LiveCaptureException, InterruptedException {
        Path to = fifo;
        if (to == null || !extcapInterface.startsWith(INTERFACE_PREFIX)) {
            throw new IllegalArgumentException("a capture needs --extcap-interface lawtap-WARRANT and --fifo FILE");
        }
        if (!filter.isBlank()) {
            throw new IllegalArgumentException(
                    "a warrant's packets take no capture filter; use a display filter, or filter the file");
        }
        WarrantId warrant = WarrantId.parse(extcapInterface.substring(INTERFACE_PREFIX.length()));
        LiveCapture.Mode shown = LiveCapture.Mode.valueOf(mode.toUpperCase(Locale.ROOT));
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch done = new CountDownLatch(1);
        // Wireshark ends a capture by SIGTERM; custody still is told how far it went.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(stop, done)));
        try (LiveCapture live = LiveCapture.open(
                        clients, warrant, DecryptedLog.keys(new DeliveryKeyFiles(keys), warrant, clients), shown);
                ContentLook look = ContentLook.begin(clients, ACTOR, warrant, shown.name(), live.from())) {
            try (FileChannel out = FileChannel.open(to, StandardOpenOption.WRITE)) {
                live.run(out, stop::get);
            } catch (IOException e) {
                // Nobody reads any more: Wireshark was closed, or has enough.
            } finally {
                look.ended(live.next());
            }
        } finally {
            done.countDown();
        }
    }

    private static void end(AtomicBoolean stop, CountDownLatch done) {
        stop.set(true);
        try {
            done.await(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
