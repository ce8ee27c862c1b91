package org.lawtap.schemas.order;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import org.junit.jupiter.api.Test;

class VerifiedSignaturesTest {
    private final KeyPair keys = OrderKeys.generate();
    private final VerifiedSignatures verified = new VerifiedSignatures();

    @Test
    void remembersOnlyExactlyWhatHeld() {
        byte[] message = "intercept".getBytes(StandardCharsets.UTF_8);
        byte[] signature = OrderKeys.sign(message, keys.getPrivate());
        for (int round = 0; round < 2; round++) {
            assertThat(verified.verifies(message, signature, keys.getPublic())).isTrue();
            assertThat(verified.verifies(
                            message, signature, OrderKeys.generate().getPublic()))
                    .isFalse();
            for (byte[] part : new byte[][] {message, signature}) {
                for (int i = 0; i < part.length; i++) {
                    part[i] ^= 1;
                    assertThat(verified.verifies(message, signature, keys.getPublic()))
                            .isFalse();
                    part[i] ^= 1;
                }
            }
        }
    }

    @Test
    void takesNoByteOfTheMessageForOneOfTheSignature() {
        byte[] message = "intercept".getBytes(StandardCharsets.UTF_8);
        byte[] signature = OrderKeys.sign(message, keys.getPrivate());
        assertThat(verified.verifies(message, signature, keys.getPublic())).isTrue();
        byte[] longer = new byte[message.length + 1];
        System.arraycopy(message, 0, longer, 0, message.length);
        longer[message.length] = signature[0];
        byte[] shorter = new byte[signature.length - 1];
        System.arraycopy(signature, 1, shorter, 0, shorter.length);
        assertThat(verified.verifies(longer, shorter, keys.getPublic())).isFalse();
    }
}
