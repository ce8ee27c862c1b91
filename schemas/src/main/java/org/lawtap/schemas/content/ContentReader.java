package org.lawtap.schemas.content;

import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.model.WrappedKey;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.EnvelopeCodec;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;

/**
 * Takes the records of one warrant's topic out of their envelopes, all of them in offset order: it learns the keys of sessions from
 * their openings. Owned by one thread.
 */
public final class ContentReader {
    private final WarrantId warrant;
    private final Keys keys;
    private final Map<SessionId, Optional<ContentKey>> sessions = new HashMap<>();
    private final ContentCipher cipher = new ContentCipher();
    private final LZ4SafeDecompressor decompressor =
            LZ4Factory.fastestInstance().safeDecompressor();
    private byte[] form = {};

    /** The delivery keys that are at hand. */
    public interface Keys {
        /**
         * The pair whose public half has this id; empty if no warrant asks for such a key, so that nobody will ever bring it.
         *
         * @throws DeliveryKeyMissingException if it is a warrant's key and not at hand
         */
        Optional<KeyPair> find(Sha256 keyId) throws DeliveryKeyMissingException;
    }

    public ContentReader(WarrantId warrant, Keys keys) {
        this.warrant = warrant;
        this.keys = keys;
    }

    /**
     * The value inside a record's envelope, or the record's own value if it has none. An envelope that can't be opened is returned
     * as it is: to whoever reads packet records it is an unreadable one.
     *
     * @throws DeliveryKeyMissingException at the opening of a session whose key is not at hand; call again with the same value later
     */
    public byte @Nullable [] read(byte @Nullable [] value) throws DeliveryKeyMissingException {
        if (value != null && EnvelopeCodec.isEnvelope(value)) {
            return open(value);
        }
        if (value != null && PacketCodec.looksLikeAnOpening(value)) {
            learn(value);
        }
        return value;
    }

    private void learn(byte[] value) throws DeliveryKeyMissingException {
        try {
            if (PacketCodec.decode(value) instanceof PacketEvent.Opened opened
                    && opened.statement().warrant().equals(warrant)
                    && !sessions.containsKey(opened.session())) {
                sessions.put(
                        opened.session(),
                        key(opened.session(), opened.statement().contentKey()));
            }
        } catch (WireException e) {
            // Whoever reads packet records says so.
        }
    }

    private Optional<ContentKey> key(SessionId session, @Nullable WrappedKey wrapped)
            throws DeliveryKeyMissingException {
        Optional<KeyPair> pair = wrapped == null ? Optional.empty() : keys.find(wrapped.deliveryKeyId());
        if (wrapped == null || pair.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(ContentKey.unwrap(wrapped, pair.get(), warrant, session));
        } catch (ContentException e) {
            return Optional.empty();
        }
    }

    private byte[] open(byte[] value) {
        try {
            EnvelopeCodec.Envelope envelope = EnvelopeCodec.read(value);
            Optional<ContentKey> key = sessions.getOrDefault(envelope.session(), Optional.empty());
            if (key.isEmpty() || envelope.length() < ContentForm.HEAD_BYTES + ContentCipher.TAG_BYTES) {
                return value;
            }
            if (form.length < envelope.length()) {
                form = new byte[envelope.length()];
            }
            int formBytes = cipher.decrypt(
                    key.get(), envelope.session(), envelope.number(), value, envelope.at(), envelope.length(), form);
            return plain(formBytes, value);
        } catch (WireException | ContentException | LZ4Exception e) {
            return value;
        }
    }

    private byte[] plain(int formBytes, byte[] envelope) {
        int length = ByteBuffer.wrap(form).getInt(1);
        if (form[0] == ContentForm.STORED && length == formBytes - ContentForm.HEAD_BYTES) {
            return Arrays.copyOfRange(form, ContentForm.HEAD_BYTES, formBytes);
        }
        if (form[0] != ContentForm.LZ4 || length < 0 || length > Topic.RECORD_BYTES_MAX) {
            return envelope;
        }
        byte[] plain = new byte[length];
        int written =
                decompressor.decompress(form, ContentForm.HEAD_BYTES, formBytes - ContentForm.HEAD_BYTES, plain, 0);
        return written == length ? plain : envelope;
    }
}
