package org.lawtap.deploy.simulation;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lawtap simulate}. */
@Command(
        name = "simulate",
        sortOptions = false,
        description =
                "Play decisions and captures from seeds, with crashes, losses, reordering and wrong clocks, and check"
                        + " after every step that nothing is captured that may not be, and all that must be.",
        footer = {
            "",
            "Each seed is a run of its own, in one thread, and the same each time; as many run at once as there are"
                    + " processors.",
            "Exit codes: 0 all invariants held, 1 one broke (its story is told), 2 wrong arguments."
        })
public final class SimulateCommand implements Callable<Integer> {
    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(names = "--seeds", defaultValue = "10000", description = "How many seeds; default: ${DEFAULT-VALUE}.")
    long seeds;

    @Option(names = "--from", defaultValue = "1", description = "The first seed; default: ${DEFAULT-VALUE}.")
    long from;

    @Option(
            names = "--plant",
            defaultValue = "none",
            description =
                    "Plant a fault, to see that it is found: ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.",
            completionCandidates = FaultNames.class)
    String plant = "none";

    private final PrintStream out;
    private final PrintStream progress;

    /** On standard output; progress goes to standard error. */
    public SimulateCommand() {
        this(System.out, System.err);
    }

    SimulateCommand(PrintStream out, PrintStream progress) {
        this.out = out;
        this.progress = progress;
    }

    /** The faults as they are written on the command line. */
    static final class FaultNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Arrays.stream(Fault.values()).map(FaultNames::of).iterator();
        }

        static String of(Fault fault) {
            return fault.name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        Optional<Fault> fault = Arrays.stream(Fault.values())
                .filter(one -> FaultNames.of(one).equals(plant))
                .findFirst();
        if (fault.isEmpty() || seeds < 1 || from < 0 || from > Long.MAX_VALUE - seeds) {
            System.err.println("lawtap simulate: "
                    + (fault.isEmpty()
                            ? "--plant must be one of "
                                    + Arrays.stream(Fault.values())
                                            .map(FaultNames::of)
                                            .collect(Collectors.joining(", "))
                            : "--seeds must be 1 or more, and --from 0 or more"));
            return CommandLine.ExitCode.USAGE;
        }
        System.setProperty("logback.configurationFile", "logback-simulate.xml");
        Seeds run = new Seeds(from, seeds, fault.get(), Runtime.getRuntime().availableProcessors());
        run.play(progress);
        Optional<Simulation.Outcome> broken = run.broken();
        if (broken.isPresent()) {
            tell(broken.get());
            return 1;
        }
        out.printf(
                Locale.ROOT,
                "%,d seeds from %d: all invariants held in %,d steps; %,d of %,d packets were kept (%.1f s, %,.0f seeds/s)%n",
                run.done(),
                from,
                run.steps(),
                run.kept(),
                run.packets(),
                run.seconds(),
                run.done() / run.seconds());
        return 0;
    }

    private void tell(Simulation.Outcome outcome) {
        outcome.broken().ifPresent(broken -> {
            out.printf(
                    Locale.ROOT,
                    "seed %d, step %d: broken: %s%n",
                    outcome.seed(),
                    outcome.steps(),
                    broken.invariant().sentence());
            out.println("  " + broken.how());
            out.println("what happened before:");
            broken.story().forEach(line -> out.println("  " + line));
            out.println("again: ./lawtap simulate --from " + outcome.seed() + " --seeds 1"
                    + (plant.equals("none") ? "" : " --plant " + plant));
        });
    }
}
