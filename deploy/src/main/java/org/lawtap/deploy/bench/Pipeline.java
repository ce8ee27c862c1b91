package org.lawtap.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.lawtap.deploy.bench.peer.PlainCapture;
import org.lawtap.deploy.bench.peer.PlainWriter;
import org.lawtap.deploy.sandbox.EmbeddedKafka;
import org.lawtap.deploy.sandbox.QuietPods.QuietPod;
import org.lawtap.sink.Sink;

/** A running way from one pod's interface to a capture file. Owned by one thread. */
final class Pipeline implements AutoCloseable {
    private static final Duration FILE_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration SIGNAL_TIMEOUT = Duration.ofSeconds(10);

    private final Place place;
    private final Path directory;
    private final Deque<AutoCloseable> standing = new ArrayDeque<>();
    private final Map<String, MeasuredProcess> stages = new LinkedHashMap<>();
    private Optional<MeasuredProcess> toFlush = Optional.empty();
    private GrowingCapture file;

    /**
     * Where it stands.
     *
     * @param ringBytes of the kernel's buffer
     * @param heap of each JVM
     */
    record Place(BenchNode node, BrokerProcess broker, QuietPod pod, long ringBytes, String heap) {}

    private Pipeline(Place place, Path directory, PipelineWay way) throws BenchException, InterruptedException {
        this.place = place;
        this.directory = directory;
        try {
            Files.createDirectories(directory);
            this.file = switch (way) {
                case LAWTAP -> lawtap();
                case TCPDUMP -> tcpdump();
                case PLAIN -> plain();
            };
        } catch (IOException e) {
            close();
            throw new BenchException(directory + " can't be made: " + e.getMessage(), e);
        } catch (BenchException | InterruptedException e) {
            close();
            throw e;
        }
    }

    /** Starts one; it captures when this returns. @param directory a new one; what is in it goes when the pipeline closes */
    static Pipeline start(PipelineWay way, Place place, Path directory) throws BenchException, InterruptedException {
        return new Pipeline(place, directory, way);
    }

    /** Its processes by what they do, in the order of the way. */
    Map<String, MeasuredProcess> stages() {
        return stages;
    }

    /** What it writes. */
    GrowingCapture file() {
        return file;
    }

    /** Throws when one of its processes has ended. */
    void check() throws BenchException {
        for (MeasuredProcess process : stages.values()) {
            process.check();
        }
    }

    /** Makes it write what it would hold back until its buffer is full. */
    void flush() throws BenchException, InterruptedException {
        if (toFlush.isPresent()) {
            List<String> command =
                    List.of("kill", "-USR2", Long.toString(toFlush.get().pid()));
            try (MeasuredProcess kill =
                    MeasuredProcess.start("kill", List.of(), command, Map.of(), directory.resolve("kill.log"))) {
                kill.awaitEnd(SIGNAL_TIMEOUT);
            }
        }
    }

    @Override
    public void close() {
        while (!standing.isEmpty()) {
            try {
                standing.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
        try (Stream<Path> files = Files.walk(directory)) {
            // Gigabytes: not kept until the benchmark ends.
            for (Path each :
                    files.filter(path -> path.toString().contains(".pcap")).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException e) {
            // They go with the benchmark's directory.
        }
    }

    private GrowingCapture lawtap() throws BenchException, InterruptedException {
        WorkerTap.Options options = new WorkerTap.Options(
                place.heap(), Map.of("LAWTAP_CAPTURE_RING_BYTES", Long.toString(place.ringBytes())));
        WorkerTap tap = stand(WorkerTap.start(place.node(), place.broker(), options, directory));
        Path evidence = directory.resolve("evidence");
        Map<String, String> environment = new HashMap<>();
        environment.put("LAWTAP_KAFKA_BOOTSTRAP_SERVERS", place.broker().bootstrapServers());
        environment.put("LAWTAP_KAFKA_UNSAFE", EmbeddedKafka.OVERRIDE.text());
        environment.put("LAWTAP_EVIDENCE_DIR", evidence.toString());
        environment.put("LAWTAP_TRUST_LIST", directory.resolve("trust.json").toString());
        environment.put("LAWTAP_DEMO_KEYS_ALLOWED", "true");
        environment.put(
                "LAWTAP_DELIVERY_KEYS_DIR",
                directory.resolve(WorkerTap.DELIVERY_KEYS).toString());
        environment.put("LAWTAP_SINK_KEYS_DIR", directory.resolve("sink-keys").toString());
        MeasuredProcess.switchOffHttp(new Sink(), environment);
        MeasuredProcess sink = stand(MeasuredProcess.java(
                "the sink",
                List.of(),
                new MeasuredProcess.Java(place.heap(), Sink.class.getName(), List.of(), environment),
                directory.resolve("sink.log")));
        sink.awaitWords("sink started");
        tap.capture(List.of(place.pod()));
        stages.put("capture", tap.process());
        stages.put("broker", place.broker().process());
        stages.put("file", sink);
        Path files = evidence.resolve(tap.warrant().toString());
        boolean begun = Pace.until(FILE_TIMEOUT, () -> {
            check();
            return Files.isDirectory(files);
        });
        if (!begun) {
            throw new BenchException("the sink began no file within " + FILE_TIMEOUT.toSeconds() + " s");
        }
        return stand(new GrowingCapture(files, ".pcapng"));
    }

    private GrowingCapture tcpdump() throws BenchException, InterruptedException {
        List<String> command = List.of(
                "tcpdump",
                "-i",
                place.pod().hostVeth(),
                "-n",
                "-Z",
                "root",
                "-B",
                Long.toString(place.ringBytes() >> 10),
                "-w",
                directory.resolve("capture.pcap").toString());
        MeasuredProcess process = stand(MeasuredProcess.start(
                "tcpdump", place.node().enter(), command, Map.of(), directory.resolve("tcpdump.log")));
        process.awaitWords("listening on");
        stages.put("capture", process);
        toFlush = Optional.of(process);
        return stand(new GrowingCapture(directory, ".pcap"));
    }

    private GrowingCapture plain() throws BenchException, InterruptedException {
        String topic = "plain-" + System.nanoTime();
        Admin admin = stand(place.broker().clients().admin());
        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1)));
        standing.push(() -> admin.deleteTopics(List.of(topic)));
        String servers = place.broker().bootstrapServers();
        MeasuredProcess writer = stand(peer(
                PlainWriter.class,
                List.of(),
                List.of(servers, topic, directory.resolve("capture.pcap").toString())));
        writer.awaitWords("ready");
        MeasuredProcess capture = stand(peer(
                PlainCapture.class,
                place.node().enter(),
                List.of(place.pod().hostVeth(), Long.toString(place.ringBytes()), servers, topic)));
        capture.awaitWords("ready");
        stages.put("capture", capture);
        stages.put("broker", place.broker().process());
        stages.put("file", writer);
        return stand(new GrowingCapture(directory, ".pcap"));
    }

    private MeasuredProcess peer(Class<?> peer, List<String> before, List<String> arguments) throws BenchException {
        return MeasuredProcess.java(
                peer.getSimpleName(),
                before,
                new MeasuredProcess.Java(place.heap(), peer.getName(), arguments, Map.of()),
                directory.resolve(peer.getSimpleName() + ".log"));
    }

    private <T extends AutoCloseable> T stand(T thing) {
        standing.push(thing);
        return thing;
    }
}
