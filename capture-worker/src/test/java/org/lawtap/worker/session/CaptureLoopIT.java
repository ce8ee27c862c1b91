package org.lawtap.worker.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.worker.command.Orders;
import org.lawtap.worker.engine.Engine;
import org.lawtap.worker.identity.PodFinder;
import org.lawtap.worker.identity.PodProcesses;
import org.lawtap.worker.kernel.Namespaces;
import org.lawtap.worker.kernel.NetlinkLinks;
import org.lawtap.worker.kernel.Waiting;

/** The whole capture of one pod: a process in a cgroup that carries its UID, a namespace, a veth pair. Needs root. */
class CaptureLoopIT {
    private static final Path PROC = Path.of("/proc");
    private static final long RING_BYTES = 8L << 20;
    private static final byte[] FRAME = new byte[200];

    /** Rounds of waiting 5 ms at most; only a failing test uses them up. */
    private static final int ROUNDS_MAX = 2000;

    private final Clock clock = Clock.systemUTC();
    private final Instant now = clock.instant();
    private final Warrant warrant = around(now);
    private final Recorded log = new Recorded();
    private final Namespaces namespaces = new Namespaces();
    private final List<Process> processes = new ArrayList<>();
    private final Path cgroup =
            cgroups().resolve("lawtap-it-" + ProcessHandle.current().pid());
    private String node = "";
    private String pod = "";

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
        for (int round = 0; Files.exists(cgroup) && round < ROUNDS_MAX; round++) {
            try {
                // A cgroup stays busy for a moment after its last process was reaped.
                Files.deleteIfExists(cgroup.resolve("pod" + Orders.POD));
                Files.deleteIfExists(cgroup);
            } catch (IOException e) {
                Waiting.forAny(List.of(), 5);
            }
        }
        assertThat(cgroup).doesNotExist();
    }

    @Test
    void capturesTheVeryFirstPacketOfAPodThatStartsLater() throws Exception {
        loop(Engine.Kind.RING, loop -> {
            loop.doWork();
            namespaces.pair(node, "h0", pod);
            podProcess();
            until(loop, () -> !log.opened().isEmpty());
            namespaces.up(node, "h0", pod);
            namespaces.send(pod, "eth0", List.of(FRAME));
            until(loop, () -> !log.packets().isEmpty());
            loop.endAll(StopReason.WORKER_SHUTDOWN);
            assertThat(log.opened().getFirst().missedBeforeArm()).isZero();
            assertThat(log.opened().getFirst().podInterfaceName()).isEqualTo("eth0");
            assertThat(log.opened().getFirst().podHardwareAddress().remaining()).isEqualTo(6);
            provesEveryPacket();
        });
    }

    @ParameterizedTest
    @EnumSource(Engine.Kind.class)
    void accountsToThePacketWhenItIsStoppedAmidTraffic(Engine.Kind kind) throws Exception {
        loop(kind, loop -> {
            namespaces.pair(node, "h0", pod);
            namespaces.up(node, "h0", pod);
            podProcess();
            until(loop, () -> !log.opened().isEmpty());
            CompletableFuture<Void> out = traffic(pod, "eth0");
            CompletableFuture<Void> in = traffic(node, "h0");
            until(loop, () -> log.packets().size() > 1000);
            loop.stop(new Command.Stop(Orders.NODE, now, start().capture(), StopReason.WARRANT_REVOKED));
            Checkpoint last = provesEveryPacket();
            assertThat(last.endReason()).isEqualTo(StopReason.WARRANT_REVOKED);
            CompletableFuture.allOf(out, in).join();
        });
    }

    @Test
    void accountsToThePacketWhenTheInterfaceIsRemovedAndGoesOnWithTheNext() throws Exception {
        loop(Engine.Kind.RING, loop -> {
            namespaces.pair(node, "h0", pod);
            namespaces.up(node, "h0", pod);
            podProcess();
            until(loop, () -> !log.opened().isEmpty());
            namespaces.send(pod, "eth0", Collections.nCopies(700, FRAME));
            namespaces.send(node, "h0", Collections.nCopies(300, FRAME));
            namespaces.ip(pod, "link del eth0");
            until(
                    loop,
                    () -> !log.checkpoints().isEmpty()
                            && log.checkpoints().getLast().endReason() != null);
            Checkpoint last = provesEveryPacket();
            assertThat(last.endReason()).isEqualTo(StopReason.INTERFACE_REMOVED);
            assertThat(last.interfaceNow().receivedPackets()).isEqualTo(700);
            assertThat(last.interfaceNow().sentPackets()).isEqualTo(300);

            namespaces.pair(node, "h0", pod);
            until(loop, () -> log.opened().size() == 2);
            assertThat(log.opened().getLast().previousSession())
                    .isEqualTo(log.sessions().getFirst());
            assertThat(log.opened().getLast().missedBeforeArm()).isZero();
        });
    }

    private Checkpoint provesEveryPacket() {
        Checkpoint last = log.checkpoints().getLast();
        assertThat(last.unaccounted(log.opened().getFirst().interfaceAtArm())).isZero();
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

    private interface Scene {
        void play(CaptureLoop loop) throws Exception;
    }

    private void loop(Engine.Kind kind, Scene scene) throws Exception {
        Callable<Integer> inNode = () -> {
            try (NetlinkLinks links = NetlinkLinks.open();
                    MockProducer<String, byte[]> custody =
                            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer())) {
                CaptureLoop loop = new CaptureLoop(
                        Engine.of(kind, RING_BYTES),
                        new PodProcesses(PROC),
                        new PodFinder(PROC, links),
                        links,
                        log,
                        new CustodyLog(custody, "test", clock),
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

    private static void until(CaptureLoop loop, BooleanSupplier done) throws IOException {
        for (int round = 0; round < ROUNDS_MAX && !done.getAsBoolean(); round++) {
            if (loop.doWork() == 0) {
                Waiting.forAny(loop.descriptors(), 5);
            }
        }
        assertThat(done.getAsBoolean()).isTrue();
    }

    private CompletableFuture<Void> traffic(String namespace, String device) {
        return CompletableFuture.runAsync(() -> {
            try {
                namespaces.send(namespace, device, Collections.nCopies(20_000, FRAME));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private void podProcess() throws IOException {
        // First the cgroup: ip netns exec mounts a /sys of its own, which has none.
        String enter = "echo $$ > " + cgroup.resolve("pod" + Orders.POD).resolve("cgroup.procs");
        String there = "exec ip netns exec " + pod + " sh -c 'echo there; exec sleep 1000'";
        Process process = new ProcessBuilder("sh", "-c", enter + " && " + there).start();
        processes.add(process);
        assertThat(process.inputReader().readLine()).isEqualTo("there");
    }

    private Command.Start start() {
        return Orders.start(warrant, now.plusSeconds(600));
    }

    private static Path cgroups() {
        Path hybrid = Path.of("/sys/fs/cgroup/unified");
        return Files.isDirectory(hybrid) ? hybrid : Path.of("/sys/fs/cgroup");
    }

    private static Warrant around(Instant now) {
        Warrant warrant = Orders.warrant();
        return new Warrant(
                warrant.id(),
                1,
                warrant.authority(),
                warrant.caseReference(),
                warrant.target(),
                now.minusSeconds(3600),
                now.plusSeconds(3600),
                Warrant.Scope.CONTENT,
                null,
                warrant.deliveryAgency(),
                warrant.retentionDays());
    }
}
