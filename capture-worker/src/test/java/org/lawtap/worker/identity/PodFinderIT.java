package org.lawtap.worker.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lawtap.worker.kernel.NetlinkLinks;
import org.lawtap.worker.kernel.TestNetwork;

/** Finds and refuses interfaces of real namespaces; needs root. */
class PodFinderIT {
    @Test
    void provesTheVethOfAPod() throws Exception {
        try (TestNetwork network = TestNetwork.make("found", 1500)) {
            Process process = inPod(network);
            try {
                PodFinder.Finding finding = find(network, process);
                assertThat(finding).isInstanceOfSatisfying(PodFinder.Finding.Found.class, found -> {
                    assertThat(found.interfaces()).hasSize(1);
                    assertThat(found.interfaces().getFirst().link().name()).isEqualTo("host0");
                    assertThat(found.interfaces().getFirst().podSideName()).isEqualTo("eth0");
                });
            } finally {
                process.destroyForcibly();
            }
        }
    }

    @Test
    void takesNoMacvlanForThePodsOwn() throws Exception {
        try (TestNetwork network = TestNetwork.make("macvlan", 1500)) {
            TestNetwork.run("ip", "-n", network.pod(), "link", "del", "eth0");
            TestNetwork.run("ip", "-n", network.node(), "link", "add", "nic0", "type", "veth", "peer", "name", "nic1");
            TestNetwork.run("ip", "-n", network.node(), "link", "set", "nic0", "up");
            TestNetwork.run(
                    "ip",
                    "-n",
                    network.node(),
                    "link",
                    "add",
                    "eth0",
                    "link",
                    "nic0",
                    "netns",
                    network.pod(),
                    "type",
                    "macvlan");
            Process process = inPod(network);
            try {
                assertThat(find(network, process)).isInstanceOf(PodFinder.Finding.NoHostPeer.class);
            } finally {
                process.destroyForcibly();
            }
        }
    }

    @Test
    void findsNothingOnAForeignNode() throws Exception {
        try (TestNetwork network = TestNetwork.make("home", 1500);
                TestNetwork foreign = TestNetwork.make("foreign", 1500)) {
            Process process = inPod(network);
            try {
                assertThat(find(foreign, process)).isInstanceOf(PodFinder.Finding.NoHostPeer.class);
            } finally {
                process.destroyForcibly();
            }
        }
    }

    @Test
    void waitsWhileThePodHasNoProcess() throws Exception {
        try (TestNetwork network = TestNetwork.make("empty", 1500)) {
            PodFinder.Finding finding = network.inNode(() -> {
                try (NetlinkLinks links = NetlinkLinks.open()) {
                    return new PodFinder(Path.of("/proc"), links).find(List.of());
                }
            });
            assertThat(finding).isInstanceOf(PodFinder.Finding.NotYet.class);
        }
    }

    private static PodFinder.Finding find(TestNetwork network, Process process) throws Exception {
        return network.inNode(() -> {
            try (NetlinkLinks links = NetlinkLinks.open()) {
                return new PodFinder(Path.of("/proc"), links).find(List.of(Math.toIntExact(process.pid())));
            }
        });
    }

    /** A process of the pod; it says when it is there. */
    private static Process inPod(TestNetwork network) throws Exception {
        Process process = new ProcessBuilder(
                        "ip", "netns", "exec", network.pod(), "sh", "-c", "echo there; exec sleep 1000")
                .start();
        assertThat(process.inputReader().readLine()).isEqualTo("there");
        return process;
    }
}
