package org.lawtap.worker.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.worker.command.Orders;
import org.lawtap.worker.engine.Engine;
import org.lawtap.worker.identity.PodCgroups;
import org.lawtap.worker.identity.PodFinder;
import org.lawtap.worker.identity.PodProcesses;
import org.lawtap.worker.kernel.Namespaces;
import org.lawtap.worker.kernel.NetlinkLinks;
import org.lawtap.worker.kernel.Waiting;

/** A node and a pod of real namespaces, a process in a cgroup that carries the pod's UID, and a loop that captures it. Needs root. */
abstract class LoopScenes {
    static final Path PROC = Path.of("/proc");
    static final Path CGROUPS = Path.of("/sys/fs/cgroup");
    static final long RING_BYTES = 8L << 20;
    static final byte[] FRAME = frame(-1L);

    /** Rounds of waiting 5 ms at most; only a failing test uses them up. */
    static final int ROUNDS_MAX = 2000;

    final Clock clock = Clock.systemUTC();
    final Instant now = clock.instant();
    Warrant warrant = around(now);
    final Recorded log = new Recorded();
    final Namespaces namespaces = new Namespaces();
    final List<Process> processes = new ArrayList<>();
    final Path cgroup =
            cgroups().resolve("lawtap-it-" + ProcessHandle.current().pid()).resolve("kubepods");
    final MockProducer<String, byte[]> custody =
            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());
    String node = "";
    String pod = "";

    @BeforeEach
    void makeNode() throws Exception {
        Files.createDirectories(cgroup.resolve("pod" + Orders.POD));
        node = namespaces.add("ln");
        pod = namespaces.add("lp");
    }

    @AfterEach
    void clean() throws Exception {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
        namespaces.close();
        for (int round = 0; Files.exists(cgroup.getParent()) && round < ROUNDS_MAX; round++) {
            try {
                // A cgroup stays busy for a moment after its last process was reaped.
                Files.deleteIfExists(cgroup.resolve("pod" + Orders.POD));
                Files.deleteIfExists(cgroup);
                Files.deleteIfExists(cgroup.getParent());
            } catch (IOException e) {
                Waiting.forAny(List.of(), 5);
            }
        }
        assertThat(cgroup).doesNotExist();
    }

    /** A frame to this link-layer address; the low 48 bits count. */
    static byte[] frame(long receiver) {
        byte[] frame = new byte[200];
        ByteBuffer.wrap(frame).putShort((short) (receiver >> 32)).putInt((int) receiver);
        return frame;
    }

    void podWithASession(CaptureLoop loop) throws Exception {
        namespaces.pair(node, "h0", pod);
        namespaces.up(node, "h0", pod);
        podProcess();
        until(loop, () -> !log.opened().isEmpty());
    }

    List<CustodyEvent> degradations() {
        return events(CustodyAction.TAP_DEGRADED);
    }

    long packetsNotSeen() {
        return degradations().isEmpty()
                ? 0
                : Long.parseLong(degradations().getLast().details().getOrDefault("packetsNotSeen", ""));
    }

    List<CustodyEvent> events(CustodyAction action) {
        return custody.history().stream()
                .map(record -> {
                    try {
                        return CustodyCodec.decode(record.value());
                    } catch (WireException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .filter(event -> event.action() == action)
                .toList();
    }

    Checkpoint provesEveryPacket() {
        Checkpoint last = log.checkpoints().getLast();
        assertThat(last.unaccounted()).isZero();
        assertThat(last.interfaceExact()).isTrue();
        assertThat(last.delivered()).isEqualTo(log.packets().size());
        for (int i = 0; i < log.packets().size(); i++) {
            assertThat(log.packets().get(i).sequence()).isEqualTo(i);
            if (i % 1000 == 0) {
                assertThat(log.packets().get(i).data().remaining()).isEqualTo(FRAME.length);
            }
        }
        return last;
    }

    interface Scene {
        void play(CaptureLoop loop) throws Exception;
    }

    void loop(Engine.Kind kind, Scene scene) throws Exception {
        loop(kind, RING_BYTES, scene);
    }

    void loop(Engine.Kind kind, long ringBytes, Scene scene) throws Exception {
        Callable<Integer> inNode = () -> {
            try (NetlinkLinks links = NetlinkLinks.open();
                    PodCgroups pods = PodCgroups.open(CGROUPS, System::nanoTime)) {
                CaptureLoop loop = new CaptureLoop(
                        Engine.of(kind, ringBytes, ringBytes * 32),
                        new PodProcesses(PROC, pods),
                        new PodFinder(PROC, links),
                        links,
                        log,
                        new Sealer(Recorded.KEYS),
                        new CustodyLog(custody, "test", clock),
                        new Remembered(),
                        new Identity(Orders.NODE, "boot", "Linux"),
                        new SessionLimits(64 * 1024, 5, 1000),
                        clock);
                loop.start(start(), warrant);
                try {
                    scene.play(loop);
                } finally {
                    loop.endAll(StopReason.WORKER_SHUTDOWN);
                }
            }
            return 0;
        };
        namespaces.in(node, inNode);
    }

    static void until(CaptureLoop loop, BooleanSupplier done) throws IOException {
        for (int round = 0; round < ROUNDS_MAX && !done.getAsBoolean(); round++) {
            if (loop.doWork() == 0) {
                Waiting.forAny(loop.descriptors(), loop.waitMs());
            }
        }
        assertThat(done.getAsBoolean()).isTrue();
    }

    CompletableFuture<Void> traffic(String namespace, String device) {
        return CompletableFuture.runAsync(() -> {
            try {
                namespaces.send(namespace, device, Collections.nCopies(20_000, FRAME));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    void podProcess() throws IOException {
        // First the cgroup: ip netns exec mounts a /sys of its own, which has none.
        String enter = "echo $$ > " + cgroup.resolve("pod" + Orders.POD).resolve("cgroup.procs");
        String there = "exec ip netns exec " + pod + " sh -c 'echo there; exec sleep 1000'";
        Process process = new ProcessBuilder("sh", "-c", enter + " && " + there).start();
        processes.add(process);
        assertThat(process.inputReader().readLine()).isEqualTo("there");
    }

    Command.Start start() {
        return Orders.start(warrant, now.plusSeconds(600));
    }

    static Path cgroups() {
        Path hybrid = Path.of("/sys/fs/cgroup/unified");
        return Files.isDirectory(hybrid) ? hybrid : Path.of("/sys/fs/cgroup");
    }

    static Warrant around(Instant now) {
        return around(now, Warrant.Scope.CONTENT, null);
    }

    static Warrant around(Instant now, Warrant.Scope scope, @Nullable String filter) {
        Warrant warrant = Orders.warrant();
        return new Warrant(
                warrant.id(),
                1,
                warrant.authority(),
                warrant.caseReference(),
                warrant.target(),
                now.minusSeconds(3600),
                now.plusSeconds(3600),
                scope,
                filter,
                warrant.deliveryAgency(),
                warrant.retentionDays());
    }
}
