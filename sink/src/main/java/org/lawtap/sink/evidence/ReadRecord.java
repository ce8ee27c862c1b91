package org.lawtap.sink.evidence;

import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.wire.PacketBatchReader;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;

/**
 * A record of a packet topic, hashed and read: all that can be known of it without the records before. Used again for record after
 * record; owned by one thread at a time.
 */
public final class ReadRecord {
    private final PacketBatchReader packets = new PacketBatchReader();
    private long offset;
    private byte[] value = {};
    private byte[] leaf = {};
    private byte[] canonical = {};
    private @Nullable PacketEvent step;
    private @Nullable Seal seal;
    private boolean exact;
    private boolean consecutive;

    /** Takes the next record, which must be read then. @param record not copied; null is a record without a value */
    public void set(long recordOffset, byte @Nullable [] record) {
        offset = recordOffset;
        value = record == null ? new byte[0] : record;
    }

    /** Hashes and reads it. */
    public void read(MerkleTree hashing) {
        leaf = hashing.leaf(value, value.length);
        step = null;
        seal = null;
        canonical = value;
        exact = packets.read(value);
        if (!exact) {
            decode();
        }
        consecutive = consecutive(packets);
    }

    private void decode() {
        try {
            PacketEvent decoded = PacketCodec.decode(value);
            if (decoded instanceof PacketEvent.Batch) {
                canonical = PacketCodec.encode(decoded);
                packets.read(canonical);
            } else {
                seal = decoded instanceof PacketEvent.Accounted ? PacketCodec.seal(value) : null;
                step = decoded;
            }
        } catch (WireException e) {
            // Neither packets nor a step: it can't be read, and the ledger says so.
            step = null;
        }
    }

    private static boolean consecutive(PacketBatchReader packets) {
        for (int i = 1; i < packets.packets(); i++) {
            if (packets.sequence(i) != packets.sequence(i - 1) + 1) {
                return false;
            }
        }
        return true;
    }

    /** Its place in the log. */
    long offset() {
        return offset;
    }

    /** Its exact bytes. */
    byte[] value() {
        return value;
    }

    /** SHA-256(0x00 || value). */
    byte[] leaf() {
        return leaf;
    }

    /** Its packets; none if it is anything else. */
    PacketBatchReader packets() {
        return packets;
    }

    /** The array in which the packets' frames are. */
    byte[] frames() {
        return canonical;
    }

    /** Whether the packets are in the form that the worker writes, so that they alone lead back to the value. */
    boolean exact() {
        return exact;
    }

    /** Whether the packets' sequences follow one another. */
    boolean consecutive() {
        return consecutive;
    }

    /** An opening or a checkpoint; null if it is neither. */
    @Nullable
    PacketEvent step() {
        return step;
    }

    /** A checkpoint's seal. */
    @Nullable
    Seal seal() {
        return seal;
    }
}
