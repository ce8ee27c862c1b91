package org.lawtap.deploy.simulation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.schemas.wire.PacketCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.worker.command.Admission;
import org.lawtap.worker.command.CommandReader;
import org.lawtap.worker.identity.PodFinder;
import org.lawtap.worker.identity.PodProcesses;
import org.lawtap.worker.session.CaptureLoop;
import org.lawtap.worker.session.Identity;
import org.lawtap.worker.session.PacketLog;
import org.lawtap.worker.session.Sealer;
import org.lawtap.worker.session.SessionLimits;
import org.lawtap.worker.session.SessionMemory;

/**
 * A node's capture-worker: the real reader of commands, with its check and its desired state, and the real capture loop, on
 * a simulated kernel and a simulated Kafka. Records wait while Kafka is away; a crash loses them, or finds them on the disk and
 * sends some again.
 */
final class SimulatedWorker {
    /** Records that may wait for Kafka before the rings have to. */
    private static final int WAITING_MAX = 12;

    private static final int LAST_WAITING_MAX = 2 * WAITING_MAX;

    private static final SessionLimits LIMITS = new SessionLimits(5 * Frame.BYTES, 100, 4000);
    private static final KeyPair NODE_KEY = OrderKeys.generate();
    private static final TopicPartition PARTITION = new TopicPartition(Topic.COMMANDS.name(), 0);
    private static final Duration BEYOND = Duration.ofHours(1);

    private final SimulatedNode node;
    private final ClusterId cluster;
    private final KafkaLog kafka;
    private final Oracle oracle;
    private final Fault fault;
    private final Memory memory = new Memory();
    private final Waiting waiting = new Waiting();
    private @Nullable Running running;
    private boolean connected = true;

    SimulatedWorker(SimulatedNode node, ClusterId cluster, KafkaLog kafka, Oracle oracle, Fault fault) {
        this.node = node;
        this.cluster = cluster;
        this.kafka = kafka;
        this.oracle = oracle;
        this.fault = fault;
    }

    SimulatedNode node() {
        return node;
    }

    boolean isUp() {
        return running != null;
    }

    boolean isConnected() {
        return connected;
    }

    /** Cuts it off from Kafka, or ends that. */
    void connected(boolean connection) {
        connected = connection;
    }

    /** Starts it, if Kafka is there. */
    void start() {
        if (running == null && connected) {
            running = new Running();
        }
    }

    /** Kills it. @param spilled whether what waited is found on the disk */
    void crash(boolean spilled, SplittableRandom random) {
        if (running != null) {
            running = null;
            node.closeSockets();
            if (spilled) {
                waiting.again(random.nextInt(3));
            } else {
                waiting.lose();
            }
        }
    }

    /** Ends it in order. */
    void shutDown() {
        Running ending = running;
        if (ending != null) {
            ending.loop.endAll(StopReason.WORKER_SHUTDOWN);
            running = null;
            waiting.flush();
        }
    }

    /** Takes at most so many commands, then makes so many rounds. */
    void run(int commandsMax, int rounds) {
        Running now = running;
        if (now == null) {
            return;
        }
        try {
            int taken = 0;
            while (connected && taken < commandsMax && now.take()) {
                taken++;
            }
            for (int round = 0; round < rounds; round++) {
                now.loop.doWork();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        waiting.flush();
    }

    /** One life of the process. */
    private final class Running implements CommandReader.Handler {
        private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
        private final CaptureLoop loop;
        private final CommandReader reader;
        private int taken;

        Running() {
            CustodyLog custody = new CustodyLog(
                    new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer()),
                    "capture-worker@" + node.name(),
                    node.clock());
            loop = new CaptureLoop(
                    node,
                    new PodProcesses(node.proc()),
                    new PodFinder(node.proc(), node),
                    node,
                    waiting,
                    new Sealer(NODE_KEY),
                    custody,
                    memory,
                    new Identity(node.name(), "boot", "simulated"),
                    LIMITS,
                    node.clock(),
                    Set::of);
            consumer.updatePartitions(
                    Topic.COMMANDS.name(),
                    List.of(new PartitionInfo(Topic.COMMANDS.name(), 0, Node.noNode(), new Node[0], new Node[0])));
            consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
            consumer.updateEndOffsets(Map.of(PARTITION, (long) kafka.commands.size()));
            reader = new CommandReader(
                    consumer,
                    node.name(),
                    new Admission(
                            fault == Fault.WORKER_TRUSTS_ANYBODY ? Authority.credulousCheck() : Authority.check(),
                            cluster,
                            node.name()),
                    BEYOND,
                    custody,
                    node.clock(),
                    this);
            oracle.restarted(node);
            while (taken < kafka.commands.size()) {
                Command command = add();
                if (command != null) {
                    oracle.told(node, command);
                    oracle.heeded(node, command);
                }
            }
            reader.poll();
        }

        /** Takes the next command, if there is one. */
        boolean take() {
            if (taken == kafka.commands.size()) {
                return false;
            }
            Command command = add();
            if (command != null) {
                oracle.told(node, command);
            }
            reader.poll();
            if (command != null) {
                oracle.heeded(node, command);
            }
            return true;
        }

        /** Puts the next record before the reader. Returns what it says; null if it can't be read. */
        private @Nullable Command add() {
            KafkaLog.CommandRecord record = kafka.commands.get(taken);
            consumer.addRecord(new ConsumerRecord<>(
                    PARTITION.topic(), PARTITION.partition(), taken, record.node(), record.value()));
            taken++;
            try {
                return CommandCodec.decode(record.value());
            } catch (WireException e) {
                return null;
            }
        }

        @Override
        public void start(Command.Start start, Warrant warrant) {
            loop.start(
                    fault == Fault.WORKER_IGNORES_ITS_LEASE ? leased(start) : start,
                    fault == Fault.WORKER_IGNORES_THE_END ? endless(warrant) : warrant);
        }

        @Override
        public void renew(Command.Renew renew) {
            loop.renew(renew);
        }

        @Override
        public void stop(Command.Stop stop) {
            if (fault != Fault.WORKER_IGNORES_STOPS) {
                loop.stop(stop);
            }
        }

        private static Command.Start leased(Command.Start start) {
            return new Command.Start(
                    start.node(),
                    start.issuedAt(),
                    start.capture(),
                    start.order(),
                    start.pod(),
                    start.labels(),
                    start.hostNetwork(),
                    start.leaseUntil().plus(BEYOND));
        }

        private static Warrant endless(Warrant warrant) {
            return new Warrant(
                    warrant.id(),
                    warrant.generation(),
                    warrant.authority(),
                    warrant.caseReference(),
                    warrant.target(),
                    warrant.notBefore(),
                    warrant.notAfter().plus(BEYOND),
                    warrant.scope(),
                    warrant.filter(),
                    warrant.deliveryAgency(),
                    warrant.retentionDays());
        }
    }

    /** Records on their way to Kafka, and what the oracle sees of them. */
    private final class Waiting implements PacketLog {
        private final Deque<Sent> records = new ArrayDeque<>();
        private final Deque<Sent> last = new ArrayDeque<>();
        private boolean lost;

        @SuppressWarnings("ArrayRecordComponent") // never compared
        private record Sent(WarrantId warrant, byte[] value) {}

        @Override
        public boolean hasRoom(WarrantId warrant) {
            return records.size() < WAITING_MAX;
        }

        @Override
        public boolean takesLast(WarrantId warrant) {
            boolean takes = records.size() < LAST_WAITING_MAX;
            if (!takes) {
                oracle.full(node.name());
            }
            return takes;
        }

        @Override
        public void send(WarrantId warrant, SessionId session, byte[] value) {
            if (fault == Fault.WORKER_LOSES_A_BATCH && !lost && isBatch(value)) {
                lost = true;
                return;
            }
            WarrantId topic = fault == Fault.WORKER_MIXES_TOPICS
                    ? oracle.anotherThan(warrant).orElse(warrant)
                    : warrant;
            oracle.sent(node, topic, value);
            records.add(new Sent(topic, value));
        }

        private static boolean isBatch(byte[] value) {
            try {
                return PacketCodec.decode(value) instanceof PacketEvent.Batch;
            } catch (WireException e) {
                throw new IllegalStateException(e);
            }
        }

        void flush() {
            while (connected && !records.isEmpty()) {
                Sent next = records.removeFirst();
                kafka.packetsOf(next.warrant).add(next.value);
                last.add(next);
                if (last.size() > 4) {
                    last.removeFirst();
                }
            }
        }

        void lose() {
            records.clear();
        }

        /** What was sent last is sent again, before what waited. */
        void again(int count) {
            List<Sent> repeated = new ArrayList<>(last);
            for (int i = repeated.size() - 1; i >= Math.max(0, repeated.size() - count); i--) {
                records.addFirst(repeated.get(i));
            }
        }

        @Override
        public int doWork() {
            return 0;
        }

        @Override
        public boolean failed(SessionId session) {
            return false;
        }
    }

    /** Outlives the process. */
    private static final class Memory implements SessionMemory {
        private final Map<String, SessionId> sessions = new HashMap<>();

        @Override
        public @Nullable SessionId last(WarrantId warrant, PodUid pod, String device) {
            return sessions.get(warrant + " " + pod + " " + device);
        }

        @Override
        public void remember(WarrantId warrant, PodUid pod, String device, SessionId session) {
            sessions.put(warrant + " " + pod + " " + device, session);
        }
    }
}
