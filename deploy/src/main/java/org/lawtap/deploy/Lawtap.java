package org.lawtap.deploy;

import java.io.Console;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.bench.BenchCommand;
import org.lawtap.deploy.bench.TrainCommand;
import org.lawtap.deploy.demo.Demo;
import org.lawtap.deploy.demo.DemoException;
import org.lawtap.deploy.faults.TestCommand;
import org.lawtap.deploy.images.ImagesCommand;
import org.lawtap.deploy.operation.StatusCommand;
import org.lawtap.deploy.registry.SchemasCommand;
import org.lawtap.deploy.simulation.SimulateCommand;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.topics.SchemaId;
import org.lawtap.sink.Sink;
import org.lawtap.sink.cli.ExplainCommand;
import org.lawtap.sink.cli.ExportCommand;
import org.lawtap.sink.cli.RebuildCommand;
import org.lawtap.sink.cli.VerifyCommand;
import org.lawtap.sink.cli.WiresharkCommand;
import org.lawtap.warrants.Warrants;
import org.lawtap.warrants.cli.WarrantCommand;
import org.lawtap.watcher.Watcher;
import org.lawtap.worker.CaptureWorker;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The Java side of {@code ./lawtap}. */
@Command(
        name = "lawtap",
        mixinStandardHelpOptions = true,
        version = "lawtap 0.1.0",
        description = "Lawful interception of the pods of one application in a Kubernetes cluster, provably.",
        subcommands = {
            Lawtap.DemoCommand.class,
            BenchCommand.class,
            TrainCommand.class,
            SimulateCommand.class,
            ImagesCommand.class,
            WarrantCommand.class,
            RebuildCommand.class,
            VerifyCommand.class,
            ExplainCommand.class,
            ExportCommand.class,
            TopicsCommand.class,
            WiresharkCommand.class,
            StatusCommand.class,
            Lawtap.SchemaCommand.class,
            SchemasCommand.class,
            Lawtap.WatcherCommand.class,
            Lawtap.WarrantsCommand.class,
            Lawtap.CaptureWorkerCommand.class,
            Lawtap.SinkCommand.class,
            TestCommand.class
        })
public final class Lawtap {
    private Lawtap() {}

    /** The entry. Services take their settings from the environment and are run before picocli sees their arguments. */
    public static void main(String[] arguments) {
        Optional<ServiceMain.Service> service = arguments.length == 0 ? Optional.empty() : service(arguments[0]);
        if (service.isPresent()) {
            String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
            System.exit(ServiceMain.run(service.get(), rest, System.getenv(), System.err));
        }
        System.exit(new CommandLine(new Lawtap()).execute(arguments));
    }

    /** Made when asked for: their loggers must not start before the demo has said where it logs. */
    private static Optional<ServiceMain.Service> service(String name) {
        return switch (name) {
            case "watcher" -> Optional.of(new Watcher());
            case "warrants" -> Optional.of(new Warrants());
            case "capture-worker" -> Optional.of(new CaptureWorker());
            case "sink" -> Optional.of(new Sink());
            default -> Optional.empty();
        };
    }

    @Command(
            name = "demo",
            description = "Play the paper's scene on real interfaces, from a signed warrant to checked evidence.")
    static final class DemoCommand implements Callable<Integer> {
        private static final Duration TAKE_DOWN_TIMEOUT = Duration.ofSeconds(30);

        @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
        boolean help;

        @Option(
                names = "--dir",
                required = true,
                description = "A new or empty directory for all that the demo leaves.")
        Path directory = Path.of(".");

        @Option(
                names = "--replay",
                description =
                        "A capture file (pcap or pcapng, Ethernet): the target pod sends its frames instead of the scene's.")
        @Nullable
        Path replay;

        @Option(names = "--engine", defaultValue = "ring", description = "ring or pcap4j; default: ${DEFAULT-VALUE}.")
        String engine = "ring";

        @Option(
                names = "--warrant-seconds",
                defaultValue = "40",
                description = "How long the scene's warrant is valid; default: ${DEFAULT-VALUE}.")
        int warrantSeconds;

        @Option(
                names = "--headers-only",
                description = "The warrant grants headers only: content is cut off where it is captured.")
        boolean headersOnly;

        @Override
        public Integer call() {
            if (!engine.equals("ring") && !engine.equals("pcap4j")) {
                System.err.println("lawtap demo: --engine must be ring or pcap4j");
                return CommandLine.ExitCode.USAGE;
            }
            if (headersOnly && replay != null) {
                System.err.println(
                        "lawtap demo: --replay compares whole frames, and --headers-only keeps none; name one of them");
                return CommandLine.ExitCode.USAGE;
            }
            Path absolute = directory.toAbsolutePath().normalize();
            System.setProperty(
                    "lawtap.log", absolute.resolve("logs").resolve("demo.log").toString());
            System.setProperty("logback.configurationFile", "logback-demo.xml");
            // The stand-in API server reports every request through java.util.logging.
            Logger.getLogger("").setLevel(Level.OFF);
            Demo demo = new Demo(
                    new Demo.Options(
                            absolute,
                            Optional.ofNullable(replay),
                            engine.equals("pcap4j"),
                            warrantSeconds,
                            headersOnly ? Warrant.Scope.HEADERS : Warrant.Scope.CONTENT),
                    System.out,
                    terminal());
            // On SIGINT and SIGTERM the demo still takes its stage down.
            return OrderlyEnd.of(TAKE_DOWN_TIMEOUT, () -> played(demo));
        }

        @SuppressWarnings("SystemConsoleNull") // null again since JDK 25 when there is no terminal
        private static boolean terminal() {
            Console console = System.console();
            return console != null && console.isTerminal();
        }

        private static int played(Demo demo) {
            try {
                return demo.run() ? 0 : 1;
            } catch (DemoException e) {
                System.err.println("lawtap demo: " + e.getMessage());
                System.err.flush();
                // Not exit: threads of a broken Kafka would hold the end up for minutes.
                Runtime.getRuntime().halt(1);
                return 1;
            } catch (InterruptedException e) {
                System.err.println("lawtap demo: interrupted; the sandbox is removed, the evidence is incomplete");
                return 1;
            }
        }
    }

    @Command(
            name = "schema",
            description = "Print a whole Avro schema: pods, warrants, commands, packets, encrypted or custody.")
    static final class SchemaCommand implements Callable<Integer> {
        @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
        boolean help;

        @Parameters(paramLabel = "TOPIC", description = "pods, warrants, commands, packets, encrypted or custody.")
        String topic = "";

        @Override
        public Integer call() {
            for (SchemaId id : SchemaId.values()) {
                if (id.name().equalsIgnoreCase(topic)) {
                    System.out.println(id.json());
                    return 0;
                }
            }
            System.err.println("lawtap schema: there is no topic " + topic
                    + "; say pods, warrants, commands, packets, encrypted or custody");
            return CommandLine.ExitCode.USAGE;
        }
    }

    /** Shown in the help; main runs the service itself. */
    @Command(name = "watcher", description = "Run the watcher; its settings: lawtap watcher --help.")
    static final class WatcherCommand {}

    @Command(name = "warrants", description = "Run the deciding service; its settings: lawtap warrants --help.")
    static final class WarrantsCommand {}

    @Command(
            name = "capture-worker",
            description = "Run the capture-worker of this node; its settings: lawtap capture-worker --help.")
    static final class CaptureWorkerCommand {}

    @Command(name = "sink", description = "Run the sink; its settings: lawtap sink --help.")
    static final class SinkCommand {}
}
