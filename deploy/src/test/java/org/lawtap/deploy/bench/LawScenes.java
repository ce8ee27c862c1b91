package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.schemas.wire.PacketCodec;

/**
 * What must never happen, played on real interfaces with every service a process of its own: {@code LawScenes DIRECTORY}. To be run in a
 * network namespace of its own, as root; ends with 0 if all that was expected came true.
 */
final class LawScenes {
    /** As long before a warrant's end each service is killed. */
    private static final Duration BEFORE_THE_END = Duration.ofSeconds(5);

    private static final Duration LIFE = Duration.ofHours(1);

    private final LawStage stage;

    private LawScenes(LawStage stage) {
        this.stage = stage;
    }

    /** The process's entry. */
    public static void main(String[] arguments) throws Exception {
        // The stand-in API server reports every request through java.util.logging.
        Logger.getLogger("").setLevel(Level.OFF);
        try (LawStage stage = LawStage.put(Path.of(arguments[0]))) {
            LawScenes scenes = new LawScenes(stage);
            scenes.nothingIsKeptAfterARevocation();
            scenes.nothingIsKeptAfterTheEndWhoeverIsKilledBefore();
            scenes.aWorkerThatIsCutOffStopsAtTheEndOfItsLease();
            scenes.anotherReplicaTakesOver();
        }
        System.out.println("all scenes came true");
    }

    private void nothingIsKeptAfterARevocation() throws Exception {
        tell("a warrant is revoked while the target talks");
        Warrant warrant = stage.activate(LIFE);
        stage.await("a session", warrant, 1, is(CustodyAction.SESSION_OPENED));
        Pace.pass(Duration.ofSeconds(2));
        nobodyCallsTheTargetByName(warrant);
        Instant revoked = Instant.now();
        stage.revoke(warrant);
        CustodyEvent closed = stage.await("the session's end", warrant, 1, is(CustodyAction.SESSION_CLOSED))
                .getFirst();
        Pace.pass(Duration.ofSeconds(1));
        Session session = only(warrant);
        tell("the last packet kept is of " + ms(revoked, session.last())
                + " ms after the revocation was sent, the session" + " ended " + ms(revoked, closed.at())
                + " ms after");
        assertThat(session.end).isEqualTo(StopReason.WARRANT_REVOKED);
        assertThat(session.last()).isAfter(revoked.minusSeconds(1)).isBeforeOrEqualTo(closed.at());
        assertThat(Duration.between(revoked, session.last())).isLessThan(Duration.ofSeconds(5));
    }

    /** No trace in what operators of cluster, Kafka and monitoring see; custody, which is not theirs to read, has it. */
    private void nobodyCallsTheTargetByName(Warrant warrant) throws Exception {
        Map<String, String> places = new TreeMap<>();
        try (Stream<Path> logs = Files.walk(stage.directory())) {
            for (Path log :
                    logs.filter(file -> file.toString().endsWith(".log")).toList()) {
                if (!log.startsWith(stage.directory().resolve("kafka"))) {
                    places.put("log " + log.getFileName(), Files.readString(log, StandardCharsets.ISO_8859_1));
                }
            }
        }
        assertThat(places.keySet()).contains("log warrants-1.log", "log capture-worker-1.log", "log sink-1.log");
        try (Admin admin = stage.kafka().admin()) {
            places.put(
                    "topics",
                    admin.listTopics(new ListTopicsOptions().listInternal(true))
                            .names()
                            .get()
                            .toString());
            places.put("groups", admin.listGroups().all().get().toString());
            places.put("transactions", admin.listTransactions().all().get().toString());
        }
        assertThat(places.get("topics")).contains(Topic.packets(warrant.id()).name());
        assertThat(places.get("groups")).contains("lawtap-warrants", "lawtap-sink");
        String replica = Files.readString(stage.directory().resolve("warrants-state/replica"));
        assertThat(places.get("transactions")).contains("lawtap-warrants-" + replica + "-", "lawtap-watcher-");
        for (String service : List.of("watcher", "warrants", "capture-worker", "sink")) {
            places.put("threads of " + service, jcmd(stage.service(service).pid(), "Thread.print"));
        }
        // The worker's agent would listen in the node's network, out of reach; its clients are made as the sink's are.
        for (String service : List.of("watcher", "warrants", "sink")) {
            places.put("metrics of " + service, beans(stage.service(service).pid()));
        }
        assertThat(places.get("threads of capture-worker")).contains("\"main\"");
        assertThat(places.get("metrics of warrants")).contains("kafka.streams", "orders-by-namespace");
        places.put("metrics by HTTP", get("http://" + stage.watcherAddress() + "/metrics"));
        places.forEach((place, text) ->
                assertThat(text.toLowerCase(Locale.ROOT)).as(place).doesNotContain(LawStage.CANARY));
        assertThat(stage.custody(warrant, is(CustodyAction.CAPTURE_COMMANDED)).toString())
                .contains(LawStage.CANARY);
        tell("nobody calls the target by name in " + places.size() + " places: " + places.keySet());
    }

    /** Three warrants about one pod end one soon after the other, so that each loses one service more than the one before. */
    private void nothingIsKeptAfterTheEndWhoeverIsKilledBefore() throws Exception {
        Duration first = Duration.ofSeconds(9);
        Duration step = Duration.ofMillis(1500);
        List<Warrant> warrants = List.of(
                stage.activate(first),
                stage.activate(first.plus(step)),
                stage.activate(first.plus(step.multipliedBy(2))));
        for (Warrant warrant : warrants) {
            stage.await("a session", warrant, 1, is(CustodyAction.SESSION_OPENED));
        }
        tell("watcher, deciding service and Kafka are killed, each " + BEFORE_THE_END.toSeconds()
                + " s before the end of a warrant");
        pauseUntil(warrants.get(0).notAfter().minus(BEFORE_THE_END));
        stage.kill("watcher");
        pauseUntil(warrants.get(1).notAfter().minus(BEFORE_THE_END));
        stage.kill("warrants");
        pauseUntil(warrants.get(2).notAfter().minus(BEFORE_THE_END));
        stage.killBroker();
        pauseUntil(warrants.get(2).notAfter().plusSeconds(2));
        stage.startBrokerAgain();
        stage.startAgain("warrants");
        stage.startAgain("watcher");
        for (Warrant warrant : warrants) {
            stage.await("the session's end", warrant, 1, is(CustodyAction.SESSION_CLOSED));
            Session session = only(warrant);
            tell("the last packet kept is of " + ms(session.last(), warrant.notAfter()) + " ms before the end, of "
                    + session.times.size());
            assertThat(session.end).isEqualTo(StopReason.WARRANT_ENDED);
            assertThat(session.last()).isBefore(warrant.notAfter());
            // It went on until the end, nobody's death notwithstanding.
            assertThat(session.last()).isAfter(warrant.notAfter().minusSeconds(2));
            noFileHoldsMore(warrant, session);
        }
    }

    /** The sink's file of the warrant, once it has all packets, has no other. */
    private void noFileHoldsMore(Warrant warrant, Session session) throws Exception {
        stage.await("the filing", warrant, 1, is(CustodyAction.SESSION_FILED));
        Path files = stage.directory().resolve("evidence").resolve(warrant.id().toString());
        List<Instant> filed = new ArrayList<>();
        for (String line : run(
                        "tshark",
                        "-r",
                        files.resolve(warrant.id() + "-000001.pcapng").toString(),
                        "-T",
                        "fields",
                        "-e",
                        "frame.time_epoch")
                .lines()
                .toList()) {
            filed.add(epoch(line));
        }
        assertThat(filed).isEqualTo(session.times);
    }

    private void aWorkerThatIsCutOffStopsAtTheEndOfItsLease() throws Exception {
        Warrant warrant = stage.activate(LIFE);
        stage.await("a session", warrant, 1, is(CustodyAction.SESSION_OPENED));
        Pace.pass(Duration.ofSeconds(1));
        tell("the worker is cut off from Kafka for longer than its lease of " + LawStage.LEASE_SECONDS + " s");
        Instant cut = Instant.now();
        stage.broker().signal("STOP");
        Pace.pass(Duration.ofSeconds(LawStage.LEASE_SECONDS + 3));
        stage.broker().signal("CONT");
        Instant healed = Instant.now();
        CustodyEvent closed = stage.await("the end of the lease", warrant, 1, is(CustodyAction.SESSION_CLOSED))
                .getFirst();
        Instant lease = lease(warrant, cut);
        List<CustodyEvent> opened =
                stage.await("a session that goes on from it", warrant, 2, is(CustodyAction.SESSION_OPENED));
        stage.revoke(warrant);
        stage.await("the last end", warrant, 2, is(CustodyAction.SESSION_CLOSED));
        List<Session> sessions = sessions(warrant);
        Session before = sessions.getFirst();
        tell("the lease ended " + ms(cut, lease) + " ms after the cut, the last packet kept is of "
                + ms(before.last(), lease)
                + " ms before that; custody heard of it " + ms(healed, Instant.now())
                + " ms after healing at most, and the"
                + " capture went on");
        assertThat(closed.details()).containsEntry("reason", StopReason.LEASE_LOST.name());
        assertThat(closed.at()).isBefore(healed);
        assertThat(before.end).isEqualTo(StopReason.LEASE_LOST);
        assertThat(before.last()).isBefore(lease).isAfter(cut);
        assertThat(opened.getLast().details()).containsEntry("previousSession", before.id.toString());
        assertThat(sessions).hasSize(2);
        assertThat(sessions.getLast().times.getFirst()).isAfter(healed.minusMillis(1));
    }

    /** Whichever of two replicas decides, and is killed and not started again: the other one goes on. */
    private void anotherReplicaTakesOver() throws Exception {
        stage.start(LawStage.STANDBY);
        for (String killed : List.of("warrants", LawStage.STANDBY)) {
            Warrant before = stage.activate(LIFE);
            stage.await("a session", before, 1, is(CustodyAction.SESSION_OPENED));
            stage.kill(killed);
            Instant at = Instant.now();
            Warrant after = stage.activate(LIFE);
            CustodyEvent opened = stage.await("a session by the other", after, 1, is(CustodyAction.SESSION_OPENED))
                    .getFirst();
            tell("replica " + killed + " is killed; a warrant that comes then is captured " + ms(at, opened.at())
                    + " ms later");
            stage.revoke(before);
            stage.revoke(after);
            for (Warrant warrant : List.of(before, after)) {
                stage.await(
                        "the revocation",
                        warrant,
                        1,
                        event -> event.action() == CustodyAction.SESSION_CLOSED
                                && StopReason.WARRANT_REVOKED
                                        .name()
                                        .equals(event.details().get("reason")));
            }
            stage.startAgain(killed);
        }
    }

    /** Until when the worker was allowed to capture by what Kafka had when it was cut off. */
    private Instant lease(Warrant warrant, Instant cut) throws Exception {
        Instant lease = Instant.MIN;
        for (ConsumerRecord<String, byte[]> record : stage.records(Topic.COMMANDS)) {
            Command command = CommandCodec.decode(record.value());
            Instant until = leaseOf(command, warrant.id());
            if (!command.issuedAt().isAfter(cut) && until.isAfter(lease)) {
                lease = until;
            }
        }
        return lease;
    }

    private static Instant leaseOf(Command command, WarrantId warrant) {
        return switch (command) {
            case Command.Start start -> start.capture().warrant().equals(warrant) ? start.leaseUntil() : Instant.MIN;
            case Command.Renew renew ->
                renew.captures().stream().anyMatch(key -> key.warrant().equals(warrant))
                        ? renew.leaseUntil()
                        : Instant.MIN;
            case Command.Stop ignored -> Instant.MIN;
        };
    }

    /** A session of a packet topic. */
    private static final class Session {
        final SessionId id;
        final List<Instant> times = new ArrayList<>();

        @Nullable
        StopReason end;

        Session(SessionId id) {
            this.id = id;
        }

        Instant last() {
            return times.getLast();
        }
    }

    private Session only(Warrant warrant) throws Exception {
        List<Session> all = sessions(warrant);
        assertThat(all).hasSize(1);
        return all.getFirst();
    }

    /** Once each packet, as a worker whose Kafka was away may send some again. */
    private List<Session> sessions(Warrant warrant) throws Exception {
        Map<SessionId, Session> sessions = new LinkedHashMap<>();
        for (ConsumerRecord<String, byte[]> record : stage.records(Topic.packets(warrant.id()))) {
            PacketEvent event = PacketCodec.decode(record.value());
            Session session = sessions.computeIfAbsent(event.session(), Session::new);
            switch (event) {
                case PacketEvent.Opened ignored -> {}
                case PacketEvent.Batch batch -> {
                    for (Packet packet : batch.packets()) {
                        if (packet.sequence() == session.times.size()) {
                            session.times.add(Instant.ofEpochSecond(0, packet.timeNs()));
                        }
                    }
                }
                case PacketEvent.Accounted accounted ->
                    session.end = accounted.checkpoint().endReason();
            }
        }
        return List.copyOf(sessions.values());
    }

    private static Instant epoch(String seconds) {
        String[] parts = seconds.strip().split("\\.", 2);
        return Instant.ofEpochSecond(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
    }

    private static Predicate<CustodyEvent> is(CustodyAction action) {
        return event -> event.action() == action;
    }

    private static void pauseUntil(Instant time) throws InterruptedException {
        Pace.pass(Duration.between(Instant.now(), time));
    }

    private static long ms(Instant from, Instant to) {
        return Duration.between(from, to).toMillis();
    }

    private static String jcmd(long pid, String command) throws Exception {
        return run(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid), command);
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(String.join(" ", command)).isZero();
        return said;
    }

    /** The names of all that a process tells by JMX, Kafka's metrics among them. */
    @SuppressWarnings("BanJNDI") // the address is that of a process of our own
    private static String beans(long pid) throws Exception {
        VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
        try (JMXConnector connector =
                JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()))) {
            return connector.getMBeanServerConnection().queryNames(null, null).toString();
        } finally {
            machine.detach();
        }
    }

    private static String get(String url) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private static void tell(String sentence) {
        System.out.println(sentence);
    }
}
