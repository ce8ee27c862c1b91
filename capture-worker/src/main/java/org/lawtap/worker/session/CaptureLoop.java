package org.lawtap.worker.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.content.ContentWriter;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.worker.engine.Engine;
import org.lawtap.worker.engine.PacketSource;
import org.lawtap.worker.identity.PodFinder;
import org.lawtap.worker.identity.PodInterface;
import org.lawtap.worker.identity.PodProcesses;
import org.lawtap.worker.kernel.Link;
import org.lawtap.worker.kernel.Links;
import org.lawtap.worker.kernel.OwnSockets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The duty cycle of one node's captures: it arms them, moves packets, watches interfaces, and ends captures by the worker's own
 * clock when a warrant or a lease does. Everything here belongs to one thread; a test drives {@link #doWork} by hand.
 */
public final class CaptureLoop {
    private static final Logger LOG = LoggerFactory.getLogger(CaptureLoop.class);

    /** Looks at processes and interfaces that may fail one after the other before the worker ends. */
    private static final int LOOKS_FAILED_MAX = 20;

    /** Captures remembered as ended by the worker's own clock, so that the STOP that follows is no surprise. */
    private static final int ENDED_MAX = 10_000;

    /** Between looks at the clock when nothing happens: warrants and leases end no later than this. */
    private static final int WAIT_MAX_MS = 50;

    /** While a batch waits for its time, or a source has nothing to wait on. */
    private static final int WAIT_BATCH_MS = 5;

    private static final int MANY_SESSIONS = 16;

    /** So many are asked about one by one: the node may have many more interfaces. */
    private static final int FEW_SESSIONS = 4;

    /** Devices told as not covered of one pod, at most: it can make as many as it likes. */
    private static final int UNCOVERED_TOLD_MAX = 16;

    /** After which a session that keeps no packet counts as silent. */
    static final Duration SILENT = Duration.ofMinutes(15);

    private final Engine engine;
    private final PodProcesses processes;
    private final PodFinder finder;
    private final Links links;
    private final PacketLog log;
    private final Sealer sealer;
    private final CaptureCustody custody;
    private final Identity where;
    private final SessionLimits limits;
    private final Clock clock;
    private final ContentWriter content = new ContentWriter();
    private final OwnTraffic own;
    private final Map<CaptureKey, PodCapture> captures = new LinkedHashMap<>();
    private final SessionMemory memory;
    private final LoopFigures.Sum ended = new LoopFigures.Sum();
    private int looksFailed;
    private final Map<CaptureKey, Boolean> endedHere = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<CaptureKey, Boolean> eldest) {
            return size() > ENDED_MAX;
        }
    };

    public CaptureLoop(
            Engine engine,
            PodProcesses processes,
            PodFinder finder,
            Links links,
            PacketLog log,
            Sealer sealer,
            CustodyLog custody,
            SessionMemory memory,
            Identity where,
            SessionLimits limits,
            Clock clock) {
        this(
                engine,
                processes,
                finder,
                links,
                log,
                sealer,
                custody,
                memory,
                where,
                limits,
                clock,
                OwnSockets::localEnds);
    }

    /** @param sockets the worker's own, as in the other constructor */
    public CaptureLoop(
            Engine engine,
            PodProcesses processes,
            PodFinder finder,
            Links links,
            PacketLog log,
            Sealer sealer,
            CustodyLog custody,
            SessionMemory memory,
            Identity where,
            SessionLimits limits,
            Clock clock,
            OwnSockets.Reader sockets) {
        this.engine = engine;
        this.processes = processes;
        this.finder = finder;
        this.links = links;
        this.log = log;
        this.sealer = sealer;
        this.custody = new CaptureCustody(custody, where);
        this.memory = memory;
        this.where = where;
        this.limits = limits;
        this.clock = clock;
        this.own = new OwnTraffic(sockets::localEnds);
    }

    /** A START that passed the worker's own check. A repeated one renews the lease; a newer generation takes the older's place. */
    public void start(Command.Start start, Warrant warrant) {
        PodCapture known = captures.get(start.capture());
        if (known != null) {
            known.renew(start.leaseUntil());
            return;
        }
        for (PodCapture other : List.copyOf(captures.values())) {
            CaptureKey key = other.start.capture();
            if (key.warrant().equals(start.capture().warrant())
                    && key.pod().equals(start.capture().pod())) {
                if (key.generation() > start.capture().generation()) {
                    return;
                }
                end(other, StopReason.WARRANT_AMENDED);
            }
        }
        captures.put(start.capture(), new PodCapture(start, warrant, clock.instant()));
        try {
            processes.await(start.capture().pod());
        } catch (IOException e) {
            LOG.warn("a pod's cgroup can't be watched; it is found by looking: {}", e.getMessage());
        }
    }

    /** Longer leases. */
    public void renew(Command.Renew renew) {
        for (CaptureKey key : renew.captures()) {
            PodCapture capture = captures.get(key);
            if (capture != null) {
                capture.renew(renew.leaseUntil());
            }
        }
    }

    /** Ends a capture; one that is not here is recorded, not an error. */
    public void stop(Command.Stop stop) {
        PodCapture capture = captures.get(stop.capture());
        if (capture == null) {
            if (endedHere.containsKey(stop.capture())) {
                return;
            }
            custody.stopOfNothing(stop);
            return;
        }
        end(capture, stop.reason());
    }

    /** One round; returns the work done, 0 when idle. */
    public int doWork() throws IOException {
        int work = log.doWork();
        Instant now = clock.instant();
        for (PodCapture capture : List.copyOf(captures.values())) {
            if (!now.isBefore(capture.warrant.notAfter())) {
                end(capture, StopReason.WARRANT_ENDED);
            } else if (!now.isBefore(capture.leaseUntil())) {
                // Kept without sessions: a later renewal brings it back.
                endSessions(capture, StopReason.LEASE_LOST);
            } else {
                work += poll(capture);
            }
        }
        sealer.sealAll();
        try {
            hear(now);
            look(now);
            looksFailed = 0;
        } catch (IOException e) {
            // One process or interface that vanishes at the wrong moment must not end everybody's capture.
            looksFailed++;
            LOG.warn("a look at processes and interfaces failed: {}", e.getMessage());
            if (looksFailed >= LOOKS_FAILED_MAX) {
                throw e;
            }
        }
        return work;
    }

    /** What the captures stand at. */
    public LoopFigures figures() {
        Instant now = clock.instant();
        LoopFigures.Sum sum = ended.past();
        int wanted = 0;
        int sessions = 0;
        int blind = 0;
        int silent = 0;
        Instant blindSince = null;
        for (PodCapture capture : captures.values()) {
            for (Session session : capture.sessions.values()) {
                sum.add(session.figures());
                silent += now.isBefore(session.silentSince(now).plus(SILENT)) ? 0 : 1;
            }
            sessions += capture.sessions.size();
            if (wanted(capture, now)) {
                wanted++;
                if (capture.sessions.isEmpty()) {
                    blind++;
                    blindSince = blindSince == null || capture.blindSince().isBefore(blindSince)
                            ? capture.blindSince()
                            : blindSince;
                }
            }
        }
        return sum.with(wanted, sessions, blind, blindSince, silent);
    }

    /** Descriptors on which the kernel tells of pods and links. */
    public List<Integer> newsDescriptors() {
        List<Integer> descriptors = new ArrayList<>();
        add(descriptors, processes.descriptor());
        add(descriptors, links.descriptor());
        return descriptors;
    }

    /** Whether so many sessions capture that each round costs more than the few packets that one of them has. */
    public boolean manySessions() {
        int sessions = 0;
        for (PodCapture capture : captures.values()) {
            sessions += capture.sessions.size();
        }
        return sessions > MANY_SESSIONS;
    }

    /** Descriptors to wait on when idle. */
    public List<Integer> descriptors() {
        List<Integer> descriptors = newsDescriptors();
        for (PodCapture capture : captures.values()) {
            // Without room the rings stay readable until there is some; waiting on them would not wait.
            if (log.hasRoom(capture.warrant.id())) {
                capture.sessions.values().forEach(session -> add(descriptors, session.descriptor()));
            }
        }
        return descriptors;
    }

    private static void add(List<Integer> descriptors, int descriptor) {
        if (descriptor >= 0) {
            descriptors.add(descriptor);
        }
    }

    /** How long to wait on the descriptors when idle, milliseconds. */
    public int waitMs() {
        Instant now = clock.instant();
        long wait = WAIT_MAX_MS;
        for (PodCapture capture : captures.values()) {
            if (wanted(capture, now)) {
                wait = now.isBefore(capture.nextLook())
                        ? Math.min(
                                wait, Duration.between(now, capture.nextLook()).toMillis() + 1)
                        : 0;
            }
            for (Session session : capture.sessions.values()) {
                wait = Math.min(wait, session.msUntilDue());
                if (session.descriptor() < 0 || !log.hasRoom(capture.warrant.id())) {
                    wait = Math.min(wait, WAIT_BATCH_MS);
                }
            }
        }
        return Math.toIntExact(wait);
    }

    /** Ends all captures. */
    public void endAll(StopReason reason) {
        List.copyOf(captures.values()).forEach(capture -> end(capture, reason));
    }

    private int poll(PodCapture capture) {
        int work = 0;
        for (Session session : List.copyOf(capture.sessions.values())) {
            try {
                if (log.failed(session.id())) {
                    close(capture, session, StopReason.ERROR);
                } else {
                    work += session.poll();
                    if (session.interrupted()) {
                        capture.hurry();
                    }
                }
            } catch (IOException e) {
                LOG.error("session {}: {}", session.id(), e.getMessage());
                close(capture, session, StopReason.ERROR);
            }
        }
        return work;
    }

    private static boolean wanted(PodCapture capture, Instant now) {
        return capture.warrant.inWindow(now) && now.isBefore(capture.leaseUntil());
    }

    /** What the kernel tells of cgroups and links brings the next looks forward. */
    private void hear(Instant now) throws IOException {
        Set<PodUid> stirred = processes.takeChanges();
        boolean linksChanged = links.takeChanges();
        if (linksChanged || !stirred.isEmpty()) {
            for (PodCapture capture : captures.values()) {
                if (stirred.contains(capture.start.capture().pod())) {
                    capture.stir(now);
                } else if (linksChanged) {
                    capture.bringForward();
                }
            }
        }
    }

    private void look(Instant now) throws IOException {
        List<PodCapture> due = new ArrayList<>();
        for (PodCapture capture : captures.values()) {
            if (wanted(capture, now) && !now.isBefore(capture.nextLook())) {
                due.add(capture);
            }
        }
        if (due.isEmpty()) {
            return;
        }
        Set<PodUid> pods = new LinkedHashSet<>();
        boolean many = sessionsOf(due) > FEW_SESSIONS;
        Map<Integer, Link> listed = many ? byIndex(links.all()) : Map.of();
        for (PodCapture capture : List.copyOf(due)) {
            capture.lookedAt(now);
            if (lookAtInterfaces(capture, listed, now)) {
                due.remove(capture);
            } else {
                pods.add(capture.start.capture().pod());
            }
        }
        if (due.isEmpty()) {
            return;
        }
        Map<PodUid, List<Integer>> pids = processes.find(pods);
        Map<PodUid, PodFinder.Sight> sights = new HashMap<>();
        pids.forEach((pod, living) -> sights.put(pod, finder.sight(living)));
        List<Link> all = pids.isEmpty() ? List.of() : links.all();
        Traffic traffic = many ? controlled(links.trafficControlled()) : links::trafficControl;
        Map<PodUid, PodFinder.Finding> findings = new HashMap<>();
        for (PodCapture capture : due) {
            PodUid pod = capture.start.capture().pod();
            List<Integer> living = pids.getOrDefault(pod, List.of());
            PodFinder.Sight sight = sights.computeIfAbsent(pod, none -> finder.sight(living));
            PodFinder.Finding finding = findings.get(pod);
            if (finding == null) {
                finding = finder.find(
                        sight,
                        all,
                        capture.sessions.values().stream().map(Session::proven).toList());
                findings.put(pod, finding);
            }
            seen(capture, living, now);
            found(capture, finding, new Seen(living, sight, traffic), now);
            capture.plan(now);
        }
    }

    /** What a look read of a pod before it read the node's interfaces. */
    private record Seen(List<Integer> pids, PodFinder.Sight sight, Traffic traffic) {}

    /** What traffic control does at an interface. */
    private interface Traffic {
        Links.TrafficControl at(int index) throws IOException;
    }

    private Traffic controlled(Set<Integer> indexes) {
        return index -> indexes.contains(index) ? links.trafficControl(index) : Links.TrafficControl.NONE;
    }

    private static int sessionsOf(List<PodCapture> some) {
        return some.stream().mapToInt(capture -> capture.sessions.size()).sum();
    }

    private static Map<Integer, Link> byIndex(List<Link> all) {
        Map<Integer, Link> links = new HashMap<>();
        all.forEach(link -> links.put(link.index(), link));
        return links;
    }

    private void seen(PodCapture capture, List<Integer> pids, Instant now) {
        if (!pids.isEmpty() && capture.seenAt == null) {
            capture.seenAt = now;
            capture.livedBefore = !capture.looked;
        }
        capture.looked = true;
        if (capture.seenAt == null
                && !capture.waitTold
                && !now.isBefore(capture.commandedAt.plus(PodCapture.UNSEEN_GRACE))) {
            capture.waitTold = true;
            custody.waits(capture);
        }
    }

    /** Returns whether an interface is down: then its counters matter most, and a look at all processes would only delay them. */
    private boolean lookAtInterfaces(PodCapture capture, Map<Integer, Link> listed, Instant now) {
        boolean down = false;
        for (Session session : List.copyOf(capture.sessions.values())) {
            try {
                switch (session.look(listed.get(session.proven().link().index()))) {
                    case UP -> {}
                    case DOWN -> {
                        down = true;
                        capture.lookAgainSoon(now);
                    }
                    case GONE -> close(capture, session, StopReason.INTERFACE_REMOVED);
                    case LEADS_ELSEWHERE -> close(capture, session, StopReason.IDENTITY_LOST);
                }
            } catch (IOException e) {
                LOG.error("session {}: {}", session.id(), e.getMessage());
                close(capture, session, StopReason.ERROR);
            }
        }
        return down;
    }

    private void found(PodCapture capture, PodFinder.Finding finding, Seen seen, Instant now) throws IOException {
        switch (finding) {
            case PodFinder.Finding.NotYet ignored -> capture.unprovenSince = null;
            case PodFinder.Finding.HostNetwork ignored ->
                unproven(capture, now, "HOST_NETWORK: the pod's processes use the node's interfaces");
            case PodFinder.Finding.Ambiguous ignored ->
                unproven(capture, now, "AMBIGUOUS: the pod's processes lead to more than one network of the node");
            case PodFinder.Finding.NoHostPeer ignored ->
                unproven(
                        capture,
                        now,
                        "NO_HOST_PEER: no interface of this node leads into the pod; macvlan, ipvlan and SR-IOV have none");
            case PodFinder.Finding.Found found -> {
                capture.unprovenSince = null;
                for (PodInterface proven : found.interfaces()) {
                    Session session = capture.sessions.get(proven.link().index());
                    if (session != null && session.comparisonDue()) {
                        compare(capture, session, proven, seen);
                    } else if (session == null && (proven.link().up() || !engine.needsInterfaceUp())) {
                        open(capture, proven, seen.pids(), now);
                    }
                }
                tellUncovered(capture, found.uncovered());
                tellNodesNetwork(capture, found.alsoNode(), now);
            }
        }
    }

    /** A helper of the runtime is in the node's network for a moment; a process that stays there is told. */
    private void tellNodesNetwork(PodCapture capture, boolean alsoNode, Instant now) {
        Instant since = capture.inNodesNetworkSince;
        if (!alsoNode) {
            capture.inNodesNetworkSince = null;
        } else if (since == null) {
            capture.inNodesNetworkSince = now;
        } else if (!now.isBefore(since.plus(PodCapture.UNPROVEN_GRACE))
                && capture.uncoveredTold.add(CaptureCustody.NODES_NETWORK)) {
            custody.inNodesNetwork(capture);
        }
    }

    private void compare(PodCapture capture, Session session, PodInterface proven, Seen seen) throws IOException {
        Blindness.Degradation degradation = session.compare(
                seen.sight().counters(proven),
                proven.link(),
                seen.traffic().at(proven.link().index()));
        if (session.addressesDue()) {
            session.addresses(finder.addresses(seen.sight(), proven));
        }
        if (degradation != null) {
            custody.degraded(capture, session, degradation);
            LOG.warn("session {} is degraded; custody says how", session.id());
        }
    }

    private void tellUncovered(PodCapture capture, List<String> devices) {
        for (String device : devices) {
            if (capture.uncoveredTold.size() < UNCOVERED_TOLD_MAX && capture.uncoveredTold.add(device)) {
                custody.notCovered(capture, device);
            }
        }
    }

    private void unproven(PodCapture capture, Instant now, String reason) {
        Instant since = capture.unprovenSince;
        if (since == null) {
            capture.unprovenSince = now;
        } else if (!capture.refusalTold
                && capture.sessions.isEmpty()
                && !now.isBefore(since.plus(PodCapture.UNPROVEN_GRACE))) {
            refuse(capture, reason);
        }
    }

    private void open(PodCapture capture, PodInterface proven, List<Integer> pids, Instant now) {
        Warrant warrant = capture.warrant;
        PodUid pod = capture.start.capture().pod();
        SessionId before = previous(capture, proven);
        PacketSource source = null;
        try {
            source = engine.open(proven.link().name(), proven.link().index());
            if (!provenAgain(pod, proven)) {
                source.close();
                return;
            }
            ByteBuffer address = finder.podSideAddress(proven);
            Session session = Session.open(
                    warrant,
                    capture.start.pod(),
                    proven,
                    address,
                    () -> finder.podSide(proven, pids),
                    before,
                    where,
                    source,
                    links,
                    log,
                    sealer,
                    content,
                    own,
                    limits,
                    clock);
            Instant armedAt = clock.instant();
            session.keepUntil(capture.leaseUntil());
            capture.sessions.put(proven.link().index(), session);
            memory.remember(warrant.id(), pod, proven.podSideName(), session.id());
            Instant seenAt = capture.seenAt == null ? now : capture.seenAt;
            custody.opened(capture, session, source.engine(), before, seenAt, armedAt);
            LOG.info("session {} captures", session.id());
        } catch (IOException | IllegalArgumentException e) {
            quietlyClose(source);
            if (!capture.refusalTold) {
                refuse(capture, String.valueOf(e.getMessage()));
            }
        }
    }

    /** The last session at this device of the pod, unless it runs. */
    private @Nullable SessionId previous(PodCapture capture, PodInterface proven) {
        SessionId last =
                memory.last(capture.warrant.id(), capture.start.capture().pod(), proven.podSideName());
        boolean runs = capture.sessions.values().stream()
                .anyMatch(session -> session.id().equals(last));
        return runs ? null : last;
    }

    /** The proof is repeated after the socket is bound: an index may have gone to another interface meanwhile. */
    private boolean provenAgain(PodUid pod, PodInterface proven) throws IOException {
        List<Integer> pids = processes.find(Set.of(pod)).getOrDefault(pod, List.of());
        return finder.find(pids) instanceof PodFinder.Finding.Found again
                && again.interfaces().stream().anyMatch(proven::sameAs);
    }

    private void endSessions(PodCapture capture, StopReason reason) {
        for (Session session : List.copyOf(capture.sessions.values())) {
            close(capture, session, reason);
        }
    }

    private void end(PodCapture capture, StopReason reason) {
        endSessions(capture, reason);
        captures.remove(capture.start.capture());
        endedHere.put(capture.start.capture(), true);
        PodUid pod = capture.start.capture().pod();
        if (captures.keySet().stream().noneMatch(key -> key.pod().equals(pod))) {
            try {
                processes.forget(pod);
            } catch (IOException e) {
                LOG.warn("a pod's cgroup stays watched: {}", e.getMessage());
            }
        }
    }

    private void close(PodCapture capture, Session session, StopReason reason) {
        capture.sessions.remove(session.proven().link().index());
        capture.refusalTold = false;
        try {
            custody.closed(capture, session, reason, session.end(reason));
        } catch (IOException e) {
            LOG.error("session {} ended without a final account: {}", session.id(), e.getMessage());
            custody.closedWithoutAccount(capture, session, reason, String.valueOf(e.getMessage()));
        }
        ended.add(session.figures());
        if (capture.sessions.isEmpty()) {
            capture.blinded(clock.instant());
        }
        LOG.info("session {} ended: {}", session.id(), reason);
    }

    private void refuse(PodCapture capture, String reason) {
        capture.refusalTold = true;
        custody.refused(capture, reason);
        LOG.warn("a capture is refused; custody says why");
    }

    private static void quietlyClose(@Nullable PacketSource source) {
        if (source != null) {
            try {
                source.close();
            } catch (IOException e) {
                LOG.warn("a packet source did not close: {}", e.getMessage());
            }
        }
    }
}
