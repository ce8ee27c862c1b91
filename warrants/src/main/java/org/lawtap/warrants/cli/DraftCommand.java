package org.lawtap.warrants.cli;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.temporal.ChronoUnit;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.order.X25519Key;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "draft",
        description = {
            "Write a warrant to be read and approved.",
            "It needs --cluster, --namespace, --label, --authority, --case, --agency and --not-after. Without --delivery-key a"
                    + " pair is made beside the draft."
        })
final class DraftCommand extends Step {
    @Option(names = "--out", required = true, description = "The file to write.")
    Path file = Path.of("warrant.json");

    @Mixin
    WarrantFields fields = new WarrantFields();

    @Option(
            names = "--no-encryption",
            description = "No delivery key: whoever reads the log reads the content, and it can't be destroyed there.")
    boolean noEncryption;

    @Override
    void run(Answer answer) throws IOException {
        if (noEncryption && fields.deliveryKey != null) {
            throw new IllegalArgumentException("--delivery-key and --no-encryption exclude each other");
        }
        Warrant draft = fields.create(WarrantId.random(), now().truncatedTo(ChronoUnit.SECONDS));
        if (Files.exists(file)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        Warrant warrant = noEncryption ? draft : draft.deliveredTo(deliveryKey(draft.id(), answer));
        if (noEncryption) {
            answer.say("the warrant names no delivery key: whoever reads the log or a node's spill key reads the"
                    + " content, and destroying it means destroying every copy of the log");
        }
        OrderFiles.writeNew(file, warrant);
        answer.say("warrant " + warrant.id() + " drafted in " + file
                + "; two approvers sign it with: lawtap warrant approve " + file + " --key NAME.key.pem");
        answer.facts()
                .put("warrant", warrant.id().toString())
                .put("generation", warrant.generation())
                .put("file", file.toString());
    }

    private X25519Key deliveryKey(WarrantId id, Answer answer) throws IOException {
        Path known = fields.deliveryKey;
        if (known != null) {
            return DeliveryKeys.readPublic(known);
        }
        KeyPair pair = DeliveryKeys.generate();
        Path secretFile = file.resolveSibling(id + ".delivery.key.pem");
        Path publicFile = file.resolveSibling(id + ".delivery.pub.pem");
        DeliveryKeys.writePrivate(secretFile, pair);
        DeliveryKeys.writePublic(publicFile, pair);
        answer.say("delivery key made: " + secretFile + " reads all content of this warrant. Give it to the delivery"
                + " agency; put it into the sink's LAWTAP_DELIVERY_KEYS_DIR as " + id + ".key.pem; then remove it"
                + " here: each copy that is left keeps the content readable. " + publicFile + " is in the warrant");
        answer.facts().put("deliveryKey", secretFile.toString());
        return DeliveryKeys.publicHalf(pair);
    }
}
