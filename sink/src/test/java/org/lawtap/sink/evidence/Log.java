package org.lawtap.sink.evidence;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
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

/** Makes the records of a packet topic. */
final class Log {
    static final WarrantId WARRANT = WarrantId.parse("00000000-0000-4000-8000-000000000001");
    static final SessionId A = SessionId.parse("aaaaaaaa-0000-4000-8000-000000000001");
    static final SessionId B = SessionId.parse("bbbbbbbb-0000-4000-8000-000000000001");

    private static final long TIME_NS = 1_795_521_600_000_000_000L;
    private static final Chain CHAIN = new Chain(0, Sha256.of(new byte[32]), null);
    private static final InterfaceCounters COUNTERS = new InterfaceCounters(0, 0, 0, 0, 0, 0);

    private Log() {}

    static PacketEvent.Opened opened(SessionId session) {
        return opened(session, "Linux 6.1");
    }

    static PacketEvent.Opened opened(SessionId session, String kernel) {
        return opened(session, kernel, null, 7, 0);
    }

    /** A session after another one, at an interface that had carried some packets before. */
    static PacketEvent.Opened continued(SessionId session, SessionId previous, int interfaceIndex, long carried) {
        return opened(session, "Linux 6.1", previous, interfaceIndex, carried);
    }

    private static PacketEvent.Opened opened(
            SessionId session, String kernel, @Nullable SessionId previous, int interfaceIndex, long carried) {
        String name = session.equals(A) ? "a" : "b";
        PodRef pod = new PodRef(
                new ClusterId("c1"), new Namespace("shop"), new PodName("web-" + name), new PodUid("uid-" + name));
        return new PacketEvent.Opened(
                session,
                new SessionOpened(
                        WARRANT,
                        1,
                        previous,
                        pod,
                        new NodeName("n1"),
                        "veth" + name,
                        interfaceIndex,
                        "eth0",
                        ByteBuffer.wrap(new byte[] {2, 0, 0, 0, 0, 1}),
                        1,
                        "boot",
                        kernel,
                        "ring",
                        1,
                        262_144,
                        null,
                        false,
                        TIME_NS,
                        carried,
                        ByteBuffer.allocate(0),
                        counted(carried)));
    }

    static PacketEvent.Batch batch(SessionId session, int... sequences) {
        return batchOf(64, session, sequences);
    }

    /** Packets whose bytes follow from session and sequence. */
    static PacketEvent.Batch batchOf(int bytes, SessionId session, int... sequences) {
        List<Packet> packets = new ArrayList<>();
        for (int sequence : sequences) {
            byte[] data = new byte[bytes];
            data[12] = 8;
            data[bytes - 2] = (byte) session.hashCode();
            data[bytes - 1] = (byte) sequence;
            packets.add(new Packet(
                    sequence,
                    TIME_NS + sequence * 1000L,
                    sequence % 2 == 0 ? Packet.Direction.FROM_POD : Packet.Direction.TO_POD,
                    0,
                    bytes,
                    ByteBuffer.wrap(data)));
        }
        return new PacketEvent.Batch(session, packets);
    }

    static PacketEvent.Accounted running(SessionId session, long number, long delivered, long kernelDrop) {
        return new PacketEvent.Accounted(
                session,
                new Checkpoint(
                        number,
                        TIME_NS + 1_000_000,
                        delivered,
                        0,
                        kernelDrop,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        delivered + kernelDrop,
                        COUNTERS,
                        COUNTERS,
                        true,
                        null,
                        new ClockState("tsc", true, 1000),
                        List.of(ByteBuffer.wrap(new byte[] {10, 0, 0, (byte) (7 + number)})),
                        CHAIN));
    }

    private static InterfaceCounters counted(long packets) {
        return new InterfaceCounters(packets, 0, 0, 0, 0, 0);
    }

    static PacketEvent.Accounted ended(SessionId session, long number, long delivered, long kernelDrop) {
        return ended(session, number, delivered, kernelDrop, 0);
    }

    static PacketEvent.Accounted ended(SessionId session, long number, long delivered, long kernelDrop, long counted) {
        return new PacketEvent.Accounted(
                session,
                new Checkpoint(
                        number,
                        TIME_NS + 2_000_000,
                        delivered,
                        0,
                        kernelDrop,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        delivered + kernelDrop,
                        COUNTERS,
                        counted(counted),
                        true,
                        StopReason.WARRANT_ENDED,
                        CHAIN));
    }

    /** Two sessions, interleaved, with a duplicate of each record. */
    static List<PacketEvent> twoSessions(int bytes) {
        List<PacketEvent> once = List.of(
                opened(A),
                batchOf(bytes, A, 0, 1, 2),
                opened(B),
                batchOf(bytes, B, 0, 1),
                batchOf(bytes, A, 3, 4),
                running(A, 0, 5, 2),
                batchOf(bytes, A, 5),
                batchOf(bytes, B, 2, 3, 4, 5, 6, 7),
                ended(A, 1, 6, 2),
                batchOf(bytes, B, 8, 9, 10),
                ended(B, 0, 11, 0));
        List<PacketEvent> log = new ArrayList<>();
        for (PacketEvent event : once) {
            log.add(event);
            log.add(event);
        }
        return log;
    }
}
