package org.lawtap.sink.evidence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.chain.SealCheck;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.wire.PacketBatchReader;
import org.lawtap.sink.pcapng.PcapngBlocks;

/**
 * The pcapng series of one warrant and its ledgers, as a function of its packet topic, record by record in offset order. Nothing
 * else goes in: no clock, no random value, no setting but the size at which a file ends. Each (session, sequence) is written once,
 * however often the log holds it. A record's packets are all in one file.
 *
 * <pre>
 *   capture file:  SHB | IDB session | EPB ... | NRB of its pod | IDB session | EPB ... | ISB of each session that ends | ...
 *   ledger:        a line for each record: docs/evidence.md
 * </pre>
 *
 * The chain of every session is checked on the way; trouble is told, and nothing is left out for it. Owned by one thread.
 */
public final class EvidenceSeries implements AutoCloseable {
    /** Names the form of our files; a change of the form is a new name, because it changes every rebuilt byte. */
    static final String APPLICATION = "lawtap evidence format 3";

    private static final String HEADERS_ONLY = " scope=HEADERS, content left out";

    private static final int FLAG_INBOUND = 1;
    private static final int FLAG_OUTBOUND = 2;
    private static final int FLAG_CHECKSUM_NOT_READY = 1 << 9;
    private static final int FLAG_CHECKSUM_VALID = 1 << 10;
    private static final int FLAG_SEGMENTATION_OFFLOADED = 1 << 11;

    /** Written at once; a record may still come on top. */
    private static final int FLUSH_BYTES = 1 << 20;

    /** Characters of a session's description: UTF-8 makes at most four bytes of each, an option holds 65,535. */
    private static final int TEXT_CHARS_MAX = 8192;

    /** Lines of records that were refused before there was a session. */
    private static final int EARLY_CHARS_MAX = 1 << 20;

    private final EvidenceOutput files;
    private final long rotateBytes;
    private final Listener listener;
    private final PcapngBlocks blocks = new PcapngBlocks(FLUSH_BYTES + (1 << 19));
    private final LedgerLines lines = new LedgerLines();
    private final Map<SessionId, Session> sessions = new LinkedHashMap<>();
    private final MerkleTree leaves = new MerkleTree();
    private final ReadRecord present = new ReadRecord();
    private final SealCheck seals = new SealCheck();
    private final LedgerLines early = new LedgerLines();
    private int interfacesInFile;
    private long earlyFrom;
    private long firstOffset;
    private long nextOffset;
    private long records;
    private long refusedRecords;
    private long repeatedRecords;

    public EvidenceSeries(EvidenceOutput files, long rotateBytes, Listener listener) {
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
        private final List<ByteBuffer> addresses = new ArrayList<>();
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
        present.set(offset, value);
        present.read(leaves);
        accept(present);
    }

    /** Takes the next record of the topic, which was hashed and read before. */
    public void accept(ReadRecord record) throws IOException, EvidenceException {
        PacketEvent step = record.step();
        if (record.packets().packets() > 0) {
            file(record);
        } else if (step == null) {
            refuse(record, null, Refusal.UNREADABLE);
        } else {
            switch (step) {
                case PacketEvent.Opened opened -> open(record, opened);
                case PacketEvent.Accounted accounted -> account(record, accounted);
                case PacketEvent.Batch batch ->
                    throw new IllegalStateException("packets of session " + batch.session() + " were not read");
            }
        }
        records++;
        nextOffset = record.offset() + 1;
        if (blocks.size() >= FLUSH_BYTES) {
            flush();
        }
    }

    private void refuse(ReadRecord record, @Nullable SessionId session, Refusal why)
            throws IOException, EvidenceException {
        if (!files.present() && early.size() < EARLY_CHARS_MAX) {
            // A capture file without an interface is none for some readers: wait for the first session.
            earlyFrom = early.size() == 0 ? record.offset() : earlyFrom;
            early.refused(record.offset(), record.leaf(), why);
        } else {
            begin(record.offset());
            lines.refused(record.offset(), record.leaf(), why);
        }
        refusedRecords++;
        listener.refused(session, record.offset(), why);
    }

    private void again(ReadRecord record, SessionId session) {
        lines.again(record.offset(), session, record.leaf());
        repeatedRecords++;
    }

    private void file(ReadRecord record) throws IOException, EvidenceException {
        PacketBatchReader packets = record.packets();
        SessionId id = packets.session();
        Session session = sessions.get(id);
        long first = packets.sequence(0);
        long last = packets.sequence(packets.packets() - 1);
        if (session == null) {
            refuse(record, id, Refusal.UNKNOWN_SESSION);
        } else if (last < session.next) {
            again(record, id);
        } else if (session.ended()) {
            refuse(record, id, Refusal.AFTER_END);
        } else if (!record.consecutive()) {
            refuse(record, id, Refusal.DISORDERED);
        } else {
            begin(record.offset());
            int from = (int) Math.max(0, session.next - first);
            if (from == 0 && record.exact()) {
                lines.packets(record.offset(), id, record.leaf(), packets);
            } else {
                lines.partial(record.offset(), id, record.leaf(), packets, from);
                listener.integrity(
                        id,
                        record.offset(),
                        record.offset(),
                        "packets that overlap others, or stand in another form than a worker's; no checkpoint vouches for them");
            }
            session.chain.record(record.leaf());
            write(session, record, from);
        }
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

    private void open(ReadRecord record, PacketEvent.Opened opened) throws IOException, EvidenceException {
        SessionOpened statement = opened.statement();
        String filter = statement.filter() == null ? "" : statement.filter();
        if (sessions.containsKey(opened.session())) {
            again(record, opened.session());
        } else if (!statement.warrant().equals(files.warrant())) {
            refuse(record, opened.session(), Refusal.FOREIGN_WARRANT);
        } else if (statement.interfaceName().length() + statement.kernel().length() + filter.length()
                > TEXT_CHARS_MAX) {
            refuse(record, opened.session(), Refusal.TOO_LONG);
        } else {
            begin(record.offset());
            Session session = new Session(statement, new SessionChain(key(statement), seals), record.offset());
            session.chain.record(record.leaf());
            sessions.put(opened.session(), session);
            lines.opened(record.offset(), opened.session(), record.value());
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

    /** Writes a record's packets from one on; their sequences follow one another. */
    private void write(Session session, ReadRecord record, int from) {
        PacketBatchReader packets = record.packets();
        int count = packets.packets() - from;
        long first = packets.sequence(from);
        long gap = first - session.next;
        long dropped = gap + session.droppedToTell;
        for (int i = from; i < packets.packets(); i++) {
            blocks.packet(
                    session.interfaceId,
                    packets.timeNs(i),
                    flags(packets.direction(i), packets.flags(i)),
                    packets.sequence(i),
                    i == from ? dropped : 0,
                    packets.originalLength(i),
                    record.frames(),
                    packets.dataOffset(i),
                    packets.dataLength(i));
        }
        if (session.inFile == 0) {
            session.firstInFile = first;
        }
        session.missing += gap;
        session.next = first + count;
        session.written += count;
        session.inFile += count;
        session.droppedToTell = 0;
    }

    private void account(ReadRecord record, PacketEvent.Accounted accounted) throws IOException, EvidenceException {
        Session session = sessions.get(accounted.session());
        Checkpoint checkpoint = accounted.checkpoint();
        if (session == null) {
            refuse(record, accounted.session(), Refusal.UNKNOWN_SESSION);
            return;
        }
        Checkpoint before = session.last;
        if (before != null && checkpoint.number() <= before.number()) {
            again(record, accounted.session());
            return;
        }
        if (session.ended()) {
            refuse(record, accounted.session(), Refusal.AFTER_END);
            return;
        }
        long offset = record.offset();
        lines.checkpoint(offset, accounted.session(), record.value());
        for (String problem : session.chain.checkpoint(record.value(), record.leaf(), checkpoint, record.seal())) {
            listener.integrity(accounted.session(), session.chainFrom, offset, problem);
        }
        session.chainFrom = offset + 1;
        session.droppedToTell += checkpoint.kernelDrop() - session.dropped;
        session.dropped = checkpoint.kernelDrop();
        session.last = checkpoint;
        names(session, checkpoint.addresses());
        session.addresses.addAll(checkpoint.addresses());
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
        EvidenceOutput.Ended ended = files.finish();
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
                "%s/%s uid=%s node=%s session=%s warrant=%s%s"
                        .formatted(
                                opened.pod().namespace(),
                                opened.pod().name(),
                                opened.pod().uid(),
                                opened.node(),
                                id,
                                opened.warrant(),
                                opened.headersOnly() ? HEADERS_ONLY : ""),
                opened.podHardwareAddress(),
                opened.filter(),
                opened.kernel()));
        names(session, session.addresses);
    }

    /** Whose these addresses were when the session said so. */
    private void names(Session session, List<ByteBuffer> addresses) {
        if (!addresses.isEmpty()) {
            List<String> pod = List.of(
                    session.opened.pod().name() + "." + session.opened.pod().namespace());
            blocks.nameResolution(addresses.stream()
                    .map(address -> new PcapngBlocks.Named(address, pod))
                    .toList());
        }
    }

    private void statistics(Session session, Checkpoint checkpoint) {
        blocks.statistics(session.interfaceId, counts(session.opened, checkpoint));
    }

    /** What a checkpoint counts, as an interface's statistics tell it. */
    public static PcapngBlocks.Statistics counts(SessionOpened opened, Checkpoint checkpoint) {
        return new PcapngBlocks.Statistics(
                opened.openedAtNs(),
                checkpoint.atNs(),
                checkpoint.interfaceNow().tapped() - checkpoint.interfaceAtArm().tapped(),
                checkpoint.kernelReceived(),
                checkpoint.kernelDrop(),
                checkpoint.delivered());
    }

    /** Direction as seen from the named, host-side interface: what the pod sent comes in. */
    private static int flags(Packet.Direction direction, int of) {
        int flags = switch (direction) {
            case FROM_POD -> FLAG_INBOUND;
            case TO_POD -> FLAG_OUTBOUND;
            case UNKNOWN -> 0;
        };
        if ((of & Packet.CHECKSUM_NOT_READY) != 0) {
            flags |= FLAG_CHECKSUM_NOT_READY;
        }
        if ((of & Packet.CHECKSUM_VALID) != 0) {
            flags |= FLAG_CHECKSUM_VALID;
        }
        if ((of & Packet.SEGMENTATION_PENDING) != 0) {
            flags |= FLAG_SEGMENTATION_OFFLOADED;
        }
        return flags;
    }
}
