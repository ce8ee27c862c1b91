package org.lawtap.sink.verify;

import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.model.Chain;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.ClockState;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.InterfaceCounters;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.wire.PacketBatch;
import org.lawtap.schemas.wire.PacketCodec;

/** The records of one session as a worker makes them: hashed, chained, sealed. */
final class SampleSession {
    static final int SEGMENT_BYTES = 154;
    static final int SEGMENT_HEADERS = 54;

    private final SessionId id;
    private final String name;
    private final KeyPair node;
    private final MerkleTree leaves = new MerkleTree();
    private final long openedAtNs;
    private long records;
    private long delivered;
    private long bytes;
    private long kernelDrop;
    private long checkpoints;
    private @Nullable Sha256 previous;
    private boolean headersOnly;
    private long cutBytes;
    private @Nullable String filter;
    private long refusedByFilter;
    private long passedToNowhere;

    SampleSession(SessionId id, String name, KeyPair node, long openedAtNs) {
        this.id = id;
        this.name = name;
        this.node = node;
        this.openedAtNs = openedAtNs;
    }

    /** Says in its opening that it keeps headers only. */
    SampleSession ofHeaders() {
        headersOnly = true;
        return this;
    }

    /** Says in its opening that this filter narrows it, and at its end how many packets that refused. */
    SampleSession filtered(String expression, long refused) {
        filter = expression;
        refusedByFilter = refused;
        return this;
    }

    byte[] open(@Nullable SessionId continues) {
        return record(PacketCodec.encode(new PacketEvent.Opened(
                id,
                new SessionOpened(
                        SampleEvidence.WARRANT,
                        1,
                        continues,
                        new PodRef(
                                new ClusterId("c1"),
                                new Namespace("shop"),
                                new PodName("web-" + name),
                                new PodUid("uid-" + name)),
                        new NodeName("n1"),
                        "veth" + name,
                        7,
                        "eth0",
                        ByteBuffer.wrap(new byte[] {2, 0, 0, 0, 0, 1}),
                        4_026_532_000L,
                        "boot-1",
                        "Linux 6.1",
                        "ring",
                        1,
                        262_144,
                        filter,
                        headersOnly,
                        openedAtNs,
                        2,
                        ByteBuffer.wrap(node.getPublic().getEncoded()),
                        counted(2)))));
    }

    /** A record of packets. @param flags of all of them */
    byte[] packets(int count, int flags) {
        PacketBatch batch = new PacketBatch(id);
        for (int i = 0; i < count; i++) {
            int length = 60 + (int) delivered;
            int at = batch.add(
                    delivered,
                    openedAtNs + 1_000_000 + delivered * 1_000_000,
                    delivered % 2 == 0 ? Packet.Direction.FROM_POD : Packet.Direction.TO_POD,
                    flags,
                    length,
                    length);
            byte[] array = batch.array();
            for (int b = 0; b < length; b++) {
                array[at + b] = (byte) (b * 7L + delivered + name.hashCode());
            }
            delivered++;
            bytes += length;
        }
        return record(batch.take());
    }

    /** A record of one TCP segment of {@link #SEGMENT_BYTES}, of which so many are kept. */
    byte[] segment(int kept, int flags) {
        ByteBuffer frame = ByteBuffer.allocate(SEGMENT_BYTES)
                .putShort(12, (short) 0x0800)
                .put(14, (byte) 0x45)
                .putShort(16, (short) (SEGMENT_BYTES - 14))
                .put(23, (byte) 6)
                .put(46, (byte) 0x50);
        PacketBatch batch = new PacketBatch(id);
        long timeNs = openedAtNs + 1_000_000 + delivered * 1_000_000;
        int at = batch.add(delivered, timeNs, Packet.Direction.FROM_POD, flags, SEGMENT_BYTES, kept);
        frame.get(0, batch.array(), at, kept);
        delivered++;
        bytes += kept;
        cutBytes += SEGMENT_BYTES - kept;
        return record(batch.take());
    }

    /** Its next checkpoints count more bytes as left out than were. */
    void cutMore(long more) {
        cutBytes += more;
    }

    /** Its next checkpoints count packets that passed the filter and are in no class. */
    void lose(long packets) {
        passedToNowhere += packets;
    }

    void drop(long packets) {
        kernelDrop += packets;
    }

    byte[] checkpoint(@Nullable StopReason end) {
        boolean first = checkpoints == 0;
        byte[] unsealed = PacketCodec.encode(new PacketEvent.Accounted(
                id,
                new Checkpoint(
                        checkpoints++,
                        openedAtNs + 1_000_000_000L * checkpoints,
                        delivered,
                        bytes,
                        kernelDrop,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        headersOnly ? cutBytes : 0,
                        delivered + kernelDrop + passedToNowhere,
                        counted(2),
                        counted(2 + delivered + kernelDrop + passedToNowhere + refusedByFilter),
                        true,
                        end,
                        new ClockState("tsc", true, 1000),
                        first ? List.of(ByteBuffer.wrap(new byte[] {10, 0, 0, (byte) name.hashCode()})) : List.of(),
                        new Chain(records, Sha256.of(leaves.root()), previous))));
        Seal seal = Seal.sign(
                        List.of(PacketCodec.covered(unsealed)),
                        node.getPrivate(),
                        new Sha256(OrderKeys.keyId(node.getPublic())))
                .getFirst();
        byte[] value = PacketCodec.sealed(unsealed, seal);
        records++;
        previous = Sha256.of(leaves.leaf(value));
        leaves.clear();
        return value;
    }

    private byte[] record(byte[] value) {
        leaves.add(leaves.leaf(value));
        records++;
        return value;
    }

    private static InterfaceCounters counted(long packets) {
        return new InterfaceCounters(packets, 0, 0, 0, 0, 0);
    }
}
