package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import org.junit.jupiter.api.Test;

class MixTest {
    @Test
    void knowsImixAsSevenFourOne() {
        Mix imix = Mix.parse("imix");

        assertThat(imix.lengths()).hasSize(12);
        assertThat(Collections.frequency(imix.lengths(), 64)).isEqualTo(7);
        assertThat(Collections.frequency(imix.lengths(), 594)).isEqualTo(4);
        assertThat(Collections.frequency(imix.lengths(), 1514)).isEqualTo(1);
    }

    @Test
    void takesSizesInAList() {
        assertThat(Mix.parseAll("64,IMIX,1514,64")).extracting(Mix::name).containsExactly("64", "IMIX", "1514");
    }

    @Test
    void refusesWhatNoEthernetFrameIs() {
        for (String text : new String[] {"63", "1515", "x", ""}) {
            assertThatThrownBy(() -> Mix.parse(text)).hasMessageContaining("a size is IMIX or from 64 to 1514");
        }
    }
}
