package org.lawtap.schemas.order;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.util.LinkedHashMap;
import java.util.Map;
import org.lawtap.schemas.model.Sha256;

/**
 * Signatures that were verified lately: a warrant comes again with each START of its pods. Remembered is the SHA-256 of key, signature
 * and all that was signed, and only if it held; whose signature counts is asked anew each time. Thread-safe.
 */
final class VerifiedSignatures {
    private static final int REMEMBERED_MAX = 4096;

    private final Map<Sha256, Boolean> held = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Sha256, Boolean> eldest) {
            return size() > REMEMBERED_MAX;
        }
    };

    /** As {@link OrderKeys#verifies}. */
    boolean verifies(byte[] message, byte[] signature, PublicKey key) {
        Sha256 all = digest(message, signature, key.getEncoded());
        synchronized (held) {
            if (held.containsKey(all)) {
                return true;
            }
        }
        boolean holds = OrderKeys.verifies(message, signature, key);
        if (holds) {
            synchronized (held) {
                held.put(all, true);
            }
        }
        return holds;
    }

    private static Sha256 digest(byte[]... parts) {
        MessageDigest digest = sha256();
        for (byte[] part : parts) {
            for (int shift = 24; shift >= 0; shift -= 8) {
                digest.update((byte) (part.length >>> shift));
            }
            digest.update(part);
        }
        return Sha256.of(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
