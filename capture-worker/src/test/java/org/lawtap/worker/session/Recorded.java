package org.lawtap.worker.session;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyPair;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.content.ContentReader;
import org.lawtap.schemas.content.DeliveryKeyMissingException;
import org.lawtap.schemas.model.Chain;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;

/** A packet log that keeps what it is given, and checks that each checkpoint holds on to the records before it. */
final class Recorded implements PacketLog {
    static final KeyPair KEYS = OrderKeys.generate();
    static final KeyPair DELIVERY = DeliveryKeys.generate();

    private final Map<WarrantId, ContentReader> readers = new HashMap<>();

    private final Map<SessionId, Chained> chains = new HashMap<>();
    final List<PacketEvent> events = new ArrayList<>();

    /** The same as they were sent. */
    final List<byte[]> values = new ArrayList<>();

    boolean room = true;

    /** Records of packets for which there is room, and for which there is at the end of a session. */
    int batchesMax = Integer.MAX_VALUE;

    int lastBatchesMax = Integer.MAX_VALUE;
    boolean fails;

    @Override
    public boolean hasRoom(WarrantId warrant) {
        return room && batches().size() < batchesMax;
    }

    @Override
    public boolean takesLast(WarrantId warrant) {
        return batches().size() < lastBatchesMax;
    }

    @Override
    public void send(WarrantId warrant, SessionId session, byte[] sent) {
        try {
            byte[] value = requireNonNull(readers.computeIfAbsent(
                            warrant, any -> new ContentReader(warrant, keyId -> Optional.of(DELIVERY)))
                    .read(sent));
            values.add(sent);
            PacketEvent event = PacketCodec.decode(value);
            assertThat(event.session()).isEqualTo(session);
            events.add(event);
            Chained chain = chains.computeIfAbsent(session, any -> new Chained());
            if (event instanceof PacketEvent.Accounted accounted) {
                assertThat(accounted.checkpoint().chain())
                        .isEqualTo(new Chain(chain.records, Sha256.of(chain.tree.root()), chain.previous));
                assertThat(requireNonNull(PacketCodec.seal(value)).verifies(value, KEYS.getPublic()))
                        .isTrue();
                chain.previous = Sha256.of(chain.tree.leaf(value));
                chain.tree.clear();
            } else {
                chain.tree.add(chain.tree.leaf(value));
            }
            chain.records++;
        } catch (WireException | DeliveryKeyMissingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Chained {
        private final MerkleTree tree = new MerkleTree();
        private long records;
        private @Nullable Sha256 previous;
    }

    @Override
    public int doWork() {
        return 0;
    }

    @Override
    public boolean failed(SessionId session) {
        return fails;
    }

    List<SessionOpened> opened() {
        return of(PacketEvent.Opened.class).stream()
                .map(PacketEvent.Opened::statement)
                .toList();
    }

    List<SessionId> sessions() {
        return of(PacketEvent.Opened.class).stream()
                .map(PacketEvent.Opened::session)
                .toList();
    }

    List<PacketEvent.Batch> batches() {
        return of(PacketEvent.Batch.class);
    }

    List<Packet> packets() {
        return batches().stream().flatMap(batch -> batch.packets().stream()).toList();
    }

    List<Checkpoint> checkpoints() {
        return of(PacketEvent.Accounted.class).stream()
                .map(PacketEvent.Accounted::checkpoint)
                .toList();
    }

    private <T extends PacketEvent> List<T> of(Class<T> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }
}
