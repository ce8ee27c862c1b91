package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** That JMH finds and runs every piece, never what it measured. */
class MicroBenchTest {
    @Test
    void measuresEveryPieceAtEverySize() throws BenchException {
        List<MicroBench.Figure> figures = new MicroBench(new MicroBench.Times(0, 1, 1), sentence -> {}).run();

        assertThat(figures)
                .extracting(figure -> figure.piece() + " " + figure.size())
                .containsExactly(
                        "WALK 64",
                        "WALK 512",
                        "WALK 1514",
                        "WALK IMIX",
                        "ENCODE 64",
                        "ENCODE 512",
                        "ENCODE 1514",
                        "ENCODE IMIX",
                        "LEAF ",
                        "ROOT ",
                        "SIGN 1",
                        "SIGN 50",
                        "SIGN 250",
                        "WRITE 64",
                        "WRITE 512",
                        "WRITE 1514",
                        "WRITE IMIX");
        assertThat(figures).allSatisfy(figure -> assertThat(figure.nanos()).isPositive());
    }
}
