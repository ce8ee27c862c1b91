package org.lawtap.schemas.wire;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.topics.SchemaId;

/**
 * Envelopes, byte for byte what the generated classes write, without copying what is inside.
 *
 * <pre>
 *   0      1              5      6              42
 *   +------+--------------+------+--------------+--------+--------+------------+
 *   | 0x00 | schema id: 9 | 0x48 | session      | number | length | ciphertext |
 *   +------+--------------+------+--------------+--------+--------+------------+
 *                                  36 characters   zig-zag numbers
 * </pre>
 */
public final class EnvelopeCodec {
    private static final int SESSION_CHARS = 36;
    private static final int SESSION_AT = Frame.HEAD_BYTES + 1;
    private static final int NUMBER_AT = SESSION_AT + SESSION_CHARS;
    private static final int VARINT_MAX = 10;

    /** Bytes before the ciphertext, at most. */
    public static final int HEAD_BYTES_MAX = NUMBER_AT + 2 * VARINT_MAX;

    private EnvelopeCodec() {}

    /**
     * Where the ciphertext of an envelope stands in its value.
     *
     * @param number records of the session before this one
     */
    public record Envelope(SessionId session, long number, int at, int length) {}

    /** Writes what stands before a ciphertext of this length; returns how long that is. */
    public static int writeHead(SessionId session, long number, int ciphertextBytes, byte[] into) {
        int id = SchemaId.ENCRYPTED.id();
        int at = 0;
        into[at++] = 0;
        for (int shift = 24; shift >= 0; shift -= 8) {
            into[at++] = (byte) (id >> shift);
        }
        into[at++] = (byte) (SESSION_CHARS << 1);
        byte[] text = session.toString().getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, into, at, text.length);
        at = PacketBatch.varint(into, NUMBER_AT, number);
        return PacketBatch.varint(into, at, ciphertextBytes);
    }

    /** Whether the value says that it is an envelope. */
    public static boolean isEnvelope(byte @Nullable [] value) {
        return value != null
                && value.length > NUMBER_AT
                && value[0] == 0
                && value[1] == 0
                && value[2] == 0
                && value[3] == 0
                && value[4] == SchemaId.ENCRYPTED.id();
    }

    /** Reads an envelope. @throws WireException if the value is none, to the last byte */
    public static Envelope read(byte @Nullable [] value) throws WireException {
        try {
            if (value == null || !isEnvelope(value) || value[Frame.HEAD_BYTES] != SESSION_CHARS << 1) {
                throw new IllegalArgumentException("no session in front");
            }
            SessionId session =
                    SessionId.parse(new String(value, SESSION_AT, SESSION_CHARS, StandardCharsets.US_ASCII));
            long number = varint(value, NUMBER_AT);
            int lengthAt = NUMBER_AT + varintBytes(number);
            long length = varint(value, lengthAt);
            int at = lengthAt + varintBytes(length);
            if (number < 0 || length != value.length - at) {
                throw new IllegalArgumentException("a length that is not its own");
            }
            return new Envelope(session, number, at, (int) length);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new WireException("no encrypted record: " + e.getMessage(), e);
        }
    }

    /** The number at a place, in its shortest form. */
    private static long varint(byte[] value, int from) {
        long groups = 0;
        for (int i = 0; i < VARINT_MAX; i++) {
            byte group = value[from + i];
            groups |= (long) (group & 0x7f) << (7 * i);
            if (group >= 0) {
                long number = groups >>> 1 ^ -(groups & 1);
                if (varintBytes(number) != i + 1) {
                    break;
                }
                return number;
            }
        }
        throw new IllegalArgumentException("a number in another form");
    }

    private static int varintBytes(long number) {
        return PacketBatch.varint(new byte[VARINT_MAX], 0, number);
    }
}
