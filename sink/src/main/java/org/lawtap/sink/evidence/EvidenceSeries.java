package org.lawtap.sink.evidence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.chain.SealCheck;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.sink.pcapng.PcapngBlocks;

/**
 * The pcapng series of one warrant and its ledgers, as a function of its packet topic, record by record in offset order. Nothing
 * else goes in: no clock, no random value, no setting but the size at which a file ends. Each (session, sequence) is written once,
 * however often the log holds it. A record's packets are all in one file.
 *
 * <pre>
 *   capture file:  SHB | IDB session | EPB ... | IDB session | EPB ... | ISB of each session that ends | ...
 *   ledger:        a line for each record: docs/evidence.md
 * </pre>
 *
 * The chain of every session is checked on the way; trouble is told, and nothing is left out for it. Owned by one thread.
 */
public final class EvidenceSeries implements AutoCloseable {
    /** Names the form of our files; a change of the form is a new name, because it changes every rebuilt byte. */
    static final String APPLICATION = "lawtap evidence format 2";

    private static final int FLAG_INBOUND = 1;
    private static final int FLAG_OUTBOUND = 2;
    private static final int FLAG_CHECKSUM_NOT_READY = 1 << 9;
    private static final int FLAG_CHECKSUM_VALID = 1 << 10;
    private static final int FLAG_SEGMENTATION_OFFLOADED = 1 << 11;
    private static final int INITIAL_BYTES = 1 << 20;

    /** Characters of a session's description: UTF-8 makes at most four bytes of each, an option holds 65,535. */
    private static final int TEXT_CHARS_MAX = 8192;

    /** Lines of records that were refused before there was a session. */
    private static final int EARLY_CHARS_MAX = 1 << 20;

    private final EvidenceFiles files;
    private final long rotateBytes;
    private final Listener listener;
    private final PcapngBlocks blocks = new PcapngBlocks(INITIAL_BYTES);
    private final LedgerLines lines = new LedgerLines();
    private final Map<SessionId, Session> sessions = new LinkedHashMap<>();
    private final MerkleTree leaves = new MerkleTree();
    private final SealCheck seals = new SealCheck();
    private final LedgerLines early = new LedgerLines();
    private int interfacesInFile;
    private long earlyFrom;
    private long firstOffset;
    private long nextOffset;
    private long records;
    private long refusedRecords;
    private long repeatedRecords;

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

        /** A record was left out. @param session null if it can't be read */
        void refused(@Nullable SessionId session, long offset, Refusal why);

        /** The session's chain has a fault; its records are filed all the same. @param from offset of the first record in doubt */
        void integrity(SessionId session, long from, long to, String problem);

        /** A capture file and its ledger are complete. */
        void complete(FilePair files) throws IOException, EvidenceException;
    }

    /** A complete capture file with its ledger. @param next the offset after the last record that they account for */
    public record FilePair(
            int number, FileDigest capture, FileDigest ledger, long from, long next, List<Filed> sessions) {
        public FilePair {
            sessions = List.copyOf(sessions);
        }
    }

    /** What a file holds of a session. */
    public record Filed(SessionId session, long packets, long first, long last) {}

    /** What there is of a session in all files. @param last null if no checkpoint came */
    public record SessionState(
            SessionId session,
            SessionOpened opened,
            long packets,
            long missing,
            @Nullable Checkpoint last) {}

    /** How many records the log had, by what became of them. */
    public record Records(long all, long refused, long repeated) {}

    private static final class Session {
        private final SessionOpened opened;
        private final SessionChain chain;
        private long chainFrom;
        private int interfaceId;
        private long inFile;
        private long firstInFile;
        private long next;
        private long written;
        private long missing;
        private long dropped;
        private long droppedToTell;
        private @Nullable Checkpoint last;

        Session(SessionOpened opened, SessionChain chain, long offset) {
            this.opened = opened;
            this.chain = chain;
            this.chainFrom = offset;
        }

        boolean ended() {
            Checkpoint checkpoint = last;
            return checkpoint != null && checkpoint.endReason() != null;
        }

        /** How many packets the last checkpoint says were delivered, and the log lacks. */
        long lacking() {
            Checkpoint checkpoint = last;
            return missing + (checkpoint == null ? 0 : Math.max(0, checkpoint.delivered() - next));
        }
    }

    /** Takes the next record of the topic: its offset and its exact value. */
    public void accept(long offset, byte @Nullable [] value) throws IOException, EvidenceException {
        byte[] bytes = value == null ? new byte[0] : value;
        byte[] leaf = leaves.leaf(bytes, bytes.length);
        try {
            PacketEvent event = PacketCodec.decode(value);
            Seal seal = event instanceof PacketEvent.Accounted ? PacketCodec.seal(bytes) : null;
            switch (event) {
                case PacketEvent.Opened opened -> open(offset, bytes, leaf, opened);
                case PacketEvent.Batch batch -> file(offset, bytes, leaf, batch);
                case PacketEvent.Accounted accounted -> account(offset, bytes, leaf, accounted, seal);
            }
        } catch (WireException e) {
            refuse(offset, leaf, null, Refusal.UNREADABLE);
        }
        records++;
        nextOffset = offset + 1;
        if (blocks.size() >= INITIAL_BYTES / 2) {
            flush();
        }
    }

    private void refuse(long offset, byte[] leaf, @Nullable SessionId session, Refusal why)
            throws IOException, EvidenceException {
        if (!files.present() && early.size() < EARLY_CHARS_MAX) {
            // A capture file without an interface is none for some readers: wait for the first session.
            earlyFrom = early.size() == 0 ? offset : earlyFrom;
            early.refused(offset, leaf, why);
        } else {
            begin(offset);
            lines.refused(offset, leaf, why);
        }
        refusedRecords++;
        listener.refused(session, offset, why);
    }

    private void again(long offset, SessionId session, byte[] leaf) {
        lines.again(offset, session, leaf);
        repeatedRecords++;
    }

    private void file(long offset, byte[] value, byte[] leaf, PacketEvent.Batch batch)
            throws IOException, EvidenceException {
        Session session = sessions.get(batch.session());
        long first = batch.packets().getFirst().sequence();
        long last = batch.packets().getLast().sequence();
        if (session == null) {
            refuse(offset, leaf, batch.session(), Refusal.UNKNOWN_SESSION);
        } else if (last < session.next) {
            again(offset, batch.session(), leaf);
        } else if (session.ended()) {
            refuse(offset, leaf, batch.session(), Refusal.AFTER_END);
        } else if (last - first != batch.packets().size() - 1L || !consecutive(batch.packets())) {
            refuse(offset, leaf, batch.session(), Refusal.DISORDERED);
        } else {
            begin(offset);
            boolean whole = first >= session.next && Arrays.equals(PacketCodec.encode(batch), value);
            List<Packet> packets = first >= session.next
                    ? batch.packets()
                    : batch.packets()
                            .subList(
                                    (int) (session.next - first),
                                    batch.packets().size());
            if (whole) {
                lines.packets(offset, batch.session(), leaf, packets);
            } else {
                lines.partial(offset, batch.session(), leaf, packets);
            }
            session.chain.record(leaf);
            for (Packet packet : packets) {
                write(session, packet);
            }
        }
    }

    private static boolean consecutive(List<Packet> packets) {
        for (int i = 1; i < packets.size(); i++) {
            if (packets.get(i).sequence() != packets.get(i - 1).sequence() + 1) {
                return false;
            }
        }
        return true;
    }

    /** Every session so far, in the order in which they were opened. */
    public List<SessionState> sessions() {
        List<SessionState> states = new ArrayList<>();
        sessions.forEach((id, session) ->
                states.add(new SessionState(id, session.opened, session.written, session.lacking(), session.last)));
        return states;
    }

    /** The records so far. */
    public Records records() {
        return new Records(records, refusedRecords, repeatedRecords);
    }

    /** The offset after the last record. */
    public long nextOffset() {
        return nextOffset;
    }

    /** Ends the present files: the warrant is over. */
    public void finish() throws IOException, EvidenceException {
        if (!files.present() && early.size() > 0) {
            begin(nextOffset);
        }
        if (files.present()) {
            endFiles(nextOffset);
        }
    }

    /** Writes out what was accepted: the file then is a valid capture up to here. */
    public void flush() throws IOException, EvidenceException {
        if (blocks.size() > 0) {
            files.append(blocks.take());
        }
        if (lines.size() > 0) {
            files.appendLedger(lines.take());
        }
    }

    @Override
    public void close() throws IOException {
        files.close();
    }

    private void open(long offset, byte[] value, byte[] leaf, PacketEvent.Opened opened)
            throws IOException, EvidenceException {
        SessionOpened statement = opened.statement();
        String filter = statement.filter() == null ? "" : statement.filter();
        if (sessions.containsKey(opened.session())) {
            again(offset, opened.session(), leaf);
        } else if (!statement.warrant().equals(files.warrant())) {
            refuse(offset, leaf, opened.session(), Refusal.FOREIGN_WARRANT);
        } else if (statement.interfaceName().length() + statement.kernel().length() + filter.length()
                > TEXT_CHARS_MAX) {
            refuse(offset, leaf, opened.session(), Refusal.TOO_LONG);
        } else {
            begin(offset);
            Session session = new Session(statement, new SessionChain(key(statement), seals), offset);
            session.chain.record(leaf);
            sessions.put(opened.session(), session);
            lines.opened(offset, opened.session(), value);
            describe(opened.session(), session);
            tellGap(opened.session(), statement);
        }
    }

    private static @Nullable PublicKey key(SessionOpened statement) {
        ByteBuffer key = statement.signingKey().duplicate();
        byte[] bytes = new byte[key.remaining()];
        key.get(bytes);
        try {
            return OrderKeys.publicKey(bytes);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private void tellGap(SessionId id, SessionOpened statement) {
        SessionId previous = statement.previousSession();
        Session before = previous == null ? null : sessions.get(previous);
        if (previous != null && before != null) {
            boolean same = sameInterface(before.opened, statement);
            long notFiled = same
                    ? statement.interfaceAtArm().tapped() - accountedFor(before)
                    : statement.interfaceAtArm().tapped();
            listener.continued(id, previous, Math.max(0, notFiled), same);
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

    private void write(Session session, Packet packet) {
        long gap = packet.sequence() - session.next;
        session.missing += gap;
        session.next = packet.sequence() + 1;
        session.written++;
        if (session.inFile == 0) {
            session.firstInFile = packet.sequence();
        }
        session.inFile++;
        blocks.packet(
                session.interfaceId,
                packet.timeNs(),
                flags(packet),
                packet.sequence(),
                gap + session.droppedToTell,
                packet.originalLength(),
                packet.data());
        session.droppedToTell = 0;
    }

    private void account(long offset, byte[] value, byte[] leaf, PacketEvent.Accounted accounted, @Nullable Seal seal)
            throws IOException, EvidenceException {
        Session session = sessions.get(accounted.session());
        Checkpoint checkpoint = accounted.checkpoint();
        if (session == null) {
            refuse(offset, leaf, accounted.session(), Refusal.UNKNOWN_SESSION);
            return;
        }
        Checkpoint before = session.last;
        if (before != null && checkpoint.number() <= before.number()) {
            again(offset, accounted.session(), leaf);
            return;
        }
        if (session.ended()) {
            refuse(offset, leaf, accounted.session(), Refusal.AFTER_END);
            return;
        }
        lines.checkpoint(offset, accounted.session(), value);
        for (String problem : session.chain.checkpoint(value, leaf, checkpoint, seal)) {
            listener.integrity(accounted.session(), session.chainFrom, offset, problem);
        }
        session.chainFrom = offset + 1;
        session.droppedToTell += checkpoint.kernelDrop() - session.dropped;
        session.dropped = checkpoint.kernelDrop();
        session.last = checkpoint;
        if (checkpoint.endReason() != null) {
            statistics(session, checkpoint);
            flush();
            files.force();
            listener.filed(accounted.session(), files.name(), session.written, session.lacking(), checkpoint);
        }
    }

    /** Begins new files before a record when there are none, or the present ones are large enough; running sessions are described again. */
    private void begin(long offset) throws IOException, EvidenceException {
        if (files.present() && files.length() + blocks.size() < rotateBytes) {
            return;
        }
        if (files.present()) {
            for (Session session : sessions.values()) {
                Checkpoint last = session.last;
                if (last != null && last.endReason() == null) {
                    statistics(session, last);
                }
            }
            endFiles(offset);
        }
        files.next();
        firstOffset = early.size() == 0 ? offset : earlyFrom;
        interfacesInFile = 0;
        lines.header(files.warrant(), files.number(), firstOffset);
        lines.append(early);
        blocks.sectionHeader(APPLICATION);
        sessions.forEach((id, session) -> {
            if (!session.ended()) {
                describe(id, session);
            }
        });
    }

    private void endFiles(long next) throws IOException, EvidenceException {
        flush();
        EvidenceFiles.Ended ended = files.finish();
        if (ended == null) {
            return;
        }
        List<Filed> filed = new ArrayList<>();
        sessions.forEach((id, session) -> {
            if (session.inFile > 0) {
                filed.add(new Filed(id, session.inFile, session.firstInFile, session.next - 1));
            }
            session.inFile = 0;
        });
        listener.complete(new FilePair(ended.number(), ended.capture(), ended.ledger(), firstOffset, next, filed));
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
