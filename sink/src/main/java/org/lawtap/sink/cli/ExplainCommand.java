package org.lawtap.sink.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lawtap.sink.verify.EvidenceDirectory;
import org.lawtap.sink.verify.Explainer;
import org.lawtap.sink.verify.Explanation;
import org.lawtap.sink.verify.ExplanationText;
import org.lawtap.sink.verify.TrustedKeys;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lawtap explain FILE FRAME}: why a packet is in the evidence. */
@Command(
        name = "explain",
        description =
                "Follow one packet of a capture file back to its session, record, command, warrant and approvers.")
public final class ExplainCommand implements Callable<Integer> {
    private static final int LEVELS_UP = 3;

    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Parameters(index = "0", paramLabel = "FILE", description = "A capture file, with its ledger beside it.")
    Path file = Path.of("");

    @Parameters(
            index = "1",
            paramLabel = "FRAME",
            description = "The packet's number in the file, from 1, as Wireshark counts.")
    long frame;

    @Option(
            names = "--keys",
            description = "The public keys to trust (docs/evidence.md); default: a directory keys beside the evidence.")
    @Nullable
    Path keys;

    @Option(names = "--output", defaultValue = "text", description = "text or json; default: ${DEFAULT-VALUE}.")
    String output = "text";

    @Override
    public Integer call() {
        CommandSpec command = java.util.Objects.requireNonNull(spec);
        PrintWriter out = command.commandLine().getOut();
        PrintWriter err = command.commandLine().getErr();
        try {
            if (!output.equals("text") && !output.equals("json")) {
                throw new IllegalArgumentException("--output must be text or json");
            }
            Explanation told = Explainer.of(file, trusted()).explain(frame);
            if (output.equals("json")) {
                out.print(ExplanationText.json(told));
            } else {
                ExplanationText.print(told, out);
            }
            out.flush();
            return 0;
        } catch (IOException | IllegalArgumentException e) {
            err.println("lawtap explain: " + e.getMessage());
            err.flush();
            return CommandLine.ExitCode.USAGE;
        }
    }

    private @Nullable TrustedKeys trusted() throws IOException {
        Path given = keys;
        if (given != null) {
            return TrustedKeys.read(given);
        }
        Path place = file.toAbsolutePath().normalize().getParent();
        for (int level = 0; level < LEVELS_UP && place != null; level++) {
            Optional<Path> beside = EvidenceDirectory.keysBeside(place, List.of());
            if (beside.isPresent()) {
                return TrustedKeys.read(beside.get());
            }
            place = place.getParent();
        }
        return null;
    }
}
