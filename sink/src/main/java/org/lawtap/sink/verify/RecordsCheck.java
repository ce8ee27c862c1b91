package org.lawtap.sink.verify;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import org.lawtap.schemas.chain.Seal;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.PacketBatch;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.sink.pcapng.PcapngException;
import org.lawtap.sink.pcapng.PcapngReader;

/**
 * All records of a warrant, in the order of the log: each ledger line by line, beside it the capture file packet by packet. Records
 * of packets are made again and hashed. Memory grows with the number of sessions only. Owned by one thread.
 */
final class RecordsCheck {
    private static final Pattern DESCRIBED = Pattern.compile(".* session=([0-9a-f-]{36}) warrant=.*");
    private static final int RECORD_BYTES_MAX = 2 * Topic.RECORD_BYTES_MAX;
    private static final long NS_PER_S = 1_000_000_000L;

    private static final String UNKNOWN_SESSION = "UNKNOWN_SESSION";

    private final WarrantId warrant;
    private final TrustedKeys keys;
    private final @Nullable Orders orders;
    private final boolean unsealed;
    private final Signatures signatures;
    private final Findings findings;
    private final Progress progress;
    private final Repeats repeats;
    private final MerkleTree leaves = new MerkleTree();
    private final Map<SessionId, SessionCheck> sessions = new LinkedHashMap<>();
    private final Map<String, Long> refused = new TreeMap<>();
    private final Map<SessionId, PacketBatch> batches = new LinkedHashMap<>();
    private long nextOffset;
    private long records;
    private long repeated;

    /** @param orders the valid orders, or null if they are not known */
    RecordsCheck(
            WarrantId warrant,
            TrustedKeys keys,
            @Nullable Orders orders,
            boolean unsealed,
            Signatures signatures,
            Findings findings,
            Progress progress) {
        this.warrant = warrant;
        this.keys = keys;
        this.orders = orders;
        this.unsealed = unsealed;
        this.signatures = signatures;
        this.findings = findings;
        this.progress = progress;
        this.repeats = new Repeats(findings);
    }

    /** A capture file and its ledger; a null is not there. @param live still written to */
    record Pair(
            long number, @Nullable Path capture, @Nullable Path ledger, boolean live) {}

    /** What a ledger accounts for, for its statement. */
    record Accounted(long from, long lastOffset, Map<SessionId, StatementFile.Held> held) {}

    /** Where the check is in one pair of files. */
    private final class Place {
        private final Pair pair;
        private final String ledgerName;
        private final String captureName;
        private final Map<SessionId, StatementFile.Held> held = new LinkedHashMap<>();

        /** The sessions that are described in the file, in their order. */
        private final List<SessionId> interfaces = new ArrayList<>();

        private @Nullable PcapngReader reader;
        private @Nullable PacketCursor cursor;
        private long told;

        Place(Pair pair) {
            this.pair = pair;
            this.ledgerName = "%s-%06d.ledger".formatted(warrant, pair.number());
            this.captureName = "%s-%06d.pcapng".formatted(warrant, pair.number());
        }

        /** From here on the capture file can't be read. */
        void captureBroken(PcapngException problem, @Nullable SessionId session, long offset) {
            findings.add(
                    FindingCode.FORM,
                    captureName,
                    session,
                    offset < 0 ? null : new Finding.Offsets(offset, offset),
                    problem.getMessage() + "; the packets from there on can't be checked");
            cursor = null;
        }
    }

    /** Checks a pair of files; returns what its ledger accounts for, or null if there is none that can be read. */
    @Nullable
    Accounted check(Pair pair, boolean another, CaptureComparison comparison) throws IOException {
        Place place = new Place(pair);
        Path ledger = pair.ledger();
        if (ledger == null) {
            return null;
        }
        try (LedgerReader lines = LedgerReader.open(ledger)) {
            LedgerLine.Header header = header(place, lines);
            open(place);
            comparison.begin(pair.capture());
            if (place.cursor == null) {
                comparison.stop();
            }
            for (LedgerReader.Line line = lines.next(); line != null; line = lines.next()) {
                line(place, line, comparison);
                PcapngReader reader = place.reader;
                if (reader != null) {
                    progress.advance(reader.position() - place.told);
                    place.told = reader.position();
                }
            }
            rest(place);
            long difference = comparison.end(another && !pair.live());
            if (difference >= 0 && !pair.live()) {
                findings.add(
                        FindingCode.FILE_CHANGED,
                        place.captureName,
                        "byte " + difference + " is not what the records make of it");
            }
            return new Accounted(header == null ? -1 : header.from(), nextOffset - 1, place.held);
        } finally {
            comparison.close();
            PcapngReader reader = place.reader;
            if (reader != null) {
                reader.close();
            }
        }
    }

    /** All files are read. @param ledgers all of them, in their order */
    void end(List<Path> ledgers) throws IOException {
        repeats.settle(ledgers);
        sessions.values().forEach(session -> session.end(unsealed));
        if (orders == null) {
            findings.notDone(Check.WINDOW, "without a seal that can be read the orders are not known");
        }
    }

    /** Sessions in the order of their openings. */
    List<SessionCheck> sessions() {
        return List.copyOf(sessions.values());
    }

    long nextOffset() {
        return nextOffset;
    }

    long records() {
        return records;
    }

    /** Records that could not be filed, by the reason. */
    Map<String, Long> refused() {
        return Map.copyOf(refused);
    }

    long repeated() {
        return repeated;
    }

    private LedgerLine.@Nullable Header header(Place place, LedgerReader lines) throws IOException {
        LedgerLine.Header header;
        try {
            header = lines.header();
        } catch (FormException e) {
            findings.add(FindingCode.FORM, place.ledgerName, String.valueOf(e.getMessage()));
            return null;
        }
        if (!header.warrant().equals(warrant)
                || !header.topic().equals(Topic.packets(warrant).name())
                || header.number() != place.pair.number()) {
            findings.add(FindingCode.FORM, place.ledgerName, "line 1: it is the ledger of another file");
        }
        if (header.from() < nextOffset) {
            findings.add(
                    FindingCode.FORM,
                    place.ledgerName,
                    "line 1: it begins at record " + header.from() + ", and " + nextOffset + " is next");
        }
        nextOffset = Math.max(nextOffset, header.from());
        return header;
    }

    private void open(Place place) throws IOException {
        Path capture = place.pair.capture();
        if (capture == null) {
            return;
        }
        try {
            PcapngReader reader = PcapngReader.open(capture);
            place.reader = reader;
            sessions.values().stream()
                    .filter(session -> !session.ended())
                    .forEach(session -> place.interfaces.add(session.id()));
            place.cursor = new PacketCursor(reader, number -> sessionOf(place, reader, number));
        } catch (PcapngException e) {
            place.captureBroken(e, null, -1);
        }
    }

    /** The session that the interface's description names, or if it names none that is known, the one whose turn it is. */
    private @Nullable SessionId sessionOf(Place place, PcapngReader reader, int number) {
        SessionId described = describedSession(reader, number);
        if (described != null && sessions.containsKey(described)) {
            return described;
        }
        return number < place.interfaces.size() ? place.interfaces.get(number) : null;
    }

    private static @Nullable SessionId describedSession(PcapngReader reader, int number) {
        Matcher description = DESCRIBED.matcher(reader.interfaces().get(number).description());
        try {
            return description.matches() ? SessionId.parse(description.group(1)) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private void line(Place place, LedgerReader.Line line, CaptureComparison comparison) throws IOException {
        switch (line) {
            case LedgerReader.Line.Bad bad -> {
                comparison.stop();
                if (bad.torn() && place.pair.live()) {
                    findings.note(place.ledgerName + " ends inside a line: it is still written to");
                } else {
                    findings.add(FindingCode.FORM, place.ledgerName, "line " + bad.number() + ": " + bad.problem());
                }
            }
            case LedgerReader.Line.Good good -> {
                LedgerLine record = good.line();
                if (record.offset() < nextOffset) {
                    findings.add(
                            FindingCode.FORM,
                            place.ledgerName,
                            null,
                            new Finding.Offsets(record.offset(), record.offset()),
                            "line " + good.number() + ": record " + record.offset() + " comes where " + nextOffset
                                    + " or a later one is next");
                }
                nextOffset = Math.max(nextOffset, record.offset() + 1);
                records++;
                findings.count(Check.FORM, 1);
                record(place, record, comparison);
            }
        }
    }

    private void record(Place place, LedgerLine record, CaptureComparison comparison) throws IOException {
        switch (record) {
            case LedgerLine.Opened opened -> opened(place, opened, comparison);
            case LedgerLine.Packets packets -> packets(place, packets, comparison);
            case LedgerLine.Partial partial -> partial(place, partial, comparison);
            case LedgerLine.Checkpoint checkpoint -> checkpoint(place, checkpoint, comparison);
            case LedgerLine.Again again -> {
                repeated++;
                repeats.again(again);
            }
            case LedgerLine.Refused line -> refused(place, line);
        }
    }

    private void refused(Place place, LedgerLine.Refused line) {
        refused.merge(line.why(), 1L, Long::sum);
        if (line.why().equals(UNKNOWN_SESSION)) {
            findings.add(
                    FindingCode.SEQUENCE,
                    place.ledgerName,
                    null,
                    new Finding.Offsets(line.offset(), line.offset()),
                    "a record of a session whose opening is not in the log: the opening was removed, or the record put in");
        }
    }

    private void opened(Place place, LedgerLine.Opened line, CaptureComparison comparison) throws IOException {
        if (sessions.containsKey(line.session())) {
            findings.add(
                    FindingCode.FORM,
                    place.ledgerName,
                    line.session(),
                    new Finding.Offsets(line.offset(), line.offset()),
                    "the session is opened a second time");
            comparison.stop();
            return;
        }
        SessionOpened statement = null;
        try {
            if (PacketCodec.decode(line.value()) instanceof PacketEvent.Opened(SessionId session, SessionOpened said)
                    && session.equals(line.session())) {
                statement = said;
            }
        } catch (WireException e) {
            statement = null;
        }
        if (statement == null) {
            findings.add(
                    FindingCode.RECORD_CHANGED,
                    place.ledgerName,
                    line.session(),
                    new Finding.Offsets(line.offset(), line.offset()),
                    "the opening is none of this session");
            comparison.stop();
        }
        repeats.filed(Sha256.of(leaves.leaf(line.value())));
        SessionCheck session = new SessionCheck(line.session(), signatures, findings);
        sessions.put(line.session(), session);
        place.interfaces.add(line.session());
        session.open(place.ledgerName, line.offset(), line.value(), statement, keys);
        if (statement != null && !statement.warrant().equals(warrant)) {
            findings.add(
                    FindingCode.OUTSIDE_WARRANT,
                    place.ledgerName,
                    line.session(),
                    new Finding.Offsets(line.offset(), line.offset()),
                    "it is a session of another warrant");
        }
        if (statement != null) {
            comparison.opened(line.session(), statement);
            Warrant order = order(session, line.offset(), place);
            if (order != null) {
                session.checkAgainst(order, line.offset());
            }
        }
    }

    private @Nullable Warrant order(SessionCheck session, long offset, Place place) {
        SessionOpened statement = session.opened();
        if (orders == null || statement == null) {
            return null;
        }
        Warrant order = orders.warrant(statement.generation());
        if (order == null) {
            findings.add(
                    FindingCode.OUTSIDE_WARRANT,
                    place.ledgerName,
                    session.id(),
                    new Finding.Offsets(offset, offset),
                    "there is no valid warrant of generation " + statement.generation());
        }
        return order;
    }

    private SessionCheck session(Place place, SessionId id, long offset) {
        return sessions.computeIfAbsent(id, unopened -> {
            SessionCheck session = new SessionCheck(unopened, signatures, findings);
            session.unopened(place.ledgerName, offset);
            return session;
        });
    }

    private void packets(Place place, LedgerLine.Packets line, CaptureComparison comparison) throws IOException {
        SessionCheck session = session(place, line.session(), line.offset());
        PacketBatch batch = batches.computeIfAbsent(line.session(), PacketBatch::new);
        ScopeCheck scope = new ScopeCheck(session.headersOnly());
        String problem = read(place, session, line.offset(), line.first(), line.count(), comparison, frame -> {
            Packet.Direction direction = CaptureComparison.direction(frame.flags());
            if (direction == null) {
                return "packet " + frame.id() + " has no direction that there is";
            }
            if (batch.size() + frame.data().remaining() > RECORD_BYTES_MAX) {
                return "its packets are more than a record can hold";
            }
            int length = frame.data().remaining();
            int flags = flags(line.flags(), frame);
            scope.packet(frame, flags);
            int at = batch.add(frame.id(), frame.timeNs(), direction, flags, frame.originalLength(), length);
            frame.data().get(frame.data().position(), batch.array(), at, length);
            return "";
        });
        byte[] made = null;
        if (problem.isEmpty() && place.cursor != null) {
            findings.count(Check.RECORDS, 1);
            made = leaves.leaf(batch.take());
            if (!line.leaf().equals(Sha256.of(made))) {
                problem = "its packets in the capture file lead to another hash than the ledger's";
            }
        } else {
            batches.remove(line.session());
        }
        if (!problem.isEmpty()) {
            changed(place, line.session(), line.offset(), problem);
        }
        tell(scope, place, line.session(), line.offset());
        session.cut(scope.cutBytes(), scope.packets() == line.count());
        repeats.filed(line.leaf());
        session.packets(line, place.ledgerName, made);
        held(place, line.session(), line.first(), line.count());
    }

    private void partial(Place place, LedgerLine.Partial line, CaptureComparison comparison) throws IOException {
        SessionCheck session = session(place, line.session(), line.offset());
        ScopeCheck scope = new ScopeCheck(session.headersOnly());
        String problem = read(place, session, line.offset(), line.first(), line.count(), comparison, frame -> {
            scope.packet(frame, CaptureComparison.flags(frame));
            return "";
        });
        if (!problem.isEmpty()) {
            changed(place, line.session(), line.offset(), problem);
        }
        tell(scope, place, line.session(), line.offset());
        session.cut(scope.cutBytes(), false);
        repeats.filed(line.leaf());
        session.partial(line, place.ledgerName);
        held(place, line.session(), line.first(), line.count());
    }

    private void changed(Place place, SessionId session, long offset, String problem) {
        findings.add(
                FindingCode.RECORD_CHANGED, place.captureName, session, new Finding.Offsets(offset, offset), problem);
    }

    private static void held(Place place, SessionId id, long first, int count) {
        place.held.merge(
                id,
                new StatementFile.Held(id, count, first, first + count - 1),
                (before, now) -> new StatementFile.Held(id, before.packets() + count, before.first(), now.last()));
    }

    /** What is done with a packet; returns what is wrong with it, or nothing. */
    private interface Take {
        String accept(PcapngReader.Frame frame);
    }

    /** Takes a record's packets from the capture file; returns what is wrong with them, or nothing. */
    private String read(
            Place place,
            SessionCheck session,
            long offset,
            long first,
            int count,
            CaptureComparison comparison,
            Take take)
            throws IOException {
        SessionOpened opened = session.opened();
        Warrant order = orders == null || opened == null ? null : orders.warrant(opened.generation());
        String problem = "";
        long outside = 0;
        for (int i = 0; i < count; i++) {
            PacketCursor cursor = place.cursor;
            if (cursor == null) {
                comparison.stop();
                break;
            }
            PacketCursor.Taken taken;
            try {
                long extraBefore = cursor.extra();
                taken = cursor.take(session.id(), first + i, this::next);
                if (cursor.extra() > extraBefore) {
                    extra(place, session.id(), offset, cursor.extra() - extraBefore);
                    comparison.stop();
                }
            } catch (PcapngException e) {
                place.captureBroken(e, session.id(), offset);
                break;
            }
            PcapngReader.Frame frame = taken.frame();
            if (frame == null) {
                comparison.stop();
                problem = problem.isEmpty() ? taken.problem() : problem;
                continue;
            }
            comparison.packet(session.id(), frame);
            session.at(frame.timeNs());
            if (order != null) {
                findings.count(Check.WINDOW, 1);
                outside += order.inWindow(time(frame.timeNs())) ? 0 : 1;
            }
            String wrong = take.accept(frame);
            problem = problem.isEmpty() ? wrong : problem;
        }
        if (outside > 0) {
            findings.add(
                    FindingCode.OUTSIDE_WARRANT,
                    place.captureName,
                    session.id(),
                    new Finding.Offsets(offset, offset),
                    outside + " packets are from before or after the warrant's time");
        }
        return problem;
    }

    private void tell(ScopeCheck scope, Place place, SessionId session, long offset) {
        String problem = scope.problem();
        if (!problem.isEmpty()) {
            findings.add(
                    FindingCode.OUTSIDE_WARRANT,
                    place.captureName,
                    session,
                    new Finding.Offsets(offset, offset),
                    problem);
        }
    }

    private void extra(Place place, @Nullable SessionId session, long offset, long count) {
        findings.add(
                FindingCode.FORM,
                place.captureName,
                session,
                offset < 0 ? null : new Finding.Offsets(offset, offset),
                count + " packets that the ledger does not name"
                        + (offset < 0 ? " at its end" : " stand before those of this record"));
    }

    private long next(SessionId id) {
        SessionCheck session = sessions.get(id);
        return session == null ? 0 : session.next();
    }

    private static int flags(List<LedgerLine.FlagRun> runs, PcapngReader.Frame frame) {
        for (LedgerLine.FlagRun run : runs) {
            if (frame.id() >= run.first() && frame.id() <= run.last()) {
                return run.flags();
            }
        }
        return CaptureComparison.flags(frame);
    }

    private static Instant time(long ns) {
        return Instant.ofEpochSecond(Math.floorDiv(ns, NS_PER_S), Math.floorMod(ns, NS_PER_S));
    }

    private void checkpoint(Place place, LedgerLine.Checkpoint line, CaptureComparison comparison) throws IOException {
        SessionCheck session = session(place, line.session(), line.offset());
        Checkpoint checkpoint = null;
        Seal seal = null;
        try {
            if (PacketCodec.decode(line.value()) instanceof PacketEvent.Accounted(SessionId said, Checkpoint account)
                    && said.equals(line.session())) {
                checkpoint = account;
                seal = PacketCodec.seal(line.value());
            }
        } catch (WireException e) {
            seal = null;
        }
        if (checkpoint == null) {
            findings.add(
                    FindingCode.RECORD_CHANGED,
                    place.ledgerName,
                    line.session(),
                    new Finding.Offsets(line.offset(), line.offset()),
                    "the checkpoint is none of this session");
            comparison.stop();
        } else {
            comparison.checkpoint(line.session(), checkpoint);
        }
        repeats.filed(Sha256.of(leaves.leaf(line.value())));
        session.checkpoint(place.ledgerName, line.offset(), line.value(), checkpoint, seal);
    }

    private void rest(Place place) throws IOException {
        PacketCursor cursor = place.cursor;
        if (cursor == null) {
            return;
        }
        try {
            long rest = cursor.rest();
            if (rest > 0 && place.pair.live()) {
                findings.note(
                        place.captureName + " has " + rest + " packets more than its ledger: it is still written to");
            } else if (rest > 0) {
                extra(place, null, -1, rest);
            }
        } catch (PcapngException e) {
            if (place.pair.live()) {
                findings.note(place.captureName + ", " + e.getMessage() + ": it is still written to");
            } else {
                place.captureBroken(e, null, -1);
            }
        }
    }
}
