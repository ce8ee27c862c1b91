package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class CaptureWayTest {
    @Test
    void measuresLawtapWhateverThePeers() {
        assertThat(CaptureWay.withPeers("tcpdump,c-ring"))
                .containsExactly(CaptureWay.ENGINE, CaptureWay.C_RING, CaptureWay.TCPDUMP_FILE, CaptureWay.WORKER);
    }

    @Test
    void measuresTheFewestAndTheMostCapturesInEveryRound() {
        NodesBench.Options options = new NodesBench.Options(List.of(1, 10, 50, 250), Mix.IMIX, 1, 1, 3, 0);
        assertThat(options.captures(1)).containsExactly(1, 10, 50, 250);
        assertThat(options.captures(2)).containsExactly(1, 250);
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
