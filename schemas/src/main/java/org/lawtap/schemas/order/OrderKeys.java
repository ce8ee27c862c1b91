package org.lawtap.schemas.order;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Ed25519 keys of approvers (RFC 8032, RFC 8410), in the PEM files that openssl writes and reads. */
public final class OrderKeys {
    private static final String ALGORITHM = "Ed25519";

    private OrderKeys() {}

    /** A new key pair. */
    public static KeyPair generate() {
        try {
            return KeyPairGenerator.getInstance(ALGORITHM).generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no Ed25519", e);
        }
    }

    /** SHA-256 of the key's SubjectPublicKeyInfo, lower-case hex. */
    public static String keyId(PublicKey key) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(key.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }

    /** The public key in a SubjectPublicKeyInfo. @throws IllegalArgumentException if it is not an Ed25519 key */
    public static PublicKey publicKey(byte[] subjectPublicKeyInfo) {
        try {
            return KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(subjectPublicKeyInfo));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("not an Ed25519 public key (SubjectPublicKeyInfo)", e);
        }
    }

    /** Writes a private key, readable by its owner only; refuses to overwrite. */
    public static void writePrivate(Path file, PrivateKey key) throws IOException {
        Pem.writePrivate(file, key);
    }

    /** Reads a private key. @throws IllegalArgumentException if the file holds none */
    public static PrivateKey readPrivate(Path file) throws IOException {
        try {
            return KeyFactory.getInstance(ALGORITHM)
                    .generatePrivate(new PKCS8EncodedKeySpec(Pem.read("PRIVATE KEY", file)));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(file + " holds no Ed25519 private key (PKCS #8)", e);
        }
    }

    /** The PEM text of a public key. */
    public static String pem(PublicKey key) {
        return Pem.text("PUBLIC KEY", key.getEncoded());
    }

    /** Reads a public key. @throws IllegalArgumentException if the file holds none */
    public static PublicKey readPublic(Path file) throws IOException {
        return publicKey(Pem.read("PUBLIC KEY", file));
    }

    /** The order with one more signature; a key signs once. */
    public static SignedOrder sign(SignedOrder order, KeyPair keys) {
        String keyId = keyId(keys.getPublic());
        List<SignedOrder.OrderSignature> signatures = new ArrayList<>(order.signatures());
        signatures.removeIf(signature -> signature.keyId().equals(keyId));
        signatures.add(
                new SignedOrder.OrderSignature(keyId, sign(order.preAuthenticationEncoding(), keys.getPrivate())));
        return new SignedOrder(order.payloadType(), order.payload(), signatures);
    }

    /** Whether the key signed the message. */
    public static boolean verifies(byte[] message, byte[] signatureBytes, PublicKey key) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initVerify(key);
            signature.update(message);
            return signature.verify(signatureBytes);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** The Ed25519 signature of a message, 64 bytes. */
    public static byte[] sign(byte[] message, PrivateKey key) {
        try {
            Signature signature = Signature.getInstance(ALGORITHM);
            signature.initSign(key);
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the private key cannot sign", e);
        }
    }
}
