package org.lawtap.worker.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.InterfaceCounters;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.worker.engine.PacketSource;
import org.lawtap.worker.identity.PodInterface;
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
    private static final int ARM_ATTEMPTS_MAX = 50;
    private static final int LINKTYPE_ETHERNET = 1;
    private static final long DRAIN_TIMEOUT_NS = 2_000_000_000L;
    private static final long NS_PER_MS = 1_000_000L;

    private final SessionId id = SessionId.random();
    private final Warrant warrant;
    private final PodInterface proven;
    private final PacketSource source;
    private final Links links;
    private final PacketLog log;
    private final SessionLimits limits;
    private final Clock clock;
    private final long notBeforeNs;
    private final long notAfterNs;

    private final List<Packet> batch = new ArrayList<>();
    private int batchBytes;
    private long batchSince;
    private long accountedAt;

    private InterfaceCounters atArm;
    private InterfaceCounters lastSeen;
    private boolean armedExactly;
    private long discardedBeforeArm;
    private long receivedBeforeArm;
    private long droppedBeforeArm;

    private long checkpoints;
    private long delivered;
    private long deliveredBytes;
    private long outOfScope;
    private long truncated;
    private long truncatedBytes;
    private long fromPod;
    private long toPod;
    private long accountedPackets = -1;

    private Session(
            Warrant warrant,
            PodInterface proven,
            PacketSource source,
            Links links,
            PacketLog log,
            SessionLimits limits,
            Clock clock,
            InterfaceCounters first) {
        this.warrant = warrant;
        this.proven = proven;
        this.source = source;
        this.links = links;
        this.log = log;
        this.limits = limits;
        this.clock = clock;
        this.notBeforeNs = nanos(warrant.notBefore());
        this.notAfterNs = nanos(warrant.notAfter());
        this.atArm = first;
        this.lastSeen = first;
    }

    /**
     * Arms a session on a source that drops everything so far.
     *
     * @throws IOException if the interface went away or the filter is none; the caller closes the source
     */
    public static Session open(
            Warrant warrant,
            PodRef pod,
            PodInterface proven,
            ByteBuffer podAddress,
            @Nullable SessionId previous,
            Identity where,
            PacketSource source,
            Links links,
            PacketLog log,
            SessionLimits limits,
            Clock clock)
            throws IOException {
        Link link = links.find(proven.link().index());
        if (link == null) {
            throw new IOException("the interface went away while it was armed");
        }
        Session session = new Session(warrant, proven, source, links, log, limits, clock, link.counters());
        session.arm();
        long now = session.nowNs();
        session.batchSince = now;
        session.accountedAt = now;
        log.send(
                warrant.id(),
                new PacketEvent.Opened(
                        session.id,
                        new SessionOpened(
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
                                now,
                                session.atArm.packets(),
                                session.atArm)));
        return session;
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
        return atArm.packets();
    }

    /** Whether the counters stood still while the session was armed. */
    public boolean armedExactly() {
        return armedExactly;
    }

    /** The source's descriptor, or -1. */
    public int descriptor() {
        return source.descriptor();
    }

    /** Moves packets from the kernel to the log; returns how many. */
    public int poll() throws IOException {
        int count = log.hasRoom() ? source.poll(this::keep, PACKETS_PER_POLL_MAX) : 0;
        long now = nowNs();
        if (!batch.isEmpty() && now - batchSince >= limits.batchDelayMs() * NS_PER_MS) {
            flush();
        }
        if (now - accountedAt >= limits.checkpointIntervalMs() * NS_PER_MS) {
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
        return source.takeInterruption();
    }

    /** Looks at the interface. Call it after an interruption and from time to time. */
    public InterfaceState look() throws IOException {
        Link link = links.find(proven.link().index());
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

    /** Ends the session with its final account, and closes the source. */
    public Checkpoint end(StopReason reason) throws IOException {
        InterfaceCounters before = current();
        refuse();
        drain();
        InterfaceCounters after = current();
        flush();
        PacketSource.Counts counts = counts();
        Checkpoint last = finalCheckpoint(reason, before, after, counts);
        log.send(warrant.id(), new PacketEvent.Accounted(id, last));
        source.close();
        return last;
    }

    private void arm() throws IOException {
        for (int attempt = 0; attempt < ARM_ATTEMPTS_MAX && !armedExactly; attempt++) {
            InterfaceCounters before = required();
            source.accept(warrant.filter());
            InterfaceCounters after = required();
            armedExactly = before.tapped() == after.tapped();
            atArm = before;
            if (!armedExactly && attempt < ARM_ATTEMPTS_MAX - 1) {
                // Packets passed during the switch: which of them were captured is not known. Begin anew, keep none of
                // them.
                source.refuse();
                discard();
            }
        }
        lastSeen = atArm;
    }

    private void discard() throws IOException {
        long deadline = System.nanoTime() + DRAIN_TIMEOUT_NS;
        PacketSource.Counts counts = source.counts();
        while (discardedBeforeArm < counts.toDeliver() && System.nanoTime() < deadline) {
            discardedBeforeArm +=
                    source.poll((timeNs, direction, flags, originalLength, data) -> {}, PACKETS_PER_POLL_MAX);
            counts = source.counts();
            Thread.onSpinWait();
        }
        receivedBeforeArm = counts.received();
        droppedBeforeArm = counts.dropped();
    }

    private void refuse() {
        try {
            source.refuse();
        } catch (IOException e) {
            // The interface is gone and takes no filter any more; nothing can arrive either.
        }
    }

    /** The ring hands a block over when it is full or some milliseconds old: wait for what the kernel counted. */
    private void drain() throws IOException {
        long deadline = System.nanoTime() + DRAIN_TIMEOUT_NS;
        while (handed() < counts().toDeliver() && System.nanoTime() < deadline) {
            if (source.poll(this::keep, PACKETS_PER_POLL_MAX) == 0) {
                Thread.onSpinWait();
            }
        }
    }

    private void keep(long timeNs, Packet.Direction direction, int flags, int originalLength, ByteBuffer data) {
        switch (direction) {
            case FROM_POD -> fromPod++;
            case TO_POD -> toPod++;
            case UNKNOWN -> {}
        }
        if (timeNs < notBeforeNs || timeNs >= notAfterNs) {
            outOfScope++;
            return;
        }
        int length = data.remaining();
        if (length < originalLength) {
            truncated++;
            truncatedBytes += originalLength - length;
        }
        if (batch.isEmpty()) {
            batchSince = nowNs();
        }
        batch.add(new Packet(delivered, timeNs, direction, flags, originalLength, data));
        delivered++;
        deliveredBytes += length;
        batchBytes += length;
        if (batchBytes >= limits.batchBytes()) {
            flush();
        }
    }

    private void flush() {
        if (!batch.isEmpty()) {
            log.send(warrant.id(), new PacketEvent.Batch(id, batch));
            batch.clear();
            batchBytes = 0;
        }
    }

    private void account(long now) throws IOException {
        PacketSource.Counts counts = counts();
        if (counts.received() == accountedPackets) {
            return;
        }
        accountedPackets = counts.received();
        flush();
        InterfaceCounters seen = current();
        Checkpoint checkpoint = checkpoint(now, counts, seen, null, false);
        boolean exact = armedExactly && warrant.filter() == null && checkpoint.unaccounted(atArm) == 0;
        log.send(warrant.id(), new PacketEvent.Accounted(id, checkpoint(now, counts, seen, null, exact)));
        checkpoints++;
    }

    /**
     * The interface's counters at the moment of the switch lie between the two readings; the socket's own count says where. A
     * removed interface takes its counters along: then the last reading before counts, and the statement is exact only if that
     * reading was the last word, as it is when the interface went down first.
     */
    private Checkpoint finalCheckpoint(
            StopReason reason, InterfaceCounters before, InterfaceCounters after, PacketSource.Counts counts) {
        long implied = atArm.tapped() + counts.received();
        boolean within = before.tapped() <= implied && implied <= after.tapped();
        InterfaceCounters at = after;
        boolean exact = armedExactly && within;
        if (warrant.filter() != null) {
            exact = armedExactly && before.tapped() == after.tapped();
        } else if (before.tapped() == implied) {
            at = before;
        } else if (after.tapped() != implied) {
            at = new InterfaceCounters(
                    atArm.receivedPackets() + fromPod,
                    atArm.sentPackets() + toPod - (after.sendDropped() - atArm.sendDropped()),
                    before.receivedBytes(),
                    before.sentBytes(),
                    before.receiveDropped(),
                    after.sendDropped());
        }
        return checkpoint(nowNs(), counts, at, reason, exact);
    }

    private Checkpoint checkpoint(
            long now, PacketSource.Counts counts, InterfaceCounters seen, @Nullable StopReason reason, boolean exact) {
        return new Checkpoint(
                checkpoints,
                now,
                delivered,
                deliveredBytes,
                counts.dropped(),
                0,
                outOfScope,
                truncated,
                truncatedBytes,
                counts.received(),
                seen,
                exact,
                reason);
    }

    private long handed() {
        return delivered + outOfScope;
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
