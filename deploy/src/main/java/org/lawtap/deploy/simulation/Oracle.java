package org.lawtap.deploy.simulation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.sink.pcapng.PcapngException;
import org.lawtap.sink.pcapng.PcapngReader;

/**
 * Who knows what truly happened, and judges what was made of it by rules of its own: it shares no code with what it judges
 * but the forms of records and files.
 *
 * <pre>
 *   frame handed over by a source -> may it be kept? by the window, the node's clock, and the commands that this node was told
 *   record sent by a worker       -> are these exactly the frames that may be kept, in their order, in the right topic?
 *   end of a session              -> do its counts agree with what passed the interface?
 *   after each step               -> which captures does the deciding service want, as far as it has read?
 *   after quiet                   -> is every matching pod's probe in the files of its warrants, and no other one's?
 * </pre>
 */
final class Oracle {
    private final Authority authority;
    private final SimulatedTime time;
    private final Duration lateness;
    private final Map<NodeName, Told> told = new LinkedHashMap<>();
    private final Map<SimulatedNode.Tap, Session> byTap = new HashMap<>();
    private final Map<SessionId, Session> sessions = new LinkedHashMap<>();
    private final Map<View.Wanted, Instant> wantedLast = new HashMap<>();
    private final Map<Long, Instant> passedAt = new HashMap<>();
    private final Set<WarrantId> topics = new HashSet<>();
    private final Set<NodeName> wereFull = new HashSet<>();
    private long kept;

    /** @param lateness how long a capture may go on after the deciding service wanted it last, at most: lease and clocks */
    Oracle(Authority authority, SimulatedTime time, Duration lateness) {
        this.authority = authority;
        this.time = time;
        this.lateness = lateness;
    }

    /** What a node was told by commands that are lawful. */
    private static final class Told {
        private final Map<CaptureKey, Instant> leases = new LinkedHashMap<>();
        private final Map<WarrantId, Long> newest = new HashMap<>();
        private final Map<WarrantId, Long> revoked = new HashMap<>();

        /** Whether a generation still counts: it is not older than one that was told, and not revoked. */
        boolean counts(CaptureKey capture) {
            return capture.generation() >= newest.getOrDefault(capture.warrant(), 0L)
                    && capture.generation() > revoked.getOrDefault(capture.warrant(), 0L);
        }
    }

    /** A session as the oracle reckons it. */
    private static final class Session {
        private final String name;
        private final SessionOpened opened;
        private final Warrant warrant;
        private final CaptureKey capture;
        private final SimulatedNode.Tap tap;
        private final Deque<Long> mayBeKept = new ArrayDeque<>();
        private final Map<Long, String> mayNot = new HashMap<>();
        private final Map<Long, Invariant> mayNotBy = new HashMap<>();
        private long sent;

        Session(SessionOpened opened, Warrant warrant, SimulatedNode.Tap tap) {
            this.opened = opened;
            this.warrant = warrant;
            this.capture = new CaptureKey(
                    opened.warrant(), opened.generation(), opened.pod().uid());
            this.tap = tap;
            this.name = "the session of " + opened.pod().name() + " on " + opened.node();
        }
    }

    /** Packets kept so far. */
    long kept() {
        return kept;
    }

    /** The log of a node's worker says that it takes no more, not even a session's last packets. */
    void full(NodeName node) {
        wereFull.add(node);
    }

    /** A packet is about to pass. */
    void passes(Frame frame) {
        passedAt.put(frame.number(), time.now());
    }

    /** Another warrant that has a topic. */
    Optional<WarrantId> anotherThan(WarrantId warrant) {
        return topics.stream()
                .filter(other -> !other.equals(warrant))
                .min((a, b) -> a.toString().compareTo(b.toString()));
    }

    /** A worker has forgotten all it was told. */
    void restarted(SimulatedNode node) {
        told.put(node.name(), new Told());
    }

    /** A worker is about to hear this: from now on it may do what it says. */
    void told(SimulatedNode node, Command command) {
        Told here = toldTo(node.name());
        if (!command.node().equals(node.name())) {
            return;
        }
        switch (command) {
            case Command.Start start -> {
                if (isLawful(start) && here.counts(start.capture())) {
                    here.leases.merge(start.capture(), start.leaseUntil(), Oracle::later);
                }
            }
            case Command.Renew renew ->
                renew.captures()
                        .forEach(key ->
                                here.leases.computeIfPresent(key, (k, lease) -> later(lease, renew.leaseUntil())));
            case Command.Stop ignored -> {}
        }
    }

    /** A worker has heard this: from now on it must do what it says. */
    void heeded(SimulatedNode node, Command command) {
        Told here = toldTo(node.name());
        if (!command.node().equals(node.name())) {
            return;
        }
        switch (command) {
            case Command.Start start -> {
                if (isLawful(start) && here.counts(start.capture())) {
                    here.newest.put(start.capture().warrant(), start.capture().generation());
                    here.leases.keySet().removeIf(key -> olderOfTheSame(key, start.capture()));
                }
            }
            case Command.Stop stop -> {
                here.leases.remove(stop.capture());
                if (stop.reason() == StopReason.WARRANT_REVOKED) {
                    here.revoked.merge(stop.capture().warrant(), stop.capture().generation(), Math::max);
                }
            }
            case Command.Renew ignored -> {}
        }
    }

    /** Whether the command's warrant was signed by two, and is the one that the command names, for the pod that it names. */
    private boolean isLawful(Command.Start start) {
        Warrant warrant = authority.signed(start.order());
        return warrant != null
                && start.capture().warrant().equals(warrant.id())
                && start.capture().generation() == warrant.generation()
                && start.capture().pod().equals(start.pod().uid());
    }

    private static boolean olderOfTheSame(CaptureKey one, CaptureKey other) {
        return one.warrant().equals(other.warrant())
                && one.pod().equals(other.pod())
                && one.generation() < other.generation();
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private Told toldTo(NodeName node) {
        return told.computeIfAbsent(node, any -> new Told());
    }

    /** What the deciding service wants now, as far as it has read. */
    void wants(View view, Instant itsTime) {
        for (View.Wanted wanted : view.wanted(itsTime)) {
            wantedLast.put(wanted, time.now());
        }
    }

    /** A source hands a frame over: the moment that decides whether it may be kept. */
    void handed(SimulatedNode.Tap tap, Frame frame) {
        Session session = byTap.get(tap);
        if (session == null) {
            return;
        }
        Instant at = SimulatedTime.BEGIN.plusNanos(frame.timeNs() - SimulatedTime.nanos(SimulatedTime.BEGIN));
        Instant lease = toldTo(session.opened.node()).leases.get(session.capture);
        if (at.isBefore(session.warrant.notBefore()) || !at.isBefore(session.warrant.notAfter())) {
            mayNot(session, frame, Invariant.NOTHING_OUTSIDE_THE_WINDOW, "it passed outside the window");
        } else if (lease == null) {
            mayNot(session, frame, Invariant.NOTHING_WITHOUT_A_WARRANT, "its capture was ended by a command");
        } else if (!at.isBefore(lease)) {
            mayNot(session, frame, Invariant.NOTHING_WITHOUT_A_WARRANT, "it passed after the lease");
        } else if (frame.foreign()) {
            mayNot(session, frame, Invariant.NOTHING_WITHOUT_A_WARRANT, "it is not addressed to the pod");
        } else {
            session.mayBeKept.add(frame.number());
        }
    }

    private static void mayNot(Session session, Frame frame, Invariant invariant, String why) {
        session.mayNot.put(frame.number(), why);
        session.mayNotBy.put(frame.number(), invariant);
    }

    /** A worker sends a record to a warrant's topic. */
    void sent(SimulatedNode node, WarrantId topic, byte[] value) {
        topics.add(topic);
        try {
            switch (PacketCodec.decode(value)) {
                case PacketEvent.Opened opened -> opened(node, topic, opened);
                case PacketEvent.Batch batch -> batch(topic, batch);
                case PacketEvent.Accounted accounted -> accounted(topic, accounted);
            }
        } catch (WireException e) {
            throw new IllegalStateException("a worker sends what can't be read", e);
        }
    }

    private void opened(SimulatedNode node, WarrantId topic, PacketEvent.Opened opened) {
        SessionOpened statement = opened.statement();
        require(
                statement.warrant().equals(topic),
                Invariant.NO_DATA_IN_ANOTHERS_TOPIC,
                "a session is opened in the topic of another warrant");
        Warrant warrant = authority.warrant(statement.warrant(), statement.generation());
        if (warrant == null) {
            throw new BrokenException(
                    Invariant.NOTHING_WITHOUT_A_WARRANT,
                    statement.pod().name() + " is captured under a warrant that two approvers never signed");
        }
        SimulatedNode.Tap tap = node.lastTap();
        Session session = new Session(statement, warrant, tap);
        require(
                toldTo(node.name()).leases.containsKey(session.capture),
                Invariant.NOTHING_WITHOUT_A_WARRANT,
                session.name + " was opened without a command");
        require(
                tap.before() == statement.missedBeforeArm(),
                Invariant.EACH_PACKET_IN_ONE_CLASS,
                session.name + " says that it missed " + statement.missedBeforeArm() + " packets before it; it missed "
                        + tap.before());
        byTap.put(tap, session);
        sessions.put(opened.session(), session);
    }

    private Session session(SessionId id, WarrantId topic) {
        Session session = sessions.get(id);
        if (session == null) {
            throw new BrokenException(
                    Invariant.EACH_PACKET_IN_ONE_CLASS, "a record of a session that was never opened");
        }
        require(
                session.opened.warrant().equals(topic),
                Invariant.NO_DATA_IN_ANOTHERS_TOPIC,
                session.name + " sends to the topic of another warrant");
        return session;
    }

    private void batch(WarrantId topic, PacketEvent.Batch batch) {
        Session session = session(batch.session(), topic);
        for (Packet packet : batch.packets()) {
            long number = Frame.numberIn(packet.data());
            String why = session.mayNot.get(number);
            if (why != null) {
                throw new BrokenException(
                        session.mayNotBy.getOrDefault(number, Invariant.NOTHING_WITHOUT_A_WARRANT),
                        session.name + " kept packet " + number + ", although " + why);
            }
            Long expected = session.mayBeKept.poll();
            require(
                    expected != null && expected == number && packet.sequence() == session.sent,
                    Invariant.EACH_PACKET_IN_ONE_CLASS,
                    session.name + " kept packet " + number + " as its " + packet.sequence() + "th; packet " + expected
                            + " should come as its " + session.sent + "th");
            session.sent++;
            kept++;
            inTime(session, number);
        }
    }

    /** However the commands went: nothing is captured for long that the deciding service no longer wants. */
    private void inTime(Session session, long number) {
        Instant last = wantedLast.get(new View.Wanted(session.capture, session.opened.node()));
        Instant passed = passedAt.getOrDefault(number, time.now());
        require(
                last != null && !passed.isAfter(last.plus(lateness)),
                Invariant.NOTHING_WITHOUT_A_WARRANT,
                session.name + " kept packet " + number
                        + (last == null
                                ? ", which no warrant that was read ever wanted"
                                : ", although its warrant wanted it last "
                                        + Duration.between(last, passed).toMillis() + " ms before"));
    }

    private void accounted(WarrantId topic, PacketEvent.Accounted accounted) {
        Session session = session(accounted.session(), topic);
        Checkpoint account = accounted.checkpoint();
        if (account.endReason() == null) {
            return;
        }
        SimulatedNode.Tap tap = session.tap;
        require(
                session.mayBeKept.isEmpty(),
                Invariant.EACH_PACKET_IN_ONE_CLASS,
                session.name + " ended and left out " + session.mayBeKept.size() + " packets that it should have kept");
        require(
                tap.left() == 0 || wereFull.contains(session.opened.node()),
                Invariant.EACH_PACKET_IN_ONE_CLASS,
                session.name + " ended and left " + tap.left() + " packets behind, although the log had room");
        same(session, "left behind", account.userDrop(), tap.left());
        same(session, "delivered", account.delivered(), session.sent);
        same(session, "dropped by the kernel", account.kernelDrop(), tap.lost());
        same(session, "out of scope", account.outOfScopeDiscarded(), tap.handed() - session.sent);
        same(session, "unseen", account.unseenByTap() + account.unseenByInterface(), 0);
        same(session, "unaccounted", account.unaccounted(), 0);
        require(
                account.interfaceExact(),
                Invariant.EACH_PACKET_IN_ONE_CLASS,
                session.name + " ended with an account that is not exact");
    }

    private static void same(Session session, String what, long stated, long truth) {
        require(
                stated == truth,
                Invariant.EACH_PACKET_IN_ONE_CLASS,
                session.name + " states " + stated + " packets " + what + "; in truth there were " + truth);
    }

    /** One kept packet, in a topic or in a file. */
    private record Kept(SessionId session, long sequence, long number) {}

    /** Everything that stands in a warrant's topic stands in its files, once, and nothing else does. */
    void files(WarrantId warrant, List<byte[]> topic, Path directory) {
        Set<Kept> expected = new LinkedHashSet<>();
        try {
            for (byte[] value : topic) {
                if (PacketCodec.decode(value) instanceof PacketEvent.Batch batch) {
                    batch.packets()
                            .forEach(packet -> expected.add(
                                    new Kept(batch.session(), packet.sequence(), Frame.numberIn(packet.data()))));
                }
            }
        } catch (WireException e) {
            throw new IllegalStateException(e);
        }
        List<Kept> filed = filed(directory);
        for (Kept one : filed) {
            Session session = sessions.get(one.session());
            require(
                    session != null && session.opened.warrant().equals(warrant),
                    Invariant.NO_DATA_IN_ANOTHERS_TOPIC,
                    "the files of a warrant hold packet " + one.number() + " of another one");
        }
        require(
                filed.equals(List.copyOf(expected)),
                Invariant.EACH_PACKET_IN_ONE_CLASS,
                "the log holds " + expected.size() + " packets of a warrant, its files " + filed.size()
                        + ", and not the same");
    }

    /** The numbers of the packets in a warrant's files. */
    Set<Long> numbers(Path directory) {
        Set<Long> numbers = new HashSet<>();
        filed(directory).forEach(one -> numbers.add(one.number()));
        return numbers;
    }

    private static List<Kept> filed(Path directory) {
        List<Kept> filed = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            return filed;
        }
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".pcapng"))
                    .sorted()
                    .toList()) {
                read(file, filed);
            }
            return filed;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void read(Path file, List<Kept> into) throws IOException {
        try (PcapngReader reader = PcapngReader.open(file)) {
            PcapngReader.@Nullable Frame frame = reader.next();
            while (frame != null) {
                String description =
                        reader.interfaces().get(frame.interfaceId()).description();
                int at = description.indexOf("session=") + "session=".length();
                SessionId session = SessionId.parse(description.substring(at, description.indexOf(' ', at)));
                into.add(new Kept(session, frame.id(), Frame.numberIn(frame.data())));
                frame = reader.next();
            }
        } catch (PcapngException e) {
            throw new BrokenException(
                    Invariant.EACH_PACKET_IN_ONE_CLASS, "a capture file can't be read: " + e.getMessage());
        }
    }

    static void require(boolean holds, Invariant invariant, String otherwise) {
        if (!holds) {
            throw new BrokenException(invariant, otherwise);
        }
    }
}
