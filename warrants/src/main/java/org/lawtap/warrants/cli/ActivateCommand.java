package org.lawtap.warrants.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.StartException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "activate",
        description = "Check an approved order and publish it. What is refused here is a custody record, too.")
final class ActivateCommand extends Step {
    @Parameters(paramLabel = "FILE", description = "The drafted order; its signatures are in FILE.dsse.json.")
    Path file = Path.of("warrant.json");

    @Override
    void run(Answer answer) throws IOException, StartException, InterruptedException {
        Path envelope = OrderFiles.envelopeOf(file);
        if (!Files.exists(envelope)) {
            throw new IllegalArgumentException(
                    "nobody has approved " + file + " yet; two approvers do it with: lawtap warrant approve");
        }
        SignedOrder signed;
        try {
            signed = EnvelopeFile.read(envelope);
        } catch (IllegalArgumentException e) {
            throw refused(null, String.valueOf(e.getMessage()));
        }
        Order order = switch (log().check().check(signed, now())) {
            case OrderCheck.Verdict.Approved approved -> approved.order();
            case OrderCheck.Verdict.Refused refused -> throw refused(null, refused.reason());
        };
        if (order instanceof Order.Revocation) {
            throw new IllegalArgumentException("a revocation needs no draft: lawtap warrant revoke");
        }
        OrderHistory history = history();
        Optional<String> hindrance = history.hindrance(order, now());
        if (hindrance.isPresent()) {
            throw refused(order.id(), hindrance.get());
        }
        log().send(order.id(), signed);
        answer.facts().put("warrant", order.id().toString()).put("generation", order.generation());
        if (order instanceof Warrant warrant) {
            tell(warrant, history, answer);
        } else {
            answer.say(OrderFiles.what(order) + " " + order.id() + " published");
        }
    }

    private void tell(Warrant warrant, OrderHistory history, Answer answer) {
        Instant now = now();
        history.warrant(warrant.id())
                .ifPresent(before -> Amendment.of(before, warrant).tell(before.generation(), answer));
        answer.say("warrant " + warrant.id() + " generation " + warrant.generation() + " published; valid "
                + warrant.notBefore() + " to " + warrant.notAfter()
                + (now.isBefore(warrant.notBefore()) ? "; nothing is captured before that" : ""));
        answer.facts()
                .put("notBefore", warrant.notBefore().toString())
                .put("notAfter", warrant.notAfter().toString());
    }

    /** An order that isn't valid proves nothing of the warrant it speaks of: its refusal is then filed under none. */
    private IllegalArgumentException refused(@Nullable WarrantId warrant, String why)
            throws StartException, InterruptedException {
        String sentence = "refused: " + why;
        try {
            log().record(CustodyAction.WARRANT_REFUSED, warrant, "activation " + sentence);
        } catch (StartException e) {
            throw new StartException(sentence + "; this could not be put into custody: " + e.getMessage(), e);
        }
        return new IllegalArgumentException(sentence);
    }
}
