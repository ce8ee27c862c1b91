package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadTest {
    @Test
    void isTheMedianBetweenTheLeastAndTheMost() {
        assertThat(Spread.of(List.of(3.0, 1.0, 2.0))).contains(new Spread(2, 1, 3, 3));
        assertThat(Spread.of(List.of(4.0, 1.0))).contains(new Spread(2.5, 1, 4, 2));
    }

    @Test
    void leavesOutWhatCouldNotBeMeasured() {
        assertThat(Spread.of(List.of(Double.NaN, 5.0, Double.POSITIVE_INFINITY)))
                .contains(new Spread(5, 5, 5, 1));
        assertThat(Spread.of(List.of(Double.NaN))).isEmpty();
        assertThat(Spread.text(Spread.of(List.of()))).isEqualTo("-");
    }

    @Test
    void isPrintedWithThreeDigits() {
        assertThat(new Spread(0.12345, 0.1, 0.2, 3).text()).isEqualTo("0.123 (0.100-0.200)");
        assertThat(new Spread(12.34, 12.34, 12.34, 1).text()).isEqualTo("12.3");
        assertThat(Spread.number(1234567)).isEqualTo("1,234,567");
        assertThat(Spread.number(0)).isEqualTo("0");
    }
}
