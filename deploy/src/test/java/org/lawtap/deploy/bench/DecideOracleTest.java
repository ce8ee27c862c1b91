package org.lawtap.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lawtap.deploy.bench.DecideOracle.OrderFact;
import org.lawtap.deploy.bench.DecideOracle.PodFact;
import org.lawtap.deploy.bench.DecideOracle.Said;
import org.lawtap.schemas.model.WarrantId;

/** The oracle of the kills finds each kind of fault. */
class DecideOracleTest {
    private static final Instant T = Instant.parse("2026-11-24T12:00:00Z");
    private static final WarrantId WARRANT = WarrantId.random();

    private final DecideOracle oracle = new DecideOracle();

    @Test
    void findsNothingWhereAllIsRight() {
        facts();
        said(true, 1, 2);
        said(false, 1, 31);
        assertThat(problems()).isEmpty();
        assertThat(oracle.latest()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void findsAMissingStartAndAMissingStop() {
        facts();
        assertThat(problems()).singleElement().asString().contains("is wanted since");
        said(true, 1, 2);
        assertThat(problems()).hasSize(2);
    }

    @Test
    void findsALateStart() {
        facts();
        said(true, 1, 12);
        said(false, 1, 31);
        assertThat(problems()).isNotEmpty();
    }

    @Test
    void forgivesWhatCameLateForAKill() {
        oracle.up(T);
        oracle.down(at(2));
        oracle.up(at(10));
        pod();
        order(1, 1, false);
        said(true, 1, 12);
        order(30, 1, true);
        said(false, 1, 31);
        assertThat(problems()).isEmpty();
        assertThat(oracle.latest()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void findsACommandThatWasSaidTwice() {
        facts();
        said(true, 1, 2);
        said(true, 1, 2);
        said(false, 1, 31);
        assertThat(problems()).isNotEmpty();
    }

    @Test
    void findsAStartOfAnotherGenerationAndOneAfterTheEnd() {
        facts();
        said(true, 2, 2);
        said(false, 2, 3);
        said(true, 1, 4);
        said(false, 1, 31);
        assertThat(problems()).isNotEmpty();
    }

    @Test
    void findsACaptureAfterARevocation() {
        facts();
        said(true, 1, 2);
        said(false, 1, 31);
        said(true, 1, 50);
        assertThat(problems()).isNotEmpty();
    }

    @Test
    void findsACommandAboutWhatNobodySpokeOf() {
        facts();
        said(true, 1, 2);
        said(false, 1, 31);
        oracle.said(WarrantId.random(), "uid-1", new Said(true, 1, "n1", at(3), at(3)));
        assertThat(problems()).singleElement().asString().contains("no fact speaks");
    }

    private void facts() {
        oracle.up(T);
        pod();
        order(1, 1, false);
        order(30, 1, true);
    }

    private void pod() {
        oracle.pod("uid-1", new PodFact(T, "shop", "web", "n1", false));
    }

    private void order(int second, long generation, boolean revoked) {
        oracle.order(WARRANT, new OrderFact(at(second), generation, "shop", "web", T, T.plusSeconds(1000), revoked));
    }

    private void said(boolean start, long generation, int second) {
        oracle.said(WARRANT, "uid-1", new Said(start, generation, "n1", at(second), at(second)));
    }

    private List<String> problems() {
        return oracle.problems(at(100));
    }

    private static Instant at(int second) {
        return T.plusSeconds(second);
    }
}
