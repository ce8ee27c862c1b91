package org.lawtap.sink.evidence;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.sink.pcapng.PcapngBlocks;

/**
 * The pcapng series of one warrant as a function of its packet topic, record by record in offset order. Nothing else goes in:
 * no clock, no random value, no setting but the size at which a file ends. Each (session, sequence) is written once, however
 * often the log holds it.
 *
 * <pre>
 *   file:  SHB | IDB session | EPB ... | IDB session | EPB ... | ISB of each session that ends | ...
 * </pre>
 *
 * Owned by one thread.
 */
public final class EvidenceSeries implements AutoCloseable {
    /** Names the form of our files; a change of the form is a new name, because it changes every rebuilt byte. */
    static final String APPLICATION = "lawtap evidence format 1";

    private static final int FLAG_INBOUND = 1;
    private static final int FLAG_OUTBOUND = 2;
    private static final int FLAG_CHECKSUM_NOT_READY = 1 << 9;
    private static final int FLAG_CHECKSUM_VALID = 1 << 10;
    private static final int FLAG_SEGMENTATION_OFFLOADED = 1 << 11;
    private static final int INITIAL_BYTES = 1 << 20;

    /** Characters of a session's description: UTF-8 makes at most four bytes of each, an option holds 65,535. */
    private static final int TEXT_CHARS_MAX = 8192;

    private final EvidenceFiles files;
    private final long rotateBytes;
    private final Listener listener;
    private final PcapngBlocks blocks = new PcapngBlocks(INITIAL_BYTES);
    private final Map<SessionId, Session> sessions = new LinkedHashMap<>();
    private int interfacesInFile;

    public EvidenceSeries(EvidenceFiles files, long rotateBytes, Listener listener) {
        this.files = files;
        this.rotateBytes = rotateBytes;
        this.listener = listener;
    }

    /** Is told what a reader of custody should know. */
    public interface Listener {
        /** The session's last record is in its file. @param missing sequence numbers that the log lacks */
        void filed(SessionId session, String file, long packets, long missing, Checkpoint last);

        /**
         * The session goes on where another one of this log ended.
         *
         * @param notFiled packets of the pod's interface that lie between the two: in no file, and in no account of theirs
         * @param sameInterface whether it is the same interface; else {@code notFiled} counts from the new one's beginning
         */
        void continued(SessionId session, SessionId previous, long notFiled, boolean sameInterface);

        /** A record broke the order of its session and was left out. */
        void refused(SessionId session, String reason);
    }

    private static final class Session {
        private final SessionOpened opened;
        private int interfaceId;
        private long next;
        private long written;
        private long missing;
        private long dropped;
        private long droppedToTell;
        private @Nullable Checkpoint last;

        Session(SessionOpened opened) {
            this.opened = opened;
        }
    }

    /** Takes the next record of the topic. */
    public void accept(PacketEvent event) throws IOException, EvidenceException {
        switch (event) {
            case PacketEvent.Opened opened -> open(opened);
            case PacketEvent.Batch batch -> {
                Session session = known(batch.session());
                if (session != null && session.last != null && session.last.endReason() != null) {
                    if (batch.packets().getLast().sequence() >= session.next) {
                        listener.refused(batch.session(), "packets after the end of their session");
                    }
                } else if (session != null) {
                    for (Packet packet : batch.packets()) {
                        write(session, packet);
                    }
                }
            }
            case PacketEvent.Accounted accounted -> account(accounted);
        }
    }

    /** Writes out what was accepted: the file then is a valid capture up to here. */
    public void flush() throws IOException, EvidenceException {
        if (blocks.size() > 0) {
            files.append(blocks.take());
        }
    }

    @Override
    public void close() throws IOException {
        files.close();
    }

    private void open(PacketEvent.Opened opened) throws IOException, EvidenceException {
        if (sessions.containsKey(opened.session())) {
            return;
        }
        SessionOpened statement = opened.statement();
        if (!statement.warrant().equals(files.warrant())) {
            listener.refused(opened.session(), "a session of another warrant");
            return;
        }
        String filter = statement.filter() == null ? "" : statement.filter();
        if (statement.interfaceName().length() + statement.kernel().length() + filter.length() > TEXT_CHARS_MAX) {
            listener.refused(opened.session(), "a session whose description is too long for a capture file");
            return;
        }
        rotate();
        Session session = new Session(opened.statement());
        sessions.put(opened.session(), session);
        describe(opened.session(), session);
        SessionId previous = statement.previousSession();
        Session before = previous == null ? null : sessions.get(previous);
        if (previous != null && before != null) {
            boolean same = sameInterface(before.opened, statement);
            long notFiled = same
                    ? statement.interfaceAtArm().tapped() - accountedFor(before)
                    : statement.interfaceAtArm().tapped();
            listener.continued(opened.session(), previous, Math.max(0, notFiled), same);
        }
    }

    /** An index is given anew only when its namespace is, or the node has booted. */
    private static boolean sameInterface(SessionOpened one, SessionOpened other) {
        return one.node().equals(other.node())
                && one.bootId().equals(other.bootId())
                && one.interfaceIndex() == other.interfaceIndex()
                && one.networkNamespace() == other.networkNamespace();
    }

    /**
     * How far a session accounts for its interface, by the interface's own count. One that was cut off, as by a crash, accounts
     * for what it delivered and what its last checkpoint knew to be lost.
     */
    private static long accountedFor(Session session) {
        Checkpoint last = session.last;
        if (last == null) {
            return session.opened.interfaceAtArm().tapped() + session.next;
        }
        long atArm = last.interfaceAtArm().tapped();
        return last.endReason() != null
                ? last.interfaceNow().tapped()
                : atArm + session.next + last.kernelDrop() + last.userDrop() + last.outOfScopeDiscarded();
    }

    private void write(Session session, Packet packet) throws IOException, EvidenceException {
        if (packet.sequence() < session.next) {
            return;
        }
        long gap = packet.sequence() - session.next;
        session.missing += gap;
        session.next = packet.sequence() + 1;
        session.written++;
        rotate();
        blocks.packet(
                session.interfaceId,
                packet.timeNs(),
                flags(packet),
                packet.sequence(),
                gap + session.droppedToTell,
                packet.originalLength(),
                packet.data());
        session.droppedToTell = 0;
        if (blocks.size() >= INITIAL_BYTES / 2) {
            flush();
        }
    }

    private void account(PacketEvent.Accounted accounted) throws IOException, EvidenceException {
        Session session = known(accounted.session());
        Checkpoint checkpoint = accounted.checkpoint();
        Checkpoint before = session == null ? null : session.last;
        if (session == null
                || (before != null && (before.endReason() != null || checkpoint.number() <= before.number()))) {
            return;
        }
        session.droppedToTell += checkpoint.kernelDrop() - session.dropped;
        session.dropped = checkpoint.kernelDrop();
        session.last = checkpoint;
        if (checkpoint.endReason() != null) {
            statistics(session, checkpoint);
            flush();
            files.force();
            listener.filed(
                    accounted.session(),
                    files.name(),
                    session.written,
                    session.missing + Math.max(0, checkpoint.delivered() - session.next),
                    checkpoint);
        }
    }

    private @Nullable Session known(SessionId id) {
        Session session = sessions.get(id);
        if (session == null) {
            listener.refused(id, "a record of a session that was not opened");
            return null;
        }
        return session;
    }

    /** Begins a new file when there is none, or the present one is large enough; running sessions are described again. */
    private void rotate() throws IOException, EvidenceException {
        boolean none = files.length() == 0 && blocks.size() == 0;
        if (!none && files.length() + blocks.size() < rotateBytes) {
            return;
        }
        if (!none) {
            for (Session session : sessions.values()) {
                Checkpoint last = session.last;
                if (last != null && last.endReason() == null) {
                    statistics(session, last);
                }
            }
            flush();
        }
        files.next();
        interfacesInFile = 0;
        blocks.sectionHeader(APPLICATION);
        sessions.forEach((id, session) -> {
            if (session.last == null || session.last.endReason() == null) {
                describe(id, session);
            }
        });
    }

    private void describe(SessionId id, Session session) {
        SessionOpened opened = session.opened;
        session.interfaceId = interfacesInFile++;
        blocks.interfaceDescription(new PcapngBlocks.Interface(
                opened.linkType(),
                opened.snapLength(),
                opened.interfaceName(),
                "%s/%s uid=%s node=%s session=%s warrant=%s"
                        .formatted(
                                opened.pod().namespace(),
                                opened.pod().name(),
                                opened.pod().uid(),
                                opened.node(),
                                id,
                                opened.warrant()),
                opened.podHardwareAddress(),
                opened.filter(),
                opened.kernel()));
    }

    private void statistics(Session session, Checkpoint checkpoint) {
        blocks.statistics(
                session.interfaceId,
                new PcapngBlocks.Statistics(
                        session.opened.openedAtNs(),
                        checkpoint.atNs(),
                        checkpoint.interfaceNow().tapped()
                                - checkpoint.interfaceAtArm().tapped(),
                        checkpoint.kernelReceived(),
                        checkpoint.kernelDrop(),
                        checkpoint.delivered()));
    }

    /** Direction as seen from the named, host-side interface: what the pod sent comes in. */
    private static int flags(Packet packet) {
        int direction = switch (packet.direction()) {
            case FROM_POD -> FLAG_INBOUND;
            case TO_POD -> FLAG_OUTBOUND;
            case UNKNOWN -> 0;
        };
        int flags = direction;
        if ((packet.flags() & Packet.CHECKSUM_NOT_READY) != 0) {
            flags |= FLAG_CHECKSUM_NOT_READY;
        }
        if ((packet.flags() & Packet.CHECKSUM_VALID) != 0) {
            flags |= FLAG_CHECKSUM_VALID;
        }
        if ((packet.flags() & Packet.SEGMENTATION_PENDING) != 0) {
            flags |= FLAG_SEGMENTATION_OFFLOADED;
        }
        return flags;
    }
}
