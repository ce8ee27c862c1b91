package org.lawtap.sink.cli;

import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lawtap.sink.verify.EvidenceDirectory;
import org.lawtap.sink.verify.HtmlReport;
import org.lawtap.sink.verify.JsonReport;
import org.lawtap.sink.verify.Progress;
import org.lawtap.sink.verify.TextReport;
import org.lawtap.sink.verify.TrustedKeys;
import org.lawtap.sink.verify.VerifyResult;
import org.lawtap.sink.verify.WarrantReport;
import org.lawtap.sink.verify.WarrantVerifier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lawtap verify DIR}: whether evidence is what was captured, offline and with public keys only. */
@Command(
        name = "verify",
        description = {
            "Check evidence offline: every file, record, signature and account, with public keys only.",
            "Ends with 0 if all is right, 1 if anything is not, 2 if there is nothing to check or no keys."
        })
public final class VerifyCommand implements Callable<Integer> {
    @Spec
    @Nullable
    CommandSpec spec;

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Parameters(paramLabel = "DIR", description = "One warrant's directory, or one that holds such.")
    Path directory = Path.of(".");

    @Option(
            names = "--keys",
            description = "The public keys to trust (docs/evidence.md); default: a directory keys beside the evidence.")
    @Nullable
    Path keys;

    @Option(names = "--output", defaultValue = "text", description = "text or json; default: ${DEFAULT-VALUE}.")
    String output = "text";

    @Option(
            names = "--report",
            paramLabel = "FILE.html",
            description = "Also write a page for a reader: one file, to print.")
    @Nullable
    Path report;

    @Option(names = "--unsealed", description = "Accept a warrant that has no seal yet.")
    boolean unsealed;

    @Override
    public Integer call() {
        CommandSpec command = java.util.Objects.requireNonNull(spec);
        PrintWriter out = command.commandLine().getOut();
        PrintWriter err = command.commandLine().getErr();
        try {
            if (!output.equals("text") && !output.equals("json")) {
                throw new IllegalArgumentException("--output must be text or json");
            }
            VerifyResult result = verify();
            Path page = report;
            if (page != null) {
                Files.writeString(page, HtmlReport.write(result));
            }
            if (output.equals("json")) {
                out.print(JsonReport.write(result));
            } else {
                TextReport.print(result, out);
            }
            out.flush();
            return result.ok() ? 0 : 1;
        } catch (NoSuchFileException e) {
            err.println("lawtap verify: there is no file " + e.getFile());
        } catch (IOException | IllegalArgumentException e) {
            err.println("lawtap verify: " + e.getMessage());
        }
        err.flush();
        return CommandLine.ExitCode.USAGE;
    }

    private VerifyResult verify() throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new IllegalArgumentException(directory + " is no directory");
        }
        List<EvidenceDirectory> evidence = EvidenceDirectory.under(directory);
        if (evidence.isEmpty()) {
            throw new IllegalArgumentException("there is no warrant's evidence in " + directory);
        }
        Path given = keys;
        Optional<Path> found = given == null ? EvidenceDirectory.keysBeside(directory, evidence) : Optional.of(given);
        Path place = found.orElseThrow(() ->
                new IllegalArgumentException("no keys: name the directory of the public keys you trust with --keys"));
        if (!TrustedKeys.isAt(place)) {
            throw new IllegalArgumentException(place + " holds neither trust.json nor sink.pub.pem");
        }
        TrustedKeys trusted = TrustedKeys.read(place);
        List<WarrantReport> reports = new ArrayList<>();
        for (EvidenceDirectory one : evidence) {
            reports.add(new WarrantVerifier(one, trusted, unsealed, progress()).verify());
        }
        return new VerifyResult(reports, trusted, given == null);
    }

    @SuppressWarnings("SystemConsoleNull") // null again since JDK 25 when there is no terminal
    private static Progress progress() {
        Console console = System.console();
        return console != null && console.isTerminal() ? new ProgressLine(System.err) : Progress.NONE;
    }
}
