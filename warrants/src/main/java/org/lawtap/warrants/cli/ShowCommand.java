package org.lawtap.warrants.cli;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.process.StartException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;

@Command(name = "show", description = "Print the exact bytes of a warrant's newest order, whether it is valid or not.")
final class ShowCommand extends Step {
    @Parameters(paramLabel = "WARRANT", description = "The warrant's id.")
    String id = "";

    @Override
    void run(Answer answer) throws StartException {
        WarrantId warrant = WarrantId.parse(id);
        SignedOrder newest = log().orders().stream()
                .map(OrderLog.Entry::order)
                .filter(order -> idOf(order).equals(warrant.toString()))
                .reduce((before, after) -> after)
                .orElseThrow(() -> new IllegalArgumentException("the log has no order for " + id));
        answer.say(new String(newest.payload(), StandardCharsets.UTF_8).stripTrailing());
        answer.facts()
                .put("warrant", warrant.toString())
                .put("payloadType", newest.payloadType())
                .put("payload", Base64.getEncoder().encodeToString(newest.payload()))
                .set("order", Answer.JSON.readTree(newest.payload()));
        ArrayNode signatures = answer.facts().putArray("signatures");
        for (SignedOrder.OrderSignature signature : newest.signatures()) {
            answer.say("signed by key " + signature.keyId());
            signatures.add(signature.keyId());
        }
    }

    private static String idOf(SignedOrder order) {
        try {
            return OrderJson.read(order.payloadType(), order.payload()).id().toString();
        } catch (IllegalArgumentException e) {
            return "";
        }
    }
}
