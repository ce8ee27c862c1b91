package org.lawtap.worker.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RingBudgetTest {
    private static final long MIB = 1 << 20;

    @Test
    void aFewRingsAreLargeAndHundredsFitIn() {
        RingBudget budget = new RingBudget(32 * MIB, 1536 * MIB);
        List<Long> sizes = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            sizes.add(budget.take());
        }
        assertThat(sizes.subList(0, 10)).containsOnly(32 * MIB);
        assertThat(sizes).isSortedAccordingTo((one, other) -> Long.compare(other, one));
        assertThat(sizes.getLast()).isEqualTo(2 * MIB);
        assertThat(sizes.stream().mapToLong(Long::longValue).sum()).isLessThan(1800 * MIB);
    }

    @Test
    void whatIsGivenBackIsGivenAgain() {
        RingBudget budget = new RingBudget(32 * MIB, 1024 * MIB);
        List<Long> taken = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            taken.add(budget.take());
        }
        taken.forEach(budget::giveBack);
        assertThat(budget.take()).isEqualTo(32 * MIB);
    }

    @Test
    void neverMoreThanTheSettingsAllow() {
        assertThat(new RingBudget(65_536, 1024 * MIB).take()).isEqualTo(65_536);
        assertThat(new RingBudget(32 * MIB, 0).take()).isEqualTo(2 * MIB);
    }
}
