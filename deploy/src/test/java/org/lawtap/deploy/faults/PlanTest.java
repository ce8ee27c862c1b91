package org.lawtap.deploy.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PlanTest {
    @Test
    void isAFunctionOfSeedAndLength() {
        assertThat(Plan.of(7, 3)).isEqualTo(Plan.of(7, 3));
        assertThat(Plan.of(7, 3).faults()).isNotEqualTo(Plan.of(8, 3).faults());
    }

    @Test
    void staysAsItWasPinned() {
        assertThat(Plan.of(1, 3).faults().stream().limit(3).map(Fault::sentence))
                .containsExactly(
                        "worker: disk full for 18.1 s",
                        "worker: cut off for 18.1 s",
                        "warrants: stands still for 5.8 s");
        assertThat(Plan.of(1, 3).faults()).hasSize(31);
    }

    @Test
    void everyKindBefallsEverybodyWhomItCan() {
        Set<String> befallen = LongStream.rangeClosed(1, 5)
                .boxed()
                .flatMap(seed -> Plan.of(seed, 10).faults().stream())
                .map(fault -> fault.kind() + " " + fault.party())
                .collect(Collectors.toSet());
        for (Party party : Party.values()) {
            for (Fault.Kind kind : EnumSet.of(Fault.Kind.KILL, Fault.Kind.STOP, Fault.Kind.CUT)) {
                assertThat(befallen).contains(kind + " " + party);
            }
        }
        assertThat(befallen)
                .contains("DISK_FULL WORKER", "DISK_FULL SINK", "CLOCK WATCHER", "CLOCK WARRANTS", "CLOCK SINK")
                .hasSize(3 * Party.values().length + 5);
    }

    @Test
    void allFaultsAreOverInTheEnd() {
        for (long seed = 1; seed <= 20; seed++) {
            Plan plan = Plan.of(seed, 2);
            assertThat(plan.faults()).isNotEmpty().allMatch(fault -> fault.endMs() <= plan.endMs());
        }
    }

    @Test
    void calmComesWhenNothingBefellForSoLong() {
        Instant begin = Instant.EPOCH;
        Fault fault = new Fault(0, 0, Fault.Kind.KILL, Party.SINK, 0);
        List<Happened> happened = List.of(
                new Happened(fault, begin.plusSeconds(12), begin.plusSeconds(20)),
                new Happened(fault, begin.plusSeconds(3), begin.plusSeconds(5)));
        assertThat(Happened.calmAfter(happened, begin, Duration.ofSeconds(2))).isEqualTo(begin.plusSeconds(2));
        assertThat(Happened.calmAfter(happened, begin, Duration.ofSeconds(4))).isEqualTo(begin.plusSeconds(9));
        assertThat(Happened.calmAfter(happened, begin, Duration.ofSeconds(10))).isEqualTo(begin.plusSeconds(30));
    }
}
