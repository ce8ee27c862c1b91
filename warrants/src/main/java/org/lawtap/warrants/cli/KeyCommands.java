package org.lawtap.warrants.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.TrustList;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Approvers' keys, and whose count. */
final class KeyCommands {
    private KeyCommands() {}

    @Command(
            name = "keygen",
            description = "Make an approver's Ed25519 key pair: DIR/NAME.key.pem and DIR/NAME.pub.pem.")
    static final class Keygen extends Step {
        @Option(names = "--name", required = true, description = "File name of the pair.")
        String name = "";

        @Option(names = "--dir", defaultValue = ".", description = "Where to write it; default: here.")
        Path dir = Path.of(".");

        @Override
        void run(Answer answer) throws IOException {
            KeyPair keys = OrderKeys.generate();
            Path privateFile = dir.resolve(name + ".key.pem");
            OrderKeys.writePrivate(privateFile, keys.getPrivate());
            Path publicFile = dir.resolve(name + ".pub.pem");
            Files.writeString(publicFile, OrderKeys.pem(keys.getPublic()));
            String keyId = OrderKeys.keyId(keys.getPublic());
            answer.say("private key " + privateFile + " (keep it), public key " + publicFile + ", key id " + keyId);
            answer.facts()
                    .put("privateKey", privateFile.toString())
                    .put("publicKey", publicFile.toString())
                    .put("keyId", keyId);
        }
    }

    @Command(
            name = "trust",
            description = {
                "Add an approver's public key to a trust list, which is made if there is none; or revoke a key in it.",
                "The services read the list when they start."
            })
    static final class Trust extends Step {
        @Option(names = "--list", required = true, description = "The trust list, a JSON file.")
        Path list = Path.of("trust.json");

        @Option(names = "--name", description = "The approver's name; two keys of one name are one approver.")
        @Nullable
        String name;

        @Option(names = "--key", required = true, description = "The approver's public key, a PEM file.")
        Path key = Path.of("key.pub.pem");

        @Option(
                names = "--days",
                defaultValue = "365",
                description = "Days the key is valid from now; default: ${DEFAULT-VALUE}.")
        long days;

        @Option(
                names = "--role",
                description = "What the key may sign: WARRANT, REVOCATION, RETENTION; may be repeated; default: all.")
        List<TrustList.Role> roles = new ArrayList<>();

        @Option(names = "--demo", description = "Mark it as a sandbox key: refused everywhere else.")
        boolean demo;

        @Option(
                names = "--revoke",
                description =
                        "The key is on the list: from now on its signatures don't count, whenever they were made.")
        boolean revoke;

        @Override
        void run(Answer answer) throws IOException {
            List<TrustList.Approver> approvers =
                    new ArrayList<>(Files.exists(list) ? TrustList.read(list).approvers() : List.of());
            Instant now = now().truncatedTo(ChronoUnit.SECONDS);
            PublicKey publicKey = OrderKeys.readPublic(key);
            if (revoke) {
                revoke(approvers, OrderKeys.keyId(publicKey), now);
            } else {
                approvers.add(added(publicKey, now));
            }
            TrustList written = new TrustList(approvers);
            Files.write(list, written.write());
            answer.say(list + " trusts "
                    + approvers.stream()
                            .filter(approver -> approver.revokedAt() == null)
                            .count()
                    + " keys");
            tell(written, answer);
        }

        private TrustList.Approver added(PublicKey publicKey, Instant now) {
            if (name == null) {
                throw new IllegalArgumentException("--name is missing: whose key is it?");
            }
            Set<TrustList.Role> may = EnumSet.allOf(TrustList.Role.class);
            if (!roles.isEmpty()) {
                may.retainAll(roles);
            }
            return new TrustList.Approver(name, publicKey, now, now.plus(Duration.ofDays(days)), demo, may, null);
        }

        private void revoke(List<TrustList.Approver> approvers, String keyId, Instant now) {
            boolean known =
                    approvers.stream().anyMatch(approver -> approver.keyId().equals(keyId));
            if (!known) {
                throw new IllegalArgumentException(list + " does not list the key " + key);
            }
            approvers.replaceAll(approver -> approver.keyId().equals(keyId) ? approver.revoked(now) : approver);
        }

        private static void tell(TrustList list, Answer answer) {
            ArrayNode all = answer.facts().putArray("approvers");
            for (TrustList.Approver approver : list.approvers()) {
                ObjectNode one = all.addObject()
                        .put("name", approver.name())
                        .put("keyId", approver.keyId())
                        .put("notBefore", approver.notBefore().toString())
                        .put("notAfter", approver.notAfter().toString())
                        .put("demo", approver.demo());
                ArrayNode roles = one.putArray("roles");
                approver.roles().stream().sorted().forEach(role -> roles.add(role.name()));
                Instant revokedAt = approver.revokedAt();
                one.put("revokedAt", revokedAt == null ? null : revokedAt.toString());
            }
        }
    }
}
