package org.lawtap.worker.log;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.UUID;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.HKDFParameterSpec;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;

/**
 * AES-256-GCM over the records of one segment.
 *
 * <pre>
 *   key   = HKDF-SHA256(node's key, the segment's random salt of 32 bytes, "lawtap spill 1" | warrant | segment)
 *   nonce = 0 (4 bytes) | index of the record (8)
 *   bound = warrant (16) | segment (8) | index (8)
 *   plain = session (16) | value
 * </pre>
 *
 * A segment is written by one process, once, from index 0 on: no nonce comes twice under its key. Not thread-safe.
 */
final class SegmentCipher {
    static final int SALT_BYTES = 32;
    static final int SESSION_BYTES = 16;
    static final int TAG_BYTES = 16;

    private static final byte[] PURPOSE = "lawtap spill 1".getBytes(StandardCharsets.US_ASCII);
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;

    private final WarrantId warrant;
    private final long segment;
    private final SecretKey key;
    private final Cipher cipher;

    SegmentCipher(SecretKey nodeKey, WarrantId warrant, long segment, byte[] salt) {
        this.warrant = warrant;
        this.segment = segment;
        ByteBuffer purpose = ByteBuffer.allocate(PURPOSE.length + 24);
        purpose.put(PURPOSE);
        put(purpose, warrant.value());
        purpose.putLong(segment);
        try {
            this.key = KDF.getInstance("HKDF-SHA256")
                    .deriveKey(
                            "AES",
                            HKDFParameterSpec.ofExtract()
                                    .addIKM(nodeKey)
                                    .addSalt(salt)
                                    .thenExpand(purpose.array(), KEY_BYTES));
            this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK lacks HKDF-SHA256 or AES-GCM", e);
        }
    }

    /** How long a value of this length is when sealed. */
    static int sealedBytes(int valueBytes) {
        return SESSION_BYTES + valueBytes + TAG_BYTES;
    }

    /** Writes the sealed record to {@code out} from {@code at} on. */
    void seal(long index, SessionId session, byte[] value, byte[] out, int at) {
        ByteBuffer plain = ByteBuffer.allocate(SESSION_BYTES);
        put(plain, session.value());
        try {
            begin(Cipher.ENCRYPT_MODE, index);
            int written = cipher.update(plain.array(), 0, SESSION_BYTES, out, at);
            cipher.doFinal(value, 0, value.length, out, at + written);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a record can't be sealed", e);
        }
    }

    /** A record as it was handed over. */
    @SuppressWarnings("ArrayRecordComponent")
    record Opened(SessionId session, byte[] value) {}

    /** @throws DamagedException if it is not the record that was sealed for this warrant, segment and index */
    Opened open(long index, byte[] sealed) throws DamagedException {
        byte[] plain;
        try {
            begin(Cipher.DECRYPT_MODE, index);
            plain = cipher.doFinal(sealed);
        } catch (AEADBadTagException e) {
            throw new DamagedException("record " + index + " is not the one that was written");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a record can't be opened", e);
        }
        ByteBuffer session = ByteBuffer.wrap(plain, 0, SESSION_BYTES);
        return new Opened(
                new SessionId(new UUID(session.getLong(), session.getLong())),
                Arrays.copyOfRange(plain, SESSION_BYTES, plain.length));
    }

    private void begin(int mode, long index) throws GeneralSecurityException {
        byte[] nonce = ByteBuffer.allocate(NONCE_BYTES).putInt(0).putLong(index).array();
        cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
        ByteBuffer bound = ByteBuffer.allocate(32);
        put(bound, warrant.value());
        bound.putLong(segment).putLong(index);
        cipher.updateAAD(bound.array());
    }

    static void put(ByteBuffer buffer, UUID id) {
        buffer.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    }
}
