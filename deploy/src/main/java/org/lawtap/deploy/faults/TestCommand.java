package org.lawtap.deploy.faults;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.OrderlyEnd;
import org.lawtap.deploy.bench.BenchException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap test --faults}; all other tests are run by the launcher. */
@Command(
        name = "test",
        sortOptions = false,
        description = {
            "Build everything and run all tests (--long: the rest of them; --mutations; --real-cluster).",
            "With --faults: let faults from a seed befall the whole system on three brokers, then check that nothing was lost"
                    + " without a trace, doubled, or kept against the law: docs/reliability.md."
        },
        exitCodeOnInvalidInput = TestCommand.USAGE,
        footer = {"", "Exit codes of --faults: 0 clean, 1 not clean, 64 wrong arguments. Needs root."})
public final class TestCommand implements Callable<Integer> {
    static final int USAGE = 64;

    private static final int MINUTES_MAX = 120;
    private static final Duration END_TIMEOUT = Duration.ofMinutes(2);
    private static final double NANOS_PER_SECOND = 1e9;

    private final PrintStream out;
    private final PrintStream err;
    private final long begin = System.nanoTime();

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(names = "--faults", required = true, description = "Play a nemesis run.")
    boolean faults;

    @Option(
            names = "--seed",
            defaultValue = "1",
            description = "What befalls whom, and when, follows from it; default: ${DEFAULT-VALUE}.")
    long seed;

    @Option(
            names = "--minutes",
            defaultValue = "3",
            description = "How long faults come; the run takes about four minutes more; default: ${DEFAULT-VALUE}.")
    int minutes;

    @Option(names = "--plan", description = "Only say what would befall whom and when.")
    boolean planOnly;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write what was found to this file.")
    @Nullable
    Path json;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "A new directory, which stays; else a temporary one, which stays if the run is not clean.")
    @Nullable
    Path directory;

    @Option(
            names = "--verifier",
            paramLabel = "FILE",
            description =
                    "The second verifier, docs/verify.py; the launcher names it. Without it that check is left out.")
    @Nullable
    Path verifier;

    public TestCommand() {
        this(System.out, System.err);
    }

    TestCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() {
        if (minutes < 1 || minutes > MINUTES_MAX) {
            err.println("lawtap test: --minutes must be 1 to " + MINUTES_MAX);
            return USAGE;
        }
        Plan plan = Plan.of(seed, minutes);
        if (planOnly) {
            plan.faults()
                    .forEach(
                            fault -> out.printf(Locale.ROOT, "%7.1f s  %s%n", fault.atMs() / 1000.0, fault.sentence()));
            return 0;
        }
        Path kept = directory;
        if (kept != null && Files.exists(kept)) {
            err.println("lawtap test: " + kept + " is there; name a new directory");
            return USAGE;
        }
        if (!"root".equals(System.getProperty("user.name"))) {
            err.println("lawtap test --faults makes network namespaces and must run as root; try: sudo ./lawtap test"
                    + " --faults");
            return 1;
        }
        return OrderlyEnd.of(END_TIMEOUT, () -> play(plan));
    }

    private int play(Plan plan) {
        Path work = null;
        boolean clean = false;
        try {
            Path kept = directory;
            work = kept == null
                    ? Files.createTempDirectory("lawtap-faults-")
                    : Files.createDirectories(kept.toAbsolutePath().normalize());
            System.setProperty("lawtap.log", work.resolve("run.log").toString());
            System.setProperty("logback.configurationFile", "logback-demo.xml");
            // The stand-in API server reports every request through java.util.logging.
            Logger.getLogger("").setLevel(Level.OFF);
            FaultRun.Outcome outcome = new FaultRun(plan, work, Optional.ofNullable(verifier), this::tell).play();
            FaultReport report = new FaultReport(outcome);
            report.print(out);
            Path file = json;
            if (file != null) {
                report.write(file);
            }
            clean = outcome.clean();
            return clean ? 0 : 1;
        } catch (BenchException | IOException e) {
            err.println("lawtap test: " + e.getMessage());
            return 1;
        } catch (InterruptedException | InterruptException e) {
            err.println("lawtap test: interrupted; the sandbox is removed");
            return 1;
        } finally {
            if (work != null && directory == null) {
                end(work, clean);
            }
        }
    }

    private void end(Path work, boolean clean) {
        if (!clean) {
            err.println("lawtap test: logs, evidence that was not in memory, and Kafka's data stay in " + work);
            return;
        }
        try (Stream<Path> walk = Files.walk(work)) {
            for (Path each : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException | UncheckedIOException e) {
            err.println("lawtap test: " + work + " could not be removed: " + e.getMessage());
        }
    }

    private void tell(String sentence) {
        err.printf(Locale.ROOT, "%7.1f s  %s%n", (System.nanoTime() - begin) / NANOS_PER_SECOND, sentence);
    }
}
