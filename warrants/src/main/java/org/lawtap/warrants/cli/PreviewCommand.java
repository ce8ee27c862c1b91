package org.lawtap.warrants.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.StartException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "preview",
        description = {
            "Say, before anybody signs, whom a drafted warrant would reach now: which pods on which nodes, which would be refused"
                    + " and why, whether it is wider than one application, and what it changes.",
            "It rests on what the watcher put into lawtap.pods."
        })
final class PreviewCommand extends Step {
    @Parameters(paramLabel = "FILE", description = "The drafted warrant.")
    Path file = Path.of("warrant.json");

    @Override
    void run(Answer answer) throws IOException, StartException {
        Warrant warrant = OrderFiles.readWarrant(file);
        Target target = warrant.target();
        OrderHistory history = history();
        Preview preview = Preview.of(target, log().pods());
        Instant now = now();

        answer.say("warrant %s generation %d: cluster %s, namespace %s, labels %s, %s to %s, scope %s, filter %s"
                .formatted(
                        warrant.id(),
                        warrant.generation(),
                        target.cluster(),
                        target.namespace(),
                        new TreeMap<>(target.labels()),
                        warrant.notBefore(),
                        warrant.notAfter(),
                        warrant.scope(),
                        warrant.filter() == null ? "none" : warrant.filter()));
        answer.facts()
                .put("warrant", warrant.id().toString())
                .put("generation", warrant.generation())
                .put("asOf", preview.lastWord().map(Instant::toString).orElse(null));
        list(preview, Preview.Fate.CAPTURED, "would be captured" + from(warrant, now), answer);
        list(preview, Preview.Fate.WAITS, "would wait", answer);
        list(preview, Preview.Fate.REFUSED, "would be refused", answer);
        nodes(preview, answer);
        warnings(preview, target, answer);
        Optional<String> hindrance = history.hindrance(warrant, now);
        hindrance.ifPresent(why -> answer.say("activating it now would be refused: " + why));
        answer.facts().put("refusal", hindrance.orElse(null));
        history.warrant(warrant.id())
                .filter(before -> before.generation() < warrant.generation())
                .ifPresent(before -> Amendment.of(before, warrant).tell(before.generation(), answer));
        preview.lastWord().ifPresent(at -> answer.say("as of " + at + ", the watcher's last word on the cluster"));
    }

    private static String from(Warrant warrant, Instant now) {
        return now.isBefore(warrant.notBefore()) ? " (not before " + warrant.notBefore() + ")" : "";
    }

    private static void list(Preview preview, Preview.Fate fate, String what, Answer answer) {
        List<Preview.Match> matches = preview.with(fate);
        answer.say(matches.size() + (matches.size() == 1 ? " pod " : " pods ") + what);
        ArrayNode list = answer.facts().withArrayProperty("pods");
        for (Preview.Match match : matches) {
            NodeName node = match.pod().node();
            String pod = match.pod().ref().name().value();
            answer.say("  %s  %s  %s%s"
                    .formatted(
                            match.pod().ref().uid(),
                            pod,
                            node == null ? "no node" : "node " + node,
                            match.why().isEmpty() ? "" : "  " + match.why()));
            list.addObject()
                    .put("uid", match.pod().ref().uid().toString())
                    .put("pod", pod)
                    .put("node", node == null ? null : node.value())
                    .put("application", Preview.application(match.pod()))
                    .put("fate", fate.name())
                    .put("why", match.why());
        }
    }

    private static void nodes(Preview preview, Answer answer) {
        ObjectNode nodes = answer.facts().putObject("nodes");
        preview.nodes().forEach((node, pods) -> {
            answer.say("node " + node + ": " + pods + (pods == 1 ? " pod" : " pods"));
            nodes.put(node.value(), pods);
        });
    }

    private static void warnings(Preview preview, Target target, Answer answer) {
        ArrayNode warnings = answer.facts().putArray("warnings");
        for (String warning : preview.warnings(target)) {
            answer.say("look: " + warning);
            warnings.add(warning);
        }
    }
}
