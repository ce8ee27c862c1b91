package org.lawtap.schemas.order;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Anyone can check an order's signatures and make keys with openssl 3; needs the {@code openssl} command. */
class OpensslIT {
    private final KeyPair keys = OrderKeys.generate();

    @TempDir
    Path directory = Path.of("");

    @Test
    void opensslVerifiesOurSignature() throws IOException, InterruptedException {
        writeOrder("order");
        assertThat(verify("order")).contains("Signature Verified Successfully");
    }

    @Test
    void opensslRefusesOurSignatureOverOtherBytes() throws IOException, InterruptedException {
        writeOrder("order");
        Files.writeString(directory.resolve("order.msg"), "other bytes");
        assertThat(verify("order")).contains("Signature Verification Failure");
    }

    @Test
    void weReadKeysThatOpensslMade() throws IOException, InterruptedException {
        openssl("genpkey", "-algorithm", "ed25519", "-out", "key.pem");
        openssl("pkey", "-in", "key.pem", "-pubout", "-out", "key.pub");
        KeyPair read = new KeyPair(
                OrderKeys.readPublic(directory.resolve("key.pub")),
                OrderKeys.readPrivate(directory.resolve("key.pem")));
        SignedOrder signed = SampleOrders.sign(SampleOrders.warrant(), read);
        assertThat(OrderKeys.verifies(
                        signed.preAuthenticationEncoding(),
                        signed.signatures().getFirst().signature(),
                        read.getPublic()))
                .isTrue();
    }

    @Test
    void opensslReadsOurPrivateKey() throws IOException, InterruptedException {
        OrderKeys.writePrivate(directory.resolve("ours.pem"), keys.getPrivate());
        assertThat(openssl("pkey", "-in", "ours.pem", "-pubout")).contains(OrderKeys.pem(keys.getPublic()));
    }

    private void writeOrder(String name) throws IOException {
        SignedOrder signed = SampleOrders.sign(SampleOrders.warrant(), keys);
        Files.writeString(directory.resolve(name + ".pub"), OrderKeys.pem(keys.getPublic()));
        Files.write(directory.resolve(name + ".msg"), signed.preAuthenticationEncoding());
        Files.write(
                directory.resolve(name + ".sig"), signed.signatures().getFirst().signature());
    }

    private String verify(String name) throws IOException, InterruptedException {
        return openssl(
                "pkeyutl",
                "-verify",
                "-pubin",
                "-inkey",
                name + ".pub",
                "-rawin",
                "-in",
                name + ".msg",
                "-sigfile",
                name + ".sig");
    }

    private String openssl(String... arguments) throws IOException, InterruptedException {
        List<String> command = new java.util.ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return out;
    }
}
