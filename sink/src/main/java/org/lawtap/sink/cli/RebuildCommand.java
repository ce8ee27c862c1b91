package org.lawtap.sink.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.sink.evidence.EvidenceException;
import org.lawtap.sink.evidence.EvidenceFiles;
import org.lawtap.sink.rebuild.Outcome;
import org.lawtap.sink.rebuild.Rebuild;
import org.lawtap.sink.rebuild.RebuildException;
import org.lawtap.sink.rebuild.RecordLog;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lawtap rebuild}: the files of a warrant from its log alone. */
@Command(
        name = "rebuild",
        sortOptions = false,
        description =
                "Make a warrant's capture files and ledgers anew from its log in Kafka, the same to the byte as the sink's,"
                        + " and check chains and seals on the way.",
        footer = {
            "",
            "Needs LAWTAP_KAFKA_BOOTSTRAP_SERVERS, and LAWTAP_KAFKA_CLIENT_PROPERTIES and LAWTAP_DELIVERY_KEYS_DIR as the sink: the"
                    + " content is encrypted, and only its delivery key reads it. Reads what is in the log when it"
                    + " begins, without a consumer group: nothing in Kafka changes. Seals are checked with the keys that the"
                    + " sessions' openings name; whose keys those are is for lawtap verify.",
            "Exit codes: 0 rebuilt, chains and seals right, nothing missing; 1 not rebuilt; 2 wrong arguments; 3 rebuilt, but a"
                    + " chain or seal is wrong or packets are missing in the log; 78 wrong settings."
        })
public final class RebuildCommand implements Callable<Integer> {
    private static final int EXIT_FAILED = 1;
    private static final int EXIT_UNSOUND = 3;

    /** The sink's own default. */
    private static final String ROTATE_BYTES = "1073741824";

    private static final long ROTATE_BYTES_MIN = 1 << 16;
    private static final int THREADS_MAX = 64;
    private static final int FETCH_BYTES = 16 << 20;
    private static final String PREFIX = "lawtap rebuild: ";

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(names = "--warrant", required = true, paramLabel = "ID", description = "Whose log.")
    String warrantId = "";

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "A new or empty directory.")
    Path out = Path.of(".");

    @Option(
            names = "--threads",
            paramLabel = "N",
            description =
                    "How many hash and read records ahead; default: one for each processor. The files do not depend on it.")
    int threads = Runtime.getRuntime().availableProcessors();

    @Option(
            names = "--sorted",
            description = "One capture file of all packets in the order of time, instead of the sink's files.")
    boolean sorted;

    @Option(
            names = "--rotate-bytes",
            paramLabel = "N",
            defaultValue = ROTATE_BYTES,
            description = "What the sink has as LAWTAP_EVIDENCE_ROTATE_BYTES; default: its default, ${DEFAULT-VALUE}.")
    long rotateBytes;

    @Option(
            names = "--to",
            paramLabel = "OFFSET",
            description =
                    "Leave out this record and what follows, for instance from a seal's log.next on; default: all.")
    long to = Long.MAX_VALUE;

    @Override
    public Integer call() throws InterruptedException {
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        PrintWriter err = line.getErr();
        try {
            WarrantId warrant = WarrantId.parse(warrantId);
            if (threads < 1 || threads > THREADS_MAX) {
                throw new IllegalArgumentException("--threads must be 1 to " + THREADS_MAX);
            }
            if (rotateBytes < ROTATE_BYTES_MIN) {
                throw new IllegalArgumentException("--rotate-bytes must be " + ROTATE_BYTES_MIN + " or more");
            }
            if (to < 0) {
                throw new IllegalArgumentException("--to must be 0 or more");
            }
            requireEmpty(out);
            return rebuild(warrant, LogReach.of("lawtap-rebuild"), line);
        } catch (IllegalArgumentException e) {
            err.println(PREFIX + e.getMessage());
            return CommandLine.ExitCode.USAGE;
        } catch (StartException e) {
            err.println(PREFIX + e.getMessage());
            return ServiceMain.EXIT_CONFIG;
        } finally {
            err.flush();
        }
    }

    /** @throws IllegalArgumentException if it is there and has something in it */
    private static void requireEmpty(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.list(directory)) {
            if (files.findAny().isPresent()) {
                throw new IllegalArgumentException(
                        "--out " + directory + " is not empty; nothing there is overwritten");
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("--out " + directory + " is no directory that can be read", e);
        }
    }

    private int rebuild(WarrantId warrant, LogReach reach, CommandLine line) throws InterruptedException {
        PrintWriter err = line.getErr();
        RebuildMeter meter = null;
        try (RecordLog log = reach.open(warrant, FETCH_BYTES, to)) {
            Files.createDirectories(out);
            meter = new RebuildMeter(
                    "rebuild", err, StandardError.isTerminal(), System::nanoTime, log.first(), log.end());
            Rebuild rebuild = new Rebuild(log, threads, meter);
            Outcome outcome = sorted
                    ? rebuild.sorted(out, warrant)
                    : rebuild.series(EvidenceFiles.rebuilt(out, warrant), rotateBytes);
            meter.done();
            tell(outcome, Topic.packets(warrant).name(), line.getOut());
            return outcome.sound() ? CommandLine.ExitCode.OK : EXIT_UNSOUND;
        } catch (RebuildException e) {
            end(meter);
            err.println(PREFIX + e.getMessage());
        } catch (IOException | EvidenceException e) {
            end(meter);
            err.println(PREFIX + "the files can't be written: " + e.getMessage());
        }
        err.println(PREFIX + "what stands in " + out + " is incomplete");
        return EXIT_FAILED;
    }

    private static void end(@Nullable RebuildMeter meter) {
        if (meter != null) {
            meter.done();
        }
    }

    private void tell(Outcome outcome, String topic, PrintWriter said) {
        said.println(String.format(
                Locale.ROOT,
                "%s, offsets %d to %d: %,d records of %,d bytes, %,d filed before, %,d left out%s",
                topic,
                outcome.first(),
                outcome.next() - 1,
                outcome.records().all(),
                outcome.bytes(),
                outcome.records().repeated(),
                outcome.records().refused(),
                refusals(outcome)));
        if (outcome.first() > 0) {
            said.println("the log begins at offset " + outcome.first() + ": what stood before was removed from it");
        }
        said.println(String.format(
                Locale.ROOT,
                "%,d sessions, %,d of them without an end; %,d packets, %,d missing",
                outcome.sessions().size(),
                outcome.open(),
                outcome.packets(),
                outcome.missing()));
        if (outcome.brokenChains() == 0) {
            said.println("chains and seals: right");
        } else {
            said.println(String.format(Locale.ROOT, "chains and seals: %,d faults", outcome.brokenChains()));
            outcome.problems().forEach(problem -> said.println("  " + problem));
            if (outcome.problems().size() < outcome.brokenChains()) {
                said.println("  and so on");
            }
        }
        said.println("in " + out);
        said.flush();
    }

    private static String refusals(Outcome outcome) {
        return outcome.refused().isEmpty()
                ? ""
                : outcome.refused().entrySet().stream()
                        .sorted(java.util.Map.Entry.comparingByKey())
                        .map(entry -> entry.getValue() + " " + entry.getKey())
                        .collect(Collectors.joining(", ", " (", ")"));
    }
}
