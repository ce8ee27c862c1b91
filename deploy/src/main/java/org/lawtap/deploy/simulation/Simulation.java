package org.lawtap.deploy.simulation;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystem;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Predicate;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.warrants.decision.Core;
import org.lawtap.warrants.decision.Decision;
import org.lawtap.warrants.decision.Standing;

/**
 * One run from a seed, in one thread: the API server, the watcher, the deciding service, two nodes with their workers, and
 * the sink. In each step something happens (a pod, an order, a fault), some packets pass, some time does, and some of the parts
 * do some of their work, in any order. Now and then all faults are healed, and after {@link #QUIET_STEPS} steps everything must
 * be as it should. What a seed does depends on nothing else.
 */
public final class Simulation implements AutoCloseable {
    /** Steps of half a second without a fault or a change, after which everything that matches is captured. */
    static final int QUIET_STEPS = 16;

    private static final int STEPS = 60;
    private static final int PROBE_STEPS = 3;
    private static final int QUIET_ONE_IN = 50;
    private static final int PODS_MAX = 7;
    private static final int WARRANTS_MAX = 3;
    private static final int ALL = Integer.MAX_VALUE;
    private static final int SKEW_MAX_MS = 800;
    private static final Duration LEASE = Duration.ofSeconds(4);
    private static final Duration LATENESS = LEASE.plusMillis(2 * SKEW_MAX_MS);
    private static final Duration QUIET_STEP = Duration.ofMillis(500);

    /** A window that has been open for as long is heard of everywhere; one that opened just now may not be. */
    private static final Duration SURELY_OPEN = Duration.ofSeconds(4);

    private static final Duration SURELY_OPEN_STILL = Duration.ofSeconds(3);
    private static final int[] PAUSES_MS = {0, 0, 20, 100, 300, 700, 1000};
    private static final ClusterId CLUSTER = new ClusterId("c1");
    private static final List<String> NAMESPACES = List.of("shop", "bank");
    private static final List<String> APPS = List.of("web", "db");

    private final long seed;
    private final SplittableRandom random;
    private final FileSystem files = Jimfs.newFileSystem(Configuration.unix());
    private final SimulatedTime time = new SimulatedTime();
    private final Story story = new Story(time);
    private final KafkaLog kafka = new KafkaLog();
    private final Authority authority = new Authority();
    private final Oracle oracle = new Oracle(authority, time, LATENESS);
    private final ApiServer api = new ApiServer();
    private final SimulatedWatcher watcher;
    private final DecidingService deciding;
    private final List<SimulatedNode> nodes = new ArrayList<>();
    private final List<SimulatedWorker> workers = new ArrayList<>();
    private final SimulatedSink sink;
    private final Map<WarrantId, Warrant> warrants = new LinkedHashMap<>();
    private long frames;
    private int steps;

    /** What came of a run. */
    public record Outcome(long seed, int steps, long packets, long kept, Optional<Broken> broken) {}

    /** An invariant that broke. @param story the last events before it */
    public record Broken(Invariant invariant, String how, List<String> story) {
        public Broken {
            story = List.copyOf(story);
        }
    }

    private Simulation(long seed, Fault fault) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.watcher = new SimulatedWatcher(CLUSTER, api, kafka, clock(), fault);
        this.deciding = new DecidingService(core(fault), LEASE, clock(), time, kafka, oracle);
        for (String name : List.of("n1", "n2")) {
            SimulatedNode node = new SimulatedNode(name, files, clock());
            node.judgedBy(oracle::handed);
            nodes.add(node);
            SimulatedWorker worker = new SimulatedWorker(node, CLUSTER, kafka, oracle, fault);
            worker.start();
            workers.add(worker);
        }
        this.sink = new SimulatedSink(files, kafka, fault);
    }

    /** Plays a seed, with this fault planted. */
    public static Outcome run(long seed, Fault fault) {
        try (Simulation simulation = new Simulation(seed, fault)) {
            return simulation.play();
        }
    }

    private Outcome play() {
        Optional<Broken> broken = Optional.empty();
        try {
            for (steps = 0; steps < STEPS; steps++) {
                step();
                if (random.nextInt(QUIET_ONE_IN) == 0) {
                    quiet();
                }
            }
            quiet();
            end();
        } catch (BrokenException e) {
            broken = Optional.of(new Broken(e.invariant(), String.valueOf(e.getMessage()), story.lines()));
        } catch (RuntimeException e) {
            throw new IllegalStateException("seed " + seed + " failed in step " + steps + ": " + story.lines(), e);
        }
        return new Outcome(seed, steps, frames, oracle.kept(), broken);
    }

    @Override
    public void close() {
        deciding.stop();
        try {
            sink.finish();
            files.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Clock clock() {
        return time.clock(Duration.ofMillis(random.nextInt(-SKEW_MAX_MS, SKEW_MAX_MS + 1)));
    }

    private static Core core(Fault fault) {
        return switch (fault) {
            case CORE_FORGETS_REVOCATIONS ->
                (pod, running, standings, now) -> Decision.decide(
                        pod,
                        running,
                        standings.stream()
                                .map(one -> new Standing(one.signed(), one.warrant(), false, one.ready()))
                                .toList(),
                        now);
            case CORE_FORGETS_GONE_PODS ->
                (pod, running, standings, now) ->
                        pod == null ? List.of() : Decision.decide(pod, running, standings, now);
            case CORE_SERVES_ONE_WARRANT_ONLY ->
                (pod, running, standings, now) -> Decision.decide(
                        pod, running, standings.stream().limit(1).toList(), now);
            case NONE,
                    WATCHER_NEVER_LISTS_AGAIN,
                    WORKER_IGNORES_ITS_LEASE,
                    WORKER_IGNORES_STOPS,
                    WORKER_TRUSTS_ANYBODY,
                    WORKER_IGNORES_THE_END,
                    WORKER_MIXES_TOPICS,
                    WORKER_LOSES_A_BATCH,
                    SINK_FILES_INTO_ANOTHER_WARRANT,
                    SINK_SKIPS_A_BATCH -> Decision::decide;
        };
    }

    private void step() {
        happen();
        traffic();
        time.pass(Duration.ofMillis(PAUSES_MS[random.nextInt(PAUSES_MS.length)]));
        List<Runnable> parts = new ArrayList<>();
        parts.add(() -> watcher.run(random.nextInt(4)));
        parts.add(this::decide);
        workers.forEach(worker -> parts.add(() -> worker.run(random.nextInt(6), random.nextInt(3))));
        parts.add(() -> sink.run(random.nextInt(8), random.nextBoolean()));
        Collections.shuffle(parts, new Random(random.nextLong()));
        for (Runnable part : parts) {
            if (random.nextInt(5) > 0) {
                part.run();
            }
            if (random.nextInt(3) == 0) {
                traffic();
            }
        }
    }

    private void decide() {
        boolean up = deciding.isUp();
        deciding.run(random.nextInt(5), random.nextInt(40) == 0, random);
        if (up && !deciding.isUp()) {
            story.tell("the deciding service crashes before it commits");
        }
    }

    /** Something of the world. */
    private void happen() {
        switch (random.nextInt(30)) {
            case 0, 1, 2, 3 -> createPod();
            case 4 -> aPod(pod -> pod.exists && !pod.scheduled).ifPresent(this::schedule);
            case 5, 6 -> aPod(pod -> pod.scheduled && pod.wire == null).ifPresent(this::plug);
            case 7 -> aPod(pod -> pod.exists).ifPresent(this::relabel);
            case 8 -> aPod(pod -> pod.exists && pod.scheduled).ifPresent(this::changePhase);
            case 9 -> aPod(pod -> pod.exists).ifPresent(this::delete);
            case 10 -> aPod(pod -> pod.wire != null).ifPresent(this::unplug);
            case 11 -> aPod(pod -> pod.wire != null).ifPresent(this::restartSandbox);
            case 12, 13, 14 -> draft();
            case 15 -> aWarrant().ifPresent(this::amend);
            case 16 -> aWarrant().ifPresent(this::revoke);
            case 17 -> aWarrant().ifPresent(this::misorder);
            case 18 -> loseOrFindTheApiServer();
            case 19 -> {
                story.tell("the watcher crashes; another one leads");
                watcher.crash();
            }
            case 20 -> stopOrStartDeciding();
            case 21, 22 -> crashOrStart(workers.get(random.nextInt(workers.size())));
            case 23, 24 -> cutOrConnect(workers.get(random.nextInt(workers.size())));
            case 25 -> crashOrStartTheSink();
            case 26 -> aWarrant().ifPresent(this::makeTopic);
            case 27 -> aWarrant().ifPresent(this::forge);
            case 28 -> replay();
            default -> {}
        }
    }

    private Optional<SimulatedPod> aPod(Predicate<SimulatedPod> which) {
        List<SimulatedPod> some = api.pods().stream().filter(which).toList();
        return some.isEmpty() ? Optional.empty() : Optional.of(some.get(random.nextInt(some.size())));
    }

    private Optional<Warrant> aWarrant() {
        List<Warrant> some = List.copyOf(warrants.values());
        return some.isEmpty() ? Optional.empty() : Optional.of(some.get(random.nextInt(some.size())));
    }

    private void createPod() {
        if (api.pods().stream().filter(pod -> pod.exists).count() == PODS_MAX) {
            return;
        }
        int number = api.pods().size() + 1;
        Namespace namespace = new Namespace(NAMESPACES.get(random.nextInt(8) / 6));
        PodRef ref =
                new PodRef(CLUSTER, namespace, freeName(namespace, number), new PodUid(new UUID(1, number).toString()));
        SimulatedNode node = nodes.get(random.nextInt(nodes.size()));
        SimulatedPod pod = new SimulatedPod(
                number, ref, node, random.nextInt(10) == 0, Map.of("app", APPS.get(random.nextInt(8) / 6)));
        pod.scheduled = random.nextInt(4) > 0;
        story.tell(pod + " is created in " + ref.namespace() + " with app=" + pod.labels.get("app")
                + (pod.hostNetwork ? ", in the node's network," : "") + (pod.scheduled ? " for " + node.name() : ""));
        api.create(pod);
        if (pod.scheduled && random.nextBoolean()) {
            plug(pod);
        }
    }

    /** A name comes back with another UID, as a StatefulSet's do, once the pod that had it is deleted. */
    private PodName freeName(Namespace namespace, int number) {
        PodName again = new PodName("pod-" + number % 10);
        boolean taken = api.pods().stream()
                .anyMatch(pod -> pod.exists
                        && pod.ref.namespace().equals(namespace)
                        && pod.ref.name().equals(again));
        return taken ? new PodName("pod-" + number) : again;
    }

    private void schedule(SimulatedPod pod) {
        story.tell(pod + " is scheduled to " + pod.node.name());
        pod.scheduled = true;
        api.changed(pod);
    }

    private void plug(SimulatedPod pod) {
        story.tell(pod + " gets its network on " + pod.node.name());
        pod.node.plug(pod);
    }

    private void unplug(SimulatedPod pod) {
        story.tell(pod + " loses its network");
        pod.node.unplug(pod);
    }

    private void restartSandbox(SimulatedPod pod) {
        story.tell(pod + " gets a new sandbox, with the same UID");
        pod.node.unplug(pod);
        pod.node.plug(pod);
    }

    private void relabel(SimulatedPod pod) {
        String app = APPS.get(random.nextInt(APPS.size()));
        story.tell(pod + " is labelled app=" + app);
        pod.labels = Map.of("app", app);
        api.changed(pod);
    }

    private void changePhase(SimulatedPod pod) {
        pod.phase = random.nextInt(3) == 0 ? Pod.Phase.FAILED : Pod.Phase.RUNNING;
        story.tell(pod + " is " + pod.phase);
        api.changed(pod);
    }

    private void delete(SimulatedPod pod) {
        story.tell(pod + " is deleted");
        api.delete(pod);
        if (random.nextBoolean()) {
            unplug(pod);
        }
    }

    private void draft() {
        if (warrants.size() == WARRANTS_MAX) {
            return;
        }
        WarrantId id = new WarrantId(new UUID(random.nextLong(), random.nextLong()));
        Instant begin = time.now().plusMillis(random.nextInt(-5000, 6000));
        if (random.nextInt(4) == 0) {
            deciding.topicAwaited(id);
        }
        publish(
                warrant(id, 1, NAMESPACES.get(random.nextInt(8) / 6), begin),
                random.nextInt(8) == 0 ? wrongHands() : Authority.Hands.TWO);
    }

    private void amend(Warrant warrant) {
        Instant begin = time.now().plusMillis(random.nextInt(-5000, 3000));
        String namespace = random.nextInt(4) == 0
                ? NAMESPACES.get(random.nextInt(NAMESPACES.size()))
                : warrant.target().namespace().value();
        publish(warrant(warrant.id(), warrant.generation() + 1, namespace, begin), Authority.Hands.TWO);
    }

    private Warrant warrant(WarrantId id, long generation, String namespace, Instant begin) {
        return new Warrant(
                id,
                generation,
                "Court",
                "1/26",
                new Target(CLUSTER, new Namespace(namespace), Map.of("app", APPS.get(random.nextInt(8) / 7))),
                begin,
                begin.plusMillis(random.nextInt(4) == 0 ? random.nextInt(2000, 12_000) : 120_000),
                Warrant.Scope.CONTENT,
                null,
                "Unit 1",
                30);
    }

    private void revoke(Warrant warrant) {
        long generation = random.nextInt(6) == 0 ? Math.max(1, warrant.generation() - 1) : warrant.generation();
        Order order = new Order.Revocation(warrant.id(), generation, "Court", time.now(), "over");
        publish(order, random.nextInt(6) == 0 ? Authority.Hands.FORGERS : Authority.Hands.ONE);
    }

    /** Orders that must change nothing. */
    private void misorder(Warrant warrant) {
        switch (random.nextInt(4)) {
            case 0 -> {
                story.tell("a tombstone is written for " + nameOf(warrant.id()));
                kafka.orders.add(new Published(warrant.id(), null, null, null, false));
            }
            case 1 -> {
                story.tell("something that is no order is written for " + nameOf(warrant.id()));
                kafka.orders.add(new Published(warrant.id(), new byte[] {0, 1, 2}, null, null, false));
            }
            case 2 -> {
                story.tell("an old order is written again");
                kafka.orders.add(kafka.orders.get(random.nextInt(kafka.orders.size())));
            }
            default ->
                publish(
                        warrant(
                                warrant.id(),
                                warrant.generation() + 1,
                                warrant.target().namespace().value(),
                                time.now()),
                        wrongHands());
        }
    }

    private Authority.Hands wrongHands() {
        return List.of(
                        Authority.Hands.ONE,
                        Authority.Hands.ONE_TWICE,
                        Authority.Hands.RETIRED_ONE,
                        Authority.Hands.FORGERS,
                        Authority.Hands.TWO_THEN_CHANGED)
                .get(random.nextInt(5));
    }

    private void publish(Order order, Authority.Hands hands) {
        Published published = authority.sign(order, hands);
        kafka.orders.add(published);
        String what = switch (order) {
            case Warrant warrant -> {
                if (published.counts()) {
                    warrants.put(warrant.id(), warrant);
                }
                yield nameOf(order.id()) + " of generation " + warrant.generation() + " for app="
                        + warrant.target().labels().get("app") + " in "
                        + warrant.target().namespace() + ", from "
                        + Duration.between(SimulatedTime.BEGIN, warrant.notBefore())
                                .toMillis()
                        + " to "
                        + Duration.between(SimulatedTime.BEGIN, warrant.notAfter())
                                .toMillis()
                        + " ms,";
            }
            case Order.Revocation revocation ->
                "a revocation of " + nameOf(order.id()) + ", generation " + revocation.generation() + ",";
            case Order.OfRetention retention -> "an order about " + nameOf(retention.id());
        };
        story.tell(what + " is published, signed by " + hands + (published.counts() ? "" : ": it does not count"));
    }

    /** A short name that is the same in each run of the seed. */
    private String nameOf(WarrantId id) {
        int place = List.copyOf(warrants.keySet()).indexOf(id);
        return place < 0 ? "warrant " + id : "warrant " + (char) ('A' + place);
    }

    private void loseOrFindTheApiServer() {
        if (watcher.isConnected()) {
            boolean resumable = random.nextBoolean();
            story.tell("the watch breaks; the server " + (resumable ? "remembers" : "has forgotten") + " where it was");
            watcher.lose(resumable, random);
        } else {
            story.tell("the watcher is connected again");
            watcher.connect();
        }
    }

    private void stopOrStartDeciding() {
        if (deciding.isUp()) {
            story.tell("the deciding service stops");
            deciding.stop();
        } else {
            story.tell("the deciding service starts");
            deciding.start();
        }
    }

    private void crashOrStart(SimulatedWorker worker) {
        if (!worker.isUp()) {
            story.tell("the worker of " + worker.node().name() + " starts"
                    + (worker.isConnected() ? "" : ", and finds no Kafka"));
            worker.start();
        } else if (random.nextInt(3) == 0) {
            story.tell("the worker of " + worker.node().name() + " ends in order");
            worker.shutDown();
        } else {
            boolean spilled = random.nextBoolean();
            story.tell("the worker of " + worker.node().name() + " is killed"
                    + (spilled ? "; what waited is on its disk" : "; what waited is lost"));
            worker.crash(spilled, random);
        }
    }

    private void cutOrConnect(SimulatedWorker worker) {
        worker.connected(!worker.isConnected());
        story.tell("the worker of " + worker.node().name()
                + (worker.isConnected() ? " reaches Kafka again" : " is cut off from Kafka"));
    }

    private void crashOrStartTheSink() {
        if (sink.isUp()) {
            story.tell("the sink is killed");
            sink.crash();
        } else {
            story.tell("the sink starts");
            sink.start();
        }
    }

    private void makeTopic(Warrant warrant) {
        story.tell("the packet topic of " + nameOf(warrant.id()) + " is there");
        deciding.topicReady(warrant.id());
    }

    /** Somebody who may write to the topic of commands, and has no approver, tries to have a pod captured. */
    private void forge(Warrant warrant) {
        aPod(pod -> pod.wire != null).ifPresent(pod -> forge(warrant, pod));
    }

    private void forge(Warrant warrant, SimulatedPod pod) {
        Warrant wider = new Warrant(
                warrant.id(),
                warrant.generation() + random.nextInt(2),
                "Nobody",
                "0/26",
                new Target(CLUSTER, pod.ref.namespace(), pod.labels),
                time.now().minusSeconds(5),
                time.now().plusSeconds(120),
                Warrant.Scope.CONTENT,
                null,
                "Nobody",
                0);
        SignedOrder signed = authority.sign(wider, wrongHands()).signed();
        if (signed == null) {
            throw new IllegalStateException("an order without an envelope");
        }
        story.tell("a START of " + pod + " under " + nameOf(warrant.id()) + ", generation " + wider.generation()
                + ", is forged");
        Command.Start start = new Command.Start(
                pod.node.name(),
                time.now(),
                new CaptureKey(wider.id(), wider.generation(), pod.ref.uid()),
                signed,
                pod.ref,
                pod.labels,
                false,
                time.now().plusSeconds(60));
        kafka.commands.add(new KafkaLog.CommandRecord(pod.node.name().value(), CommandCodec.encode(start)));
    }

    /** An old command is written again, or something that is none. */
    private void replay() {
        if (kafka.commands.isEmpty() || random.nextInt(4) == 0) {
            story.tell("something that is no command is written");
            kafka.commands.add(new KafkaLog.CommandRecord("n1", new byte[] {0, 9}));
        } else {
            KafkaLog.CommandRecord old = kafka.commands.get(random.nextInt(kafka.commands.size()));
            // Who may write there can stop captures; what he can't do is start or prolong one.
            if (!isStop(old)) {
                story.tell("an old command is written again");
                kafka.commands.add(old);
            }
        }
    }

    private static boolean isStop(KafkaLog.CommandRecord record) {
        try {
            return CommandCodec.decode(record.value()) instanceof Command.Stop;
        } catch (WireException e) {
            return false;
        }
    }

    private void traffic() {
        for (SimulatedPod pod : api.pods()) {
            for (int i = random.nextInt(3); pod.wire != null && i > 0; i--) {
                pass(
                        pod,
                        random.nextBoolean() ? Packet.Direction.FROM_POD : Packet.Direction.TO_POD,
                        random.nextInt(10) == 0);
            }
        }
    }

    private long pass(SimulatedPod pod, Packet.Direction direction, boolean flooded) {
        Frame frame = new Frame(
                ++frames,
                pod,
                direction,
                SimulatedTime.nanos(pod.node.clock().instant()),
                flooded && direction == Packet.Direction.TO_POD);
        oracle.passes(frame);
        pod.node.pass(frame);
        return frame.number();
    }

    /** All faults are healed, nothing changes: after {@link #QUIET_STEPS} steps each matching pod is captured, and no other. */
    private void quiet() {
        story.tell("all faults are healed; nothing changes for " + QUIET_STEPS + " steps");
        watcher.connect();
        deciding.start();
        deciding.allTopicsReady();
        workers.forEach(worker -> {
            worker.connected(true);
            worker.start();
        });
        sink.start();
        quietSteps(QUIET_STEPS);
        Map<Long, SimulatedPod> probes = new LinkedHashMap<>();
        for (SimulatedPod pod : api.pods()) {
            if (pod.wire != null && !pod.hostNetwork) {
                probes.put(pass(pod, Packet.Direction.FROM_POD, false), pod);
            }
        }
        story.tell("each pod sends a packet");
        Instant probedAt = time.now();
        quietSteps(PROBE_STEPS);
        judge(probes, probedAt);
        judgeFiles();
    }

    private void quietSteps(int count) {
        for (int i = 0; i < count; i++) {
            time.pass(QUIET_STEP);
            watcher.run(ALL);
            deciding.run(ALL, false, random);
            workers.forEach(worker -> worker.run(ALL, 2));
            sink.run(ALL, true);
        }
    }

    private void judge(Map<Long, SimulatedPod> probes, Instant at) {
        View truth = new View();
        kafka.orders.forEach(truth::read);
        api.list().forEach(pod -> truth.read(new PodEvent.Present(true, pod, PodEvent.Source.LIST, at)));
        Set<View.Wanted> surely = truth.wanted(at.minus(SURELY_OPEN));
        surely.retainAll(truth.wanted(at.plus(SURELY_OPEN_STILL)));
        Set<View.Wanted> perhaps = new HashSet<>(truth.wanted(at));
        perhaps.addAll(truth.wanted(at.minusMillis(SKEW_MAX_MS)));
        perhaps.addAll(truth.wanted(at.plusMillis(SKEW_MAX_MS)));
        for (Warrant warrant : warrants.values()) {
            Set<Long> filed = oracle.numbers(sink.directory(warrant.id()));
            probes.forEach((number, pod) -> {
                View.Wanted wanted = new View.Wanted(
                        new CaptureKey(warrant.id(), warrant.generation(), pod.ref.uid()), pod.node.name());
                String of = "the packet of " + pod + " on " + pod.node.name() + " under " + nameOf(warrant.id());
                Oracle.require(
                        filed.contains(number) || !surely.contains(wanted),
                        Invariant.EVERYTHING_THAT_MATCHES,
                        of + " is not in its files");
                Oracle.require(
                        !filed.contains(number) || perhaps.contains(wanted),
                        Invariant.NOTHING_WITHOUT_A_WARRANT,
                        of + " is in its files, and should not be");
            });
        }
    }

    private void judgeFiles() {
        kafka.packets.forEach((warrant, records) -> oracle.files(warrant, records, sink.directory(warrant)));
    }

    /** All ends in order, so that every session that runs must make its final account. */
    private void end() {
        story.tell("everything ends in order");
        workers.forEach(SimulatedWorker::shutDown);
        sink.run(ALL, true);
        judgeFiles();
    }
}
