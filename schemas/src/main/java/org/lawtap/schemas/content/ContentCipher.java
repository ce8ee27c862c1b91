package org.lawtap.schemas.content;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import org.lawtap.schemas.model.SessionId;

/**
 * AES-256-GCM over the records of sessions.
 *
 * <pre>
 *   key   = the session's content key
 *   nonce = 0 (4 bytes) | number of the record in its session (8)
 *   bound = session (16) | number (8)
 * </pre>
 *
 * A session's records are numbered once, by the one process that captures it: no nonce comes twice under its key. Owned by one
 * thread.
 */
final class ContentCipher {
    static final int TAG_BYTES = ContentKey.TAG_BITS / 8;

    private static final int NONCE_BYTES = 12;

    private final Cipher cipher;
    private final ByteBuffer nonce = ByteBuffer.allocate(NONCE_BYTES);
    private final ByteBuffer bound = ByteBuffer.allocate(24);

    ContentCipher() {
        try {
            this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no AES-GCM", e);
        }
    }

    /** Writes the ciphertext and its tag to {@code out} from {@code at} on. */
    void encrypt(ContentKey key, SessionId session, long number, byte[] plain, int length, byte[] out, int at) {
        key.claim(number);
        try {
            begin(Cipher.ENCRYPT_MODE, key, session, number);
            cipher.doFinal(plain, 0, length, out, at);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a record can't be encrypted", e);
        }
    }

    /**
     * Writes what was encrypted to {@code out}, which has room for it; returns its length.
     *
     * @throws ContentException if it is not what was encrypted under this key for this session and number
     */
    int decrypt(ContentKey key, SessionId session, long number, byte[] in, int from, int length, byte[] out)
            throws ContentException {
        try {
            begin(Cipher.DECRYPT_MODE, key, session, number);
            return cipher.doFinal(in, from, length, out, 0);
        } catch (AEADBadTagException e) {
            throw new ContentException("record " + number + " is not the one that was encrypted", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a record can't be decrypted", e);
        }
    }

    private void begin(int mode, ContentKey key, SessionId session, long number) throws GeneralSecurityException {
        nonce.putLong(NONCE_BYTES - Long.BYTES, number);
        cipher.init(mode, key.key(), new GCMParameterSpec(ContentKey.TAG_BITS, nonce.array()));
        bound.clear();
        ContentKey.put(bound, session.value());
        bound.putLong(number);
        cipher.updateAAD(bound.array());
    }
}
