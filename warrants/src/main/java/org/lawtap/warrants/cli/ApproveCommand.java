package org.lawtap.warrants.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Warrant;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "approve",
        description =
                "Sign the exact bytes of a warrant, or of an order to hold, release or destroy; signatures are collected in"
                        + " FILE.dsse.json.")
final class ApproveCommand extends Step {
    @Parameters(paramLabel = "FILE", description = "The drafted order.")
    Path file = Path.of("warrant.json");

    @Option(
            names = "--key",
            required = true,
            description = "Your private key NAME.key.pem; NAME.pub.pem lies beside it.")
    Path key = Path.of("name.key.pem");

    @Override
    void run(Answer answer) throws IOException {
        byte[] payload = OrderFiles.read(file);
        String type = OrderJson.payloadType(payload);
        Order drafted = OrderJson.read(type, payload);
        if (drafted instanceof Order.Revocation) {
            throw new IllegalArgumentException("a revocation needs no draft: lawtap warrant revoke");
        }
        if (drafted instanceof Warrant warrant && !now().isBefore(warrant.notAfter())) {
            throw new IllegalArgumentException("the warrant is over: it ended at " + warrant.notAfter());
        }
        Path envelope = OrderFiles.envelopeOf(file);
        SignedOrder order =
                Files.exists(envelope) ? EnvelopeFile.read(envelope) : new SignedOrder(type, payload, List.of());
        if (!Arrays.equals(order.payload(), payload) || !order.payloadType().equals(type)) {
            throw new IllegalArgumentException(file + " was changed after it was signed; draft a new one");
        }
        SignedOrder signed = OrderKeys.sign(order, OrderFiles.readKeys(key));
        EnvelopeFile.write(envelope, signed);
        if (drafted instanceof Warrant warrant && warrant.generation() > 1) {
            answer.say("this is generation " + warrant.generation()
                    + " of a warrant: what it changes is said by: lawtap" + " warrant preview " + file);
        }
        answer.say(OrderFiles.what(drafted) + " " + drafted.id() + " has "
                + signed.signatures().size() + " signatures, in " + envelope);
        answer.facts()
                .put("warrant", drafted.id().toString())
                .put("generation", drafted.generation())
                .put("signatures", signed.signatures().size())
                .put("file", envelope.toString());
    }
}
