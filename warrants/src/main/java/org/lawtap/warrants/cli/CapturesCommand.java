package org.lawtap.warrants.cli;

import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.StartException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;

@Command(
        name = "captures",
        description =
                "List the pods that a warrant's target matched, and what became of each: captured, refused and why.")
final class CapturesCommand extends Step {
    @Parameters(paramLabel = "WARRANT", description = "The warrant's id.")
    String id = "";

    @Override
    void run(Answer answer) throws StartException {
        WarrantId warrant = WarrantId.parse(id);
        CaptureStates states = new CaptureStates();
        log().custody(warrant).forEach(states::accept);
        answer.facts().put("warrant", warrant.toString());
        ArrayNode list = answer.facts().putArray("captures");
        states.states().forEach((uid, state) -> {
            answer.say("%s  %s  node %s  %s since %s%s"
                    .formatted(
                            uid,
                            state.pod(),
                            state.node(),
                            state.state(),
                            state.since(),
                            state.why().isEmpty() ? "" : "  " + state.why()));
            list.addObject()
                    .put("uid", uid.toString())
                    .put("pod", state.pod())
                    .put("node", state.node())
                    .put("state", state.state())
                    .put("since", state.since().toString())
                    .put("why", state.why());
        });
        if (states.states().isEmpty()) {
            answer.say("no pod matched so far");
        }
    }
}
