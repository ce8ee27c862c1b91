package org.lawtap.sink.rebuild;

import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
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
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.wire.PacketBatch;
import org.lawtap.schemas.wire.PacketCodec;

/** The values of a packet topic as the workers of two nodes write them, chained and sealed; all of it follows from the seed. */
final class SealedLog {
    static final WarrantId WARRANT = WarrantId.parse("00000000-0000-4000-8000-000000000001");

    private static final List<KeyPair> NODES = List.of(OrderKeys.generate(), OrderKeys.generate());
    private static final long BEGIN_NS = 1_795_521_600_000_000_000L;
    private static final int PACKETS_MAX = 30;
    private static final int FRAME_BYTES_MAX = 1600;

    private final Random random;
    private final List<byte[]> values = new ArrayList<>();
    private final List<Session> sessions = new ArrayList<>();
    private long nowNs = BEGIN_NS;

    private SealedLog(long seed) {
        this.random = new Random(seed);
    }

    /** About so many records of several sessions; some end, some are cut off. */
    static List<byte[]> of(long seed, int records) {
        SealedLog log = new SealedLog(seed);
        for (int session = 0; session < 3; session++) {
            log.open();
        }
        while (log.values.size() < records) {
            switch (log.random.nextInt(12)) {
                case 0 -> log.account(null);
                case 1 -> log.open();
                case 2 -> log.end();
                default -> log.batch();
            }
        }
        log.account(null);
        return log.values;
    }

    /** The same with what befalls a log: records a second time, whole stretches again, what can't be read, and foreign sessions. */
    static List<byte[]> withMishaps(long seed, int records) {
        Random random = new Random(seed);
        List<byte[]> right = of(seed, records);
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < right.size(); i++) {
            all.add(right.get(i));
            switch (random.nextInt(20)) {
                case 0 -> all.add(right.get(i));
                case 1 -> all.addAll(right.subList(random.nextInt(i + 1), i + 1));
                case 2 -> all.add(new byte[random.nextInt(100)]);
                case 3 -> all.add(foreign(random));
                case 4 -> all.add(right.get(random.nextInt(i + 1)));
                default -> {}
            }
        }
        return all;
    }

    private static byte[] foreign(Random random) {
        PacketBatch batch = new PacketBatch(new SessionId(new UUID(random.nextLong(), random.nextLong())));
        batch.add(0, BEGIN_NS, Packet.Direction.TO_POD, 0, 5, 0);
        return batch.take();
    }

    private static final class Session {
        private final SessionId id;
        private final KeyPair keys;
        private final MerkleTree leaves = new MerkleTree();
        private long records;
        private long checkpoints;
        private long sequence;
        private long bytes;
        private long dropped;
        private @Nullable Sha256 previous;

        Session(SessionId id, KeyPair keys) {
            this.id = id;
            this.keys = keys;
        }
    }

    private void open() {
        int node = random.nextInt(NODES.size());
        Session session = new Session(new SessionId(new UUID(random.nextLong(), random.nextLong())), NODES.get(node));
        String name = "web-" + sessions.size();
        SessionOpened statement = new SessionOpened(
                WARRANT,
                1,
                null,
                new PodRef(new ClusterId("c1"), new Namespace("shop"), new PodName(name), new PodUid("uid-" + name)),
                new NodeName("n" + node),
                "veth" + sessions.size(),
                7 + sessions.size(),
                "eth0",
                ByteBuffer.wrap(new byte[] {2, 0, 0, 0, 0, (byte) sessions.size()}),
                1,
                "boot",
                "Linux 6.1",
                "ring",
                1,
                262_144,
                null,
                false,
                nowNs,
                0,
                ByteBuffer.wrap(session.keys.getPublic().getEncoded()),
                counted(0));
        sessions.add(session);
        send(session, PacketCodec.encode(new PacketEvent.Opened(session.id, statement)));
    }

    private void batch() {
        Session session = sessions.get(random.nextInt(sessions.size()));
        PacketBatch batch = new PacketBatch(session.id);
        int packets = 1 + random.nextInt(PACKETS_MAX);
        int flags = random.nextInt(4) == 0 ? random.nextInt(16) : 0;
        for (int i = 0; i < packets; i++) {
            byte[] frame = new byte[random.nextInt(FRAME_BYTES_MAX)];
            random.nextBytes(frame);
            // Nodes' clocks and batches overlap; within a session time may stand still.
            nowNs += random.nextInt(3);
            long time = nowNs + random.nextInt(5) * 100L;
            int at = batch.add(
                    session.sequence++,
                    time,
                    random.nextBoolean() ? Packet.Direction.FROM_POD : Packet.Direction.TO_POD,
                    flags,
                    frame.length + random.nextInt(2),
                    frame.length);
            System.arraycopy(frame, 0, batch.array(), at, frame.length);
            session.bytes += frame.length;
        }
        send(session, batch.take());
    }

    private void end() {
        if (sessions.size() > 2) {
            Session session = sessions.remove(random.nextInt(sessions.size()));
            seal(List.of(session), StopReason.WARRANT_ENDED);
        }
    }

    private void account(@Nullable StopReason reason) {
        for (KeyPair node : NODES) {
            List<Session> ofNode = sessions.stream()
                    .filter(session -> session.keys.equals(node))
                    .toList();
            if (!ofNode.isEmpty()) {
                seal(ofNode, reason);
            }
        }
    }

    private void seal(List<Session> together, @Nullable StopReason reason) {
        List<byte[]> unsealed = new ArrayList<>();
        for (Session session : together) {
            session.dropped += random.nextInt(10) == 0 ? 3 : 0;
            unsealed.add(PacketCodec.encode(new PacketEvent.Accounted(session.id, checkpoint(session, reason))));
        }
        KeyPair keys = together.getFirst().keys;
        List<Seal> seals = Seal.sign(
                unsealed.stream().map(PacketCodec::covered).toList(),
                keys.getPrivate(),
                new Sha256(OrderKeys.keyId(keys.getPublic())));
        for (int i = 0; i < together.size(); i++) {
            Session session = together.get(i);
            byte[] value = PacketCodec.sealed(unsealed.get(i), seals.get(i));
            session.previous = Sha256.of(session.leaves.leaf(value));
            session.leaves.clear();
            session.records++;
            values.add(value);
        }
    }

    private Checkpoint checkpoint(Session session, @Nullable StopReason reason) {
        return new Checkpoint(
                session.checkpoints++,
                nowNs,
                session.sequence,
                session.bytes,
                session.dropped,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                session.sequence + session.dropped,
                counted(0),
                counted(session.sequence + session.dropped),
                true,
                reason,
                new Chain(session.records, Sha256.of(session.leaves.root()), session.previous));
    }

    private void send(Session session, byte[] value) {
        session.leaves.add(session.leaves.leaf(value));
        session.records++;
        values.add(value);
    }

    private static InterfaceCounters counted(long packets) {
        return new InterfaceCounters(packets, 0, 0, 0, 0, 0);
    }
}
