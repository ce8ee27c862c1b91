package org.lawtap.schemas.order;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import javax.crypto.KeyAgreement;

/** Key pairs to which a warrant's content is delivered (X25519, RFC 7748), in the PEM files that openssl writes and reads. */
public final class DeliveryKeys {
    private static final String ALGORITHM = "X25519";
    private static final String PRIVATE = "PRIVATE KEY";
    private static final String PUBLIC = "PUBLIC KEY";

    /** The curve's base point, u = 9: a private key agrees with it on its own public key (RFC 7748, section 6.1). */
    private static final byte[] BASE_POINT = new byte[32];

    static {
        BASE_POINT[0] = 9;
    }

    private DeliveryKeys() {}

    /** A new key pair. */
    public static KeyPair generate() {
        try {
            return KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no X25519", e);
        }
    }

    /** The public half as warrants name it. */
    public static X25519Key publicHalf(KeyPair pair) {
        return X25519Key.of(pair.getPublic().getEncoded());
    }

    /** Writes the private half, readable by its owner only; refuses to overwrite. */
    public static void writePrivate(Path file, KeyPair pair) throws IOException {
        Pem.writePrivate(file, pair.getPrivate());
    }

    /** Writes the public half. */
    public static void writePublic(Path file, KeyPair pair) throws IOException {
        Files.writeString(file, Pem.text(PUBLIC, pair.getPublic().getEncoded()));
    }

    /** Reads a private key; its public half follows from it. @throws IllegalArgumentException if the file holds none */
    public static KeyPair read(Path file) throws IOException {
        try {
            PrivateKey secret =
                    KeyFactory.getInstance(ALGORITHM).generatePrivate(new PKCS8EncodedKeySpec(Pem.read(PRIVATE, file)));
            return new KeyPair(publicHalf(secret), secret);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(file + " holds no X25519 private key (PKCS #8)", e);
        }
    }

    /** Reads a public key. @throws IllegalArgumentException if the file holds none */
    public static X25519Key readPublic(Path file) throws IOException {
        return X25519Key.of(Pem.read(PUBLIC, file));
    }

    private static PublicKey publicHalf(PrivateKey secret) throws GeneralSecurityException {
        KeyAgreement agreement = KeyAgreement.getInstance(ALGORITHM);
        agreement.init(secret);
        agreement.doPhase(X25519Key.ofPoint(BASE_POINT).publicKey(), true);
        return X25519Key.ofPoint(agreement.generateSecret()).publicKey();
    }
}
