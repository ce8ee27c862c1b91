package org.lawtap.worker.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class TrafficControlIT {
    private final Namespaces namespaces = new Namespaces();
    private String node = "";

    @BeforeEach
    void wire() throws Exception {
        node = namespaces.add("tn");
        for (String device : List.of("h0", "h1", "h2")) {
            String pod = namespaces.add("t" + device);
            namespaces.pair(node, device, pod);
            namespaces.up(node, device, pod);
        }
    }

    @AfterEach
    void clean() throws Exception {
        namespaces.close();
    }

    @Test
    void oneListTellsWhereTrafficControlStands() throws Exception {
        namespaces.in(node, () -> {
            try (NetlinkLinks links = NetlinkLinks.open()) {
                assertThat(links.trafficControlled()).isEmpty();
                namespaces.tc(node, "qdisc add dev h0 clsact");
                namespaces.tc(node, "qdisc add dev h1 ingress");
                namespaces.tc(node, "qdisc add dev h2 root pfifo");

                assertThat(links.trafficControlled())
                        .containsExactlyInAnyOrder(
                                Namespaces.link("h0").index(),
                                Namespaces.link("h1").index());
            }
            return 0;
        });
    }
}
