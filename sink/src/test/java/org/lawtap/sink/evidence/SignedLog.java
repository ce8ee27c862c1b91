package org.lawtap.sink.evidence;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.content.ContentKey;
import org.lawtap.schemas.content.ContentWriter;
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
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.model.WrappedKey;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.X25519Key;
import org.lawtap.schemas.wire.PacketCodec;

/** A packet topic as a node's sessions write it: chained, and sealed by the node's key. Values stand in the order of their offsets. */
public final class SignedLog {
    private static final InterfaceCounters NOTHING = new InterfaceCounters(0, 0, 0, 0, 0, 0);

    private final WarrantId warrant;
    private final long startNs;
    private final KeyPair node;
    private final Map<SessionId, Session> sessions = new LinkedHashMap<>();
    private final List<byte[]> values = new ArrayList<>();
    private final ContentWriter content = new ContentWriter();
    private @Nullable X25519Key deliveryKey;

    /** @param startNs time of the first packet, nanoseconds since 1970 */
    public SignedLog(WarrantId warrant, long startNs, KeyPair node) {
        this.warrant = warrant;
        this.startNs = startNs;
        this.node = node;
    }

    /** What each packet holds where packets are encrypted. */
    public static final String CANARY = "canary-7f3a-plaintext";

    /** From now on sessions encrypt their packets for this key. */
    public SignedLog encryptedFor(@Nullable X25519Key key) {
        deliveryKey = key;
        return this;
    }

    private static final class Session {
        private @Nullable ContentKey contentKey;
        private final MerkleTree leaves = new MerkleTree();
        private long records;
        private long packets;
        private long bytes;
        private long checkpoints;
        private @Nullable Sha256 previous;
    }

    /** All values so far. */
    public List<byte[]> values() {
        return List.copyOf(values);
    }

    /** A session opens, of pod {@code name}. */
    public SignedLog opened(SessionId session, String name) {
        PodRef pod =
                new PodRef(new ClusterId("c1"), new Namespace("shop"), new PodName(name), new PodUid("uid-" + name));
        Session opened = new Session();
        sessions.put(session, opened);
        WrappedKey wrapped = null;
        if (deliveryKey != null) {
            ContentKey key = ContentKey.random();
            opened.contentKey = key;
            wrapped = key.wrap(deliveryKey, warrant, session);
        }
        return add(
                session,
                PacketCodec.encode(new PacketEvent.Opened(
                        session,
                        new SessionOpened(
                                warrant,
                                1,
                                null,
                                pod,
                                new NodeName("n1"),
                                "veth" + name,
                                7,
                                "eth0",
                                ByteBuffer.wrap(new byte[] {2, 0, 0, 0, 0, 1}),
                                1,
                                "boot",
                                "Linux 6.1",
                                "ring",
                                1,
                                262_144,
                                null,
                                false,
                                startNs,
                                0,
                                ByteBuffer.wrap(node.getPublic().getEncoded()),
                                NOTHING,
                                wrapped))));
    }

    /** The next packets of a session. */
    public SignedLog packets(SessionId session, int count, int bytes) {
        Session known = of(session);
        List<Packet> packets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long sequence = known.packets++;
            byte[] data = new byte[bytes];
            data[12] = 8;
            data[bytes - 1] = (byte) sequence;
            if (known.contentKey != null) {
                System.arraycopy(CANARY.getBytes(StandardCharsets.US_ASCII), 0, data, 20, CANARY.length());
            }
            known.bytes += bytes;
            packets.add(new Packet(
                    sequence,
                    startNs + sequence * 1000,
                    sequence % 2 == 0 ? Packet.Direction.FROM_POD : Packet.Direction.TO_POD,
                    sequence % 5 == 4 ? Packet.VLAN_RESTORED : Packet.CHECKSUM_NOT_READY,
                    bytes,
                    ByteBuffer.wrap(data)));
        }
        return add(session, PacketCodec.encode(new PacketEvent.Batch(session, packets)));
    }

    /** A checkpoint; with a reason the last one. */
    public SignedLog checkpoint(SessionId session, @Nullable StopReason reason) {
        Session known = of(session);
        byte[] unsealed = PacketCodec.encode(new PacketEvent.Accounted(
                session,
                new Checkpoint(
                        known.checkpoints++,
                        startNs + 1_000_000_000L * known.checkpoints,
                        known.packets,
                        known.bytes,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        known.packets,
                        NOTHING,
                        new InterfaceCounters(known.packets, 0, 0, 0, 0, 0),
                        true,
                        reason,
                        new Chain(known.records, Sha256.of(known.leaves.root()), known.previous))));
        Seal seal = Seal.sign(
                        List.of(PacketCodec.covered(unsealed)),
                        node.getPrivate(),
                        new Sha256(OrderKeys.keyId(node.getPublic())))
                .getFirst();
        byte[] value = PacketCodec.sealed(unsealed, seal);
        known.records++;
        known.previous = Sha256.of(known.leaves.leaf(value));
        known.leaves.clear();
        values.add(value);
        return this;
    }

    private SignedLog add(SessionId session, byte[] value) {
        Session known = of(session);
        known.leaves.add(known.leaves.leaf(value));
        ContentKey key = known.contentKey;
        values.add(key == null || known.records == 0 ? value : content.envelope(key, session, known.records, value));
        known.records++;
        return this;
    }

    private Session of(SessionId session) {
        Session known = sessions.get(session);
        if (known == null) {
            throw new IllegalStateException("session " + session + " was not opened");
        }
        return known;
    }
}
