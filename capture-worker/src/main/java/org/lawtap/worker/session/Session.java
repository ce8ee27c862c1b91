package org.lawtap.worker.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.content.ContentWriter;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.InterfaceCounters;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WrappedKey;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.order.X25519Key;
import org.lawtap.worker.engine.CapturedFrame;
import org.lawtap.worker.engine.PacketSource;
import org.lawtap.worker.identity.PodDevices;
import org.lawtap.worker.identity.PodInterface;
import org.lawtap.worker.kernel.KernelClock;
import org.lawtap.worker.kernel.Link;
import org.lawtap.worker.kernel.Links;
import org.lawtap.worker.kernel.PacketRing;

/**
 * One capture session: one warrant, one interface of one pod, from the moment it is armed to its final account.
 *
 * <pre>
 *   open: source bound, drops everything -> counters, accept, counters again -> exact? else refuse, discard, try again
 *   poll: packets -> sequence -> batches; a checkpoint each interval
 *   end:  counters, refuse, drain to the last packet the kernel counted, counters again -> final checkpoint
 * </pre>
 *
 * The account holds because the kernel's tap and the interface count the same packets: what the interface counted since the
 * session was armed is what the socket received. Owned by one thread.
 */
public final class Session {
    private static final int PACKETS_PER_POLL_MAX = 4096;

    /** Packets may be large, and the other sessions wait meanwhile. */
    private static final long BYTES_PER_POLL_MAX = 8 << 20;

    private static final int ARM_ATTEMPTS_MAX = 50;
    private static final int LINKTYPE_ETHERNET = 1;
    private static final long DRAIN_TIMEOUT_NS = 2_000_000_000L;
    private static final long NS_PER_MS = 1_000_000L;

    /** The socket's error is asked for once in this time: that costs as much as reading dozens of packets. */
    private static final long INTERRUPTION_NS = 5 * NS_PER_MS;

    /** Longer than a packet waits between interface and tap. */
    private static final long REST_NS = 3 * NS_PER_MS;

    /** How long the end of an interrupted session waits for a moment of rest: its sibling sessions wait, too. */
    private static final long LAST_REST_NS = 20 * NS_PER_MS;

    /** net.core.netdev_max_backlog, by default, of two processors. */
    private static final long BACKLOG_MAX = 2000;

    /** Longer than a packet waits between interface and tap, and than an engine's counts lag behind. */
    private static final long COMPARE_INTERVAL_NS = 1_000_000_000L;

    /** How often the pod's IP addresses are read once one is known; until then at every comparison. */
    private static final long ADDRESSES_INTERVAL_NS = 10_000_000_000L;

    /** Addresses told of a pod at most; it can have as many as it likes. */
    private static final int ADDRESSES_TOLD_MAX = 64;

    private final SessionId id = SessionId.random();
    private final Warrant warrant;
    private final PodInterface proven;
    private final PacketSource source;
    private final Links links;
    private final PacketLog log;
    private final OwnTraffic own;
    private final SessionRecords records;
    private final SessionLimits limits;
    private final Clock clock;
    private final long notBeforeNs;
    private final long notAfterNs;
    private final PodAddresses addresses;
    private final Set<ByteBuffer> ipAddresses = new HashSet<>();
    private final List<ByteBuffer> ipAddressesToTell = new ArrayList<>();
    private long ipAddressesReadAt;
    private final boolean headersOnly;
    private long keepUntilNs;

    private long polledAt;
    private long accountedAt;
    private long comparedAt;
    private long interruptions;
    private boolean interruptedSinceRest;
    private long interruptionSought;
    private long restSoughtAt;
    private @Nullable InterfaceCounters restCounters;
    private long restReceived;

    private InterfaceCounters atArm;
    private InterfaceCounters afterArm;
    private InterfaceCounters lastSeen;
    private boolean armedExactly;
    private Blindness blindness;
    private long receivedBeforeArm;
    private long droppedBeforeArm;

    private long checkpoints;
    private long delivered;
    private long deliveredBytes;
    private long deliveredBytesBefore;
    private long leftBehind;
    private long outOfScope;
    private long notAddressed;
    private long ownTraffic;
    private long truncated;
    private long truncatedBytes;
    private long cutByScopeBytes;
    private long fromPod;
    private long accountedReceived = -1;
    private long accountedHanded;
    private long accountedDropped;
    private long silentDelivered;
    private @Nullable Instant silentSince;
    private @Nullable Instant lastCheckpoint;

    private Session(
            Warrant warrant,
            PodInterface proven,
            ByteBuffer podAddress,
            PacketSource source,
            Links links,
            PacketLog log,
            Sealer sealer,
            ContentWriter content,
            OwnTraffic own,
            SessionLimits limits,
            Clock clock,
            InterfaceCounters first) {
        this.warrant = warrant;
        this.addresses = new PodAddresses(podAddress);
        this.proven = proven;
        this.source = source;
        this.links = links;
        this.log = log;
        this.own = own;
        this.records = new SessionRecords(warrant.id(), id, log, sealer, content, limits);
        this.limits = limits;
        this.clock = clock;
        this.notBeforeNs = nanos(warrant.notBefore());
        this.notAfterNs = nanos(warrant.notAfter());
        this.keepUntilNs = notAfterNs;
        this.headersOnly = warrant.scope() == Warrant.Scope.HEADERS;
        this.atArm = first;
        this.afterArm = first;
        this.lastSeen = first;
        this.blindness = new Blindness(first, null, Links.TrafficControl.NONE);
    }

    /**
     * Arms a session on a source that drops everything so far.
     *
     * @param podSide reads what the pod counts at its end; null if it can't
     * @throws IOException if the interface went away or the filter is none; the caller closes the source
     */
    public static Session open(
            Warrant warrant,
            PodRef pod,
            PodInterface proven,
            ByteBuffer podAddress,
            Supplier<PodDevices.@Nullable Counters> podSide,
            @Nullable SessionId previous,
            Identity where,
            PacketSource source,
            Links links,
            PacketLog log,
            Sealer sealer,
            ContentWriter content,
            OwnTraffic own,
            SessionLimits limits,
            Clock clock)
            throws IOException {
        Link link = links.find(proven.link().index());
        if (link == null) {
            throw new IOException("the interface went away while it was armed");
        }
        Session session = new Session(
                warrant, proven, podAddress, source, links, log, sealer, content, own, limits, clock, link.counters());
        links.watch(proven.link());
        try {
            session.arm();
            session.blindness = new Blindness(
                    session.atArm,
                    podSide.get(),
                    links.trafficControl(proven.link().index()));
        } catch (IOException | RuntimeException e) {
            links.unwatch(proven.link());
            throw e;
        }
        X25519Key deliveryKey = warrant.deliveryKey();
        WrappedKey contentKey = deliveryKey == null ? null : session.records.encryptFor(deliveryKey);
        long now = session.nowNs();
        session.accountedAt = now;
        own.refresh(now);
        session.records.open(new SessionOpened(
                warrant.id(),
                warrant.generation(),
                previous,
                pod,
                where.node(),
                link.name(),
                link.index(),
                proven.podSideName(),
                podAddress,
                proven.networkNamespace(),
                where.bootId(),
                where.kernel(),
                source.engine(),
                LINKTYPE_ETHERNET,
                PacketRing.SNAP_LENGTH,
                warrant.filter(),
                session.headersOnly,
                now,
                session.atArm.tapped(),
                sealer.publicKey(),
                session.atArm,
                contentKey));
        return session;
    }

    /**
     * The end of the lease: a packet with this time or a later one is not kept, however late the worker gets to read it. Never
     * later than the warrant's notAfter.
     */
    public void keepUntil(Instant leaseUntil) {
        keepUntilNs = Math.min(notAfterNs, nanos(leaseUntil));
    }

    /** The session's id. */
    public SessionId id() {
        return id;
    }

    /** The interface as proven when the session was opened. */
    public PodInterface proven() {
        return proven;
    }

    /** Packets of the interface's life before this session. */
    public long missedBeforeArm() {
        return atArm.tapped();
    }

    /** Whether the counters stood still while the session was armed. */
    public boolean armedExactly() {
        return armedExactly;
    }

    /** Frames that reached the interface and were neither addressed to the pod nor to a group; none was kept. */
    public long notAddressedToPod() {
        return notAddressed;
    }

    /** How often the link went down. */
    public long interruptions() {
        return interruptions;
    }

    /** Packets from before the warrant's window, or after it or the lease; none was kept. */
    public long outsideWindow() {
        return outOfScope - notAddressed - ownTraffic;
    }

    /** Packets of the worker's own connections; none was kept. */
    public long ownTraffic() {
        return ownTraffic;
    }

    /** What the session stands at; drops as of its last checkpoint. @param checkpoints without the one with the final account */
    record Figures(
            long delivered,
            long deliveredBytes,
            long kernelDropped,
            long leftBehind,
            long unseen,
            long checkpoints,
            @Nullable Instant lastCheckpoint) {}

    /** Since when it has kept no packet; as exact as it is asked often. */
    Instant silentSince(Instant now) {
        Instant since = silentSince;
        if (since == null || delivered != silentDelivered) {
            silentDelivered = delivered;
            silentSince = now;
            return now;
        }
        return since;
    }

    Figures figures() {
        return new Figures(
                delivered,
                deliveredBytes,
                accountedDropped,
                leftBehind,
                blindness.unseenByTap() + blindness.unseenByInterface(),
                checkpoints,
                lastCheckpoint);
    }

    /** The source's descriptor, or -1. */
    public int descriptor() {
        return source.descriptor();
    }

    /** Moves packets from the kernel to the log; returns how many. */
    public int poll() throws IOException {
        polledAt = nowNs();
        deliveredBytesBefore = deliveredBytes;
        int count = log.hasRoom(warrant.id()) ? source.poll(this::keep, PACKETS_PER_POLL_MAX) : 0;
        // Most sessions have nothing most of the time.
        long now = count == 0 ? polledAt : nowNs();
        records.flushIfDue(now);
        if ((!armedExactly || interruptedSinceRest) && count == 0 && now - restSoughtAt >= REST_NS) {
            seekRest(now);
        }
        long interval = limits.checkpointIntervalMs() * NS_PER_MS;
        // At the same moments for all sessions: what is due together is signed together.
        if (now / interval != accountedAt / interval) {
            accountedAt = now;
            account(now);
        }
        return count;
    }

    /** What a look at the interface shows. */
    public enum InterfaceState {
        UP,
        /** Down: nothing passes; its counters now are its last ones if it goes away. */
        DOWN,
        GONE,
        /** It lives, but its other end is no longer the proven one. */
        LEADS_ELSEWHERE
    }

    /** Whether the source heard since the last call that the interface went down or away. */
    public boolean interrupted() throws IOException {
        if (interruptionSought == polledAt / INTERRUPTION_NS) {
            return false;
        }
        interruptionSought = polledAt / INTERRUPTION_NS;
        return takeInterruption();
    }

    private boolean takeInterruption() throws IOException {
        boolean interrupted = source.takeInterruption();
        if (interrupted) {
            interruptions++;
            interruptedSinceRest = true;
        }
        return interrupted;
    }

    /** Looks at the interface. Call it after an interruption and from time to time. */
    public InterfaceState look() throws IOException {
        return look(null);
    }

    /** The same. @param listed the interface among all of the node's, just read; null if it was not there, or none were read */
    InterfaceState look(@Nullable Link listed) throws IOException {
        // A list may lack an interface while others come and go.
        Link link = listed == null ? links.find(proven.link().index()) : listed;
        if (link == null) {
            return InterfaceState.GONE;
        }
        lastSeen = link.counters();
        if (link.peerIndex() != proven.link().peerIndex()
                || link.peerNamespace() != proven.link().peerNamespace()) {
            return InterfaceState.LEADS_ELSEWHERE;
        }
        return link.up() ? InterfaceState.UP : InterfaceState.DOWN;
    }

    /** Whether {@link #compare} is due: a comparison rests on what the interface had counted at the one before. */
    boolean comparisonDue() {
        return nowNs() - comparedAt >= COMPARE_INTERVAL_NS;
    }

    /**
     * Compares what the pod, the interface and the tap have counted; returns what a reader of custody should know now.
     *
     * @param pod what the pod counts at its end; null if it could not be read
     * @param link the interface, read after that
     * @param traffic what traffic control does there, read after that
     */
    Blindness.@Nullable Degradation compare(PodDevices.@Nullable Counters pod, Link link, Links.TrafficControl traffic)
            throws IOException {
        comparedAt = nowNs();
        lastSeen = link.counters();
        boolean comparable = warrant.filter() == null && armedExactly && source.countsExactly();
        blindness.look(
                new Blindness.Look(pod, link.counters(), link.xdp(), traffic, comparable ? counts().received() : -1));
        return blindness.takeNews(clock.instant());
    }

    /** Whether it is time to read the IP addresses of the pod's network. */
    boolean addressesDue() {
        return ipAddresses.isEmpty() || nowNs() - ipAddressesReadAt >= ADDRESSES_INTERVAL_NS;
    }

    /** IP addresses that the pod's network has now; those that are new stand in the next checkpoint. */
    void addresses(List<ByteBuffer> present) {
        ipAddressesReadAt = nowNs();
        for (ByteBuffer address : present) {
            if (ipAddresses.size() < ADDRESSES_TOLD_MAX && ipAddresses.add(address)) {
                ipAddressesToTell.add(address);
            }
        }
    }

    /** How long packets may wait to be sent from now, milliseconds. */
    long msUntilDue() {
        return records.msUntilDue(nowNs());
    }

    /** Ends the session with its final account, and closes the source, also when it fails. */
    public Checkpoint end(StopReason reason) throws IOException {
        try {
            records.settle();
            takeInterruption();
            seekLastRest(reason);
            InterfaceCounters before = current();
            refuse();
            drain();
            InterfaceCounters after = current();
            armAtLastRest(before, after);
            records.flush();
            PacketSource.Counts counts = counts();
            Links.Removal removal = links.find(proven.link().index()) == null ? removal() : null;
            Checkpoint last = removal == null
                    ? finalCheckpoint(reason, before, after, counts)
                    : finalCheckpoint(reason, removal, counts);
            records.checkpoint(last);
            lastCheckpoint = clock.instant();
            records.settle();
            return last;
        } finally {
            links.unwatch(proven.link());
            source.close();
        }
    }

    private Links.@Nullable Removal removal() throws IOException {
        return links.removal(proven.link().lastSeen(lastSeen));
    }

    private void arm() throws IOException {
        begin(source.counts());
        for (int attempt = 0; attempt < ARM_ATTEMPTS_MAX && !armedExactly; attempt++) {
            InterfaceCounters before = required();
            source.accept(warrant.filter());
            InterfaceCounters after = required();
            // A packet is counted and tapped at slightly different moments, so the socket must have stood still as
            // well.
            armedExactly = before.tapped() == after.tapped() && counts().received() == 0;
            atArm = before;
            afterArm = after;
            if (!armedExactly && attempt < ARM_ATTEMPTS_MAX - 1) {
                // Packets passed during the switch: which of them were captured is not known. Begin anew, keep none of
                // them.
                source.refuse();
                discard();
            }
        }
        lastSeen = atArm;
    }

    private void begin(PacketSource.Counts counts) {
        receivedBeforeArm = counts.received();
        droppedBeforeArm = counts.dropped();
    }

    private void discard() throws IOException {
        long deadline = System.nanoTime() + DRAIN_TIMEOUT_NS;
        long discarded = 0;
        while (discarded < counts().toDeliver() && System.nanoTime() < deadline) {
            discarded += source.poll(frame -> true, PACKETS_PER_POLL_MAX);
            Thread.onSpinWait();
        }
        if (discarded < counts().toDeliver()) {
            throw new IOException("the packets of an attempt to arm could not be discarded in time");
        }
        begin(source.counts());
    }

    private void refuse() {
        try {
            source.refuse();
        } catch (IOException e) {
            // Without the drop-all filter packets may go on arriving: from this moment none is kept, each is counted.
            keepUntilNs = Math.min(keepUntilNs, nowNs());
        }
    }

    /**
     * The ring hands a block over when it is full or some milliseconds old: wait for what the kernel counted. What the log can't take
     * any more stays in the ring, and is counted.
     */
    private void drain() throws IOException {
        long deadline = System.nanoTime() + DRAIN_TIMEOUT_NS;
        while (handed() < counts().toDeliver() && System.nanoTime() < deadline) {
            deliveredBytesBefore = deliveredBytes;
            if (!log.takesLast(warrant.id())) {
                leftBehind = counts().toDeliver() - handed();
            } else if (source.poll(this::keep, PACKETS_PER_POLL_MAX) == 0) {
                Thread.onSpinWait();
            }
        }
    }

    /** Keeps a packet, or counts why it does not; returns whether there is room for another. */
    private boolean keep(CapturedFrame frame) {
        if (own.concerns(frame, polledAt)) {
            ownTraffic++;
            outOfScope++;
            fromPod += frame.direction() == Packet.Direction.FROM_POD ? 1 : 0;
            return true;
        }
        if (frame.direction() == Packet.Direction.FROM_POD) {
            fromPod++;
            addresses.sent(frame);
        } else if (frame.direction() == Packet.Direction.TO_POD && !addresses.concerns(frame)) {
            notAddressed++;
            outOfScope++;
            return true;
        }
        long timeNs = frame.timeNs();
        if (timeNs < notBeforeNs || timeNs >= keepUntilNs) {
            outOfScope++;
            return true;
        }
        if (headersOnly) {
            cutByScopeBytes += frame.keepHeaders();
        } else if (frame.length() < frame.originalLength()) {
            truncated++;
            truncatedBytes += frame.originalLength() - frame.length();
        }
        boolean sent = records.add(delivered, frame, polledAt);
        delivered++;
        deliveredBytes += frame.length();
        return !sent || (deliveredBytes - deliveredBytesBefore < BYTES_PER_POLL_MAX && log.hasRoom(warrant.id()));
    }

    /**
     * Interface and socket stand still, and all that the socket received was read: now their difference is exact. It tells what
     * the interface had counted when the session was armed, if packets passed just then; later it tells what the tap has missed,
     * as while a link comes up again.
     */
    private void seekRest(long now) throws IOException {
        Link link = links.find(proven.link().index());
        // A program that takes packets before the tap would be taken for packets from before the session.
        if (link == null || (link.xdp() && !armedExactly)) {
            return;
        }
        InterfaceCounters seen = link.counters();
        PacketSource.Counts counts = counts();
        // What was not yet read matters only where its direction does.
        boolean rests = restCounters != null
                && seen.tapped() == restCounters.tapped()
                && counts.received() == restReceived
                && (armedExactly || handed() == counts.toDeliver());
        restSoughtAt = now;
        restCounters = seen;
        restReceived = counts.received();
        if (!rests || warrant.filter() != null || !source.countsExactly()) {
            return;
        }
        if (armedExactly) {
            blindness.rested(seen.tapped() - atArm.tapped() - counts.received());
            interruptedSinceRest = false;
        } else {
            armedAtRest(seen, counts.received());
        }
    }

    /**
     * An interrupted session can't tell what the tap missed until all stands still: its end gives that a chance. What comes
     * meanwhile is counted, and kept only where the warrant goes on.
     */
    private void seekLastRest(StopReason reason) throws IOException {
        if (!armedExactly
                || !interruptedSinceRest
                || warrant.filter() != null
                || !source.countsExactly()
                || links.find(proven.link().index()) == null) {
            return;
        }
        if (reason != StopReason.WORKER_SHUTDOWN && reason != StopReason.WARRANT_AMENDED) {
            keepUntilNs = Math.min(keepUntilNs, nowNs());
        }
        long deadline = System.nanoTime() + LAST_REST_NS;
        while (interruptedSinceRest
                && System.nanoTime() < deadline
                && links.find(proven.link().index()) != null) {
            source.poll(this::keep, PACKETS_PER_POLL_MAX);
            long now = nowNs();
            if (now - restSoughtAt >= REST_NS) {
                seekRest(now);
            }
            Thread.onSpinWait();
        }
    }

    /** A session that never found a moment of rest, and ends in one. */
    private void armAtLastRest(InterfaceCounters before, InterfaceCounters after) throws IOException {
        Link link = links.find(proven.link().index());
        PacketSource.Counts counts = counts();
        if (!armedExactly
                && leftBehind == 0
                && warrant.filter() == null
                && source.countsExactly()
                && link != null
                && !link.xdp()
                && before.tapped() == after.tapped()
                && handed() == counts.toDeliver()) {
            armedAtRest(after, counts.received());
        }
    }

    private void armedAtRest(InterfaceCounters seen, long socketReceived) {
        long implied = seen.tapped() - socketReceived;
        // What waited between interface and socket at that moment was counted before it, and received after it.
        if (interruptedSinceRest || implied < atArm.tapped() - BACKLOG_MAX || implied > afterArm.tapped()) {
            return;
        }
        long received = Math.clamp(
                seen.receivedPackets() - fromPod, 0, Math.min(seen.receivedPackets(), implied - atArm.sendDropped()));
        atArm = new InterfaceCounters(
                received,
                implied - atArm.sendDropped() - received,
                atArm.receivedBytes(),
                atArm.sentBytes(),
                atArm.receiveDropped(),
                atArm.sendDropped());
        armedExactly = true;
    }

    private void account(long now) throws IOException {
        PacketSource.Counts counts = counts();
        if (counts.received() == accountedReceived && handed() == accountedHanded) {
            return;
        }
        accountedReceived = counts.received();
        accountedHanded = handed();
        own.refreshNowAndThen(now);
        records.flush();
        InterfaceCounters seen = current();
        Checkpoint checkpoint = checkpoint(now, counts, seen, null, false);
        boolean exact =
                armedExactly && source.countsExactly() && warrant.filter() == null && checkpoint.unaccounted() == 0;
        records.checkpoint(checkpoint(now, counts, seen, null, exact));
        ipAddressesToTell.clear();
        checkpoints++;
        lastCheckpoint = clock.instant();
    }

    /**
     * The interface's counters at the moment of the switch lie between the two readings; the socket's own count says where. Where it can't be, and the interface stands still, the tap has missed
     * the difference; under traffic both readings stand as they are and nothing is claimed.
     */
    private Checkpoint finalCheckpoint(
            StopReason reason, InterfaceCounters before, InterfaceCounters after, PacketSource.Counts counts) {
        boolean sure = armedExactly && source.countsExactly();
        if (warrant.filter() != null) {
            boolean exact = before.tapped() == after.tapped() && handed() == counts.toDeliver();
            return checkpoint(nowNs(), counts, after, reason, sure && exact);
        }
        if (sure && before.tapped() == after.tapped()) {
            blindness.rested(after.tapped() - atArm.tapped() - counts.received());
            return checkpoint(nowNs(), counts, after, reason, accountedTo(after, counts));
        }
        long implied = atArm.tapped() + blindness.unseenByTap() + counts.received();
        boolean within = !interruptedSinceRest && before.tapped() <= implied && implied <= after.tapped();
        return checkpoint(nowNs(), counts, within ? between(before, after, implied) : after, reason, sure && within);
    }

    private boolean accountedTo(InterfaceCounters seen, PacketSource.Counts counts) {
        return seen.tapped() == atArm.tapped() + blindness.unseenByTap() + counts.received();
    }

    /** Counters from {@code before} to {@code after} whose sum is {@code implied}, by the directions that were seen. */
    private InterfaceCounters between(InterfaceCounters before, InterfaceCounters after, long implied) {
        if (implied == before.tapped()) {
            return before;
        }
        if (implied == after.tapped()) {
            return after;
        }
        long more = implied - before.tapped();
        long dropsMax = after.sendDropped() - before.sendDropped();
        long sentMax = after.sentPackets() - before.sentPackets();
        long receivedMax = after.receivedPackets() - before.receivedPackets();
        long receivedLeast = Math.max(0, more - sentMax - dropsMax);
        long received = Math.clamp(
                atArm.receivedPackets() + fromPod - before.receivedPackets(),
                receivedLeast,
                Math.max(receivedLeast, Math.min(receivedMax, more)));
        long sent = Math.min(sentMax, more - received);
        return new InterfaceCounters(
                before.receivedPackets() + received,
                before.sentPackets() + sent,
                before.receivedBytes(),
                before.sentBytes(),
                before.receiveDropped(),
                before.sendDropped() + more - received - sent);
    }

    /**
     * The account of an interface that was removed. Its last words are exact if they cover both directions, or if nothing came
     * from the pod since the last reading; otherwise the socket's count says what did, and stands alone.
     */
    private Checkpoint finalCheckpoint(StopReason reason, Links.Removal removal, PacketSource.Counts counts) {
        InterfaceCounters last = removal.counters();
        boolean sure = armedExactly && source.countsExactly();
        if (warrant.filter() != null) {
            boolean exact = removal.complete() && handed() == counts.toDeliver();
            return checkpoint(nowNs(), counts, last, reason, sure && exact);
        }
        if (removal.complete() && sure) {
            // Nothing passes any more: what it counted and the socket did not get, the tap has missed.
            blindness.rested(last.tapped() - atArm.tapped() - counts.received());
        }
        if (removal.complete() || accountedTo(last, counts)) {
            return checkpoint(nowNs(), counts, last, reason, sure && accountedTo(last, counts));
        }
        long implied = atArm.tapped() + blindness.unseenByTap() + counts.received();
        InterfaceCounters stated = new InterfaceCounters(
                last.receivedPackets() + Math.max(0, implied - last.tapped()),
                last.sentPackets(),
                last.receivedBytes(),
                last.sentBytes(),
                last.receiveDropped(),
                last.sendDropped());
        return checkpoint(nowNs(), counts, stated, reason, false);
    }

    private Checkpoint checkpoint(
            long now, PacketSource.Counts counts, InterfaceCounters seen, @Nullable StopReason reason, boolean exact) {
        accountedDropped = counts.dropped();
        return new Checkpoint(
                checkpoints,
                now,
                delivered,
                deliveredBytes,
                counts.dropped(),
                leftBehind,
                outOfScope,
                blindness.unseenByTap(),
                blindness.unseenByInterface(),
                truncated,
                truncatedBytes,
                cutByScopeBytes,
                counts.received(),
                atArm,
                seen,
                exact,
                reason,
                KernelClock.read(),
                ipAddressesToTell,
                records.chain());
    }

    private long handed() {
        return delivered + outOfScope + leftBehind;
    }

    private PacketSource.Counts counts() throws IOException {
        PacketSource.Counts counts = source.counts();
        return new PacketSource.Counts(counts.received() - receivedBeforeArm, counts.dropped() - droppedBeforeArm);
    }

    private InterfaceCounters current() throws IOException {
        Link link = links.find(proven.link().index());
        if (link != null) {
            lastSeen = link.counters();
        }
        return lastSeen;
    }

    private InterfaceCounters required() throws IOException {
        Link link = links.find(proven.link().index());
        if (link == null) {
            throw new IOException("the interface went away while it was armed");
        }
        return link.counters();
    }

    private long nowNs() {
        return nanos(clock.instant());
    }

    private static long nanos(Instant time) {
        // Warrants may name years beyond 2262, where nanoseconds leave 64 bits; no packet is that late.
        return time.getEpochSecond() > Long.MAX_VALUE / 1_000_000_000L - 1
                ? Long.MAX_VALUE
                : time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }
}
