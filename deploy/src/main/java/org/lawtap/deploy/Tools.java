package org.lawtap.deploy;

import org.lawtap.deploy.registry.SchemasCommand;
import org.lawtap.sink.cli.ExplainCommand;
import org.lawtap.sink.cli.ExportCommand;
import org.lawtap.sink.cli.RebuildCommand;
import org.lawtap.sink.cli.VerifyCommand;
import org.lawtap.warrants.cli.WarrantCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What of the command line comes in the image {@code tools}: all that needs no sandbox. */
@Command(
        name = "lawtap",
        mixinStandardHelpOptions = true,
        version = "lawtap 0.1.0",
        description = "Topics, warrants and evidence of lawtap.",
        subcommands = {
            WarrantCommand.class,
            RebuildCommand.class,
            VerifyCommand.class,
            ExplainCommand.class,
            ExportCommand.class,
            TopicsCommand.class,
            Lawtap.SchemaCommand.class,
            SchemasCommand.class
        })
public final class Tools {
    private Tools() {}

    /** The entry. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Tools()).execute(arguments));
    }
}
