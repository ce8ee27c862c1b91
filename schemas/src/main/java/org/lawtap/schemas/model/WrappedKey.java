package org.lawtap.schemas.model;

import java.nio.ByteBuffer;

/**
 * A session's content key as its opening states it: readable for whoever has the private half of the warrant's delivery key.
 *
 * @param deliveryKeyId SHA-256 of the delivery key's SubjectPublicKeyInfo
 * @param ephemeralKey SubjectPublicKeyInfo of the X25519 key that was made for this session
 * @param wrappedKey the content key, encrypted, with its tag
 */
public record WrappedKey(Sha256 deliveryKeyId, ByteBuffer ephemeralKey, ByteBuffer wrappedKey) {}
