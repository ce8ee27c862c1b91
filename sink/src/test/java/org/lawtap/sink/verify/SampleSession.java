package org.lawtap.sink.verify;

import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.model.Chain;
import org.lawtap.schemas.model.Checkpoint;
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

    SampleSession(SessionId id, String name, KeyPair node, long openedAtNs) {
        this.id = id;
        this.name = name;
        this.node = node;
        this.openedAtNs = openedAtNs;
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
                        null,
                        false,
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

    void drop(long packets) {
        kernelDrop += packets;
    }

    byte[] checkpoint(@Nullable StopReason end) {
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
                        0,
                        delivered + kernelDrop,
                        counted(2),
                        counted(2 + delivered + kernelDrop),
                        true,
                        end,
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
