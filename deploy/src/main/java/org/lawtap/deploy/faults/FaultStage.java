package org.lawtap.deploy.faults;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.lawtap.deploy.bench.BenchException;
import org.lawtap.deploy.bench.MeasuredProcess;
import org.lawtap.deploy.bench.Pace;
import org.lawtap.deploy.sandbox.Claim;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.Leftovers;
import org.lawtap.deploy.sandbox.SandboxCluster;
import org.lawtap.deploy.sandbox.SandboxException;
import org.lawtap.deploy.sandbox.SandboxName;
import org.lawtap.deploy.sandbox.Scaffold;
import org.lawtap.deploy.sandbox.StandInApiServer;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.sink.Sink;
import org.lawtap.warrants.Warrants;
import org.lawtap.watcher.Watcher;
import org.lawtap.worker.CaptureWorker;

/**
 * All that stands while faults befall it: one node, three brokers and the services, each a process on a machine of its own, whose link can be
 * cut. Must be put up as root in a network namespace of its own; closed in reverse.
 */
final class FaultStage implements AutoCloseable {
    static final int LEASE_SECONDS = 20;

    private static final String HEAP = "192m";
    private static final String BROKER_HEAP = "320m";
    private static final int EVIDENCE_MIB = 2048;
    private static final int SPILL_MIB = 24;
    private static final long MIB = 1 << 20;
    private static final int BROKERS = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path directory;
    private final Scaffold standing;
    private final Map<Party, Unit> units = new EnumMap<>(Party.class);
    private final Map<Party, SteppedClock> clocks = new EnumMap<>(Party.class);
    private final Consumer<String> progress;
    private final ExecutorService starter = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("starter").factory());
    private final Parts parts;

    /** What everything else needs. */
    private record Parts(
            SandboxCluster cluster,
            Authority authority,
            KafkaClients kafka,
            StandInApiServer api,
            SmallDisk evidence,
            SmallDisk spill) {}

    private FaultStage(Path directory, Consumer<String> progress) throws BenchException, InterruptedException {
        this.directory = directory;
        this.progress = progress;
        this.standing = new Scaffold(progress);
        try {
            this.parts = put();
        } catch (SandboxException | StartException | IOException e) {
            close();
            throw new BenchException(String.valueOf(e.getMessage()), e);
        } catch (BenchException | InterruptedException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Puts it up. @param directory a new one, for everything that is written */
    static FaultStage put(Path directory, Consumer<String> progress) throws BenchException, InterruptedException {
        return new FaultStage(directory, progress);
    }

    SandboxCluster cluster() {
        return parts.cluster();
    }

    NodeName node() {
        return parts.cluster().nodes().getFirst();
    }

    StandInApiServer api() {
        return parts.api();
    }

    Authority authority() {
        return parts.authority();
    }

    KafkaClients kafka() {
        return parts.kafka();
    }

    Path evidence() {
        return directory.resolve("evidence");
    }

    Path keys() {
        return directory.resolve("keys");
    }

    Unit unit(Party party) {
        Unit unit = units.get(party);
        if (unit == null) {
            throw new IllegalStateException("there is no " + party);
        }
        return unit;
    }

    List<Unit> units() {
        return List.copyOf(units.values());
    }

    SteppedClock clock(Party party) {
        SteppedClock clock = clocks.get(party);
        if (clock == null) {
            throw new IllegalStateException(party + " has the machine's clock");
        }
        return clock;
    }

    /** The disk of the sink's evidence, or of the worker's spill. */
    SmallDisk disk(Party party) {
        return party == Party.SINK ? parts.evidence() : parts.spill();
    }

    /** How the network calls the machine on which a party lives. */
    String machine(Party party) {
        return party == Party.WORKER ? node().value() : party.machine();
    }

    /** Waits until a party works. */
    void awaitWorking(Party party, Duration patience) throws BenchException, InterruptedException {
        if (!Pace.until(patience, () -> unit(party).works())) {
            throw new BenchException(
                    party.machine() + " did not work within " + patience.toSeconds() + " s; " + logs() + " says more");
        }
    }

    /** Lays the public keys beside one another, as an operator would when node and sink are set up. */
    void publishKeys() throws BenchException {
        try {
            Path nodes = Files.createDirectories(keys().resolve("nodes"));
            Files.copy(authority().trustList(), keys().resolve("trust.json"));
            Files.copy(directory.resolve("worker-state/node.pub.pem"), nodes.resolve(node() + ".pem"));
            for (String file : List.of("sink.pub.pem", "sink.crt.pem")) {
                Files.copy(directory.resolve("sink-keys").resolve(file), keys().resolve(file));
            }
        } catch (IOException e) {
            throw new BenchException("the public keys can't be copied: " + e.getMessage(), e);
        }
    }

    private Path logs() {
        return directory.resolve("logs");
    }

    private Parts put() throws SandboxException, StartException, IOException, BenchException, InterruptedException {
        Files.createDirectories(logs());
        for (Leftovers.Removed left : Leftovers.clean(Claim.DIRECTORY)) {
            progress.accept("removed what an earlier sandbox left behind: "
                    + left.removed().size() + " things");
            if (left.directory().isPresent()) {
                SmallDisk.unmountLeft(Path.of(left.directory().get()));
            }
        }
        SandboxName name = SandboxName.random();
        standing.keep(Claim.take(Claim.DIRECTORY, name, directory));
        SandboxCluster.attachControlNamespace(name);
        SandboxCluster nodes = SandboxCluster.start(new SandboxCluster.Settings(name, 1, logs(), 0));
        standing.keep(nodes);
        SmallDisk evidence = disk("evidence", EVIDENCE_MIB);
        SmallDisk spill = disk("spill", SPILL_MIB);
        Authority authority = Authority.make(directory.resolve("trust.json"), directory.resolve("delivery-keys"));
        List<String> hosts = new ArrayList<>();
        int number = 0;
        for (Party party : Party.values()) {
            if (party != Party.WORKER) {
                number++;
                String address = nodes.addMachine(party.machine(), number);
                if (party.isBroker()) {
                    hosts.add(address);
                }
            }
        }
        EmbeddedKafka.Members members = new EmbeddedKafka.Members(EmbeddedKafka.newClusterId(), hosts);
        for (int broker = 1; broker <= BROKERS; broker++) {
            start(nodes, Party.BROKERS.get(broker - 1), brokerLaunch(members, broker));
        }
        progress.accept("three brokers start");
        for (Party broker : Party.BROKERS) {
            awaitWorking(broker, PATIENCE);
        }
        KafkaClients kafka = new KafkaClients(new KafkaSettings(members.bootstrapServers(), Map.of()), "lawtap-faults");
        try (Admin admin = kafka.admin()) {
            new TopicAdmin(admin, BROKERS).create(Topic.BASE);
        }
        StandInApiServer api = StandInApiServer.start(InetAddress.getByName(SandboxCluster.CONTROL_ADDRESS), 0);
        standing.keep(api);
        api.writeKubeconfig(directory.resolve("kubeconfig"));
        Path library = SteppedClock.compile(directory.resolve("clock"));
        for (Party party : List.of(Party.WATCHER, Party.WARRANTS, Party.SINK)) {
            clocks.put(
                    party, SteppedClock.make(library, directory.resolve("clock").resolve(party.machine())));
        }
        progress.accept("watcher, deciding service, capture-worker and sink start");
        List<Party> services = List.of(Party.WATCHER, Party.WARRANTS, Party.WORKER, Party.SINK);
        for (Party service : services) {
            start(nodes, service, launch(service, authority, members.bootstrapServers(), nodes));
        }
        for (Party service : services) {
            awaitWorking(service, PATIENCE);
        }
        return new Parts(nodes, authority, kafka, api, evidence, spill);
    }

    private SmallDisk disk(String name, int mebibytes) throws BenchException, InterruptedException {
        SmallDisk disk = SmallDisk.mount(directory.resolve(name), mebibytes);
        standing.keep(disk::unmount);
        return disk;
    }

    private void start(SandboxCluster nodes, Party party, Unit.Launch launch)
            throws BenchException, SandboxException, InterruptedException {
        String namespace = party == Party.WORKER
                ? nodes.netNamespace(nodes.nodes().getFirst())
                : nodes.machineNamespace(party.machine());
        Unit unit = new Unit(
                party,
                new Unit.Launch(
                        launch.heap(),
                        launch.mainClass(),
                        launch.arguments(),
                        launch.environment(),
                        List.of("nsenter", "--net=/run/netns/" + namespace),
                        launch.ready()),
                logs(),
                starter);
        units.put(party, unit);
        standing.keep(unit);
        unit.start();
    }

    private Unit.Launch brokerLaunch(EmbeddedKafka.Members members, int number) {
        List<String> arguments = new ArrayList<>(List.of(
                directory.resolve("kafka-" + number).toString(), Integer.toString(number), members.clusterId()));
        arguments.addAll(members.hosts());
        return new Unit.Launch(
                BROKER_HEAP, BrokerMember.class.getName(), arguments, Map.of(), List.of(), BrokerMember.READY);
    }

    private Unit.Launch launch(Party party, Authority authority, String bootstrapServers, SandboxCluster nodes) {
        Map<String, String> environment = new HashMap<>();
        environment.put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", bootstrapServers);
        SteppedClock clock = clocks.get(party);
        if (clock != null) {
            environment.putAll(clock.environment());
        }
        if (party != Party.WATCHER) {
            environment.put("LAWTAP_TRUST_LIST", authority.trustList().toString());
        }
        return switch (party) {
            case WATCHER -> {
                environment.put("KUBECONFIG", directory.resolve("kubeconfig").toString());
                environment.put("LAWTAP_CLUSTER", Authority.CLUSTER.value());
                environment.put("LAWTAP_WATCH_SECONDS", "600");
                MeasuredProcess.switchOffHttp(new Watcher(), environment);
                yield launch(Watcher.class, environment, "watcher started");
            }
            case WARRANTS -> {
                environment.put("LAWTAP_LEASE_SECONDS", Integer.toString(LEASE_SECONDS));
                environment.put(
                        "LAWTAP_STATE_DIR", directory.resolve("warrants-state").toString());
                MeasuredProcess.switchOffHttp(new Warrants(), environment);
                yield launch(Warrants.class, environment, " deciding");
            }
            case WORKER -> {
                environment.put("LAWTAP_CLUSTER", Authority.CLUSTER.value());
                environment.put("LAWTAP_NODE_NAME", nodes.nodes().getFirst().value());
                environment.put(
                        "LAWTAP_STATE_DIR", directory.resolve("worker-state").toString());
                environment.put("LAWTAP_SPILL_DIR", directory.resolve("spill").toString());
                environment.put("LAWTAP_LEASE_SECONDS_MAX", Integer.toString(LEASE_SECONDS));
                // As small as they can be, so that an outage reaches the disk, and a full disk the rings.
                environment.put("LAWTAP_IN_FLIGHT_BYTES", Long.toString(4 * MIB));
                environment.put("LAWTAP_CAPTURE_RING_BYTES", Long.toString(MIB));
                MeasuredProcess.switchOffHttp(new CaptureWorker(), environment);
                yield launch(CaptureWorker.class, environment, "capture-worker started");
            }
            case SINK -> {
                environment.put("LAWTAP_EVIDENCE_DIR", evidence().toString());
                environment.put(
                        "LAWTAP_SINK_KEYS_DIR", directory.resolve("sink-keys").toString());
                environment.put(
                        "LAWTAP_DELIVERY_KEYS_DIR", authority.deliveryKeys().toString());
                MeasuredProcess.switchOffHttp(new Sink(), environment);
                yield launch(Sink.class, environment, "sink started");
            }
            case BROKER_1, BROKER_2, BROKER_3 -> throw new IllegalStateException("a broker is no service");
        };
    }

    private static Unit.Launch launch(Class<?> main, Map<String, String> environment, String ready) {
        return new Unit.Launch(HEAP, main.getName(), List.of(), environment, List.of(), ready);
    }

    @Override
    public void close() {
        standing.close();
        starter.shutdown();
    }
}
