package org.lawtap.warrants.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.StartException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "amend",
        description = {
            "Draft the next generation of a warrant: the same but for the options given. It is approved and activated like a"
                    + " new one, and takes the place of the one before then.",
            "--label replaces all labels."
        })
final class AmendCommand extends Step {
    @Parameters(
            paramLabel = "WARRANT|FILE",
            description = "The warrant's id: its newest generation in the log is amended; or a drafted warrant's file.")
    String source = "";

    @Option(names = "--out", required = true, description = "The file to write.")
    Path file = Path.of("warrant.json");

    @Mixin
    WarrantFields fields = new WarrantFields();

    @Option(names = "--no-filter", description = "The amended warrant has no filter.")
    boolean noFilter;

    @Override
    void run(Answer answer) throws IOException, StartException {
        Warrant before;
        long generation;
        boolean revoked = false;
        if (Files.exists(Path.of(source))) {
            before = OrderFiles.readWarrant(Path.of(source));
            generation = before.generation() + 1;
        } else {
            WarrantId id = WarrantId.parse(source);
            OrderHistory history = history();
            before = history.requireWarrant(id);
            generation = history.newestGeneration(id) + 1;
            revoked = history.revoked(id);
        }
        Warrant amended = fields.amend(before, generation, noFilter);
        Amendment amendment = Amendment.of(before, amended);
        if (amendment.changes().isEmpty() && !revoked) {
            throw new IllegalArgumentException("nothing is changed: say with options what the amendment is");
        }
        OrderFiles.writeNew(file, amended);
        amendment.tell(before.generation(), answer);
        if (revoked) {
            answer.say("the warrant was REVOKED: this amendment brings it back into force");
        }
        answer.say("generation " + generation + " of warrant " + amended.id() + " drafted in " + file
                + "; two approvers sign it anew with: lawtap warrant approve " + file + " --key NAME.key.pem");
        answer.facts()
                .put("warrant", amended.id().toString())
                .put("generation", generation)
                .put("revoked", revoked)
                .put("file", file.toString());
    }
}
