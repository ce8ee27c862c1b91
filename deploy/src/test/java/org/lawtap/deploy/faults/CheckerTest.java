package org.lawtap.deploy.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.lawtap.deploy.pod.NumberedSender.Numbered;
import org.lawtap.schemas.model.Chain;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.InterfaceCounters;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;

/** A checker that finds nothing is worth nothing: each kind of wrong is planted here once. */
class CheckerTest {
    private static final WarrantId WARRANT = WarrantId.random();
    private static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
    private static final Instant UNTIL = FROM.plusSeconds(1000);
    private static final Instant INSIDE = FROM.plusSeconds(10);
    private static final String POD = "marker-pod";
    private static final String MAC = "02:00:00:00:00:02";
    private static final Truth.Way OUT = new Truth.Way(POD, MAC);
    private static final long PASSED = 100;

    private final Map<String, Long> gaps = new HashMap<>();

    @Test
    void aWholeCaptureIsClean() {
        Checker checker = checker(session("s1", null, 0, 100, ended(0, 100, 0, StopReason.WARRANT_ENDED)));
        frames(checker, "s1", 0, 100);
        Checker.Verdict verdict = checker.end();
        assertThat(verdict.problems()).isEmpty();
        assertThat(verdict.of(PacketClass.KEPT)).isEqualTo(PASSED);
        assertThat(verdict.lost()).isZero();
    }

    @Test
    void everyPacketIsOfOneClass() {
        gaps.put("s2", 15L);
        Checker checker = checker(
                // 5 before, 40 kept and 3 dropped, then cut off; 15 between; 20 kept; 17 after the end.
                session("s1", null, 5, 40, open(5, 43, 3)),
                session("s2", "s1", 63, 20, ended(63, 83, 0, StopReason.WARRANT_ENDED)));
        frames(checker, "s1", 5, 42);
        frames(checker, "s1", 45, 48);
        frames(checker, "s2", 63, 83);
        Checker.Verdict verdict = checker.end();
        assertThat(verdict.problems()).isEmpty();
        assertThat(verdict.rows().getFirst().packets())
                .isEqualTo(Map.of(
                        PacketClass.BEFORE_ARM, 5L,
                        PacketClass.KEPT, 60L,
                        PacketClass.KERNEL_DROP, 3L,
                        PacketClass.BETWEEN, 15L,
                        PacketClass.AFTER_END, 17L));
        assertThat(verdict.lost()).isZero();
    }

    @Test
    void findsALossInsideASession() {
        Checker checker = checker(session("s1", null, 0, 99, ended(0, 100, 0, StopReason.WARRANT_ENDED)));
        frames(checker, "s1", 0, 50);
        frames(checker, "s1", 51, 100);
        Checker.Verdict verdict = checker.end();
        assertThat(verdict.problems()).anyMatch(problem -> problem.startsWith("undetected loss: 1 frames are missing"));
        assertThat(verdict.problems()).anyMatch(problem -> problem.contains("1 are in no class"));
        assertThat(verdict.lost()).isEqualTo(1);
    }

    @Test
    void findsALossBetweenLogAndFile() {
        Checker checker = checker(session("s1", null, 0, 100, ended(0, 100, 0, StopReason.WARRANT_ENDED)));
        frames(checker, "s1", 0, 99);
        assertThat(checker.end().problems())
                .anyMatch(problem -> problem.contains("the files hold 99 packets, and the log 100"));
    }

    @Test
    void findsALossThatTheWorkerDidNotCount() {
        Checker checker = checker(session("s1", null, 0, 95, ended(0, 100, 5, StopReason.WARRANT_ENDED)));
        frames(checker, "s1", 0, 95);
        Checker.Verdict verdict = checker.end();
        assertThat(verdict.problems())
                .anyMatch(problem -> problem.contains("5 packets of its interface are in no class"));
        assertThat(verdict.lost()).isEqualTo(5);
    }

    @Test
    void findsALossThatEqualsADoubling() {
        Checker checker = checker(session("s1", null, 0, 100, ended(0, 100, 0, StopReason.WARRANT_ENDED)));
        frames(checker, "s1", 0, 99);
        frames(checker, "s1", 98, 99);
        assertThat(checker.end().problems())
                .anyMatch(problem -> problem.startsWith("duplicate: frame 98"))
                .anyMatch(problem -> problem.startsWith("disorder"));
    }

    @Test
    void findsAPacketThatTwoSessionsHold() {
        gaps.put("s2", 0L);
        Checker checker = checker(
                session("s1", null, 0, 50, ended(0, 50, 0, StopReason.LEASE_LOST)),
                session("s2", "s1", 50, 50, ended(50, 100, 0, StopReason.WARRANT_ENDED)));
        frames(checker, "s1", 0, 50);
        frames(checker, "s2", 49, 99);
        assertThat(checker.end().problems()).anyMatch(problem -> problem.startsWith("duplicate: frame 49"));
    }

    @Test
    void findsAGapThatCustodyStatesWrongly() {
        gaps.put("s2", 9L);
        Checker checker = checker(
                session("s1", null, 0, 50, ended(0, 50, 0, StopReason.LEASE_LOST)),
                session("s2", "s1", 60, 40, ended(60, 100, 0, StopReason.WARRANT_ENDED)));
        frames(checker, "s1", 0, 50);
        frames(checker, "s2", 60, 100);
        assertThat(checker.end().problems())
                .singleElement()
                .asString()
                .contains("custody says that 9 packets", "10 do");
    }

    @Test
    void findsAGapThatNobodyStates() {
        Checker checker = checker(
                session("s1", null, 0, 50, ended(0, 50, 0, StopReason.LEASE_LOST)),
                session("s2", "s1", 60, 40, ended(60, 100, 0, StopReason.WARRANT_ENDED)));
        frames(checker, "s1", 0, 50);
        frames(checker, "s2", 60, 100);
        assertThat(checker.end().problems()).singleElement().asString().contains("custody does not say");
    }

    @Test
    void findsAPacketOutsideTheWindow() {
        Checker checker = checker(session("s1", null, 0, 100, ended(0, 100, 0, StopReason.WARRANT_ENDED)));
        frames(checker, "s1", 0, 99);
        checker.frame(WARRANT, "s1", Optional.of(new Numbered(POD, MAC, 99)), UNTIL);
        assertThat(checker.end().problems()).singleElement().asString().contains("outside of its warrant's window");
    }

    @Test
    void findsAPacketAfterTheRevocation() {
        Checker checker = new Checker(
                truth(new Truth.Window(FROM, UNTIL, INSIDE), "veth1", Set.of()),
                new Found(
                        List.of(session("s1", null, 0, 100, ended(0, 100, 0, StopReason.WARRANT_REVOKED))),
                        gaps,
                        Set.of()));
        frames(checker, "s1", 0, 99);
        checker.frame(WARRANT, "s1", Optional.of(new Numbered(POD, MAC, 99)), INSIDE.plusSeconds(1));
        assertThat(checker.end().problems()).singleElement().asString().contains("revocation");
    }

    @Test
    void findsAPacketOfAnotherPod() {
        Checker checker = checker(session("s1", null, 0, 100, ended(0, 100, 0, StopReason.WARRANT_ENDED)));
        frames(checker, "s1", 0, 99);
        checker.frame(WARRANT, "s1", Optional.of(new Numbered("marker-other", MAC, 99)), INSIDE);
        assertThat(checker.end().problems()).anyMatch(problem -> problem.startsWith("over-collection"));
    }

    @Test
    void findsASessionAtAnInterfaceOfNoTarget() {
        Checker checker = new Checker(
                truth(new Truth.Window(FROM, UNTIL, null), "veth2", Set.of()),
                new Found(
                        List.of(session("s1", null, 0, 1, ended(0, 1, 0, StopReason.WARRANT_ENDED))), gaps, Set.of()));
        frames(checker, "s1", 0, 1);
        assertThat(checker.end().problems()).anyMatch(problem -> problem.contains("which is no target's"));
    }

    @Test
    void findsAFrameThatNoPodSent() {
        Checker checker = checker(session("s1", null, 0, 100, ended(0, 100, 0, StopReason.WARRANT_ENDED)));
        frames(checker, "s1", 0, 99);
        checker.frame(WARRANT, "s1", Optional.empty(), INSIDE);
        assertThat(checker.end().problems()).singleElement().asString().contains("none of its pods sent");
    }

    @Test
    void findsACaptureThatDidNotComeBack() {
        Checker checker = new Checker(
                truth(new Truth.Window(FROM, UNTIL, null), "veth1", Set.of(new Truth.Capture(WARRANT, "veth1"))),
                new Found(List.of(session("s1", null, 0, 50, ended(0, 50, 0, StopReason.LEASE_LOST))), gaps, Set.of()));
        frames(checker, "s1", 0, 50);
        assertThat(checker.end().problems()).singleElement().asString().contains("did not come back");
    }

    @Test
    void findsAPodThatNobodyCaptured() {
        Checker checker = new Checker(
                truth(new Truth.Window(FROM, UNTIL, null), "veth1", Set.of(new Truth.Capture(WARRANT, "veth1"))),
                new Found(List.of(), gaps, Set.of()));
        assertThat(checker.end().problems()).anyMatch(problem -> problem.contains("was never captured"));
    }

    @Test
    void tellsAPodOfWhichNobodyHeard() {
        Truth truth = truth(new Truth.Window(FROM, UNTIL, null), "veth1", Set.of());
        Checker.Verdict unheard = new Checker(truth, new Found(List.of(), gaps, Set.of())).end();
        Checker.Verdict told = new Checker(truth, new Found(List.of(), gaps, Set.of(WARRANT + "/pod"))).end();
        assertThat(unheard.of(PacketClass.UNHEARD)).isEqualTo(PASSED);
        assertThat(told.of(PacketClass.NEVER_CAPTURED)).isEqualTo(PASSED);
    }

    private Checker checker(Found.Session... sessions) {
        return new Checker(
                truth(new Truth.Window(FROM, UNTIL, null), "veth1", Set.of()),
                new Found(List.of(sessions), gaps, Set.of()));
    }

    private static Truth truth(Truth.Window window, String interfaceName, Set<Truth.Capture> captures) {
        Truth.Life life =
                new Truth.Life("pod", interfaceName, Set.of(WARRANT), Map.of(OUT, PASSED), PASSED, FROM, UNTIL);
        return new Truth(List.of(life), Map.of(WARRANT, window), captures, captures);
    }

    private static Found.Session session(
            String id, @Nullable String previous, long atArm, long packets, Checkpoint last) {
        return new Found.Session(id, WARRANT, "veth1", previous, packets, packets, 0, atArm, last);
    }

    private static void frames(Checker checker, String session, long from, long to) {
        for (long number = from; number < to; number++) {
            checker.frame(WARRANT, session, Optional.of(new Numbered(POD, MAC, number)), INSIDE);
        }
    }

    /** All but {@code lost} packets of the interface from arm to end were delivered. */
    private static Checkpoint ended(long atArm, long now, long lost, StopReason reason) {
        return checkpoint(atArm, now, now - atArm - lost, 0, reason);
    }

    private static Checkpoint open(long atArm, long now, long kernelDrop) {
        return checkpoint(atArm, now, now - atArm - kernelDrop, kernelDrop, null);
    }

    private static Checkpoint checkpoint(
            long atArm, long now, long delivered, long kernelDrop, @Nullable StopReason reason) {
        return new Checkpoint(
                0,
                0,
                delivered,
                0,
                kernelDrop,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                counters(atArm),
                counters(now),
                true,
                reason,
                new Chain(0, Sha256.of(new byte[32]), null));
    }

    private static InterfaceCounters counters(long packets) {
        return new InterfaceCounters(packets, 0, 0, 0, 0, 0);
    }
}
