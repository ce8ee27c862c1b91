package org.lawtap.worker.session;

import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.content.ContentKey;
import org.lawtap.schemas.content.ContentWriter;
import org.lawtap.schemas.model.Chain;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.model.WrappedKey;
import org.lawtap.schemas.order.X25519Key;
import org.lawtap.schemas.wire.PacketBatch;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.worker.engine.CapturedFrame;

/**
 * The records of one session on their way into the log. Packets are gathered in batches, every record is hashed, and a checkpoint
 * holds the root over the hashes since the one before it.
 *
 * <pre>
 *   opened | packets | packets | checkpoint 0 | packets | checkpoint 1 | ...
 *   '------- root in 0 -------'               '- root -' in 1, with the leaf of 0
 * </pre>
 *
 * Where the warrant has a delivery key, records of packets go into envelopes; what is hashed is the value inside.
 *
 * <p> * Owned by one thread.
 */
final class SessionRecords {
    private static final long NS_PER_MS = 1_000_000L;

    private final WarrantId warrant;
    private final SessionId id;
    private final PacketLog log;
    private final Sealer sealer;
    private final ContentWriter content;
    private final SessionLimits limits;
    private final PacketBatch batch;
    private final MerkleTree sinceCheckpoint = new MerkleTree();
    private long batchSince;
    private long records;
    private @Nullable Sha256 previous;
    private boolean awaitsSeal;
    private @Nullable ContentKey contentKey;

    /** @param content puts packets into envelopes, once there is a key */
    SessionRecords(
            WarrantId warrant,
            SessionId id,
            PacketLog log,
            Sealer sealer,
            ContentWriter content,
            SessionLimits limits) {
        this.warrant = warrant;
        this.id = id;
        this.log = log;
        this.sealer = sealer;
        this.content = content;
        this.limits = limits;
        this.batch = new PacketBatch(id);
    }

    /** Makes a content key: from now on packets are encrypted under it. Returns what the opening says of it. */
    WrappedKey encryptFor(X25519Key deliveryKey) {
        ContentKey key = ContentKey.random();
        contentKey = key;
        return key.wrap(deliveryKey, warrant, id);
    }

    /** The first record. */
    void open(SessionOpened statement) {
        byte[] value = PacketCodec.encode(new PacketEvent.Opened(id, statement));
        send(value, value);
    }

    /** Adds a packet to the batch, and sends that when it is full; returns whether it did. */
    boolean add(long sequence, CapturedFrame frame, long nowNs) {
        if (batch.packets() == 0) {
            batchSince = nowNs;
        }
        int length = frame.length();
        int at = batch.add(sequence, frame.timeNs(), frame.direction(), frame.flags(), frame.originalLength(), length);
        frame.copyTo(batch.array(), at);
        if (batch.size() < limits.batchBytes()) {
            return false;
        }
        flush();
        return true;
    }

    /** Whether packets wait to be sent. */
    boolean holdsPackets() {
        return batch.packets() > 0;
    }

    /** Sends a batch that has waited long enough. */
    void flushIfDue(long nowNs) {
        if (holdsPackets() && nowNs - batchSince >= limits.batchDelayMs() * NS_PER_MS) {
            flush();
        }
    }

    /** Milliseconds until the batch has waited long enough, rounded up; 0 if it has, or more than any if there is none. */
    long msUntilDue(long nowNs) {
        return holdsPackets()
                ? Math.max(0, limits.batchDelayMs() - Math.floorDiv(nowNs - batchSince, NS_PER_MS))
                : Long.MAX_VALUE;
    }

    /** Sends the batch as it is. */
    void flush() {
        if (holdsPackets()) {
            byte[] value = batch.take();
            ContentKey key = contentKey;
            send(value, key == null ? value : content.envelope(key, id, records, value));
        }
    }

    /** What a checkpoint made now holds on to; no packet may wait. */
    Chain chain() {
        if (holdsPackets()) {
            throw new IllegalStateException("a checkpoint before its packets");
        }
        return new Chain(records, Sha256.of(sinceCheckpoint.root()), previous);
    }

    /** The next checkpoint; it is sent with its seal, at {@link Sealer#sealAll}, before any other record. */
    void checkpoint(Checkpoint checkpoint) {
        awaitsSeal = true;
        sealer.add(PacketCodec.encode(new PacketEvent.Accounted(id, checkpoint)), this::sealed);
    }

    /** Sends what awaits its seal. */
    void settle() {
        sealer.sealAll();
    }

    private void sealed(byte[] value) {
        awaitsSeal = false;
        log.send(warrant, id, value);
        records++;
        previous = Sha256.of(sinceCheckpoint.leaf(value));
        sinceCheckpoint.clear();
    }

    /** @param sent the value, or its envelope */
    private void send(byte[] value, byte[] sent) {
        if (awaitsSeal) {
            throw new IllegalStateException("a record before the checkpoint that was made first");
        }
        sinceCheckpoint.add(sinceCheckpoint.leaf(value));
        records++;
        log.send(warrant, id, sent);
    }
}
