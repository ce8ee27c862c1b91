package org.lawtap.worker.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.worker.command.Orders;
import org.lawtap.worker.engine.Engine;
import org.lawtap.worker.kernel.BpfPrograms;
import org.lawtap.worker.kernel.Waiting;

/** The whole capture of one pod. Needs root. */
class CaptureLoopIT extends LoopScenes {
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

    @Test
    void tellsOfPacketsThatAnXdpProgramTakesBeforeTheTap(@TempDir Path directory) throws Exception {
        loop(Engine.Kind.RING, loop -> {
            try (BpfPrograms programs = new BpfPrograms(directory)) {
                podWithASession(loop);
                namespaces.send(pod, "eth0", Collections.nCopies(3, FRAME));
                until(loop, () -> log.packets().size() == 3);
                assertThat(degradations()).isEmpty();

                namespaces.ip(node, "link set h0 mtu 1500");
                namespaces.ip(pod, "link set eth0 mtu 1500");
                namespaces.ip(node, "link set dev h0 xdp pinned " + programs.xdpDrop());
                namespaces.send(pod, "eth0", Collections.nCopies(10, FRAME));
                until(loop, () -> packetsNotSeen() == 10);
                assertThat(degradations().getLast().text()).contains("DEGRADED", "XDP");
                loop.endAll(StopReason.WORKER_SHUTDOWN);
                Checkpoint last = log.checkpoints().getLast();
                assertThat(last.unseenByTap()).isEqualTo(10);
                assertThat(last.delivered()).isEqualTo(3);
                assertThat(last.unaccounted()).isZero();
            }
        });
    }

    @Test
    void tellsOfPacketsThatReachThePodPastItsInterface(@TempDir Path directory) throws Exception {
        loop(Engine.Kind.RING, loop -> {
            try (BpfPrograms programs = new BpfPrograms(directory)) {
                podWithASession(loop);
                String sender = namespaces.add("ls");
                namespaces.pair(node, "s0", sender);
                namespaces.up(node, "s0", sender);
                namespaces.tc(node, "qdisc add dev s0 clsact");
                int index = log.opened().getFirst().interfaceIndex();
                namespaces.tc(
                        node,
                        "filter add dev s0 ingress bpf direct-action object-pinned " + programs.redirectPeer(index));
                namespaces.send(sender, "eth0", Collections.nCopies(10, FRAME));
                until(loop, () -> packetsNotSeen() == 10);
                assertThat(degradations().getLast().text()).contains("DEGRADED", "bpf_redirect_peer");
                loop.endAll(StopReason.WORKER_SHUTDOWN);
                assertThat(log.checkpoints().getLast().unseenByInterface()).isEqualTo(10);
                provesEveryPacket();
            }
        });
    }

    @Test
    void tellsOfPacketsThatTrafficControlDropsBeforeTheTap(@TempDir Path directory) throws Exception {
        loop(Engine.Kind.RING, loop -> {
            try (BpfPrograms programs = new BpfPrograms(directory)) {
                podWithASession(loop);
                namespaces.tc(node, "qdisc add dev h0 clsact");
                namespaces.tc(node, "filter add dev h0 egress bpf direct-action object-pinned " + programs.tcDrop());
                for (int i = 0; i < 10; i++) {
                    // A local sender is told that its packet was dropped.
                    assertThatThrownBy(() -> namespaces.send(node, "h0", List.of(FRAME)))
                            .hasMessageContaining("errno 105");
                }
                until(loop, () -> packetsNotSeen() == 10);
                assertThat(degradations().getLast().text()).contains("DEGRADED", "traffic control");
                loop.endAll(StopReason.WORKER_SHUTDOWN);
                provesEveryPacket();
            }
        });
    }

    @Test
    void callsNoTapDegradedUnderTraffic() throws Exception {
        loop(Engine.Kind.RING, loop -> {
            podWithASession(loop);
            for (int round = 0; round < 5; round++) {
                CompletableFuture<Void> out = traffic(pod, "eth0");
                CompletableFuture<Void> in = traffic(node, "h0");
                int expected = (round + 1) * 40_000;
                until(loop, () -> log.packets().size() == expected);
                CompletableFuture.allOf(out, in).join();
            }
            assertThat(degradations()).isEmpty();
        });
    }

    @Test
    void tellsOfADeviceThatHasNoEndOnTheNode() throws Exception {
        loop(Engine.Kind.RING, loop -> {
            podWithASession(loop);
            namespaces.ip(pod, "link add net1 type veth peer name net2");
            namespaces.ip(pod, "link set net1 up");
            namespaces.ip(pod, "link set net2 up");
            namespaces.awaitUp(pod, "net1");
            namespaces.awaitUp(pod, "net2");
            namespaces.send(pod, "net1", List.of(FRAME));
            until(loop, () -> events(CustodyAction.INTERFACE_NOT_COVERED).size() == 2);
            assertThat(events(CustodyAction.INTERFACE_NOT_COVERED))
                    .extracting(event -> event.details().get("podSideInterface"))
                    .containsExactlyInAnyOrder("net1", "net2");
        });
    }

    @Test
    void refusesAMacvlanPodAndNeverOpensTheParent() throws Exception {
        loop(Engine.Kind.RING, loop -> {
            String outside = namespaces.add("lo");
            namespaces.pair(node, "nic0", outside);
            namespaces.up(node, "nic0", outside);
            namespaces.ip(node, "link add link nic0 name eth0 netns " + pod + " type macvlan mode bridge");
            namespaces.ip(pod, "link set eth0 up");
            podProcess();
            until(loop, () -> {
                // Each round: whatever packet socket this namespace has, none was ever bound to the parent.
                assertThat(packetSockets()).isEmpty();
                return !events(CustodyAction.CAPTURE_REFUSED).isEmpty();
            });
            assertThat(events(CustodyAction.CAPTURE_REFUSED).getFirst().text()).contains("NO_HOST_PEER");
            assertThat(log.opened()).isEmpty();
        });
    }

    @Test
    void neverKeepsItsOwnConnectionAndKeepsThatOfAnother() throws Exception {
        loop(Engine.Kind.RING, loop -> {
            podWithASession(loop);
            namespaces.ip(node, "addr add 10.9.0.1/24 dev h0");
            namespaces.ip(pod, "addr add 10.9.0.2/24 dev eth0");
            try (ServerSocket broker =
                    namespaces.in(pod, () -> new ServerSocket(9092, 5, InetAddress.getByName("10.9.0.2")))) {
                CompletableFuture<Void> swallows = CompletableFuture.runAsync(() -> swallow(broker, 2));
                // This thread is in the node's network, and the connection is of the worker's process.
                try (Socket own = new Socket("10.9.0.2", 9092)) {
                    for (int i = 0; i < 50; i++) {
                        own.getOutputStream()
                                .write("of the worker's own ".repeat(100).getBytes(US_ASCII));
                        loop.doWork();
                        Waiting.forAny(List.of(), 5);
                    }
                }
                Process other = new ProcessBuilder(
                                "ip", "netns", "exec", node, "bash", "-c", "echo of another >/dev/tcp/10.9.0.2/9092")
                        .start();
                assertThat(other.waitFor()).isZero();
                until(
                        loop,
                        () -> log.packets().stream()
                                .anyMatch(packet -> text(packet).contains("of another")));
                swallows.join();
            }
            loop.endAll(StopReason.WORKER_SHUTDOWN);
            assertThat(log.packets()).noneMatch(packet -> text(packet).contains("of the worker's own"));
            Checkpoint last = log.checkpoints().getLast();
            assertThat(last.outOfScopeDiscarded()).isGreaterThan(10);
            assertThat(last.unaccounted()).isZero();
            assertThat(events(CustodyAction.SESSION_CLOSED).getLast().details())
                    .containsEntry("ownTrafficNotKept", String.valueOf(last.outOfScopeDiscarded()));
        });
    }

    private static void swallow(ServerSocket broker, int connections) {
        try {
            for (int i = 0; i < connections; i++) {
                try (Socket one = broker.accept()) {
                    one.getInputStream().transferTo(OutputStream.nullOutputStream());
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Packet packet) {
        return US_ASCII.decode(packet.data().duplicate()).toString();
    }

    /** The packet sockets of the calling thread's network namespace, as the kernel lists them. */
    private static List<String> packetSockets() {
        try {
            List<String> lines = Files.readAllLines(Path.of("/proc/thread-self/net/packet"));
            return lines.subList(1, lines.size());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void capturesEveryInterfaceOfThePod() throws Exception {
        loop(Engine.Kind.RING, loop -> {
            namespaces.ip(node, "link add h1 type veth peer name net1 netns " + pod);
            podWithASession(loop);
            until(loop, () -> log.opened().size() == 2);
            assertThat(log.opened())
                    .extracting(SessionOpened::podInterfaceName)
                    .containsExactlyInAnyOrder("eth0", "net1");
            assertThat(log.opened()).extracting(SessionOpened::previousSession).containsOnlyNulls();
        });
    }

    @Test
    void goesOnThroughARenameAndFlapsOfTheInterface() throws Exception {
        loop(Engine.Kind.RING, loop -> {
            podWithASession(loop);
            namespaces.send(pod, "eth0", List.of(FRAME));
            namespaces.ip(node, "link set h0 down");
            loop.doWork();
            namespaces.ip(node, "link set h0 name renamed");
            loop.doWork();
            namespaces.ip(node, "link set renamed up");
            namespaces.awaitUp(node, "renamed");
            namespaces.awaitUp(pod, "eth0");
            namespaces.send(pod, "eth0", List.of(FRAME));
            until(loop, () -> log.packets().size() == 2);
            assertThat(log.opened()).hasSize(1);
            loop.endAll(StopReason.WORKER_SHUTDOWN);
            provesEveryPacket();
        });
    }

    @Test
    void endsWhenTheOtherEndIsMovedAndCapturesNothingOfItsNewPlace() throws Exception {
        loop(Engine.Kind.RING, loop -> {
            podWithASession(loop);
            String elsewhere = namespaces.add("lx");
            namespaces.ip(pod, "link set eth0 netns " + elsewhere);
            until(
                    loop,
                    () -> !log.checkpoints().isEmpty()
                            && log.checkpoints().getLast().endReason() == StopReason.IDENTITY_LOST);
            namespaces.ip(elsewhere, "link set eth0 up");
            namespaces.send(elsewhere, "eth0", List.of(FRAME));
            loop.doWork();
            assertThat(log.packets()).isEmpty();
            assertThat(log.opened()).hasSize(1);
        });
    }

    @Test
    void keepsNoFrameThatABridgeFloodsForAnotherPodAndCountsIt() throws Exception {
        loop(Engine.Kind.RING, loop -> {
            podWithASession(loop);
            ByteBuffer address = log.opened().getFirst().podHardwareAddress();
            long own = (long) address.getShort(0) << 32 | Integer.toUnsignedLong(address.getInt(2));
            namespaces.send(node, "h0", List.of(frame(own), frame(0x02_aa_aa_aa_aa_aaL), frame(-1L)));
            namespaces.send(node, "h0", Collections.nCopies(7, frame(0x02_aa_aa_aa_aa_aaL)));
            until(loop, () -> log.packets().size() == 2);
            loop.endAll(StopReason.WORKER_SHUTDOWN);
            assertThat(log.packets()).hasSize(2);
            assertThat(log.checkpoints().getLast().outOfScopeDiscarded()).isEqualTo(8);
            assertThat(events(CustodyAction.SESSION_CLOSED).getFirst().details())
                    .containsEntry("notAddressedToPod", "8");
            provesEveryPacket();
        });
    }
}
