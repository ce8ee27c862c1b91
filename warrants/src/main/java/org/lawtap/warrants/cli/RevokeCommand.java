package org.lawtap.warrants.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.process.StartException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "revoke", description = "End a warrant before its time; one approver's signature is enough.")
final class RevokeCommand extends Step {
    @Parameters(paramLabel = "WARRANT", description = "The warrant's id.")
    String id = "";

    @Option(
            names = "--key",
            required = true,
            description = "Your private key NAME.key.pem; NAME.pub.pem lies beside it.")
    Path key = Path.of("name.key.pem");

    @Option(names = "--authority", required = true, description = "Who revokes it.")
    String authority = "";

    @Option(names = "--reason", required = true, description = "Why.")
    String reason = "";

    @Override
    void run(Answer answer) throws IOException, StartException, InterruptedException {
        WarrantId warrant = WarrantId.parse(id);
        Order.Revocation revocation = new Order.Revocation(
                warrant, history().newestGeneration(warrant), authority, now().truncatedTo(ChronoUnit.SECONDS), reason);
        SignedOrder order = OrderKeys.sign(
                new SignedOrder(revocation.payloadType(), OrderJson.write(revocation), List.of()),
                OrderFiles.readKeys(key));
        if (log().check().check(order, now()) instanceof OrderCheck.Verdict.Refused refused) {
            throw new IllegalArgumentException("refused: " + refused.reason());
        }
        log().send(warrant, order);
        answer.say("warrant " + warrant + " revoked");
        answer.facts()
                .put("warrant", warrant.toString())
                .put("generation", revocation.generation())
                .put("revokedAt", revocation.revokedAt().toString());
    }
}
