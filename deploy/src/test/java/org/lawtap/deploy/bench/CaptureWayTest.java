package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class CaptureWayTest {
    @Test
    void measuresLawtapWhateverThePeers() {
        assertThat(CaptureWay.withPeers("tcpdump,c-ring"))
                .containsExactly(CaptureWay.ENGINE, CaptureWay.WORKER, CaptureWay.TCPDUMP_FILE, CaptureWay.C_RING);
    }

    @Test
    void refusesAPeerItDoesNotKnow() {
        assertThatThrownBy(() -> CaptureWay.withPeers("tcpdump,snoop"))
                .hasMessageContaining("snoop")
                .hasMessageContaining("c-ring");
    }

    @Test
    void turnsWithTheRound() {
        assertThat(CaptureBench.inTurn(List.of(1, 2, 3), 1)).containsExactly(1, 2, 3);
        assertThat(CaptureBench.inTurn(List.of(1, 2, 3), 2)).containsExactly(2, 3, 1);
        assertThat(CaptureBench.inTurn(List.of(1, 2, 3), 4)).containsExactly(1, 2, 3);
    }
}
