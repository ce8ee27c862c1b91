package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.QuietPods.QuietPod;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.order.LawCases;
import org.lawtap.schemas.order.LawCases.LawCase;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.worker.CaptureWorker;

/**
 * The table of the law at the real worker beside a real pod's interface: {@code ForgedStarts DIRECTORY}. Each row is a START written
 * straight into the node's partition; it opens no packet socket. To be run in a network namespace of its own, as root; ends with 0 if
 * all that was expected came true.
 */
final class ForgedStarts {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final int LEASE_SECONDS = 300;

    private final LawCases law = new LawCases(Instant.now().truncatedTo(ChronoUnit.SECONDS));
    private final BenchNode node;
    private final QuietPod pod;
    private final MeasuredProcess worker;
    private final Producer<String, byte[]> commands;
    private final Consumer<String, byte[]> custody;
    private final List<CustodyEvent> said = new ArrayList<>();
    private int awaited;

    private ForgedStarts(BenchNode node) throws Exception {
        this.node = node;
        this.pod = node.pods().getFirst();
        BrokerProcess broker = node.keep(BrokerProcess.start(node.directory(), "512m"));
        try (Admin admin = broker.clients().admin()) {
            List<Topic> topics = new ArrayList<>(Topic.BASE);
            topics.add(Topic.packets(LawCases.ID));
            new TopicAdmin(admin, 1).create(topics);
        }
        this.commands = node.keep(broker.clients().producer(Map.of()));
        this.custody = node.keep(broker.clients().consumer(Map.of()));
        List<TopicPartition> partitions = List.of(new TopicPartition(Topic.CUSTODY.name(), 0));
        custody.assign(partitions);
        custody.seekToBeginning(partitions);
        this.worker = node.keep(worker(broker));
    }

    /** The process's entry. */
    public static void main(String[] arguments) throws Exception {
        try (BenchNode node =
                BenchNode.putUp(Path.of(arguments[0]), 1, sentence -> System.out.println("  " + sentence))) {
            ForgedStarts scenes = new ForgedStarts(node);
            assertThat(scenes.packetSockets()).isZero();
            // It has said by then that its broker is none for evidence.
            scenes.await(CustodyAction.KAFKA_UNSAFE);
            for (LawCase row :
                    scenes.law.all().filter(row -> row.earlier().isEmpty()).toList()) {
                scenes.opensNoSocket(row);
            }
            scenes.theLawfulSampleOpensOne();
            scenes.anOlderGenerationOpensNone();
        }
        System.out.println("all scenes came true");
    }

    private void opensNoSocket(LawCase row) throws Exception {
        int before = said.size();
        try {
            send(start(row.order()));
        } catch (ExecutionException e) {
            // Kafka takes no such record: it never gets as far as the worker.
            assertThat(e).as(row.name()).hasCauseInstanceOf(RecordTooLargeException.class);
            System.out.println("  " + row.name() + ": " + e.getMessage());
            return;
        }
        assertThat(Pace.until(TIMEOUT, () -> heard() > before)).as(row.name()).isTrue();
        awaited = said.size();
        CustodyEvent event = said.get(before);
        System.out.println("  " + row.name() + ": " + event.text());
        assertThat(event.action()).isIn(CustodyAction.CAPTURE_REFUSED, CustodyAction.RECORD_REFUSED);
        assertThat(event.text()).contains(row.sentence());
        assertThat(packetSockets()).as(row.name()).isZero();
        assertThat(worker.ringBytes()).as(row.name()).isZero();
        assertThat(heard()).as("one record of " + row.name()).isEqualTo(before + 1);
    }

    /** Else a worker that does nothing would pass. */
    private void theLawfulSampleOpensOne() throws Exception {
        SignedOrder newest = law.all()
                .filter(row -> row.name().equals("an older generation after a newer one"))
                .findFirst()
                .orElseThrow()
                .earlier()
                .getFirst();
        send(start(law.lawful()));
        await(CustodyAction.SESSION_OPENED);
        assertThat(packetSockets()).isPositive();
        send(start(newest));
        await(CustodyAction.SESSION_CLOSED);
        await(CustodyAction.SESSION_OPENED);
        send(CommandCodec.encode(new Command.Stop(
                node.name(), Instant.now(), new CaptureKey(LawCases.ID, 2, pod.uid()), StopReason.POD_LEFT_TARGET)));
        await(CustodyAction.SESSION_CLOSED);
        assertThat(Pace.until(TIMEOUT, () -> packetSockets() == 0)).isTrue();
        System.out.println("  the lawful sample opened a session, its next generation another one, and both ended");
    }

    private void anOlderGenerationOpensNone() throws Exception {
        send(start(law.lawful()));
        CustodyEvent event = await(CustodyAction.CAPTURE_REFUSED);
        System.out.println("  the older generation again: " + event.text());
        assertThat(event.text()).contains("generation 1 ", "generation 2 took its place");
        assertThat(packetSockets()).isZero();
    }

    /** The next record of this action after the last one that was awaited. */
    private CustodyEvent await(CustodyAction action) throws BenchException, InterruptedException {
        boolean came = Pace.until(TIMEOUT, () -> {
            heard();
            return next(action) >= 0;
        });
        assertThat(came).as(action + " in " + said).isTrue();
        int found = next(action);
        awaited = found + 1;
        return said.get(found);
    }

    private int next(CustodyAction action) {
        for (int i = awaited; i < said.size(); i++) {
            if (said.get(i).action() == action) {
                return i;
            }
        }
        return -1;
    }

    /** Takes what custody has that is new; returns how many records it has. */
    private int heard() throws BenchException {
        for (ConsumerRecord<String, byte[]> record : custody.poll(POLL)) {
            try {
                said.add(CustodyCodec.decode(record.value()));
            } catch (WireException e) {
                throw new BenchException("a custody record can't be read: " + e.getMessage(), e);
            }
        }
        return said.size();
    }

    /** Packet sockets of the node's network namespace (packet(7), /proc/net/packet): a line each, behind a heading. */
    private int packetSockets() throws BenchException {
        List<String> command = new ArrayList<>(node.enter());
        command.addAll(List.of("cat", "/proc/net/packet"));
        try {
            Process cat = new ProcessBuilder(command).start();
            String listed = new String(cat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            if (cat.waitFor() != 0) {
                throw new BenchException("the node's sockets can't be listed");
            }
            return Math.toIntExact(listed.lines().count()) - 1;
        } catch (IOException e) {
            throw new BenchException("the node's sockets can't be listed: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    private byte @Nullable [] start(@Nullable SignedOrder order) {
        if (order == null) {
            return null;
        }
        Instant now = Instant.now();
        PodRef ref = new PodRef(LawCases.CLUSTER, LawCases.NAMESPACE, new PodName("web-1"), pod.uid());
        return CommandCodec.encode(new Command.Start(
                node.name(),
                now,
                new CaptureKey(LawCases.ID, 1, pod.uid()),
                order,
                ref,
                LawCases.LABELS,
                false,
                now.plusSeconds(LEASE_SECONDS)));
    }

    private void send(byte @Nullable [] value) throws ExecutionException, InterruptedException {
        int partition = Topic.commandPartition(node.name(), Topic.COMMANDS.partitions());
        commands.send(new ProducerRecord<>(
                        Topic.COMMANDS.name(), partition, node.name().value(), value))
                .get();
    }

    private MeasuredProcess worker(BrokerProcess broker) throws BenchException, InterruptedException, IOException {
        Path directory = Files.createDirectories(node.directory().resolve("worker"));
        Path trust = directory.resolve("trust.json");
        Files.write(trust, law.trustList().write());
        Map<String, String> environment = new HashMap<>();
        environment.put("LAWTAP_TRUST_LIST", trust.toString());
        environment.put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", broker.bootstrapServers());
        environment.put("LAWTAP_KAFKA_UNSAFE", EmbeddedKafka.OVERRIDE.text());
        environment.put("LAWTAP_CLUSTER", LawCases.CLUSTER.value());
        environment.put("LAWTAP_NODE_NAME", node.name().value());
        environment.put("LAWTAP_STATE_DIR", directory.resolve("state").toString());
        MeasuredProcess.switchOffHttp(new CaptureWorker(), environment);
        MeasuredProcess started = MeasuredProcess.java(
                "the capture-worker",
                node.enter(),
                new MeasuredProcess.Java("512m", CaptureWorker.class.getName(), List.of(), environment),
                directory.resolve("capture-worker.log"));
        try {
            started.awaitWords("capture-worker started");
        } catch (BenchException | InterruptedException e) {
            started.close();
            throw e;
        }
        return started;
    }
}
