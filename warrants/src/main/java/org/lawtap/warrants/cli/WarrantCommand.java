package org.lawtap.warrants.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.Retention;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.order.X25519Key;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.process.TrustFile;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.schemas.wire.WireException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lawtap warrant ...}: the life of an order from the authority's side. */
@Command(
        name = "warrant",
        description = "Draft, approve, activate, revoke and list warrants; hold, release and destroy their evidence.",
        subcommands = {
            WarrantCommand.Keygen.class,
            WarrantCommand.Trust.class,
            WarrantCommand.Draft.class,
            WarrantCommand.Approve.class,
            WarrantCommand.Activate.class,
            WarrantCommand.Revoke.class,
            WarrantCommand.Hold.class,
            WarrantCommand.Release.class,
            WarrantCommand.Destroy.class,
            WarrantCommand.ListAll.class,
            WarrantCommand.Show.class,
            WarrantCommand.Captures.class
        })
public final class WarrantCommand {
    /** Common to all: help, and errors as one sentence. */
    abstract static class Step implements Callable<Integer> {
        @Spec
        @Nullable
        CommandSpec spec;

        @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
        boolean help;

        abstract void run(PrintWriter out) throws IOException, StartException, InterruptedException;

        @Override
        public final Integer call() throws InterruptedException {
            CommandSpec command = java.util.Objects.requireNonNull(spec);
            PrintWriter out = command.commandLine().getOut();
            PrintWriter err = command.commandLine().getErr();
            try {
                run(out);
                out.flush();
                return 0;
            } catch (NoSuchFileException e) {
                err.println("lawtap warrant: there is no file " + e.getFile());
            } catch (FileAlreadyExistsException e) {
                err.println("lawtap warrant: " + e.getFile() + " exists and is not overwritten");
            } catch (IOException | StartException | IllegalArgumentException e) {
                err.println("lawtap warrant: " + e.getMessage());
            }
            err.flush();
            return 1;
        }
    }

    @Command(
            name = "keygen",
            description = "Make an approver's Ed25519 key pair: DIR/NAME.key.pem and DIR/NAME.pub.pem.")
    static final class Keygen extends Step {
        @Option(names = "--name", required = true, description = "File name of the pair.")
        String name = "";

        @Option(names = "--dir", defaultValue = ".", description = "Where to write it; default: here.")
        Path dir = Path.of(".");

        @Override
        void run(PrintWriter out) throws IOException {
            KeyPair keys = OrderKeys.generate();
            Path privateFile = dir.resolve(name + ".key.pem");
            OrderKeys.writePrivate(privateFile, keys.getPrivate());
            Path publicFile = dir.resolve(name + ".pub.pem");
            Files.writeString(publicFile, OrderKeys.pem(keys.getPublic()));
            out.println("private key " + privateFile + " (keep it), public key " + publicFile + ", key id "
                    + OrderKeys.keyId(keys.getPublic()));
        }
    }

    @Command(
            name = "trust",
            description = "Add an approver's public key to a trust list, which is made if there is none.")
    static final class Trust extends Step {
        @Option(names = "--list", required = true, description = "The trust list, a JSON file.")
        Path list = Path.of("trust.json");

        @Option(
                names = "--name",
                required = true,
                description = "The approver's name; two keys of one name are one approver.")
        String name = "";

        @Option(names = "--key", required = true, description = "The approver's public key, a PEM file.")
        Path key = Path.of("key.pub.pem");

        @Option(
                names = "--days",
                defaultValue = "365",
                description = "Days the key is valid from now; default: ${DEFAULT-VALUE}.")
        long days;

        @Option(names = "--demo", description = "Mark it as a sandbox key: refused everywhere else.")
        boolean demo;

        @Override
        void run(PrintWriter out) throws IOException {
            List<TrustList.Approver> approvers =
                    new ArrayList<>(Files.exists(list) ? TrustList.read(list).approvers() : List.of());
            Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            approvers.add(new TrustList.Approver(
                    name, OrderKeys.readPublic(key), now, now.plus(Duration.ofDays(days)), demo));
            Files.write(list, new TrustList(approvers).write());
            out.println(list + " trusts " + approvers.size() + " keys");
        }
    }

    @Command(name = "draft", description = "Write a warrant to be read and approved.")
    static final class Draft extends Step {
        @Option(names = "--out", required = true, description = "The file to write.")
        Path file = Path.of("warrant.json");

        @Option(names = "--cluster", required = true, description = "Cluster of the target.")
        String cluster = "";

        @Option(names = "--namespace", required = true, description = "Namespace of the target.")
        String namespace = "";

        @Option(names = "--label", required = true, description = "NAME=VALUE; a pod must carry each of these labels.")
        Map<String, String> labels = new LinkedHashMap<>();

        @Option(names = "--authority", required = true, description = "Who orders it.")
        String authority = "";

        @Option(names = "--case", required = true, description = "The case it belongs to.")
        String caseReference = "";

        @Option(names = "--agency", required = true, description = "Who gets the evidence.")
        String agency = "";

        @Option(names = "--not-before", description = "Start, for instance 2026-11-23T12:00:00Z; default: now.")
        @Nullable
        Instant notBefore;

        @Option(names = "--not-after", required = true, description = "End, for instance 2026-11-30T12:00:00Z.")
        @Nullable
        Instant notAfter;

        @Option(names = "--filter", description = "pcap-filter expression that narrows the capture.")
        @Nullable
        String filter;

        @Option(names = "--retention-days", defaultValue = "3650", description = "Default: ${DEFAULT-VALUE}.")
        int retentionDays;

        @Option(
                names = "--delivery-key",
                paramLabel = "FILE.pub.pem",
                description =
                        "The delivery agency's X25519 public key: only who has its private half reads the content."
                                + " Default: a pair is made beside the draft.")
        @Nullable
        Path deliveryKey;

        @Option(
                names = "--no-encryption",
                description =
                        "No delivery key: whoever reads the log reads the content, and it can't be destroyed there.")
        boolean noEncryption;

        @Override
        void run(PrintWriter out) throws IOException {
            if (noEncryption && deliveryKey != null) {
                throw new IllegalArgumentException("--delivery-key and --no-encryption exclude each other");
            }
            Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            Warrant draft = new Warrant(
                    WarrantId.random(),
                    1,
                    authority,
                    caseReference,
                    new Target(new ClusterId(cluster), new Namespace(namespace), labels),
                    notBefore == null ? now : notBefore,
                    java.util.Objects.requireNonNull(notAfter),
                    Warrant.Scope.CONTENT,
                    filter,
                    agency,
                    retentionDays);
            if (Files.exists(file)) {
                throw new FileAlreadyExistsException(file.toString());
            }
            Warrant warrant = noEncryption ? draft : draft.deliveredTo(deliveryKey(draft.id(), out));
            if (noEncryption) {
                out.println("the warrant names no delivery key: whoever reads the log or a node's spill key reads the"
                        + " content, and destroying it means destroying every copy of the log");
            }
            Files.write(
                    file,
                    OrderJson.write(warrant),
                    java.nio.file.StandardOpenOption.CREATE_NEW,
                    java.nio.file.StandardOpenOption.WRITE);
            out.println("warrant " + warrant.id() + " drafted in " + file
                    + "; two approvers sign it with: lawtap warrant approve " + file + " --key NAME.key.pem");
        }

        private X25519Key deliveryKey(WarrantId id, PrintWriter out) throws IOException {
            if (deliveryKey != null) {
                return DeliveryKeys.readPublic(deliveryKey);
            }
            KeyPair pair = DeliveryKeys.generate();
            Path secret = file.resolveSibling(id + ".delivery.key.pem");
            Path known = file.resolveSibling(id + ".delivery.pub.pem");
            DeliveryKeys.writePrivate(secret, pair);
            DeliveryKeys.writePublic(known, pair);
            out.println("delivery key made: " + secret + " reads all content of this warrant. Give it to the delivery"
                    + " agency; put it into the sink's LAWTAP_DELIVERY_KEYS_DIR as " + id + ".key.pem; then remove it"
                    + " here: each copy that is left keeps the content readable. " + known + " is in the warrant");
            return DeliveryKeys.publicHalf(pair);
        }
    }

    @Command(
            name = "approve",
            description =
                    "Sign the exact bytes of a warrant, or of an order to hold, release or destroy; signatures are"
                            + " collected in FILE.dsse.json.")
    static final class Approve extends Step {
        @Parameters(paramLabel = "FILE", description = "The drafted order.")
        Path file = Path.of("warrant.json");

        @Option(
                names = "--key",
                required = true,
                description = "Your private key NAME.key.pem; NAME.pub.pem lies beside it.")
        Path key = Path.of("name.key.pem");

        @Override
        void run(PrintWriter out) throws IOException {
            byte[] payload = Files.readAllBytes(file);
            String type = OrderJson.payloadType(payload);
            Order drafted = OrderJson.read(type, payload);
            if (drafted instanceof Order.Revocation) {
                throw new IllegalArgumentException("a revocation needs no draft: lawtap warrant revoke");
            }
            Path envelope = envelopeOf(file);
            SignedOrder order =
                    Files.exists(envelope) ? EnvelopeFile.read(envelope) : new SignedOrder(type, payload, List.of());
            if (!java.util.Arrays.equals(order.payload(), payload)
                    || !order.payloadType().equals(type)) {
                throw new IllegalArgumentException(file + " was changed after it was signed; draft a new one");
            }
            SignedOrder signed = OrderKeys.sign(order, readKeys(key));
            EnvelopeFile.write(envelope, signed);
            out.println(what(drafted) + " " + drafted.id() + " has "
                    + signed.signatures().size() + " signatures, in " + envelope);
        }
    }

    @Command(name = "activate", description = "Check an approved order and publish it.")
    static final class Activate extends Step {
        @Parameters(paramLabel = "FILE", description = "The drafted order; its signatures are in FILE.dsse.json.")
        Path file = Path.of("warrant.json");

        private final Connection connection = new Connection();

        @Override
        void run(PrintWriter out) throws IOException, StartException, InterruptedException {
            if (!Files.exists(envelopeOf(file))) {
                throw new IllegalArgumentException(
                        "nobody has approved " + file + " yet; two approvers do it with: lawtap warrant approve");
            }
            SignedOrder order = EnvelopeFile.read(envelopeOf(file));
            switch (connection.check(order)) {
                case Warrant warrant -> activate(warrant, order, out);
                case Order.OfRetention retention -> {
                    connection.requireAllowed(retention);
                    connection.send(retention.id(), order);
                    out.println(what(retention) + " " + retention.id() + " published");
                }
                case Order.Revocation ignored ->
                    throw new IllegalArgumentException("a revocation needs no draft: lawtap warrant revoke");
            }
        }

        private void activate(Warrant warrant, SignedOrder order, PrintWriter out)
                throws StartException, InterruptedException {
            if (!Instant.now().isBefore(warrant.notAfter())) {
                throw new IllegalArgumentException("the warrant ended at " + warrant.notAfter());
            }
            connection.send(warrant.id(), order);
            out.println("warrant " + warrant.id() + " generation " + warrant.generation() + " published; valid "
                    + warrant.notBefore() + " to " + warrant.notAfter());
        }
    }

    @Command(name = "revoke", description = "End a warrant before its time; one approver's signature is enough.")
    static final class Revoke extends Step {
        @Parameters(paramLabel = "WARRANT", description = "The warrant's id.")
        String id = "";

        @Option(
                names = "--key",
                required = true,
                description = "Your private key NAME.key.pem; NAME.pub.pem lies beside it.")
        Path key = Path.of("name.key.pem");

        @Option(names = "--authority", required = true, description = "Who revokes it.")
        String authority = "";

        @Option(names = "--reason", required = true, description = "Why.")
        String reason = "";

        private final Connection connection = new Connection();

        @Override
        void run(PrintWriter out) throws IOException, StartException, InterruptedException {
            WarrantId warrant = WarrantId.parse(id);
            long generation = connection.newestGeneration(warrant);
            Order.Revocation revocation = new Order.Revocation(
                    warrant, generation, authority, Instant.now().truncatedTo(ChronoUnit.SECONDS), reason);
            SignedOrder order = OrderKeys.sign(
                    new SignedOrder(revocation.payloadType(), OrderJson.write(revocation), List.of()), readKeys(key));
            connection.check(order);
            connection.send(warrant, order);
            out.println("warrant " + warrant + " revoked");
        }
    }

    /** A drafted order about what becomes of a warrant's evidence; approved and activated like a warrant. */
    abstract static class DraftOfRetention extends Step {
        @Parameters(paramLabel = "WARRANT", description = "The warrant's id.")
        String id = "";

        @Option(names = "--authority", required = true, description = "Who orders it.")
        String authority = "";

        @Option(names = "--reason", required = true, description = "Why.")
        String reason = "";

        @Option(names = "--out", required = true, description = "The file to write.")
        Path file = Path.of("order.json");

        private final Connection connection = new Connection();

        abstract Order.OfRetention order(WarrantId warrant, long generation, Instant now);

        @Override
        void run(PrintWriter out) throws IOException, StartException {
            WarrantId warrant = WarrantId.parse(id);
            Order.OfRetention order = order(
                    warrant,
                    connection.newestGeneration(warrant) + 1,
                    Instant.now().truncatedTo(ChronoUnit.SECONDS));
            connection.requireAllowed(order);
            Files.write(
                    file,
                    OrderJson.write(order),
                    java.nio.file.StandardOpenOption.CREATE_NEW,
                    java.nio.file.StandardOpenOption.WRITE);
            out.println(what(order) + " " + warrant + " drafted in " + file
                    + "; two approvers sign it with: lawtap warrant approve " + file
                    + " --key NAME.key.pem; then: lawtap warrant activate " + file);
        }
    }

    @Command(name = "hold", description = "Draft an order to keep a warrant's evidence until it is released.")
    static final class Hold extends DraftOfRetention {
        @Override
        Order.OfRetention order(WarrantId warrant, long generation, Instant now) {
            return new Order.Hold(warrant, generation, authority, now, reason);
        }
    }

    @Command(name = "release", description = "Draft an order that ends a hold.")
    static final class Release extends DraftOfRetention {
        @Override
        Order.OfRetention order(WarrantId warrant, long generation, Instant now) {
            return new Order.Release(warrant, generation, authority, now, reason);
        }
    }

    @Command(
            name = "destroy",
            description =
                    "Draft an order to destroy a warrant's content: the sink's delivery key and capture files. Refused"
                            + " before the end of the time for which it must be kept, and under a hold.")
    static final class Destroy extends DraftOfRetention {
        @Override
        Order.OfRetention order(WarrantId warrant, long generation, Instant now) {
            return new Order.Destruction(warrant, generation, authority, now, reason);
        }
    }

    private static String what(Order order) {
        return switch (order) {
            case Warrant ignored -> "warrant";
            case Order.Revocation ignored -> "revocation of warrant";
            case Order.Hold ignored -> "hold of warrant";
            case Order.Release ignored -> "release of warrant";
            case Order.Destruction ignored -> "destruction of the content of warrant";
        };
    }

    @Command(name = "list", description = "List the properly signed orders in the log.")
    static final class ListAll extends Step {
        private final Connection connection = new Connection();

        @Override
        void run(PrintWriter out) throws StartException {
            Map<WarrantId, String> lines = new LinkedHashMap<>();
            Instant now = Instant.now();
            for (OrderCheck.Verdict.Approved approved : connection.orders()) {
                switch (approved.order()) {
                    case Warrant warrant ->
                        lines.put(
                                warrant.id(),
                                "%s  generation %d  %s  %s to %s  approved by %s"
                                        .formatted(
                                                warrant.id(),
                                                warrant.generation(),
                                                state(warrant, now),
                                                warrant.notBefore(),
                                                warrant.notAfter(),
                                                String.join(", ", approved.approvers())));
                    case Order.Revocation revocation ->
                        lines.computeIfPresent(
                                revocation.id(), (id, line) -> line + "  REVOKED at " + revocation.revokedAt());
                    case Order.OfRetention ignored -> {}
                }
            }
            connection
                    .retention()
                    .forEach((id, retention) -> lines.computeIfPresent(
                            id,
                            (known, line) -> line
                                    + (retention.held() ? "  HELD" : "")
                                    + (retention.destruction() ? "  DESTRUCTION ORDERED" : "")));
            lines.values().forEach(out::println);
            if (lines.isEmpty()) {
                out.println("no warrants");
            }
        }

        private static String state(Warrant warrant, Instant now) {
            if (now.isBefore(warrant.notBefore())) {
                return "waiting";
            }
            return warrant.inWindow(now) ? "active" : "ended";
        }
    }

    @Command(name = "show", description = "Print the exact bytes of a warrant's newest order.")
    static final class Show extends Step {
        @Parameters(paramLabel = "WARRANT", description = "The warrant's id.")
        String id = "";

        private final Connection connection = new Connection();

        @Override
        void run(PrintWriter out) throws StartException {
            WarrantId warrant = WarrantId.parse(id);
            SignedOrder newest = connection.signedOrders().stream()
                    .filter(order -> idOf(order).equals(warrant.toString()))
                    .reduce((before, after) -> after)
                    .orElseThrow(() -> new IllegalArgumentException("the log has no order for " + id));
            out.print(new String(newest.payload(), StandardCharsets.UTF_8));
            newest.signatures().forEach(signature -> out.println("signed by key " + signature.keyId()));
        }

        private static String idOf(SignedOrder order) {
            try {
                return OrderJson.read(order.payloadType(), order.payload()).id().toString();
            } catch (IllegalArgumentException e) {
                return "";
            }
        }
    }

    @Command(
            name = "captures",
            description =
                    "List the pods that a warrant's target matched, and what became of each: captured, refused and why.")
    static final class Captures extends Step {
        @Parameters(paramLabel = "WARRANT", description = "The warrant's id.")
        String id = "";

        private final Connection connection = new Connection();

        @Override
        void run(PrintWriter out) throws StartException {
            CaptureStates states = new CaptureStates();
            connection.custody(WarrantId.parse(id)).forEach(states::accept);
            states.states()
                    .forEach((uid, state) -> out.println("%s  %s  node %s  %s since %s%s"
                            .formatted(
                                    uid,
                                    state.pod(),
                                    state.node(),
                                    state.state(),
                                    state.since(),
                                    state.why().isEmpty() ? "" : "  " + state.why())));
            if (states.states().isEmpty()) {
                out.println("no pod matched so far");
            }
        }
    }

    /** Kafka and the trust list, from the same settings as the services. */
    static final class Connection {
        private static final Duration POLL = Duration.ofMillis(500);

        private record Reach(KafkaClients clients, OrderCheck check) {}

        private @Nullable Reach reach;

        private Reach reach() throws StartException {
            Reach known = reach;
            if (known == null) {
                Settings settings = new Settings(System.getenv());
                KafkaSettings kafka = KafkaSettings.declare(settings);
                Path trustList =
                        settings.path("LAWTAP_TRUST_LIST", "JSON file of the approvers whose signatures count");
                boolean demo =
                        settings.flag("LAWTAP_DEMO_KEYS_ALLOWED", false, "Accept keys marked as demo; sandbox only");
                settings.check();
                known = new Reach(
                        new KafkaClients(kafka, "lawtap-warrant-cli"), new OrderCheck(TrustFile.read(trustList), demo));
                reach = known;
            }
            return known;
        }

        Order check(SignedOrder order) throws StartException {
            return switch (reach().check().check(order, Instant.now())) {
                case OrderCheck.Verdict.Approved approved -> approved.order();
                case OrderCheck.Verdict.Refused refused ->
                    throw new IllegalArgumentException("refused: " + refused.reason());
            };
        }

        void send(WarrantId warrant, SignedOrder order) throws StartException, InterruptedException {
            try (Producer<String, byte[]> producer =
                    reach().clients().producer(Map.of("delivery.timeout.ms", 30_000, "request.timeout.ms", 10_000))) {
                producer.send(new ProducerRecord<>(Topic.WARRANTS.name(), warrant.toString(), OrderCodec.encode(order)))
                        .get();
            } catch (ExecutionException e) {
                throw new StartException("Kafka did not take the order: " + e.getCause(), e);
            }
        }

        List<SignedOrder> signedOrders() throws StartException {
            List<SignedOrder> orders = new ArrayList<>();
            read(Topic.WARRANTS, record -> orders.add(OrderCodec.decode(record.value())));
            return orders;
        }

        /** What custody holds of one warrant. */
        List<CustodyEvent> custody(WarrantId warrant) throws StartException {
            List<CustodyEvent> events = new ArrayList<>();
            read(Topic.CUSTODY, record -> {
                if (warrant.toString().equals(record.key())) {
                    events.add(CustodyCodec.decode(record.value()));
                }
            });
            return events;
        }

        private interface Take {
            void accept(ConsumerRecord<String, byte[]> record) throws WireException;
        }

        /** Reads a topic of one partition from its beginning to its present end; what can't be read is set aside. */
        private void read(Topic topic, Take take) throws StartException {
            try (Consumer<String, byte[]> consumer = reach().clients().consumer(Map.of())) {
                List<TopicPartition> partitions = List.of(new TopicPartition(topic.name(), 0));
                consumer.assign(partitions);
                consumer.seekToBeginning(partitions);
                long end = consumer.endOffsets(partitions).getOrDefault(partitions.getFirst(), 0L);
                while (consumer.position(partitions.getFirst()) < end) {
                    for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                        try {
                            take.accept(record);
                        } catch (WireException e) {
                            System.err.println("record " + record.offset() + " of " + record.topic() + " is set aside: "
                                    + e.getMessage());
                        }
                    }
                }
            }
        }

        /** Of all orders about a warrant. @throws IllegalArgumentException if it is not known */
        long newestGeneration(WarrantId warrant) throws StartException {
            return orders().stream()
                    .map(OrderCheck.Verdict.Approved::order)
                    .filter(order -> order.id().equals(warrant))
                    .mapToLong(Order::generation)
                    .max()
                    .orElseThrow(
                            () -> new IllegalArgumentException("no properly signed warrant has the id " + warrant));
        }

        /** @throws IllegalArgumentException that says why the order would be refused now */
        void requireAllowed(Order.OfRetention order) throws StartException {
            Retention known = retention().get(order.id());
            if (known == null) {
                throw new IllegalArgumentException("no properly signed warrant has the id " + order.id());
            }
            if (known.take(order, Instant.now()) instanceof Retention.Answer.Refused refused) {
                throw new IllegalArgumentException("refused: " + refused.why());
            }
        }

        /** What the orders in the log come to for each warrant's evidence. */
        Map<WarrantId, Retention> retention() throws StartException {
            OrderCheck check = reach().check();
            Map<WarrantId, Retention> states = new LinkedHashMap<>();
            read(Topic.WARRANTS, record -> {
                Instant at = Instant.ofEpochMilli(record.timestamp());
                if (check.check(OrderCodec.decode(record.value()), at)
                        instanceof OrderCheck.Verdict.Approved approved) {
                    states.compute(approved.order().id(), (id, before) -> after(before, approved.order(), at));
                }
            });
            return states;
        }

        private static @Nullable Retention after(@Nullable Retention before, Order order, Instant at) {
            return switch (order) {
                case Warrant warrant -> before == null ? Retention.of(warrant) : before.amended(warrant);
                case Order.Revocation revocation -> before == null ? null : before.revoked(revocation, at);
                case Order.OfRetention retention ->
                    before != null && before.take(retention, at) instanceof Retention.Answer.Accepted accepted
                            ? accepted.now()
                            : before;
            };
        }

        /** The orders that were properly signed when they came. */
        List<OrderCheck.Verdict.Approved> orders() throws StartException {
            OrderCheck check = reach().check();
            List<OrderCheck.Verdict.Approved> approved = new ArrayList<>();
            read(Topic.WARRANTS, record -> {
                if (check.check(OrderCodec.decode(record.value()), Instant.ofEpochMilli(record.timestamp()))
                        instanceof OrderCheck.Verdict.Approved verdict) {
                    approved.add(verdict);
                }
            });
            return approved;
        }
    }

    private static Path envelopeOf(Path file) {
        return file.resolveSibling(file.getFileName() + ".dsse.json");
    }

    private static KeyPair readKeys(Path privateFile) throws IOException {
        String name = privateFile.getFileName().toString();
        if (!name.endsWith(".key.pem")) {
            throw new IllegalArgumentException(
                    privateFile + " must be named NAME.key.pem, with NAME.pub.pem beside it");
        }
        Path publicFile = privateFile.resolveSibling(name.replace(".key.pem", ".pub.pem"));
        return new KeyPair(OrderKeys.readPublic(publicFile), OrderKeys.readPrivate(privateFile));
    }
}
