package org.lawtap.schemas.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrderKeysTest {
    private final KeyPair keys = OrderKeys.generate();

    @TempDir
    Path directory = Path.of("");

    @Test
    void readsBackTheKeysItWrote() throws IOException {
        Path file = directory.resolve("key.pem");
        Path publicFile = Files.writeString(directory.resolve("key.pub"), OrderKeys.pem(keys.getPublic()));
        OrderKeys.writePrivate(file, keys.getPrivate());
        assertThat(OrderKeys.readPrivate(file)).isEqualTo(keys.getPrivate());
        assertThat(OrderKeys.readPublic(publicFile)).isEqualTo(keys.getPublic());
    }

    @Test
    void writesAPrivateKeyForItsOwnerOnly() throws IOException {
        Path file = directory.resolve("key.pem");
        OrderKeys.writePrivate(file, keys.getPrivate());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void neverOverwritesAPrivateKey() throws IOException {
        Path file = directory.resolve("key.pem");
        OrderKeys.writePrivate(file, keys.getPrivate());
        assertThatExceptionOfType(FileAlreadyExistsException.class)
                .isThrownBy(() -> OrderKeys.writePrivate(file, keys.getPrivate()));
    }

    @Test
    void refusesAPublicKeyWhereAPrivateOneIsWanted() throws IOException {
        Path file = Files.writeString(directory.resolve("key.pub"), OrderKeys.pem(keys.getPublic()));
        assertThatIllegalArgumentException().isThrownBy(() -> OrderKeys.readPrivate(file));
    }

    @Test
    void refusesBytesThatAreNoKey() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OrderKeys.publicKey("x".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aKeyThatSignsAgainReplacesItsSignature() {
        SignedOrder twice = SampleOrders.sign(SampleOrders.warrant(), keys, keys);
        assertThat(twice.signatures()).hasSize(1);
    }

    /** RFC 8032, section 7.1, test 2: the public half, its SubjectPublicKeyInfo head per RFC 8410. */
    @Test
    void verifiesTheTestVectorOfRfc8032() {
        HexFormat hex = HexFormat.of();
        byte[] spki = hex.parseHex(
                "302a300506032b6570032100" + "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        byte[] signature = hex.parseHex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
        assertThat(OrderKeys.verifies(new byte[] {0x72}, signature, OrderKeys.publicKey(spki)))
                .isTrue();
        assertThat(OrderKeys.verifies(new byte[] {0x73}, signature, OrderKeys.publicKey(spki)))
                .isFalse();
    }

    @Test
    void aSignatureOfWrongLengthDoesNotVerify() {
        assertThat(OrderKeys.verifies(new byte[1], new byte[63], keys.getPublic()))
                .isFalse();
        assertThat(OrderKeys.verifies(new byte[1], new byte[0], keys.getPublic()))
                .isFalse();
    }

    /** The example of DSSE's protocol.md. */
    @Test
    void encodesForSigningAsDsseSays() {
        byte[] encoded = SignedOrder.preAuthenticationEncoding(
                "http://example.com/HelloWorld", "hello world".getBytes(StandardCharsets.UTF_8));
        assertThat(new String(encoded, StandardCharsets.UTF_8))
                .isEqualTo("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }
}
