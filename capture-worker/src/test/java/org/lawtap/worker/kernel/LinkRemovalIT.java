package org.lawtap.worker.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.InterfaceCounters;

final class LinkRemovalIT {
    private static final byte[] FRAME = new byte[60];

    private final Namespaces namespaces = new Namespaces();
    private String node = "";
    private String pod = "";

    @BeforeEach
    void wire() throws Exception {
        node = namespaces.add("rn");
        pod = namespaces.add("rp");
        namespaces.pair(node, "h0", pod);
        namespaces.up(node, "h0", pod);
    }

    @AfterEach
    void clean() throws Exception {
        namespaces.close();
    }

    @Test
    void tellsTheFinalCountersOfARemovedPairInBothDirections() throws Exception {
        namespaces.in(node, () -> {
            try (NetlinkLinks links = NetlinkLinks.open()) {
                Link link = Namespaces.link("h0");
                links.watch(link);
                namespaces.send(node, "h0", Collections.nCopies(8, FRAME));
                namespaces.send(pod, "eth0", Collections.nCopies(13, FRAME));
                namespaces.ip(pod, "link del eth0");

                assertThat(links.find(link.index())).isNull();
                Links.Removal removal = Objects.requireNonNull(links.removal(link));
                assertThat(removal.complete()).isTrue();
                assertThat(removal.counters().sentPackets()).isEqualTo(8);
                assertThat(removal.counters().receivedPackets()).isEqualTo(13);
            }
            return 0;
        });
    }

    @Test
    void admitsThatADeletedNamespaceTakesTheCountFromThePodAlong() throws Exception {
        namespaces.in(node, () -> {
            try (NetlinkLinks links = NetlinkLinks.open()) {
                namespaces.send(pod, "eth0", Collections.nCopies(3, FRAME));
                Link link = Namespaces.link("h0");
                links.watch(link);
                namespaces.send(node, "h0", Collections.nCopies(8, FRAME));
                namespaces.delete(pod);

                Links.Removal removal = null;
                while (removal == null) {
                    Waiting.forAny(List.of(), 5);
                    removal = links.removal(link);
                }
                assertThat(removal.complete()).isFalse();
                assertThat(removal.counters().sentPackets()).isEqualTo(8);
                assertThat(removal.counters().receivedPackets()).isEqualTo(3);
            }
            return 0;
        });
    }

    @Test
    void forgetsWhatNobodyWatches() throws Exception {
        namespaces.in(node, () -> {
            try (NetlinkLinks links = NetlinkLinks.open()) {
                Link link = Namespaces.link("h0");
                links.watch(link);
                links.unwatch(link);
                namespaces.ip(node, "link del h0");
                assertThat(links.removal(link)).isNull();
            }
            return 0;
        });
    }

    @Test
    void readsAPairAndItsCounters() throws Exception {
        InterfaceCounters counters = namespaces.in(node, () -> {
            namespaces.send(pod, "eth0", Collections.nCopies(5, FRAME));
            namespaces.send(node, "h0", Collections.nCopies(4, FRAME));
            Link link = Namespaces.link("h0");
            assertThat(link.pair()).isTrue();
            assertThat(link.kind()).isEqualTo("veth");
            assertThat(link.peerNamespace()).isNotNegative();
            assertThat(link.up()).isTrue();
            assertThat(link.hardwareAddress().remaining()).isEqualTo(6);
            return link.counters();
        });
        assertThat(counters.tapped()).isEqualTo(9);
        assertThat(counters.receivedBytes()).isEqualTo(300);
    }

    @Test
    void knowsNoNamespaceIdOfAProcessThatEnded() throws Exception {
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        try (NetlinkLinks links = NetlinkLinks.open()) {
            assertThat(links.namespaceIdOf((int) ended.pid())).isEqualTo(-1);
        }
    }
}
