package org.lawtap.schemas.content;

import org.lawtap.schemas.model.Sha256;

/** The private half of a warrant's delivery key is not here; nothing of the warrant can be filed before it is. */
public final class DeliveryKeyMissingException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Sha256 keyId;

    public DeliveryKeyMissingException(Sha256 keyId) {
        super("the delivery key " + keyId + " is not here");
        this.keyId = keyId;
    }

    /** SHA-256 of its public half's SubjectPublicKeyInfo. */
    public Sha256 keyId() {
        return keyId;
    }
}
