package org.lawtap.schemas.content;

import java.nio.ByteBuffer;
import java.util.Arrays;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.wire.EnvelopeCodec;

/** Puts records of packets into envelopes. One serves all sessions of a thread; an envelope is all that it allocates. */
public final class ContentWriter {
    private static final int INITIAL_BYTES = 1 << 16;

    private final ContentCipher cipher = new ContentCipher();
    private final LZ4Compressor compressor = LZ4Factory.fastestInstance().fastCompressor();
    private final byte[] head = new byte[EnvelopeCodec.HEAD_BYTES_MAX];
    private byte[] form = new byte[INITIAL_BYTES];

    /**
     * The value in its envelope.
     *
     * @param number records of the session before this one; each is used once
     */
    public byte[] envelope(ContentKey key, SessionId session, long number, byte[] value) {
        int formBytes = form(value);
        int ciphertextBytes = formBytes + ContentCipher.TAG_BYTES;
        int headBytes = EnvelopeCodec.writeHead(session, number, ciphertextBytes, head);
        byte[] envelope = Arrays.copyOf(head, headBytes + ciphertextBytes);
        cipher.encrypt(key, session, number, form, formBytes, envelope, headBytes);
        return envelope;
    }

    private int form(byte[] value) {
        int most = ContentForm.HEAD_BYTES + compressor.maxCompressedLength(value.length);
        if (form.length < most) {
            form = new byte[most];
        }
        int compressed = compressor.compress(value, 0, value.length, form, ContentForm.HEAD_BYTES);
        boolean smaller = compressed < value.length;
        if (!smaller) {
            System.arraycopy(value, 0, form, ContentForm.HEAD_BYTES, value.length);
        }
        ByteBuffer.wrap(form)
                .put(smaller ? ContentForm.LZ4 : ContentForm.STORED)
                .putInt(value.length);
        return ContentForm.HEAD_BYTES + (smaller ? compressed : value.length);
    }
}
