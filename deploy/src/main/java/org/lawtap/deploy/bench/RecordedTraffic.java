package org.lawtap.deploy.bench;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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

/**
 * A packet topic as one node's worker writes it under load, in a file of records: sessions that take turns, batches of the worker's
 * default size, chained and sealed checkpoints. Owned by one thread.
 */
final class RecordedTraffic implements AutoCloseable {
    private static final int SESSIONS = 8;
    private static final int BATCH_BYTES = 256 * 1024;
    private static final int ROUNDS_A_CHECKPOINT = 4;
    private static final long BEGIN_NS = 1_795_521_600_000_000_000L;
    private static final long PACKET_EVERY_NS = 1000;
    private static final int NOISE_BYTES = 1 << 16;
    private static final int BUFFER_BYTES = 1 << 20;

    private final WarrantId warrant = WarrantId.random();
    private final KeyPair node = OrderKeys.generate();
    private final List<Session> sessions = new ArrayList<>();
    private final byte[] noise = new byte[NOISE_BYTES];
    private final Random random = new Random(1);
    private final DataOutputStream out;
    private long records;
    private long nowNs = BEGIN_NS;

    private RecordedTraffic(DataOutputStream out) {
        this.out = out;
        random.nextBytes(noise);
    }

    /** What was written. */
    record Written(WarrantId warrant, long records, long packets) {}

    /** Writes a whole log of at least so many packets. */
    static Written write(Path file, Mix mix, long packets) throws IOException {
        DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file), BUFFER_BYTES));
        try (RecordedTraffic traffic = new RecordedTraffic(out)) {
            return traffic.play(mix, packets);
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    private static final class Session {
        private final SessionId id = SessionId.random();
        private final PacketBatch batch = new PacketBatch(id);
        private final MerkleTree leaves = new MerkleTree();
        private long records;
        private long checkpoints;
        private long packets;
        private long bytes;
        private @Nullable Sha256 previous;
    }

    private Written play(Mix mix, long packets) throws IOException {
        for (int i = 0; i < SESSIONS; i++) {
            open(i);
        }
        long written = 0;
        int rounds = 0;
        while (written < packets) {
            for (Session session : sessions) {
                written += batch(session, mix);
            }
            if (++rounds % ROUNDS_A_CHECKPOINT == 0) {
                account(null);
            }
        }
        account(StopReason.WARRANT_ENDED);
        return new Written(warrant, records, written);
    }

    private void open(int number) throws IOException {
        Session session = new Session();
        sessions.add(session);
        PodRef pod = new PodRef(
                new ClusterId("bench"),
                new Namespace("shop"),
                new PodName("web-" + number),
                new PodUid("uid-" + number));
        SessionOpened statement = new SessionOpened(
                warrant,
                1,
                null,
                pod,
                new NodeName("n1"),
                "veth" + number,
                number + 2,
                "eth0",
                ByteBuffer.wrap(new byte[] {2, 0, 0, 0, 0, (byte) number}),
                1,
                "boot",
                "Linux",
                "ring",
                1,
                262_144,
                null,
                false,
                nowNs,
                0,
                ByteBuffer.wrap(node.getPublic().getEncoded()),
                counted(0));
        send(session, PacketCodec.encode(new PacketEvent.Opened(session.id, statement)));
    }

    private int batch(Session session, Mix mix) throws IOException {
        int packets = 0;
        while (session.batch.size() < BATCH_BYTES) {
            int length =
                    mix.lengths().get((int) (session.packets % mix.lengths().size()));
            nowNs += PACKET_EVERY_NS;
            int at = session.batch.add(
                    session.packets,
                    nowNs,
                    session.packets % 2 == 0 ? Packet.Direction.FROM_POD : Packet.Direction.TO_POD,
                    Packet.CHECKSUM_NOT_READY,
                    length,
                    length);
            System.arraycopy(noise, random.nextInt(NOISE_BYTES - length), session.batch.array(), at, length);
            session.packets++;
            session.bytes += length;
            packets++;
        }
        send(session, session.batch.take());
        return packets;
    }

    private void account(@Nullable StopReason reason) throws IOException {
        List<byte[]> unsealed = new ArrayList<>();
        for (Session session : sessions) {
            unsealed.add(PacketCodec.encode(new PacketEvent.Accounted(session.id, checkpoint(session, reason))));
        }
        List<Seal> seals = Seal.sign(
                unsealed.stream().map(PacketCodec::covered).toList(),
                node.getPrivate(),
                new Sha256(OrderKeys.keyId(node.getPublic())));
        for (int i = 0; i < sessions.size(); i++) {
            Session session = sessions.get(i);
            byte[] value = PacketCodec.sealed(unsealed.get(i), seals.get(i));
            session.previous = Sha256.of(session.leaves.leaf(value));
            session.leaves.clear();
            session.records++;
            put(value);
        }
    }

    private Checkpoint checkpoint(Session session, @Nullable StopReason reason) {
        return new Checkpoint(
                session.checkpoints++,
                nowNs,
                session.packets,
                session.bytes,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                session.packets,
                counted(0),
                counted(session.packets),
                true,
                reason,
                new Chain(session.records, Sha256.of(session.leaves.root()), session.previous));
    }

    private static InterfaceCounters counted(long packets) {
        return new InterfaceCounters(packets, 0, 0, 0, 0, 0);
    }

    private void send(Session session, byte[] value) throws IOException {
        session.leaves.add(session.leaves.leaf(value));
        session.records++;
        put(value);
    }

    private void put(byte[] value) throws IOException {
        out.writeInt(value.length);
        out.write(value);
        records++;
    }
}
