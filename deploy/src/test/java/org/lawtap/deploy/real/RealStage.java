package org.lawtap.deploy.real;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.sink.Sink;
import org.lawtap.sink.SinkConfig;
import org.lawtap.warrants.Warrants;
import org.lawtap.warrants.WarrantsConfig;

/**
 * lawtap on a real cluster: Kafka where nodes reach it, the deciding service and the sink in this JVM, two watchers in a network
 * namespace of their own with a service account that may do no more than they need, and one worker in each node with the
 * capabilities of its DaemonSet.
 */
final class RealStage implements AutoCloseable {
    static final ClusterId CLUSTER = new ClusterId("real");

    private static final int KAFKA_PORT = 19092;
    private static final String WATCH_NAMESPACE = "lawtap-rcw";
    private static final String WATCH_LINK = "lawtap-rcw0";
    private static final String LEASE_NAMESPACE = "lawtap";
    private static final String CAPABILITIES = "-all,+net_raw,+sys_ptrace,+net_broadcast";

    final Path directory;
    private final RealCluster cluster;
    private final Deque<AutoCloseable> standing = new ArrayDeque<>();
    private final List<KeyPair> authorities = new ArrayList<>();
    private final Map<String, Process> processes = new LinkedHashMap<>();
    private final List<CustodyEvent> custody = new ArrayList<>();
    private final KafkaSettings kafka = new KafkaSettings(RealCluster.API_ADDRESS + ":" + KAFKA_PORT, Map.of());
    private final KafkaClients clients = new KafkaClients(kafka, "lawtap-scenes");
    private Path trust = Path.of("");
    private Path watcherKubeconfig = Path.of("");
    private volatile boolean closing;

    RealStage(RealCluster cluster, Path directory) {
        this.cluster = cluster;
        this.directory = directory;
    }

    void put() throws Exception {
        Files.createDirectories(directory.resolve("logs"));
        EmbeddedKafka broker =
                EmbeddedKafka.start(directory.resolve("kafka"), RealCluster.API_ADDRESS, KAFKA_PORT, why -> {});
        standing.push(broker);
        try (Admin admin = clients.admin()) {
            new TopicAdmin(admin, 1).create(Topic.BASE);
        }
        makeKeys();
        follow();
        ServiceMain.Running warrants = Warrants.launch(
                new WarrantsConfig(
                        kafka,
                        EmbeddedKafka.OVERRIDE,
                        trust,
                        true,
                        Duration.ofSeconds(30),
                        1,
                        0,
                        directory.resolve("warrants-state"),
                        null),
                Clock.systemUTC());
        standing.push(warrants);
        ServiceMain.Running sink = Sink.launch(
                new SinkConfig(
                        kafka,
                        EmbeddedKafka.OVERRIDE,
                        directory.resolve("evidence"),
                        1L << 30,
                        500,
                        trust,
                        true,
                        directory.resolve("sink-keys"),
                        directory.resolve("delivery-keys"),
                        null,
                        Duration.ofSeconds(2),
                        null),
                Clock.systemUTC());
        standing.push(sink);
        makeWatcherAccount();
        makeWatchNamespace();
        startWatcher("watcher-a");
        startWatcher("watcher-b");
        for (String node : cluster.nodes()) {
            startWorker(node);
        }
    }

    /** A warrant for the pods of the scenes' namespace with {@code app=APPLICATION}, in force from now. */
    Warrant activate(String application) throws Exception {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        KeyPair delivery = DeliveryKeys.generate();
        WarrantId id = WarrantId.random();
        DeliveryKeys.writePrivate(
                Files.createDirectories(directory.resolve("delivery-keys")).resolve(id + ".key.pem"), delivery);
        Warrant warrant = new Warrant(
                        id,
                        1,
                        "Scenes Court",
                        "SCENE-1",
                        new Target(CLUSTER, new Namespace(RealCluster.NAMESPACE), Map.of("app", application)),
                        now,
                        now.plus(Duration.ofHours(2)),
                        Warrant.Scope.CONTENT,
                        null,
                        "Scenes Agency",
                        1)
                .deliveredTo(DeliveryKeys.publicHalf(delivery));
        publish(warrant, 2);
        await(
                "the acceptance of the warrant",
                event -> event.action() == CustodyAction.WARRANT_ACCEPTED
                        && warrant.id().equals(event.warrant()));
        return warrant;
    }

    void revoke(Warrant warrant) throws Exception {
        publish(
                new Order.Revocation(
                        warrant.id(),
                        warrant.generation(),
                        "Scenes Court",
                        Instant.now().truncatedTo(ChronoUnit.MILLIS),
                        "the scene is over"),
                1);
        RealCluster.await(
                "the end of all sessions of a revoked warrant",
                () -> open(warrant.id()).isEmpty());
    }

    private void publish(Order order, int approvers) throws Exception {
        SignedOrder signed = new SignedOrder(order.payloadType(), OrderJson.write(order), List.of());
        for (KeyPair authority : authorities.subList(0, approvers)) {
            signed = OrderKeys.sign(signed, authority);
        }
        try (Producer<String, byte[]> producer = clients.producer(Map.of())) {
            producer.send(new ProducerRecord<>(Topic.WARRANTS.name(), order.id().toString(), OrderCodec.encode(signed)))
                    .get(30, TimeUnit.SECONDS);
        }
    }

    /** All custody so far. */
    List<CustodyEvent> custody() {
        synchronized (custody) {
            return List.copyOf(custody);
        }
    }

    List<CustodyEvent> custody(WarrantId warrant, CustodyAction action) {
        return custody().stream()
                .filter(event -> warrant.equals(event.warrant()) && event.action() == action)
                .toList();
    }

    void await(String what, Predicate<CustodyEvent> wanted) throws Exception {
        RealCluster.await(what, () -> custody().stream().anyMatch(wanted));
    }

    /** The sessions that were opened and not closed: pod UID by session. */
    Map<SessionId, String> open(WarrantId warrant) {
        Map<SessionId, String> open = new HashMap<>();
        for (CustodyEvent event : custody()) {
            SessionId session = event.session();
            if (warrant.equals(event.warrant()) && session != null) {
                if (event.action() == CustodyAction.SESSION_OPENED) {
                    open.put(session, String.valueOf(event.pod()));
                } else if (event.action() == CustodyAction.SESSION_CLOSED) {
                    open.remove(session);
                }
            }
        }
        // One that was cut off has no end; the session that names it as the previous one tells that it is over.
        for (CustodyEvent event : custody(warrant, CustodyAction.SESSION_OPENED)) {
            String previous = event.details().get("previousSession");
            if (previous != null) {
                open.remove(SessionId.parse(previous));
            }
        }
        return open;
    }

    /** The pods that are intercepted now. */
    Set<String> intercepted(WarrantId warrant) {
        return new TreeSet<>(open(warrant).values());
    }

    /** Waits until exactly the running pods with this label are intercepted, each once. */
    void awaitOracle(Warrant warrant, String selector) throws Exception {
        RealCluster.await("every running pod with " + selector + " is intercepted and no other", () -> {
            Set<String> wanted = new TreeSet<>();
            for (RealCluster.ApiPod pod : cluster.pods(selector)) {
                if (pod.phase().equals("Running")) {
                    wanted.add(pod.uid());
                }
            }
            Map<SessionId, String> open = open(warrant.id());
            return open.size() == wanted.size() && intercepted(warrant.id()).equals(wanted);
        });
    }

    void startWatcher(String name) throws Exception {
        Map<String, String> environment = new HashMap<>();
        environment.put("KUBECONFIG", watcherKubeconfig.toString());
        environment.put("HOSTNAME", name);
        environment.put("LAWTAP_LEASE_NAMESPACE", LEASE_NAMESPACE);
        environment.put("LAWTAP_HTTP_LISTEN", "127.0.0.1:" + (name.endsWith("a") ? 9440 : 9441));
        start(
                name,
                List.of("nsenter", "--net=/run/netns/" + WATCH_NAMESPACE, "setpriv", "--pdeathsig", "KILL"),
                "org.lawtap.watcher.Watcher",
                environment);
    }

    void startWorker(String node) throws Exception {
        Map<String, String> environment = new HashMap<>();
        environment.put("LAWTAP_NODE_NAME", node);
        environment.put("LAWTAP_HTTP_LISTEN", "off");
        environment.put("LAWTAP_TRUST_LIST", trust.toString());
        environment.put("LAWTAP_DEMO_KEYS_ALLOWED", "true");
        environment.put(
                "LAWTAP_STATE_DIR",
                directory.resolve("worker-state").resolve(node).toString());
        List<String> prefix = new ArrayList<>(List.of("setpriv", "--pdeathsig", "KILL"));
        prefix.addAll(cluster.in(
                node, List.of("setpriv", "--pdeathsig", "KILL", "--bounding-set", CAPABILITIES, "--inh-caps", "-all")));
        start("worker-" + node, prefix, "org.lawtap.worker.CaptureWorker", environment);
        RealCluster.await(
                "the start of the worker of " + node,
                () -> log("worker-" + node).contains("capture-worker started"));
    }

    /** What a process has logged since it was last started. */
    String log(String name) throws IOException {
        return Files.readString(logFile(name));
    }

    private Path logFile(String name) {
        return directory.resolve("logs").resolve(name + ".log");
    }

    private void start(String name, List<String> prefix, String main, Map<String, String> environment)
            throws IOException {
        if (Files.exists(logFile(name))) {
            Files.move(logFile(name), directory.resolve("logs").resolve(name + "." + System.nanoTime() + ".log"));
        }
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                Path.of("target", "lib").toAbsolutePath() + "/*",
                main));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(key -> key.startsWith("LAWTAP_"));
        builder.environment().put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrapServers());
        builder.environment().put("LAWTAP_KAFKA_UNSAFE", EmbeddedKafka.OVERRIDE.text());
        builder.environment().put("LAWTAP_CLUSTER", CLUSTER.value());
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true).redirectOutput(logFile(name).toFile());
        processes.put(name, builder.start());
    }

    /** Ends a process at once, as the kernel would when memory is short. */
    void kill(String name) throws Exception {
        end(name, true);
    }

    /** Ends a process in order. */
    void stop(String name) throws Exception {
        end(name, false);
    }

    private void end(String name, boolean atOnce) throws Exception {
        Process process = processes.remove(name);
        if (process == null) {
            return;
        }
        // nsenter waits for the process that it has put into the node's process namespace.
        List<ProcessHandle> below = process.toHandle().descendants().toList();
        ProcessHandle java = below.isEmpty() ? process.toHandle() : below.getLast();
        if (atOnce) {
            java.destroyForcibly();
        } else {
            java.destroy();
        }
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(name + " did not end");
        }
    }

    /** The watcher that holds the lease. */
    String leader() throws Exception {
        String holder = read("lease", "lawtap-watcher", "{.spec.holderIdentity}");
        return holder.startsWith("watcher-a") ? "watcher-a" : "watcher-b";
    }

    /** Nothing passes between the watchers and the API server any more; nobody is told. */
    void cutWatchers() throws Exception {
        for (String chain : List.of("OUTPUT --dport", "INPUT --sport")) {
            String[] words = chain.split(" ", -1);
            RealCluster.run(
                    "",
                    List.of(
                            "ip",
                            "netns",
                            "exec",
                            WATCH_NAMESPACE,
                            "iptables",
                            "-I",
                            words[0],
                            "-p",
                            "tcp",
                            words[1],
                            "6443",
                            "-j",
                            "DROP"));
        }
    }

    void mendWatchers() throws Exception {
        RealCluster.run("", List.of("ip", "netns", "exec", WATCH_NAMESPACE, "iptables", "-F"));
    }

    /** A page of a watcher's health server. */
    String page(String watcher, String path) throws Exception {
        return RealCluster.run(
                "",
                List.of(
                        "ip",
                        "netns",
                        "exec",
                        WATCH_NAMESPACE,
                        "curl",
                        "-s",
                        "http://127.0.0.1:" + (watcher.endsWith("a") ? 9440 : 9441) + path));
    }

    private void makeKeys() throws IOException {
        Instant now = Instant.now();
        List<TrustList.Approver> approvers = new ArrayList<>();
        for (String authority : List.of("Judge Scene", "Prosecutor Scene")) {
            KeyPair pair = OrderKeys.generate();
            authorities.add(pair);
            approvers.add(new TrustList.Approver(
                    authority, pair.getPublic(), now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(1)), true));
        }
        trust = directory.resolve("trust.json");
        Files.write(trust, new TrustList(approvers).write());
    }

    /** The service account of deploy/kubernetes, and a kubeconfig that is nothing but it. */
    private void makeWatcherAccount() throws Exception {
        RealCluster.run(
                "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + LEASE_NAMESPACE + "}\n",
                List.of("kubectl", "apply", "-f", "-"));
        RealCluster.run("", List.of("kubectl", "apply", "-f", "kubernetes/base/watcher-rbac.yaml"));
        String secret = "lawtap-watcher-of-the-scenes";
        RealCluster.run("""
                apiVersion: v1
                kind: Secret
                type: kubernetes.io/service-account-token
                metadata: {name: %s, namespace: %s, annotations: {kubernetes.io/service-account.name: lawtap-watcher}}
                """.formatted(secret, LEASE_NAMESPACE), List.of("kubectl", "apply", "-f", "-"));
        RealCluster.await(
                "the token of the watcher's account",
                () -> !read("secret", secret, "{.data.token}").isEmpty());
        String token = new String(
                Base64.getDecoder().decode(read("secret", secret, "{.data.token}")), StandardCharsets.US_ASCII);
        String authority = read("secret", secret, "{.data.ca\\.crt}");
        watcherKubeconfig = directory.resolve("watcher.kubeconfig");
        Files.writeString(watcherKubeconfig, """
                apiVersion: v1
                kind: Config
                current-context: real
                clusters: [{name: real, cluster: {server: "https://%s:6443", certificate-authority-data: %s}}]
                users: [{name: watcher, user: {token: %s}}]
                contexts: [{name: real, context: {cluster: real, user: watcher}}]
                """.formatted(RealCluster.API_ADDRESS, authority, token));
    }

    /** A field of an object in lawtap's own namespace. */
    private static String read(String kind, String name, String path) throws Exception {
        return RealCluster.run(
                "", List.of("kubectl", "-n", LEASE_NAMESPACE, "get", kind, name, "-o", "jsonpath=" + path));
    }

    private void makeWatchNamespace() throws Exception {
        removeWatchNamespace();
        standing.push(RealStage::removeWatchNamespace);
        for (String line : List.of(
                "netns add " + WATCH_NAMESPACE,
                "-n " + WATCH_NAMESPACE + " link set lo up",
                "link add " + WATCH_LINK + " type veth peer name eth0 netns " + WATCH_NAMESPACE,
                "addr add 10.201.0.1/30 dev " + WATCH_LINK,
                "link set " + WATCH_LINK + " up",
                "-n " + WATCH_NAMESPACE + " addr add 10.201.0.2/30 dev eth0",
                "-n " + WATCH_NAMESPACE + " link set eth0 up",
                "-n " + WATCH_NAMESPACE + " route add default via 10.201.0.1")) {
            List<String> command = new ArrayList<>(List.of("ip"));
            command.addAll(List.of(line.split(" ", -1)));
            RealCluster.run("", command);
        }
    }

    private static void removeWatchNamespace() throws Exception {
        for (String line : List.of("ip link del " + WATCH_LINK, "ip netns del " + WATCH_NAMESPACE)) {
            try {
                RealCluster.run("", List.of(line.split(" ", -1)));
            } catch (IOException e) {
                // It was not there.
            }
        }
    }

    private void follow() {
        Thread thread = new Thread(
                () -> {
                    try (Consumer<String, byte[]> consumer = clients.consumer(Map.of())) {
                        List<TopicPartition> partitions = List.of(new TopicPartition(Topic.CUSTODY.name(), 0));
                        consumer.assign(partitions);
                        consumer.seekToBeginning(partitions);
                        while (!closing) {
                            consumer.poll(Duration.ofMillis(100)).forEach(record -> {
                                try {
                                    CustodyEvent event = CustodyCodec.decode(record.value());
                                    synchronized (custody) {
                                        custody.add(event);
                                    }
                                } catch (WireException e) {
                                    throw new IllegalStateException(e);
                                }
                            });
                        }
                    }
                },
                "custody");
        thread.setDaemon(true);
        thread.start();
        standing.push(() -> {
            closing = true;
            thread.join();
        });
    }

    @Override
    public void close() {
        for (String name : List.copyOf(processes.keySet())) {
            try {
                stop(name);
            } catch (Exception | AssertionError e) {
                System.err.println("while taking the stage down: " + e.getMessage());
            }
        }
        while (!standing.isEmpty()) {
            try {
                standing.pop().close();
            } catch (Exception e) {
                System.err.println("while taking the stage down: " + e.getMessage());
            }
        }
    }
}
