package org.lawtap.schemas.order;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import org.lawtap.schemas.model.Sha256;

/**
 * An X25519 public key (RFC 7748) that is fit for an agreement: its one form, and none of the points with which everybody agrees on
 * the same secret.
 *
 * @param base64 its SubjectPublicKeyInfo (RFC 8410), 44 bytes
 */
public record X25519Key(String base64) {
    /** Length of its SubjectPublicKeyInfo. */
    public static final int ENCODED_BYTES = 44;

    private static final byte[] HEAD = HexFormat.of().parseHex("302a300506032b656e032100");
    private static final BigInteger PRIME = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

    /** The points of order 1, 2, 4 and 8 (curve and twist), apart from -1. */
    private static final Set<BigInteger> SMALL = Set.of(
            BigInteger.ZERO,
            BigInteger.ONE,
            littleEndian(HexFormat.of().parseHex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")),
            littleEndian(HexFormat.of().parseHex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")));

    public X25519Key {
        byte[] encoded = decode(base64);
        Warrant.require(
                encoded.length == ENCODED_BYTES
                        && Arrays.equals(encoded, 0, HEAD.length, HEAD, 0, HEAD.length)
                        && Base64.getEncoder().encodeToString(encoded).equals(base64),
                "not an X25519 public key (SubjectPublicKeyInfo, base64)");
        BigInteger point = littleEndian(Arrays.copyOfRange(encoded, HEAD.length, encoded.length));
        Warrant.require(
                point.compareTo(PRIME.subtract(BigInteger.ONE)) < 0 && !SMALL.contains(point),
                "an X25519 public key with which no secret can be agreed on");
    }

    /** The key in a SubjectPublicKeyInfo. @throws IllegalArgumentException if it is no such key */
    public static X25519Key of(byte[] subjectPublicKeyInfo) {
        return new X25519Key(Base64.getEncoder().encodeToString(subjectPublicKeyInfo));
    }

    /** The key of its 32 bytes. */
    static X25519Key ofPoint(byte[] point) {
        byte[] encoded = Arrays.copyOf(HEAD, ENCODED_BYTES);
        System.arraycopy(point, 0, encoded, HEAD.length, point.length);
        return of(encoded);
    }

    /** Its SubjectPublicKeyInfo. */
    public byte[] encoded() {
        return Base64.getDecoder().decode(base64);
    }

    /** Its 32 bytes of RFC 7748, the end of its SubjectPublicKeyInfo. */
    public byte[] point() {
        return Arrays.copyOfRange(encoded(), HEAD.length, ENCODED_BYTES);
    }

    /** SHA-256 of its SubjectPublicKeyInfo. */
    public Sha256 id() {
        try {
            return Sha256.of(MessageDigest.getInstance("SHA-256").digest(encoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no SHA-256", e);
        }
    }

    /** The key as the JDK takes it. */
    public PublicKey publicKey() {
        try {
            return KeyFactory.getInstance("X25519").generatePublic(new X509EncodedKeySpec(encoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no X25519", e);
        }
    }

    private static byte[] decode(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    private static BigInteger littleEndian(byte[] bytes) {
        byte[] turned = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            turned[i] = bytes[bytes.length - 1 - i];
        }
        return new BigInteger(1, turned);
    }
}
