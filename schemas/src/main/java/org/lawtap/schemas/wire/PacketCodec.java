package org.lawtap.schemas.wire;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.avro.CapturedPacket;
import org.lawtap.schemas.avro.CheckpointRecord;
import org.lawtap.schemas.avro.ClockRecord;
import org.lawtap.schemas.avro.Ed25519Signature;
import org.lawtap.schemas.avro.InterfaceCountersRecord;
import org.lawtap.schemas.avro.PacketDirection;
import org.lawtap.schemas.avro.PacketRecord;
import org.lawtap.schemas.avro.SealRecord;
import org.lawtap.schemas.avro.SessionOpenedRecord;
import org.lawtap.schemas.avro.WrappedKeyRecord;
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
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.model.WrappedKey;
import org.lawtap.schemas.topics.SchemaId;

/** Values of {@code lawtap.packets.WARRANT}. Times are kept to the nanosecond. */
public final class PacketCodec {
    private static final Frame<PacketRecord> FRAME = new Frame<>(SchemaId.PACKETS, PacketRecord.class);
    private static final long NS_PER_S = 1_000_000_000L;

    /** Avro's index of the second branch of a union. */
    private static final byte SEAL_FOLLOWS = 2;

    /** Where the union of the opening begins. */
    private static final int OPENED_AT = Frame.HEAD_BYTES + 1 + 36;

    private PacketCodec() {}

    public static byte[] encode(PacketEvent event) {
        PacketRecord avro = new PacketRecord();
        avro.setSession(event.session().value());
        avro.setPackets(List.of());
        switch (event) {
            case PacketEvent.Opened opened -> avro.setOpened(opened(opened.statement()));
            case PacketEvent.Batch batch ->
                avro.setPackets(
                        batch.packets().stream().map(PacketCodec::packet).toList());
            case PacketEvent.Accounted accounted -> avro.setCheckpoint(checkpoint(accounted.checkpoint()));
        }
        return FRAME.encode(avro);
    }

    public static PacketEvent decode(byte @Nullable [] value) throws WireException {
        PacketRecord avro = FRAME.decode(value);
        try {
            SessionId session = new SessionId(avro.getSession());
            @Nullable SessionOpenedRecord opened = avro.getOpened();
            @Nullable CheckpointRecord checkpoint = avro.getCheckpoint();
            if (opened != null
                    && checkpoint == null
                    && avro.getSeal() == null
                    && avro.getPackets().isEmpty()) {
                return new PacketEvent.Opened(session, opened(opened));
            }
            if (checkpoint != null && opened == null && avro.getPackets().isEmpty()) {
                return new PacketEvent.Accounted(session, checkpoint(checkpoint));
            }
            if (opened != null || checkpoint != null || avro.getSeal() != null) {
                throw new IllegalArgumentException("more than one step of a session in one record");
            }
            List<Packet> packets = new ArrayList<>(avro.getPackets().size());
            for (CapturedPacket packet : avro.getPackets()) {
                packets.add(packet(packet));
            }
            return new PacketEvent.Batch(session, packets);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new WireException("packet record: " + e.getMessage(), e);
        }
    }

    /** Whether a value has what only an opening has after its session; {@link #decode} says whether it is one. */
    public static boolean looksLikeAnOpening(byte[] value) {
        return value.length > OPENED_AT && value[4] == SchemaId.PACKETS.id() && value[OPENED_AT] != 0;
    }

    private static CapturedPacket packet(Packet packet) {
        return new CapturedPacket(
                packet.sequence(),
                time(packet.timeNs()),
                PacketDirection.valueOf(packet.direction().name()),
                packet.flags(),
                packet.originalLength(),
                packet.data());
    }

    private static Packet packet(CapturedPacket avro) {
        return new Packet(
                avro.getSequence(),
                nanos(avro.getTime()),
                Packet.Direction.valueOf(avro.getDirection().name()),
                avro.getFlags(),
                avro.getOriginalLength(),
                avro.getData());
    }

    private static SessionOpenedRecord opened(SessionOpened opened) {
        SessionOpenedRecord avro = new SessionOpenedRecord();
        avro.setWarrantId(opened.warrant().value());
        avro.setGeneration(opened.generation());
        SessionId previous = opened.previousSession();
        if (previous != null) {
            avro.setPreviousSession(previous.value());
        }
        avro.setCluster(opened.pod().cluster().value());
        avro.setNamespace(opened.pod().namespace().value());
        avro.setPod(opened.pod().name().value());
        avro.setPodUid(opened.pod().uid().value());
        avro.setNode(opened.node().value());
        avro.setInterfaceName(opened.interfaceName());
        avro.setInterfaceIndex(opened.interfaceIndex());
        avro.setPodInterfaceName(opened.podInterfaceName());
        avro.setPodHardwareAddress(opened.podHardwareAddress());
        avro.setNetworkNamespace(opened.networkNamespace());
        avro.setBootId(opened.bootId());
        avro.setKernel(opened.kernel());
        avro.setEngine(opened.engine());
        avro.setLinkType(opened.linkType());
        avro.setSnapLength(opened.snapLength());
        String filter = opened.filter();
        if (filter != null) {
            avro.setFilter(filter);
        }
        avro.setHeadersOnly(opened.headersOnly());
        avro.setOpenedAt(time(opened.openedAtNs()));
        avro.setMissedBeforeArm(opened.missedBeforeArm());
        avro.setSigningKey(opened.signingKey());
        avro.setInterfaceAtArm(counters(opened.interfaceAtArm()));
        WrappedKey contentKey = opened.contentKey();
        if (contentKey != null) {
            avro.setContentKey(new WrappedKeyRecord(
                    avro(contentKey.deliveryKeyId()), contentKey.ephemeralKey(), contentKey.wrappedKey()));
        }
        return avro;
    }

    private static SessionOpened opened(SessionOpenedRecord avro) {
        java.util.@Nullable UUID previous = avro.getPreviousSession();
        @Nullable WrappedKeyRecord contentKey = avro.getContentKey();
        return new SessionOpened(
                new WarrantId(avro.getWarrantId()),
                avro.getGeneration(),
                previous == null ? null : new SessionId(previous),
                new PodRef(
                        new ClusterId(avro.getCluster()),
                        new Namespace(avro.getNamespace()),
                        new PodName(avro.getPod()),
                        new PodUid(avro.getPodUid())),
                new NodeName(avro.getNode()),
                avro.getInterfaceName(),
                avro.getInterfaceIndex(),
                avro.getPodInterfaceName(),
                avro.getPodHardwareAddress(),
                avro.getNetworkNamespace(),
                avro.getBootId(),
                avro.getKernel(),
                avro.getEngine(),
                avro.getLinkType(),
                avro.getSnapLength(),
                avro.getFilter(),
                avro.getHeadersOnly(),
                nanos(avro.getOpenedAt()),
                avro.getMissedBeforeArm(),
                avro.getSigningKey(),
                counters(avro.getInterfaceAtArm()),
                contentKey == null
                        ? null
                        : new WrappedKey(
                                Sha256.of(contentKey.getDeliveryKeyId().bytes()),
                                contentKey.getEphemeralKey(),
                                contentKey.getWrappedKey()));
    }

    private static CheckpointRecord checkpoint(Checkpoint checkpoint) {
        StopReason reason = checkpoint.endReason();
        Chain chain = checkpoint.chain();
        Sha256 previous = chain.previous();
        return new CheckpointRecord(
                checkpoint.number(),
                time(checkpoint.atNs()),
                checkpoint.delivered(),
                checkpoint.deliveredBytes(),
                checkpoint.kernelDrop(),
                checkpoint.userDrop(),
                checkpoint.outOfScopeDiscarded(),
                checkpoint.unseenByTap(),
                checkpoint.unseenByInterface(),
                checkpoint.truncated(),
                checkpoint.truncatedBytes(),
                checkpoint.cutByScopeBytes(),
                checkpoint.kernelReceived(),
                counters(checkpoint.interfaceAtArm()),
                counters(checkpoint.interfaceNow()),
                checkpoint.interfaceExact(),
                reason == null ? null : reason.name(),
                clock(checkpoint.clock()),
                checkpoint.addresses(),
                chain.records(),
                avro(chain.root()),
                previous == null ? null : avro(previous));
    }

    private static Checkpoint checkpoint(CheckpointRecord avro) {
        @Nullable String reason = avro.getEndReason();
        org.lawtap.schemas.avro.@Nullable Sha256 previous = avro.getPrevious();
        return new Checkpoint(
                avro.getNumber(),
                nanos(avro.getAt()),
                avro.getDelivered(),
                avro.getDeliveredBytes(),
                avro.getKernelDrop(),
                avro.getUserDrop(),
                avro.getOutOfScopeDiscarded(),
                avro.getUnseenByTap(),
                avro.getUnseenByInterface(),
                avro.getTruncated(),
                avro.getTruncatedBytes(),
                avro.getCutByScopeBytes(),
                avro.getKernelReceived(),
                counters(avro.getInterfaceAtArm()),
                counters(avro.getInterfaceNow()),
                avro.getInterfaceExact(),
                reason == null ? null : StopReason.valueOf(reason),
                clock(avro.getClock()),
                avro.getAddresses(),
                new Chain(
                        avro.getRecords(),
                        Sha256.of(avro.getRoot().bytes()),
                        previous == null ? null : Sha256.of(previous.bytes())));
    }

    /**
     * The checkpoint's value with its seal at the end.
     *
     * @param unsealed what {@link #encode} made of a checkpoint
     * @param seal signs {@link #covered} of it
     */
    public static byte[] sealed(byte[] unsealed, Seal seal) {
        byte[] covered = covered(unsealed);
        SealRecord avro = new SealRecord(
                avro(seal.keyId()),
                seal.covers(),
                seal.treeSize(),
                seal.index(),
                seal.path().stream().map(PacketCodec::avro).toList(),
                new Ed25519Signature(seal.signature()));
        byte[] tail = Frame.bare(avro);
        return ByteBuffer.allocate(covered.length + 1 + tail.length)
                .put(covered)
                .put(SEAL_FOLLOWS)
                .put(tail)
                .array();
    }

    /** The bytes of a checkpoint's value that its seal signs: all but the byte that says that there is none. */
    public static byte[] covered(byte[] unsealed) {
        return Arrays.copyOf(unsealed, unsealed.length - 1);
    }

    /** The seal of a value, null if it has none. @throws WireException if the value is no record, or its seal is not its end */
    public static @Nullable Seal seal(byte[] value) throws WireException {
        @Nullable SealRecord avro = FRAME.decode(value).getSeal();
        if (avro == null) {
            return null;
        }
        Seal seal = new Seal(
                Sha256.of(avro.getKeyId().bytes()),
                avro.getCovers(),
                avro.getTreeSize(),
                avro.getIndex(),
                avro.getPath().stream().map(hash -> Sha256.of(hash.bytes())).toList(),
                avro.getSignature().bytes());
        byte[] end = Frame.bare(avro);
        int covers = value.length - 1 - end.length;
        if (seal.covers() != covers || !Arrays.equals(value, covers + 1, value.length, end, 0, end.length)) {
            throw new WireException(
                    "packet record: the seal is not where it says to be", new IllegalArgumentException("covers"));
        }
        return seal;
    }

    private static org.lawtap.schemas.avro.Sha256 avro(Sha256 hash) {
        return new org.lawtap.schemas.avro.Sha256(hash.bytes());
    }

    private static ClockRecord clock(ClockState clock) {
        return new ClockRecord(clock.source(), clock.synchronised(), clock.maxErrorNs());
    }

    private static ClockState clock(ClockRecord avro) {
        return new ClockState(avro.getSource(), avro.getSynchronised(), avro.getMaxErrorNs());
    }

    private static InterfaceCountersRecord counters(InterfaceCounters counters) {
        return new InterfaceCountersRecord(
                counters.receivedPackets(),
                counters.sentPackets(),
                counters.receivedBytes(),
                counters.sentBytes(),
                counters.receiveDropped(),
                counters.sendDropped());
    }

    private static InterfaceCounters counters(InterfaceCountersRecord avro) {
        return new InterfaceCounters(
                avro.getReceivedPackets(),
                avro.getSentPackets(),
                avro.getReceivedBytes(),
                avro.getSentBytes(),
                avro.getReceiveDropped(),
                avro.getSendDropped());
    }

    private static Instant time(long ns) {
        return Instant.ofEpochSecond(Math.floorDiv(ns, NS_PER_S), Math.floorMod(ns, NS_PER_S));
    }

    private static long nanos(Instant time) {
        return Math.addExact(Math.multiplyExact(time.getEpochSecond(), NS_PER_S), time.getNano());
    }
}
