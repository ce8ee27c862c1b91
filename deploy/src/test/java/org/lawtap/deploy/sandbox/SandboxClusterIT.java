package org.lawtap.deploy.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.deploy.pod.CaptureFile;
import org.lawtap.deploy.pod.PodCounters;
import org.lawtap.deploy.pod.PodProcess;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodUid;

/** Needs root. Two nodes; a, b and the bystander on n1, c on n2. */
class SandboxClusterIT {
    private static final int RATE = 400;

    @TempDir
    static Path directory;

    private static final SandboxName NAME = SandboxName.random();
    private static SandboxCluster cluster;
    private static SandboxPod a;
    private static SandboxPod b;
    private static SandboxPod bystander;
    private static SandboxPod c;

    @BeforeAll
    static void start() throws Exception {
        SandboxCluster.makeControlNamespace(NAME);
        cluster = SandboxCluster.start(new SandboxCluster.Settings(NAME, 2, directory, 0));
        a = add("n1", "a", PodSpec.MTU_DEFAULT);
        b = add("n1", "b", PodSpec.MTU_DEFAULT);
        bystander = add("n1", "bystander", PodSpec.MTU_DEFAULT);
        c = add("n2", "c", PodSpec.MTU_DEFAULT);
        for (SandboxPod pod : cluster.pods()) {
            pod.process().serve();
        }
    }

    @AfterAll
    static void closeLeavesNothing() throws Exception {
        Path cgroup = cluster.cgroup();
        cluster.close();
        assertThat(Ip.namespaces(NAME.prefix())).isEmpty();
        assertThat(cgroup).doesNotExist();
    }

    @Test
    void podsServeOverHttpOnOneNodeAndAcrossNodes() throws Exception {
        for (SandboxPod peer : List.of(b, c)) {
            String small = curl(a, "http://" + peer.address() + "/");
            assertThat(small).contains(peer.spec().marker());
            String large = curl(a, "http://" + peer.address() + "/large");
            assertThat(large)
                    .hasSizeGreaterThanOrEqualTo(100_000)
                    .contains(peer.spec().marker());
        }
    }

    @Test
    void everyPacketIsCountedAndNobodyElseSeesIt() throws Exception {
        try (Machine.Tap atA = new Machine.Tap(a.netNamespace(), "eth0", directory);
                Machine.Tap atB = new Machine.Tap(b.netNamespace(), "eth0", directory);
                Machine.Tap atHost =
                        new Machine.Tap(cluster.netNamespace(a.spec().node()), a.hostVeth(), directory);
                Machine.Tap atC = new Machine.Tap(c.netNamespace(), "eth0", directory);
                Machine.Tap foreign = new Machine.Tap(bystander.netNamespace(), "eth0", directory)) {
            PodCounters beforeA = cluster.counters(a.spec().uid());
            PodCounters beforeBystander = cluster.counters(bystander.spec().uid());
            a.process().talk(b.address(), RATE);
            b.process().talk(a.address(), RATE);
            a.process().talk(c.address(), RATE);
            c.process().talk(b.address(), RATE);
            Machine.await(
                    "2000 packets at a", () -> cluster.counters(a.spec().uid()).packets() - beforeA.packets() > 2000);
            for (SandboxPod pod : List.of(a, b, c)) {
                pod.process().rest();
            }
            PodCounters after = cluster.counters(a.spec().uid());
            long passed = after.packets() - beforeA.packets();
            atA.awaitFrames(passed);
            atHost.awaitFrames(passed);
            atB.awaitFrames(1000);
            atC.awaitFrames(500);
            assertThat(cluster.counters(a.spec().uid())).isEqualTo(after);

            CaptureFile.Survey seen = atA.stop();
            assertThat(seen.frames()).isEqualTo(passed);
            assertThat(seen.bytes()).isEqualTo(after.bytes() - beforeA.bytes());
            assertThat(atHost.stop().frames()).isEqualTo(passed);
            assertThat(atB.holds(a.spec().marker())).isTrue();
            assertThat(atC.holds(a.spec().marker())).isTrue();
            assertThat(foreign.stop().frames()).isZero();
            assertThat(cluster.counters(bystander.spec().uid())).isEqualTo(beforeBystander);
        } finally {
            for (SandboxPod pod : List.of(a, b, c)) {
                for (SandboxPod peer : List.of(a, b, c)) {
                    pod.process().hush(peer.address());
                }
                pod.process().resume();
            }
        }
    }

    @Test
    void aPodIsFoundFromOutsideByItsCgroup() throws Exception {
        assertThat(a.cgroup().toString())
                .endsWith("kubepods/besteffort/pod" + a.spec().uid() + "/" + a.containerId());
        List<Long> pids = Cgroups.processes(a.cgroup());
        assertThat(pids).containsExactly(a.process().pid());
        int peer = ifindex(a);
        String host = Shell.run("ip", "-n", cluster.netNamespace(a.spec().node()), "-o", "link", "show", a.hostVeth());
        assertThat(host).startsWith(peer + ": " + a.hostVeth());
        assertThat(Files.getAttribute(Path.of("/proc/" + a.process().pid() + "/ns/net"), "unix:ino"))
                .isEqualTo(a.netInode());
        assertThat(Shell.run("ip", "-n", a.netNamespace(), "link", "show", "eth0"))
                .contains(a.mac());
    }

    @Test
    void removedPodsCountersAreFinal() throws Exception {
        SandboxPod pod = add("n2", "brief", PodSpec.MTU_DEFAULT);
        PodUid uid = pod.spec().uid();
        pod.process().serve();
        int ifindex = ifindex(pod);
        // A capture of one device loses what it has not yet handed out when the device goes down.
        try (Machine.Tap tap = new Machine.Tap(cluster.netNamespace(pod.spec().node()), "any", directory)) {
            pod.process().talk(a.address(), RATE);
            a.process().talk(pod.address(), RATE);
            Machine.await("500 packets", () -> cluster.counters(uid).packets() > 500);
            PodCounters last = cluster.removePod(uid);
            Machine.await(last.packets() + " frames", () -> tap.framesOf(ifindex) >= last.packets());
            tap.end();
            assertThat(tap.framesOf(ifindex)).isEqualTo(last.packets());
        } finally {
            a.process().hush(pod.address());
        }
        assertThat(pod.process().isAlive()).isFalse();
        assertThat(pod.cgroup().getParent()).doesNotExist();
        assertThat(Ip.namespaces(NAME.prefix())).doesNotContain(pod.netNamespace());
        assertThatThrownBy(() -> cluster.counters(uid)).isInstanceOf(SandboxException.class);
    }

    @Test
    void aRestartedSandboxKeepsTheUidAndNothingElse() throws Exception {
        SandboxPod old = add("n1", "restarted", PodSpec.MTU_DEFAULT);
        PodUid uid = old.spec().uid();
        old.process().serve();
        assertThat(curl(a, "http://" + old.address() + "/")).contains(uid.value());
        PodCounters last = cluster.restartSandbox(uid);
        assertThat(last.packets()).isPositive();
        SandboxPod now = cluster.pod(uid);
        now.process().serve();
        assertThat(curl(a, "http://" + now.address() + "/")).contains(uid.value());
        assertThat(now.netInode()).isNotEqualTo(old.netInode());
        assertThat(now.hostVeth()).isNotEqualTo(old.hostVeth());
        assertThat(now.mac()).isNotEqualTo(old.mac());
        assertThat(now.containerId()).isNotEqualTo(old.containerId());
        assertThat(now.cgroup().getParent()).isEqualTo(old.cgroup().getParent());
        cluster.removePod(uid);
    }

    @Test
    void replaysEveryFrameAsItStands() throws Exception {
        Path file = directory.resolve("replay.pcap");
        Files.write(file, capture(20_000, 9014));
        SandboxPod pod = add("n2", "replay", 9000);
        try (Machine.Tap tap = new Machine.Tap(cluster.netNamespace(pod.spec().node()), pod.hostVeth(), directory)) {
            PodCounters before = cluster.counters(pod.spec().uid());
            PodProcess.Replayed replayed = pod.process().replay(file, 100_000, (frames, total) -> {});
            assertThat(replayed.sent()).isEqualTo(20_000);
            assertThat(replayed.dropped()).isZero();
            assertThat(replayed.named())
                    .containsExactly(
                            new PodProcess.SkippedFrame(20_001, 13, "shorter than an Ethernet header of 14 bytes"),
                            new PodProcess.SkippedFrame(20_002, 9015, "longer than the interface takes, 9014 bytes"));
            tap.awaitFrames(20_000);
            PodCounters last = cluster.removePod(pod.spec().uid());
            assertThat(last.sentPackets() - before.sentPackets()).isEqualTo(20_000);
            assertThat(last.receivedPackets()).isZero();
            assertThat(last.sendDropped()).isZero();
            CaptureFile.Survey seen = tap.stop();
            assertThat(seen.frames()).isEqualTo(20_000);
            assertThat(seen.longestFrame()).isEqualTo(9014);
        }
    }

    @Test
    void aPodMayHaveTheLongestMtu() throws Exception {
        SandboxPod pod = add("n1", "jumbo", PodSpec.MTU_MAX);
        Path file = directory.resolve("jumbo.pcap");
        Files.write(file, capture(10, 65_549));
        PodProcess.Replayed replayed = pod.process().replay(file, 1000, (frames, total) -> {});
        assertThat(replayed.sent()).isEqualTo(10);
        assertThat(cluster.removePod(pod.spec().uid()).sentPackets()).isEqualTo(10);
    }

    @Test
    void aPodThatCannotStartLeavesNothing() throws Exception {
        List<String> before = Ip.namespaces(NAME.prefix());
        PodSpec spec = spec("n9", "nowhere", PodSpec.MTU_DEFAULT);
        assertThatThrownBy(() -> cluster.addPod(spec))
                .isInstanceOf(SandboxException.class)
                .hasMessage("the sandbox has no node n9");
        assertThat(Ip.namespaces(NAME.prefix())).isEqualTo(before);
    }

    @Test
    void theMachinesOwnNamespaceIsNeverTheControlNamespace() throws Exception {
        assertThatThrownBy(() -> SandboxCluster.attachControlNamespace(SandboxName.random()))
                .isInstanceOf(SandboxException.class)
                .hasMessageContaining("unshare --net");
    }

    /** Frames of all lengths up to the longest, then one that is too short and one that is too long. */
    private static byte[] capture(int frames, int longest) {
        ByteBuffer file =
                ByteBuffer.allocate(24 + (frames + 2) * (16 + longest + 1)).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(0xA1B2C3D4)
                .putShort((short) 2)
                .putShort((short) 4)
                .putLong(0)
                .putInt(262_144)
                .putInt(1);
        for (int i = 0; i < frames; i++) {
            put(file, i == 0 ? longest : 14 + i % 1487);
        }
        put(file, 13);
        put(file, longest + 1);
        byte[] bytes = new byte[file.position()];
        file.get(0, bytes);
        return bytes;
    }

    private static void put(ByteBuffer file, int length) {
        byte[] frame = new byte[length];
        frame[0] = 0x02;
        frame[6] = 0x02;
        if (length >= 14) {
            frame[12] = 0x08;
        }
        file.putInt(1).putInt(2).putInt(length).putInt(length).put(frame);
    }

    /** The host side's index, as an outsider finds it. */
    private static int ifindex(SandboxPod pod) throws IOException {
        Path link = Path.of("/proc/" + pod.process().pid() + "/root/sys/class/net/eth0/iflink");
        return Integer.parseInt(Files.readString(link).strip());
    }

    private static String curl(SandboxPod from, String url) throws SandboxException {
        return Shell.run("ip", "netns", "exec", from.netNamespace(), "curl", "-s", "--max-time", "10", url);
    }

    private static SandboxPod add(String node, String name, int mtu) throws SandboxException {
        return cluster.addPod(spec(node, name, mtu));
    }

    private static PodSpec spec(String node, String name, int mtu) {
        return new PodSpec(
                new NodeName(node),
                new Namespace("shop"),
                new PodName(name),
                new PodUid(UUID.randomUUID().toString()),
                Map.of("app", name),
                mtu);
    }
}
