package org.lawtap.warrants.decision;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.Warrant;

class DecisionTest {
    private static final Instant START = Instant.parse("2026-11-23T12:00:00Z");
    private static final Instant END = START.plusSeconds(3600);
    private static final Instant NOW = START.plusSeconds(60);
    private static final ClusterId CLUSTER = new ClusterId("c1");
    private static final Namespace SHOP = new Namespace("shop");
    private static final NodeName N1 = new NodeName("n1");
    private static final NodeName N2 = new NodeName("n2");
    private static final WarrantId FIRST = WarrantId.parse("00000000-0000-4000-8000-000000000001");
    private static final WarrantId SECOND = WarrantId.parse("00000000-0000-4000-8000-000000000002");
    private static final Standing STANDING = standing(FIRST, 1);
    private static final RunningCapture RUNNING = running(FIRST, 1, N1);

    @Test
    void startsWhenAScheduledPodMatchesAnActiveWarrant() {
        assertThat(decide(pod(), List.of(), List.of(STANDING), NOW)).containsExactly(new Step.Start(STANDING, N1));
    }

    @Test
    void doesNothingForARunningCaptureThatIsStillWanted() {
        assertThat(decide(pod(), List.of(RUNNING), List.of(STANDING), NOW)).isEmpty();
    }

    @Test
    void startsAPodThatIsScheduledAndNotYetRunning() {
        Pod pending = pod(N1, Map.of("app", "nginx1"), Pod.Phase.PENDING, SHOP);
        assertThat(decide(pending, List.of(), List.of(STANDING), NOW)).containsExactly(new Step.Start(STANDING, N1));
    }

    @Test
    void waitsForAPodToBeScheduled() {
        Pod unscheduled = pod(null, Map.of("app", "nginx1"), Pod.Phase.PENDING, SHOP);
        assertThat(decide(unscheduled, List.of(), List.of(STANDING), NOW)).isEmpty();
    }

    @Test
    void startsFromTheFirstInstantOfTheWindowToBeforeItsLast() {
        assertThat(decide(pod(), List.of(), List.of(STANDING), START.minusNanos(1)))
                .isEmpty();
        assertThat(decide(pod(), List.of(), List.of(STANDING), START)).hasSize(1);
        assertThat(decide(pod(), List.of(), List.of(STANDING), END.minusNanos(1)))
                .hasSize(1);
        assertThat(decide(pod(), List.of(), List.of(STANDING), END)).isEmpty();
    }

    @Test
    void stopsAtTheEndOfTheWindow() {
        assertThat(decide(pod(), List.of(RUNNING), List.of(STANDING), END))
                .containsExactly(stop(StopReason.WARRANT_ENDED));
    }

    @Test
    void stopsWhenTheWarrantIsRevoked() {
        Standing revoked = new Standing(STANDING.signed(), STANDING.warrant(), true, true);
        assertThat(decide(pod(), List.of(RUNNING), List.of(revoked), NOW))
                .containsExactly(stop(StopReason.WARRANT_REVOKED));
    }

    @Test
    void neverStartsUnderARevokedWarrant() {
        Standing revoked = new Standing(STANDING.signed(), STANDING.warrant(), true, true);
        assertThat(decide(pod(), List.of(), List.of(revoked), NOW)).isEmpty();
    }

    @Test
    void stopsACaptureOfAWarrantThatIsNotThere() {
        assertThat(decide(pod(), List.of(RUNNING), List.of(), NOW))
                .hasSize(1)
                .first()
                .isInstanceOf(Step.Stop.class);
    }

    @Test
    void stopsAndStartsAgainUnderANewerGeneration() {
        Standing amended = standing(FIRST, 2);
        assertThat(decide(pod(), List.of(RUNNING), List.of(amended), NOW))
                .containsExactly(stop(StopReason.WARRANT_AMENDED), new Step.Start(amended, N1));
    }

    @Test
    void stopsWhenThePodIsGone() {
        assertThat(decide(null, List.of(RUNNING), List.of(STANDING), NOW)).containsExactly(stop(StopReason.POD_GONE));
    }

    @Test
    void stopsWhenThePodHasEnded() {
        for (Pod.Phase phase : List.of(Pod.Phase.SUCCEEDED, Pod.Phase.FAILED)) {
            Pod ended = pod(N1, Map.of("app", "nginx1"), phase, SHOP);
            assertThat(decide(ended, List.of(RUNNING), List.of(STANDING), NOW))
                    .containsExactly(stop(StopReason.POD_ENDED));
        }
    }

    @Test
    void neverStartsAPodThatHasEnded() {
        Pod ended = pod(N1, Map.of("app", "nginx1"), Pod.Phase.SUCCEEDED, SHOP);
        assertThat(decide(ended, List.of(), List.of(STANDING), NOW)).isEmpty();
    }

    @Test
    void goesOnWhileThePodsPhaseIsUnknown() {
        Pod unknown = pod(N1, Map.of("app", "nginx1"), Pod.Phase.UNKNOWN, SHOP);
        assertThat(decide(unknown, List.of(RUNNING), List.of(STANDING), NOW)).isEmpty();
    }

    @Test
    void stopsWhenTheLabelsLeaveTheTarget() {
        Pod other = pod(N1, Map.of("app", "nginx2"), Pod.Phase.RUNNING, SHOP);
        assertThat(decide(other, List.of(RUNNING), List.of(STANDING), NOW))
                .containsExactly(stop(StopReason.POD_LEFT_TARGET));
    }

    @Test
    void leavesAPodOfAnotherNamespaceAlone() {
        Pod elsewhere = pod(N1, Map.of("app", "nginx1"), Pod.Phase.RUNNING, new Namespace("bank"));
        assertThat(decide(elsewhere, List.of(), List.of(STANDING), NOW)).isEmpty();
    }

    @Test
    void leavesAPodThatLacksOneOfTheLabelsAlone() {
        Pod without = pod(N1, Map.of("tier", "web"), Pod.Phase.RUNNING, SHOP);
        assertThat(decide(without, List.of(), List.of(STANDING), NOW)).isEmpty();
    }

    @Test
    void stopsOnTheOldNodeAndStartsOnTheNewOneWhenThePodMoved() {
        Pod moved = pod(N2, Map.of("app", "nginx1"), Pod.Phase.RUNNING, SHOP);
        assertThat(decide(moved, List.of(RUNNING), List.of(STANDING), NOW))
                .containsExactly(stop(StopReason.POD_MOVED), new Step.Start(STANDING, N2));
    }

    @Test
    void waitsForThePacketTopic() {
        Standing unready = new Standing(STANDING.signed(), STANDING.warrant(), false, false);
        assertThat(decide(pod(), List.of(), List.of(unready), NOW)).isEmpty();
    }

    @Test
    void goesOnWhenThePacketTopicIsInDoubtLater() {
        Standing unready = new Standing(STANDING.signed(), STANDING.warrant(), false, false);
        assertThat(decide(pod(), List.of(RUNNING), List.of(unready), NOW)).isEmpty();
    }

    @Test
    void keepsTwoWarrantsOnOnePodApart() {
        Standing second = standing(SECOND, 1);
        Standing revoked = new Standing(STANDING.signed(), STANDING.warrant(), true, true);
        assertThat(decide(pod(), List.of(RUNNING), List.of(STANDING, second), NOW))
                .containsExactly(new Step.Start(second, N1));
        assertThat(decide(pod(), List.of(RUNNING, running(SECOND, 1, N1)), List.of(revoked, second), NOW))
                .containsExactly(stop(StopReason.WARRANT_REVOKED));
    }

    @Test
    void decidesTheSameForTheSameValues() {
        assertThat(decide(pod(), List.of(), List.of(STANDING), NOW))
                .isEqualTo(decide(pod(), List.of(), List.of(STANDING), NOW));
    }

    private static List<Step> decide(
            @Nullable Pod pod, List<RunningCapture> running, List<Standing> warrants, Instant now) {
        return Decision.decide(pod, running, warrants, now);
    }

    private static Step stop(StopReason reason) {
        return new Step.Stop(RUNNING, reason);
    }

    private static RunningCapture running(WarrantId warrant, long generation, NodeName node) {
        return new RunningCapture(new CaptureKey(warrant, generation, new PodUid("uid-1")), node);
    }

    private static Standing standing(WarrantId id, long generation) {
        Warrant warrant = new Warrant(
                id,
                generation,
                "Court",
                "case",
                new Target(CLUSTER, SHOP, Map.of("app", "nginx1")),
                START,
                END,
                Warrant.Scope.CONTENT,
                null,
                "Police",
                1);
        return new Standing(new SignedOrder(Warrant.PAYLOAD_TYPE, new byte[0], List.of()), warrant, false, true);
    }

    private static Pod pod() {
        return pod(N1, Map.of("app", "nginx1", "more", "x"), Pod.Phase.RUNNING, SHOP);
    }

    private static Pod pod(@Nullable NodeName node, Map<String, String> labels, Pod.Phase phase, Namespace namespace) {
        PodRef ref = new PodRef(CLUSTER, namespace, new PodName("web-0"), new PodUid("uid-1"));
        return new Pod(ref, labels, node, false, phase, List.of(), null, "1");
    }
}
