package org.lawtap.warrants.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.process.StartException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Common to all subcommands: help, the form of the answer, and errors as one sentence. */
abstract class Step implements Callable<Integer> {
    @Spec
    @Nullable
    CommandSpec spec;

    @ParentCommand
    @Nullable
    WarrantCommand parent;

    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    @Option(names = "--output", defaultValue = "text", description = "text or json; default: ${DEFAULT-VALUE}.")
    String output = "text";

    abstract void run(Answer answer) throws IOException, StartException, InterruptedException;

    final OrderLog log() {
        return Objects.requireNonNull(parent).log();
    }

    final Instant now() {
        return Objects.requireNonNull(parent).clock().instant();
    }

    /** What the log's orders come to, as of now. */
    final OrderHistory history() throws StartException {
        return OrderHistory.of(log().orders(), log().check());
    }

    @Override
    public final Integer call() throws InterruptedException {
        CommandSpec command = Objects.requireNonNull(spec);
        if (!output.equals("text") && !output.equals("json")) {
            throw new ParameterException(command.commandLine(), "--output must be text or json");
        }
        PrintWriter err = command.commandLine().getErr();
        try {
            Answer answer = new Answer();
            run(answer);
            answer.print(command.commandLine().getOut(), output.equals("json"));
            return 0;
        } catch (NoSuchFileException e) {
            err.println("lawtap warrant: there is no file " + e.getFile());
        } catch (FileAlreadyExistsException e) {
            err.println("lawtap warrant: " + e.getFile() + " exists and is not overwritten");
        } catch (IOException | StartException | IllegalArgumentException e) {
            err.println("lawtap warrant: " + e.getMessage());
        }
        err.flush();
        return 1;
    }
}
