package org.lawtap.schemas.content;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.util.UUID;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.KeyAgreement;
import javax.crypto.KeyGenerator;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.model.WrappedKey;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.X25519Key;

/**
 * The key of one session's packets, 256 random bits, and how it reaches the delivery agency.
 *
 * <pre>
 *   secret  = X25519(ephemeral private key, delivery key)                         RFC 7748
 *   wrap    = HKDF-SHA256(secret, no salt, info, 32 bytes)                        RFC 5869
 *   info    = "lawtap content key 1" | warrant (16) | session (16) | delivery key (32) | ephemeral key (32)
 *   wrapped = AES-256-GCM(wrap, nonce of 12 zeros, content key), tag last         48 bytes
 * </pre>
 *
 * An ephemeral key is made for one session and forgotten, so a wrap key encrypts once.
 */
public final class ContentKey {
    static final int TAG_BITS = 128;

    private static final byte[] PURPOSE = "lawtap content key 1".getBytes(StandardCharsets.US_ASCII);
    private static final int KEY_BYTES = 32;
    private static final byte[] NONCE = new byte[12];
    private static final int POINT_BYTES = 32;

    private final SecretKey key;

    /** The next number that this key may still encrypt. */
    private long next;

    private ContentKey(SecretKey key) {
        this.key = key;
    }

    /** A new key. */
    public static ContentKey random() {
        try {
            KeyGenerator generator = KeyGenerator.getInstance("AES");
            generator.init(8 * KEY_BYTES);
            return new ContentKey(generator.generateKey());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no AES", e);
        }
    }

    /** This key for whoever has the private half of the delivery key. */
    public WrappedKey wrap(X25519Key deliveryKey, WarrantId warrant, SessionId session) {
        KeyPair ephemeral = DeliveryKeys.generate();
        X25519Key stated = DeliveryKeys.publicHalf(ephemeral);
        try {
            SecretKey wrap = wrapKey(ephemeral.getPrivate(), deliveryKey, deliveryKey, stated, warrant, session);
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, wrap);
            return new WrappedKey(
                    deliveryKey.id(),
                    ByteBuffer.wrap(stated.encoded()),
                    ByteBuffer.wrap(cipher.doFinal(key.getEncoded())));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a content key can't be wrapped", e);
        }
    }

    /** The key inside. @throws ContentException if it was not wrapped for this delivery key, warrant and session */
    public static ContentKey unwrap(WrappedKey wrapped, KeyPair deliveryKey, WarrantId warrant, SessionId session)
            throws ContentException {
        try {
            X25519Key stated = X25519Key.of(bytes(wrapped.ephemeralKey()));
            SecretKey wrap = wrapKey(
                    deliveryKey.getPrivate(), stated, DeliveryKeys.publicHalf(deliveryKey), stated, warrant, session);
            byte[] key = cipher(Cipher.DECRYPT_MODE, wrap).doFinal(bytes(wrapped.wrappedKey()));
            if (key.length != KEY_BYTES) {
                throw new IllegalArgumentException("a key of " + key.length + " bytes");
            }
            return new ContentKey(new SecretKeySpec(key, "AES"));
        } catch (AEADBadTagException | IllegalArgumentException e) {
            throw new ContentException("the session's content key was not wrapped for this delivery key", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a content key can't be unwrapped", e);
        }
    }

    SecretKey key() {
        return key;
    }

    /** Marks a number as used for encrypting. @throws IllegalStateException if it may have been used before */
    void claim(long number) {
        if (number < next) {
            throw new IllegalStateException("record number " + number + " was encrypted before");
        }
        next = number + 1;
    }

    private static SecretKey wrapKey(
            PrivateKey own,
            X25519Key other,
            X25519Key deliveryKey,
            X25519Key ephemeralKey,
            WarrantId warrant,
            SessionId session)
            throws GeneralSecurityException {
        KeyAgreement agreement = KeyAgreement.getInstance("X25519");
        agreement.init(own);
        agreement.doPhase(other.publicKey(), true);
        ByteBuffer info = ByteBuffer.allocate(PURPOSE.length + 32 + 2 * POINT_BYTES);
        info.put(PURPOSE);
        put(info, warrant.value());
        put(info, session.value());
        info.put(deliveryKey.point()).put(ephemeralKey.point());
        return KDF.getInstance("HKDF-SHA256")
                .deriveKey(
                        "AES",
                        HKDFParameterSpec.ofExtract()
                                .addIKM(agreement.generateSecret())
                                .thenExpand(info.array(), KEY_BYTES));
    }

    private static Cipher cipher(int mode, SecretKey wrap) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, wrap, new GCMParameterSpec(TAG_BITS, NONCE));
        return cipher;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    static void put(ByteBuffer buffer, UUID id) {
        buffer.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    }
}
