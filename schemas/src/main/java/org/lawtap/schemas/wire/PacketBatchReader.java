package org.lawtap.schemas.wire;

import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.topics.SchemaId;

/**
 * The packets of one value that {@link PacketBatch} wrote, without an object a packet. It knows that one form only: whatever else
 * a record may hold is for {@link PacketCodec}, also where Avro allows several forms of the same packets. A form that is read
 * is therefore the one that is written again from what was read, to the byte.
 *
 * <p>Frames are not copied: {@link #dataOffset} is a place in the value that was read. The numbers of a value stay until the next
 * {@link #read}. Owned by one thread.
 */
public final class PacketBatchReader {
    private static final int UUID_CHARS = 36;
    private static final int SESSION_AT = Frame.HEAD_BYTES + 1;
    private static final int COUNT_AT = SESSION_AT + UUID_CHARS + 1;

    /** Five numbers and an empty frame's length. */
    private static final int PACKET_BYTES_MIN = 6;

    /** End of the array, no checkpoint, no seal. */
    private static final int TAIL_BYTES = 3;

    private static final int INITIAL_PACKETS = 256;

    /** Earlier times are not told apart by {@link PacketCodec}, which counts whole seconds first. */
    private static final long TIME_MIN = Long.MIN_VALUE / 1_000_000_000L * 1_000_000_000L;

    private static final List<Packet.Direction> DIRECTIONS =
            List.of(Packet.Direction.UNKNOWN, Packet.Direction.FROM_POD, Packet.Direction.TO_POD);

    private final byte[] sessionText = new byte[UUID_CHARS];
    private @Nullable SessionId session;
    private int packets;
    private long[] sequences = new long[INITIAL_PACKETS];
    private long[] times = new long[INITIAL_PACKETS];
    private byte[] directions = new byte[INITIAL_PACKETS];
    private int[] flags = new int[INITIAL_PACKETS];
    private int[] originalLengths = new int[INITIAL_PACKETS];
    private int[] dataOffsets = new int[INITIAL_PACKETS];
    private int[] dataLengths = new int[INITIAL_PACKETS];

    private byte[] bytes = {};
    private int at;

    /** Whether the last number that was asked for stood there, in its shortest form. */
    private boolean sound;

    /** Reads a value; false if it isn't of {@link PacketBatch}'s form, and then there is nothing to ask for. */
    public boolean read(byte @Nullable [] value) {
        packets = 0;
        if (value == null || value.length < COUNT_AT + 1 + PACKET_BYTES_MIN + TAIL_BYTES || !head(value)) {
            return false;
        }
        bytes = value;
        at = COUNT_AT;
        sound = true;
        long count = number();
        if (!sound || count <= 0 || count > (value.length - at - TAIL_BYTES) / PACKET_BYTES_MIN) {
            return false;
        }
        reserve((int) count);
        for (int packet = 0; packet < count; packet++) {
            if (!packet(packet)) {
                return false;
            }
        }
        if (at != value.length - TAIL_BYTES || value[at] != 0 || value[at + 1] != 0 || value[at + 2] != 0) {
            return false;
        }
        packets = (int) count;
        return true;
    }

    /** Whose packets they are. @throws IllegalStateException if nothing was read */
    public SessionId session() {
        SessionId read = session;
        if (packets == 0 || read == null) {
            throw new IllegalStateException("no packets were read");
        }
        return read;
    }

    /** How many packets were read; packets are named from 0 below. */
    public int packets() {
        return packets;
    }

    /** From 0 in each session. */
    public long sequence(int packet) {
        return sequences[check(packet)];
    }

    /** Nanoseconds since 1970. */
    public long timeNs(int packet) {
        return times[check(packet)];
    }

    /** Seen from the pod. */
    public Packet.Direction direction(int packet) {
        return DIRECTIONS.get(directions[check(packet)]);
    }

    /** The flags of {@link Packet}. */
    public int flags(int packet) {
        return flags[check(packet)];
    }

    /** Bytes on the wire, at least {@link #dataLength}. */
    public int originalLength(int packet) {
        return originalLengths[check(packet)];
    }

    /** Where the frame begins in the value. */
    public int dataOffset(int packet) {
        return dataOffsets[check(packet)];
    }

    /** Bytes of the frame that were kept. */
    public int dataLength(int packet) {
        return dataLengths[check(packet)];
    }

    private int check(int packet) {
        if (packet < 0 || packet >= packets) {
            throw new IndexOutOfBoundsException("packet " + packet + " of " + packets);
        }
        return packet;
    }

    private boolean head(byte[] value) {
        int id = SchemaId.PACKETS.id();
        if (value[0] != 0
                || value[1] != (byte) (id >> 24)
                || value[2] != (byte) (id >> 16)
                || value[3] != (byte) (id >> 8)
                || value[4] != (byte) id
                || value[Frame.HEAD_BYTES] != UUID_CHARS << 1
                || value[COUNT_AT - 1] != 0) {
            return false;
        }
        if (session != null && Arrays.equals(value, SESSION_AT, COUNT_AT - 1, sessionText, 0, UUID_CHARS)) {
            return true;
        }
        session = session(value);
        System.arraycopy(value, SESSION_AT, sessionText, 0, UUID_CHARS);
        return session != null;
    }

    /** Null unless it is a UUID in its lower-case form. */
    private static @Nullable SessionId session(byte[] value) {
        long high = 0;
        long low = 0;
        for (int i = 0; i < UUID_CHARS; i++) {
            int character = value[SESSION_AT + i];
            if (i == 8 || i == 13 || i == 18 || i == 23) {
                if (character != '-') {
                    return null;
                }
                continue;
            }
            boolean digit = character >= '0' && character <= '9';
            if (!digit && (character < 'a' || character > 'f')) {
                return null;
            }
            int nibble = digit ? character - '0' : character - 'a' + 10;
            if (i < 18) {
                high = high << 4 | nibble;
            } else {
                low = low << 4 | nibble;
            }
        }
        return new SessionId(new UUID(high, low));
    }

    private boolean packet(int packet) {
        long sequence = number();
        long time = number();
        long direction = number();
        long flag = number();
        long originalLength = number();
        long length = number();
        if (!sound
                || sequence < 0
                || time < TIME_MIN
                || direction < 0
                || direction >= DIRECTIONS.size()
                || flag != (int) flag
                || originalLength > Integer.MAX_VALUE
                || length < 0
                || length > originalLength
                || length > bytes.length - TAIL_BYTES - at) {
            return false;
        }
        sequences[packet] = sequence;
        times[packet] = time;
        directions[packet] = (byte) direction;
        flags[packet] = (int) flag;
        originalLengths[packet] = (int) originalLength;
        dataOffsets[packet] = at;
        dataLengths[packet] = (int) length;
        at += (int) length;
        return true;
    }

    /** The next number; not {@link #sound} if it is cut off, longer than needed or larger than 64 bits. */
    private long number() {
        byte[] from = bytes;
        int next = at;
        long groups = 0;
        for (int shift = 0; shift < 64 && next < from.length; shift += 7) {
            byte group = from[next++];
            groups |= (long) (group & 0x7f) << shift;
            if (group >= 0) {
                sound &= (group != 0 || shift == 0) && (shift < 63 || group == 1);
                at = next;
                return groups >>> 1 ^ -(groups & 1);
            }
        }
        sound = false;
        return 0;
    }

    private void reserve(int count) {
        if (count > sequences.length) {
            int size = Math.max(count, Math.min(2 * sequences.length, Integer.MAX_VALUE / 2));
            sequences = new long[size];
            times = new long[size];
            directions = new byte[size];
            flags = new int[size];
            originalLengths = new int[size];
            dataOffsets = new int[size];
            dataLengths = new int[size];
        }
    }
}
