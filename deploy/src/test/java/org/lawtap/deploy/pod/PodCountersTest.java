package org.lawtap.deploy.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class PodCountersTest {
    private static final List<String> TABLE = List.of(
            "Inter-|   Receive                                                |  Transmit",
            " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls",
            "    lo:       9       9    0    0    0     0          0         0        9       9    0    0    0     0 0 0",
            "  eth0:1000      11    0    3    0     0          0         0     2000      22    0    4    0     0       0 0");

    @Test
    void readsTheDevicesLine() {
        assertThat(PodCounters.ofTable(TABLE)).contains(new PodCounters(11, 1000, 22, 2000, 3, 4));
    }

    @Test
    void aTableWithoutTheDeviceHasNoCounters() {
        assertThat(PodCounters.ofTable(TABLE.subList(0, 3))).isEmpty();
    }

    @Test
    void theAgentsLineIsReadBack() {
        PodCounters counters = new PodCounters(1, 2, 3, 4, 5, 6);
        assertThat(PodCounters.parse(counters.line())).isEqualTo(counters);
        assertThatThrownBy(() -> PodCounters.parse("counters 1 2")).isInstanceOf(IllegalArgumentException.class);
    }
}
