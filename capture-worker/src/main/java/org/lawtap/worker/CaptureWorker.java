package org.lawtap.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.content.ContentKey;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.order.X25519Key;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaGate;
import org.lawtap.schemas.process.ProcessMetrics;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.process.TrustFile;
import org.lawtap.schemas.topics.KafkaFinding;
import org.lawtap.schemas.topics.KafkaSafety;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.worker.command.Admission;
import org.lawtap.worker.command.CommandLoop;
import org.lawtap.worker.command.CommandReader;
import org.lawtap.worker.engine.Engine;
import org.lawtap.worker.engine.WarmUp;
import org.lawtap.worker.identity.PodCgroups;
import org.lawtap.worker.identity.PodFinder;
import org.lawtap.worker.identity.PodProcesses;
import org.lawtap.worker.kernel.Links;
import org.lawtap.worker.kernel.NetlinkLinks;
import org.lawtap.worker.kernel.PacketRing;
import org.lawtap.worker.kernel.Waiting;
import org.lawtap.worker.kernel.Wakeup;
import org.lawtap.worker.log.KafkaPacketLog;
import org.lawtap.worker.log.Spill;
import org.lawtap.worker.session.CaptureLoop;
import org.lawtap.worker.session.Identity;
import org.lawtap.worker.session.Sealer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The capture-worker service of one node. Two threads: one reads and checks commands, the other owns all captures.
 */
public final class CaptureWorker implements ServiceMain.Service {
    private static final Logger LOG = LoggerFactory.getLogger(CaptureWorker.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration SETTLE_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration TOPIC_TIMEOUT = Duration.ofSeconds(1);
    private static final int PRODUCER_BLOCK_MS = 500;
    private static final long METADATA_IDLE_MS = Duration.ofDays(3650).toMillis();
    private static final int GATHER_MS = 10;
    private static final int LOOPBACK_INDEX = 1;
    private static final int WARM_UP_ROUNDS = 200;

    @Override
    public String name() {
        return "capture-worker";
    }

    @Override
    public String purpose() {
        return "Captures at the pods' own interfaces on this node, as commanded by lawtap.commands and only under a warrant"
                + " that it verified itself. Needs CAP_NET_RAW, CAP_SYS_PTRACE and CAP_NET_BROADCAST, the host's network and"
                + " processes.";
    }

    @Override
    public void declare(Settings settings) {
        CaptureWorkerConfig.declare(settings);
    }

    @Override
    public ServiceMain.Running start(Settings settings) throws StartException {
        CaptureWorkerConfig config = CaptureWorkerConfig.declare(settings);
        settings.check();
        return launch(config);
    }

    /** Starts a worker. */
    public static ServiceMain.Running launch(CaptureWorkerConfig config) throws StartException {
        return launch(config, Clock.systemUTC());
    }

    /** Starts a worker on this clock. */
    public static ServiceMain.Running launch(CaptureWorkerConfig config, Clock clock) throws StartException {
        TrustList trust = TrustFile.read(config.trustList());
        OrderCheck orders = new OrderCheck(trust, config.demoKeysAllowed());
        Capabilities.require(Path.of("/proc/self/status"));
        requirePacketSockets(config);
        SessionFiles memory = SessionFiles.open(config.stateDir());
        NodeKey nodeKey = NodeKey.open(config);
        KafkaClients kafka = new KafkaClients(config.kafka(), "lawtap-capture-worker-" + config.node());
        List<KafkaFinding> overridden;
        try (Admin admin = kafka.admin()) {
            List<Topic> topics = List.of(Topic.COMMANDS, Topic.CUSTODY);
            new TopicAdmin(admin, 0).require(topics);
            overridden = new KafkaGate(kafka, config.override(), actor(config), clock)
                    .pass(new KafkaSafety(admin).state(topics, Topic.PACKETS_PREFIX));
        }
        Spill spill = Spill.open(
                config.spillDir(),
                nodeKey.derive("lawtap spill"),
                Spill.Limits.of(config.spillBytes(), config.spillWarrantBytes()),
                System::nanoTime);
        WorkerStatus status = new WorkerStatus(clock, System::nanoTime);
        ProcessMetrics metrics = new ProcessMetrics("worker");
        metrics.of(trust);
        metrics.overridden(overridden);
        Run run;
        try {
            metrics.serve(config.http(), status);
            run = new Run(config, kafka, orders, memory, nodeKey, spill, wakeup(), status, metrics, clock);
        } catch (StartException | RuntimeException e) {
            metrics.close();
            spill.close();
            throw e;
        }
        run.captureThread.start();
        run.warm.join();
        run.commandThread.start();
        return run;
    }

    /** The process's entry. */
    public static void main(String[] arguments) {
        System.exit(ServiceMain.run(new CaptureWorker(), arguments, System.getenv(), System.err));
    }

    /** Fails now, not at the first warrant. The probe sits on loopback and drops everything. */
    private static void requirePacketSockets(CaptureWorkerConfig config) throws StartException {
        try {
            PacketRing.open(LOOPBACK_INDEX, 2L * PacketRing.BLOCK_BYTES).close();
        } catch (IOException e) {
            throw new StartException("cannot open a packet socket: " + e.getMessage(), e);
        }
        if (config.engine() == Engine.Kind.PCAP4J) {
            try {
                org.pcap4j.core.Pcaps.libVersion();
            } catch (LinkageError e) {
                throw new StartException("the engine pcap4j needs libpcap; install the package libpcap0.8", e);
            }
        }
    }

    private static Wakeup wakeup() throws StartException {
        try {
            return Wakeup.open();
        } catch (IOException e) {
            throw new StartException("no event descriptor can be opened: " + e.getMessage(), e);
        }
    }

    private static String actor(CaptureWorkerConfig config) {
        return "capture-worker@" + config.node();
    }

    private static Identity identity(CaptureWorkerConfig config) {
        return new Identity(
                config.node(),
                read(config.proc().resolve("sys/kernel/random/boot_id")),
                System.getProperty("os.name") + " " + System.getProperty("os.version"));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static final class Run implements ServiceMain.Running, CommandReader.Handler {
        private final CaptureWorkerConfig config;
        private final KafkaClients kafka;
        private final OrderCheck orders;
        private final SessionFiles memory;
        private final NodeKey nodeKey;
        private final Wakeup wakeup;
        private final Clock clock;
        private final Producer<String, byte[]> producer;
        private final CustodyLog custody;
        private final KafkaPacketLog log;
        private final Queue<java.util.function.Consumer<CaptureLoop>> inbox = new ConcurrentLinkedQueue<>();
        private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
        private final Thread captureThread = new Thread(this::capture, "capture");
        private final Thread commandThread = new Thread(this::command, "command");
        private final WorkerStatus status;
        private final ProcessMetrics metrics;
        private volatile boolean closing;

        /** Done when the capture thread can begin, or failed to. */
        private final CompletableFuture<@Nullable Void> warm = new CompletableFuture<>();

        /** STARTs whose packet topic could not be reached; the next renewal tries again. Owned by the command thread. */
        private final Map<CaptureKey, Admitted> withoutTopic = new HashMap<>();

        private record Admitted(Command.Start start, Warrant warrant) {}

        Run(
                CaptureWorkerConfig config,
                KafkaClients kafka,
                OrderCheck orders,
                SessionFiles memory,
                NodeKey nodeKey,
                Spill spill,
                Wakeup wakeup,
                WorkerStatus status,
                ProcessMetrics metrics,
                Clock clock) {
            this.config = config;
            this.kafka = kafka;
            this.orders = orders;
            this.memory = memory;
            this.nodeKey = nodeKey;
            this.wakeup = wakeup;
            this.clock = clock;
            this.producer = kafka.producer(Map.of(
                    // Packets are compressed inside their envelopes: lz4 over ciphertext takes time at both ends, and
                    // saves nothing.
                    "compression.type",
                    "none",
                    // The records that many quiet sessions make in a moment go together, not in a request each.
                    "linger.ms",
                    5,
                    "batch.size",
                    512 * 1024,
                    "buffer.memory",
                    2 * config.inFlightBytes(),
                    "delivery.timeout.ms",
                    Integer.MAX_VALUE,
                    "max.block.ms",
                    PRODUCER_BLOCK_MS,
                    // A topic that was quiet for minutes must not make the capture thread wait for metadata.
                    "metadata.max.idle.ms",
                    METADATA_IDLE_MS));
            this.custody = CustodyLog.start(producer, actor(config), clock);
            this.log = new KafkaPacketLog(
                    producer, config.inFlightBytes(), spill, custody, System::nanoTime, Thread::startVirtualThread);
            this.status = status;
            this.metrics = metrics;
            status.measure(metrics);
            metrics.of(custody);
            metrics.of(config.kafka());
        }

        private void capture() {
            try (wakeup;
                    Links links = NetlinkLinks.open();
                    PodCgroups cgroups = PodCgroups.open(config.cgroups(), System::nanoTime)) {
                if (!cgroups.seesPods()) {
                    LOG.warn(
                            "no kubelet's directory is below LAWTAP_CGROUP_ROOT={}; pods are found by looking at all"
                                    + " processes until there is one, which is slower",
                            config.cgroups());
                }
                PodProcesses processes = new PodProcesses(config.proc(), cgroups);
                PodFinder finder = new PodFinder(config.proc(), links);
                warmUp(processes, finder, links);
                warm.complete(null);
                CaptureLoop loop = new CaptureLoop(
                        Engine.of(config.engine(), config.ringBytes(), config.allRingsBytes()),
                        processes,
                        finder,
                        links,
                        log,
                        new Sealer(nodeKey.keys()),
                        custody,
                        memory,
                        identity(config),
                        config.limits(),
                        clock);
                try {
                    boolean worked = false;
                    while (!closing) {
                        long began = System.nanoTime();
                        handOver(loop);
                        boolean works = loop.doWork() > 0;
                        if (status.turned(began)) {
                            status.show(loop.figures(), log.figures());
                        }
                        if (!works) {
                            // Among many sessions one or another always has a few packets: they are looked at together.
                            boolean gather = worked && loop.manySessions();
                            List<Integer> descriptors = gather ? loop.newsDescriptors() : loop.descriptors();
                            descriptors.add(wakeup.fd());
                            Waiting.forAny(descriptors, gather ? Math.min(GATHER_MS, loop.waitMs()) : loop.waitMs());
                            wakeup.clear();
                        }
                        worked = works;
                    }
                } finally {
                    loop.endAll(closing ? StopReason.WORKER_SHUTDOWN : StopReason.ERROR);
                    log.settle(SETTLE_TIMEOUT);
                }
            } catch (IOException | RuntimeException e) {
                LOG.error("capturing failed", e);
                status.failed();
                ended.completeExceptionally(e);
            } finally {
                warm.complete(null);
            }
        }

        /**
         * Does once what finding a pod takes. A JVM that has not run this code yet needs a tenth of a second for it, and a pod
         * that starts just then would lose its first packets.
         */
        private void warmUp(PodProcesses processes, PodFinder finder, Links links) throws IOException {
            PodUid nobody = new PodUid("00000000-0000-0000-0000-000000000000");
            X25519Key forNobody = DeliveryKeys.publicHalf(DeliveryKeys.generate());
            int self = Math.toIntExact(ProcessHandle.current().pid());
            for (int round = 0; round < WARM_UP_ROUNDS && !closing; round++) {
                processes.find(List.of(nobody));
                finder.find(List.of(self));
                links.trafficControl(LOOPBACK_INDEX);
                links.takeChanges();
                processes.takeChanges();
                ContentKey.random().wrap(forNobody, WarrantId.random(), SessionId.random());
            }
            WarmUp.run();
        }

        private void handOver(CaptureLoop loop) {
            java.util.function.Consumer<CaptureLoop> command = inbox.poll();
            while (command != null) {
                command.accept(loop);
                command = inbox.poll();
            }
        }

        private void command() {
            try (Consumer<String, byte[]> consumer = kafka.consumer(Map.of())) {
                new CommandLoop(() -> reader(consumer)).run(() -> closing, status::commandsRead);
            } catch (RuntimeException e) {
                LOG.error("reading commands failed", e);
                status.failed();
                ended.completeExceptionally(e);
            }
        }

        private CommandReader reader(Consumer<String, byte[]> consumer) {
            learn(Topic.CUSTODY);
            return new CommandReader(
                    consumer,
                    config.node(),
                    new Admission(orders, config.cluster(), config.node()),
                    config.leaseMax(),
                    custody,
                    clock,
                    this);
        }

        @Override
        public void start(Command.Start start, Warrant warrant) {
            try {
                learn(Topic.packets(warrant.id()));
                withoutTopic.remove(start.capture());
                hand(loop -> loop.start(start, warrant));
            } catch (KafkaException e) {
                if (withoutTopic.put(start.capture(), new Admitted(start, warrant)) != null) {
                    return;
                }
                custody.record(
                        CustodyAction.CAPTURE_REFUSED,
                        warrant.id(),
                        null,
                        start.capture().pod(),
                        "capture refused for now: the warrant's packet topic can't be reached; the next renewal tries again",
                        Map.of("node", config.node().value(), "reason", String.valueOf(e.getMessage())));
            }
        }

        private void hand(java.util.function.Consumer<CaptureLoop> command) {
            inbox.add(command);
            try {
                wakeup.wake();
            } catch (IOException e) {
                LOG.warn("the capture thread finds a command later: {}", e.getMessage());
            }
        }

        /** Learns where the topic's leader is, so that the capture thread never waits for that. */
        private void learn(Topic topic) {
            long deadline = System.nanoTime() + TOPIC_TIMEOUT.toNanos();
            while (true) {
                try {
                    producer.partitionsFor(topic.name());
                    return;
                } catch (TimeoutException e) {
                    if (closing || System.nanoTime() - deadline >= 0) {
                        throw e;
                    }
                }
            }
        }

        @Override
        public void renew(Command.Renew renew) {
            for (CaptureKey capture : renew.captures()) {
                Admitted admitted = withoutTopic.get(capture);
                if (admitted != null) {
                    start(admitted.start(), admitted.warrant());
                }
            }
            hand(loop -> loop.renew(renew));
        }

        @Override
        public void stop(Command.Stop stop) {
            withoutTopic.remove(stop.capture());
            hand(loop -> loop.stop(stop));
        }

        @Override
        public void await() throws InterruptedException {
            try {
                ended.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("capturing ended: " + e.getCause(), e);
            }
        }

        @Override
        public void close() {
            closing = true;
            try {
                captureThread.join(CLOSE_TIMEOUT);
                commandThread.join(CLOSE_TIMEOUT);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            custody.close(SETTLE_TIMEOUT);
            producer.close(CLOSE_TIMEOUT);
            if (!captureThread.isAlive()) {
                log.close();
            }
            metrics.close();
            ended.complete(null);
        }
    }
}
