package org.lawtap.deploy.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SimulationTest {
    /** More of them: ./lawtap simulate. */
    private static final int SEEDS = 200;

    private static final int SEEDS_OF_A_FAULT_MAX = 200;

    @Test
    void everyInvariantHolds() {
        long kept = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            Simulation.Outcome outcome = Simulation.run(seed, Fault.NONE);
            assertThat(outcome.broken()).as("seed " + seed).isEmpty();
            kept += outcome.kept();
        }
        // A simulation in which nothing is captured shows nothing.
        assertThat(kept).isGreaterThan(20L * SEEDS);
    }

    @Test
    void aSeedPlaysTheSameEachTime() {
        for (long seed = 1; seed <= 5; seed++) {
            assertThat(Simulation.run(seed, Fault.NONE)).isEqualTo(Simulation.run(seed, Fault.NONE));
        }
        Simulation.Outcome broken = firstBroken(Fault.WORKER_IGNORES_STOPS);
        assertThat(Simulation.run(broken.seed(), Fault.WORKER_IGNORES_STOPS)).isEqualTo(broken);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void noticesAPlantedFault(Fault fault) {
        Set<Invariant> broken = new LinkedHashSet<>();
        Optional<Invariant> named = fault.breaks();
        for (long seed = 1;
                seed <= SEEDS_OF_A_FAULT_MAX && !named.map(broken::contains).orElse(true);
                seed++) {
            Simulation.run(seed, fault).broken().ifPresent(one -> broken.add(one.invariant()));
        }
        assertThat(broken).contains(named.orElseThrow());
    }

    private static Simulation.Outcome firstBroken(Fault fault) {
        for (long seed = 1; seed <= SEEDS_OF_A_FAULT_MAX; seed++) {
            Simulation.Outcome outcome = Simulation.run(seed, fault);
            if (outcome.broken().isPresent()) {
                return outcome;
            }
        }
        throw new AssertionError("no seed breaks with " + fault);
    }
}
