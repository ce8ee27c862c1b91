package org.lawtap.worker.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Packet;
import org.lawtap.schemas.model.Packet.Direction;
import org.lawtap.schemas.model.PacketEvent;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.DeliveryKeys;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.EnvelopeCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.worker.command.Orders;
import org.lawtap.worker.identity.PodFinder;
import org.lawtap.worker.identity.PodProcesses;

class CaptureLoopTest {
    private static final int LINK = 7;
    private static final int PID = 42;
    private static final int POD_NAMESPACE = 5;
    private static final int BATCH_BYTES = 1000;
    private static final int HTTP_HEADERS = 14 + 20 + 20;
    private static final String CONTENT =
            "GET /what-nobody-may-read HTTP/1.1\r\nHost: of-nobodys-business.example\r\n\r\n";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path proc;

    @SuppressWarnings("NullAway.Init")
    private FakeNode node;

    @SuppressWarnings("NullAway.Init")
    private CaptureLoop loop;

    private final ManualClock clock = new ManualClock();
    private final Recorded log = new Recorded();
    private final Remembered memory = new Remembered();
    private final MockProducer<String, byte[]> custody =
            new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());

    @BeforeEach
    void makeNode() throws IOException {
        node = new FakeNode(proc);
        loop = loop();
    }

    private CaptureLoop loop() {
        return new CaptureLoop(
                node,
                new PodProcesses(proc),
                new PodFinder(proc, node),
                node,
                log,
                new Sealer(Recorded.KEYS),
                new CustodyLog(custody, "test", clock),
                memory,
                new Identity(Orders.NODE, "boot", "Linux"),
                new SessionLimits(BATCH_BYTES, 50, 1000),
                clock);
    }

    @Test
    void opensASessionWhenThePodAppearsAfterTheStart() throws Exception {
        loop.start(start(), Orders.warrant());
        loop.doWork();
        assertThat(node.opened).isZero();

        podAppears();
        clock.advance(PodCapture.LOOK_ARMED);
        loop.doWork();
        assertThat(log.opened()).hasSize(1);
        assertThat(log.opened().getFirst().interfaceIndex()).isEqualTo(LINK);
        assertThat(actions()).containsExactly(CustodyAction.SESSION_OPENED);
    }

    @Test
    void figuresTellOfABlindCaptureAndThenOfWhatItsSessionKept() throws Exception {
        Instant began = clock.instant();
        loop.start(start(), Orders.warrant());
        loop.doWork();
        clock.advance(Duration.ofMillis(10));
        LoopFigures blind = loop.figures();
        assertThat(blind.captures()).isEqualTo(1);
        assertThat(blind.blind()).isEqualTo(1);
        assertThat(blind.blindSince()).isEqualTo(began);

        podAppears();
        clock.advance(PodCapture.LOOK_ARMED);
        loop.doWork();
        pass(5);
        loop.doWork();
        LoopFigures capturing = loop.figures();
        assertThat(capturing.blind()).isZero();
        assertThat(capturing.blindSince()).isNull();
        assertThat(capturing.sessions()).isEqualTo(1);
        assertThat(capturing.delivered()).isEqualTo(5);

        loop.endAll(StopReason.WORKER_SHUTDOWN);
        LoopFigures over = loop.figures();
        assertThat(over.sessions()).isZero();
        assertThat(over.delivered()).isEqualTo(5);
        assertThat(over.lastCheckpoint()).isEqualTo(clock.instant());
    }

    @Test
    void statesWhatPassedBeforeItWasArmed() throws Exception {
        podAppears();
        pass(3);
        begin();
        assertThat(log.opened().getFirst().missedBeforeArm()).isEqualTo(3);
    }

    @Test
    void deliversInASequenceWithoutGapsAndInBoundedBatches() throws Exception {
        podAppears();
        begin();
        pass(100);
        loop.doWork();
        loop.endAll(StopReason.WORKER_SHUTDOWN);

        assertThat(log.packets()).extracting(Packet::sequence).containsExactlyElementsOf(sequence(100));
        assertThat(log.batches())
                .hasSizeGreaterThan(1)
                .allSatisfy(batch -> assertThat(batch.packets().stream()
                                .mapToInt(packet -> packet.data().remaining())
                                .sum())
                        .isLessThanOrEqualTo(BATCH_BYTES));
        assertThat(log.events.getFirst()).isInstanceOf(PacketEvent.Opened.class);
        assertThat(log.events.getLast()).isInstanceOf(PacketEvent.Accounted.class);
    }

    @Test
    void sendsASmallBatchAfterItsDelay() throws Exception {
        podAppears();
        begin();
        pass(1);
        loop.doWork();
        assertThat(log.batches()).isEmpty();
        clock.advance(Duration.ofMillis(50));
        loop.doWork();
        assertThat(log.batches()).hasSize(1);
    }

    @Test
    void neverKeepsAPacketFromOutsideTheWindow() throws Exception {
        podAppears();
        // A lease beyond the window, so that the window alone decides.
        loop.start(Orders.start(Orders.warrant(), Instant.MAX), Orders.warrant());
        loop.doWork();
        Warrant warrant = Orders.warrant();
        node.pass(LINK, Direction.FROM_POD, nanos(warrant.notBefore()) - 1, 60);
        node.pass(LINK, Direction.FROM_POD, nanos(warrant.notBefore()), 60);
        node.pass(LINK, Direction.FROM_POD, nanos(warrant.notAfter()) - 1, 60);
        node.pass(LINK, Direction.FROM_POD, nanos(warrant.notAfter()), 60);
        loop.endAll(StopReason.WARRANT_ENDED);

        assertThat(log.packets()).hasSize(2);
        assertThat(last().outOfScopeDiscarded()).isEqualTo(2);
        assertThat(last().unaccounted()).isZero();
        assertThat(last().interfaceExact()).isTrue();
    }

    @Test
    void endsAtNotAfterByItsOwnClock() throws Exception {
        podAppears();
        loop.start(Orders.start(Orders.warrant(), Instant.MAX), Orders.warrant());
        loop.doWork();
        clock.set(Orders.warrant().notAfter());
        loop.doWork();
        assertThat(last().endReason()).isEqualTo(StopReason.WARRANT_ENDED);
    }

    @Test
    void capturesNothingBeforeTheWindow() throws Exception {
        podAppears();
        clock.set(Orders.warrant().notBefore().minusSeconds(1));
        loop.start(Orders.start(Orders.warrant(), Instant.MAX), Orders.warrant());
        loop.doWork();
        assertThat(node.opened).isZero();
        clock.set(Orders.warrant().notBefore());
        loop.doWork();
        assertThat(node.opened).isEqualTo(1);
    }

    @Test
    void endsWithItsLease() throws Exception {
        podAppears();
        begin();
        clock.set(start().leaseUntil());
        loop.doWork();
        assertThat(last().endReason()).isEqualTo(StopReason.LEASE_LOST);
        assertThat(actions()).endsWith(CustodyAction.SESSION_CLOSED);
    }

    @Test
    void keepsNothingFromAfterItsLeaseHoweverLateItIsRead() throws Exception {
        podAppears();
        begin();
        node.pass(LINK, Direction.FROM_POD, nanos(start().leaseUntil()) - 1, 60);
        node.pass(LINK, Direction.FROM_POD, nanos(start().leaseUntil()), 60);
        clock.set(start().leaseUntil().plusSeconds(60));
        loop.doWork();

        assertThat(last().endReason()).isEqualTo(StopReason.LEASE_LOST);
        assertThat(log.packets()).hasSize(1);
        assertThat(last().outOfScopeDiscarded()).isEqualTo(1);
    }

    @Test
    void keepsWhatARenewalCovers() throws Exception {
        podAppears();
        begin();
        loop.renew(new Command.Renew(
                Orders.NODE,
                clock.instant(),
                List.of(start().capture()),
                start().leaseUntil().plusSeconds(60)));
        node.pass(LINK, Direction.FROM_POD, nanos(start().leaseUntil()), 60);
        loop.endAll(StopReason.WARRANT_ENDED);

        assertThat(log.packets()).hasSize(1);
        assertThat(last().outOfScopeDiscarded()).isZero();
    }

    @Test
    void goesOnAfterARenewal() throws Exception {
        podAppears();
        begin();
        loop.renew(new Command.Renew(
                Orders.NODE,
                clock.instant(),
                List.of(start().capture()),
                start().leaseUntil().plusSeconds(60)));
        clock.set(start().leaseUntil());
        loop.doWork();
        assertThat(log.checkpoints())
                .allSatisfy(checkpoint -> assertThat(checkpoint.endReason()).isNull());
    }

    @Test
    void takesARepeatedStartForARenewal() throws Exception {
        podAppears();
        begin();
        loop.start(Orders.start(Orders.warrant(), start().leaseUntil().plusSeconds(60)), Orders.warrant());
        clock.set(start().leaseUntil());
        loop.doWork();
        assertThat(node.opened).isEqualTo(1);
        assertThat(log.opened()).hasSize(1);
    }

    @Test
    void replacesAnOlderGenerationAndNamesItsSession() throws Exception {
        podAppears();
        begin();
        Warrant newer = Orders.warrant(2, Warrant.Scope.CONTENT, null);
        loop.start(Orders.start(newer, start().leaseUntil()), newer);
        assertThat(last().endReason()).isEqualTo(StopReason.WARRANT_AMENDED);
        loop.doWork();
        assertThat(log.opened()).hasSize(2);
        assertThat(log.opened().getLast().generation()).isEqualTo(2);
        assertThat(log.opened().getLast().previousSession())
                .isEqualTo(log.sessions().getFirst());
    }

    @Test
    void ignoresAnOlderGeneration() throws Exception {
        podAppears();
        Warrant newer = Orders.warrant(2, Warrant.Scope.CONTENT, null);
        loop.start(Orders.start(newer, start().leaseUntil()), newer);
        loop.start(start(), Orders.warrant());
        loop.doWork();
        assertThat(log.opened()).extracting(SessionOpened::generation).containsExactly(2L);
    }

    @Test
    void stopsWithTheReasonItIsGiven() throws Exception {
        podAppears();
        begin();
        loop.stop(new Command.Stop(Orders.NODE, clock.instant(), start().capture(), StopReason.WARRANT_REVOKED));
        assertThat(last().endReason()).isEqualTo(StopReason.WARRANT_REVOKED);
        pass(1);
        loop.doWork();
        assertThat(log.packets()).isEmpty();
    }

    @Test
    void recordsAStopForACaptureThatDoesNotRun() throws Exception {
        loop.stop(new Command.Stop(Orders.NODE, clock.instant(), start().capture(), StopReason.POD_GONE));
        assertThat(actions()).containsExactly(CustodyAction.CAPTURE_STOPPED);
    }

    @Test
    void beginsAnewOnTheNextInterfaceOfARestartedPod() throws Exception {
        podAppears();
        begin();
        pass(4);
        node.remove(LINK, true);
        node.end(PID);
        loop.doWork();
        assertThat(last().endReason()).isEqualTo(StopReason.INTERFACE_REMOVED);
        assertThat(last().delivered()).isEqualTo(4);
        assertThat(last().interfaceExact()).isTrue();

        node.process(PID + 1, Orders.POD, POD_NAMESPACE + 1);
        node.pair(LINK + 1, POD_NAMESPACE + 1);
        clock.advance(Duration.ofSeconds(1));
        loop.doWork();
        assertThat(log.opened()).hasSize(2);
        assertThat(log.opened().getLast().previousSession())
                .isEqualTo(log.sessions().getFirst());
    }

    @Test
    void claimsNoExactnessForAnInterfaceWhoseLastCountersAreUnknown() throws Exception {
        podAppears();
        begin();
        pass(4);
        node.remove(LINK, false);
        node.end(PID);
        loop.doWork();
        assertThat(last().delivered()).isEqualTo(4);
        assertThat(last().interfaceExact()).isFalse();
    }

    @Test
    void losesIdentityWhenTheOtherEndMovesAway() throws Exception {
        podAppears();
        begin();
        node.set(LINK, true, POD_NAMESPACE + 9);
        clock.advance(PodCapture.LOOK_CAPTURING);
        loop.doWork();
        assertThat(last().endReason()).isEqualTo(StopReason.IDENTITY_LOST);
        assertThat(node.opened).isEqualTo(1);
    }

    @Test
    void accountsForWhatTheKernelDropped() throws Exception {
        podAppears();
        begin();
        node.ringPackets = 10;
        pass(25);
        loop.endAll(StopReason.WORKER_SHUTDOWN);
        assertThat(last().kernelDrop()).isEqualTo(15);
        assertThat(last().delivered()).isEqualTo(10);
        assertThat(last().unaccounted()).isZero();
        assertThat(last().interfaceExact()).isTrue();
    }

    @Test
    void armsAgainUntilNothingPassesDuringTheSwitch() throws Exception {
        podAppears();
        int[] left = {3};
        node.duringSwitch = () -> {
            if (left[0]-- > 0) {
                pass(1);
            }
        };
        begin();
        pass(2);
        loop.endAll(StopReason.WORKER_SHUTDOWN);
        assertThat(log.packets()).hasSize(2);
        assertThat(log.opened().getFirst().missedBeforeArm()).isEqualTo(3);
        assertThat(last().unaccounted()).isZero();
        assertThat(last().interfaceExact()).isTrue();
    }

    @Test
    void saysSoWhenTheCountersNeverStoodStill() throws Exception {
        podAppears();
        node.duringSwitch = () -> pass(1);
        begin();
        loop.endAll(StopReason.WORKER_SHUTDOWN);
        assertThat(last().interfaceExact()).isFalse();
    }

    @Test
    void statesTheCountersOfTheMomentOfTheLastSwitchWithDropsToo() throws Exception {
        podAppears();
        begin();
        node.ringPackets = 2;
        node.duringSwitch = () -> pass(3);
        node.afterRefusal = () -> pass(2);
        loop.endAll(StopReason.WORKER_SHUTDOWN);
        assertThat(last().kernelReceived()).isEqualTo(3);
        assertThat(last().kernelDrop()).isEqualTo(1);
        assertThat(last().interfaceNow().tapped()).isEqualTo(3);
        assertThat(last().unaccounted()).isZero();
        assertThat(last().interfaceExact()).isTrue();
    }

    @Test
    void checkpointsOnlyWhenSomethingChanged() throws Exception {
        podAppears();
        begin();
        pass(1);
        for (int i = 0; i < 5; i++) {
            clock.advance(Duration.ofSeconds(1));
            loop.doWork();
        }
        assertThat(log.checkpoints()).hasSize(1);
        assertThat(log.checkpoints().getFirst().unaccounted()).isZero();
        assertThat(log.checkpoints().getFirst().interfaceExact()).isTrue();
    }

    @Test
    void leavesPacketsInTheRingWhileTheLogHasNoRoom() throws Exception {
        podAppears();
        begin();
        log.room = false;
        pass(5);
        loop.doWork();
        clock.advance(Duration.ofMillis(50));
        loop.doWork();
        assertThat(log.packets()).isEmpty();
        log.room = true;
        loop.doWork();
        clock.advance(Duration.ofMillis(50));
        loop.doWork();
        assertThat(log.packets()).hasSize(5);
    }

    @Test
    void readsNoFurtherThanThereIsRoomHoweverMuchIsInTheRing() throws Exception {
        podAppears();
        begin();
        log.batchesMax = 2;
        pass(10 * BATCH_BYTES / 60);
        for (int i = 0; i < 5; i++) {
            loop.doWork();
        }
        assertThat(log.batches()).hasSize(2);
        log.batchesMax = Integer.MAX_VALUE;
        loop.doWork();
        clock.advance(Duration.ofMillis(50));
        loop.doWork();
        assertThat(log.packets()).hasSize(10 * BATCH_BYTES / 60);
    }

    @Test
    void countsWhatItLeavesInTheRingAtTheEndBecauseTheLogTakesNoMore() throws Exception {
        podAppears();
        begin();
        log.batchesMax = 0;
        log.lastBatchesMax = 2;
        pass(10 * BATCH_BYTES / 60);
        loop.stop(new Command.Stop(Orders.NODE, clock.instant(), start().capture(), StopReason.WARRANT_REVOKED));
        Checkpoint last = last();
        assertThat(last.userDrop()).isPositive();
        assertThat(last.delivered() + last.userDrop()).isEqualTo(10 * BATCH_BYTES / 60);
        assertThat(log.packets()).hasSize((int) last.delivered());
        assertThat(last.unaccounted()).isZero();
        assertThat(last.interfaceExact()).isTrue();
    }

    @Test
    void aCheckpointVouchesForPacketsThatStoodInTheRingAtTheOneBefore() throws Exception {
        podAppears();
        begin();
        log.room = false;
        pass(5);
        clock.advance(Duration.ofSeconds(1));
        loop.doWork();
        assertThat(last().delivered()).isZero();
        log.room = true;
        loop.doWork();
        clock.advance(Duration.ofSeconds(1));
        loop.doWork();
        assertThat(last().delivered()).isEqualTo(5);
        assertThat(last().endReason()).isNull();
    }

    @Test
    void endsASessionWhoseRecordWasNotStored() throws Exception {
        podAppears();
        begin();
        log.fails = true;
        loop.doWork();
        assertThat(last().endReason()).isEqualTo(StopReason.ERROR);
        assertThat(actions()).contains(CustodyAction.SESSION_CLOSED);
    }

    @Test
    void refusesAPodInTheNodesOwnNamespaceAfterAGrace() throws Exception {
        node.process(PID, Orders.POD, 1000);
        refusesAfterTheGrace("HOST_NETWORK");
    }

    @Test
    void refusesAPodWithoutAHostSidePeerAfterAGrace() throws Exception {
        node.process(PID, Orders.POD, POD_NAMESPACE);
        refusesAfterTheGrace("NO_HOST_PEER");
    }

    @Test
    void refusesAPodWhoseProcessesLeadToTwoNetworks() throws Exception {
        podAppears();
        node.process(PID + 1, Orders.POD, POD_NAMESPACE + 1);
        node.pair(LINK + 1, POD_NAMESPACE + 1);
        refusesAfterTheGrace("AMBIGUOUS");
    }

    @Test
    void aLinkThatIsDownDoesNotKeepOtherPodsFromBeingCaptured() throws Exception {
        podAppears();
        begin();
        node.set(LINK, false, POD_NAMESPACE);
        clock.advance(PodCapture.LOOK_CAPTURING);
        Warrant other = OtherWarrant.of(Orders.warrant());
        loop.start(Orders.start(other, start().leaseUntil()), other);
        loop.doWork();
        assertThat(log.opened()).hasSize(2);
    }

    @Test
    void capturesAPodWhileARuntimesHelperStandsInTheNodesNetworkAndTellsOfOneThatStays() throws Exception {
        podAppears();
        node.process(PID + 1, Orders.POD, 1000);
        loop.start(Orders.start(Orders.warrant(), Instant.MAX), Orders.warrant());
        loop.doWork();
        assertThat(actions()).containsExactly(CustodyAction.SESSION_OPENED);
        clock.advance(PodCapture.UNPROVEN_GRACE);
        loop.doWork();
        assertThat(actions()).containsExactly(CustodyAction.SESSION_OPENED, CustodyAction.INTERFACE_NOT_COVERED);
        assertThat(events().getLast().text()).contains("HOST_NETWORK");
        clock.advance(PodCapture.UNPROVEN_GRACE);
        loop.doWork();
        assertThat(actions()).hasSize(2);
    }

    @Test
    void tellsOnceOfACommandedPodThatNeverAppearsAndGoesOnWaiting() throws Exception {
        loop.start(Orders.start(Orders.warrant(), Instant.MAX), Orders.warrant());
        loop.doWork();
        clock.advance(PodCapture.UNSEEN_GRACE);
        loop.doWork();
        clock.advance(PodCapture.UNSEEN_GRACE);
        loop.doWork();
        assertThat(actions()).containsExactly(CustodyAction.CAPTURE_WAITS);
        assertThat(events().getFirst().text()).contains("UNKNOWN_UID");

        podAppears();
        clock.advance(PodCapture.LOOK_ARMED);
        loop.doWork();
        assertThat(actions()).containsExactly(CustodyAction.CAPTURE_WAITS, CustodyAction.SESSION_OPENED);
    }

    @Test
    void looksAtOnceWhenTheKernelTellsOfALink() throws Exception {
        loop.start(start(), Orders.warrant());
        loop.doWork();
        podAppears();
        clock.advance(PodCapture.LOOK_STIRRED);
        loop.doWork();
        assertThat(node.opened).isZero();
        node.changed = true;
        loop.doWork();
        assertThat(node.opened).isEqualTo(1);
    }

    @Test
    void bearsALinkThatFlapsAllTheTime() throws Exception {
        podAppears();
        begin();
        int looks = node.looks;
        for (int i = 0; i < 100; i++) {
            node.changed = true;
            clock.advance(Duration.ofMillis(1));
            loop.doWork();
        }
        assertThat(node.looks - looks).isLessThanOrEqualTo(3);
    }

    @Test
    void aRefusedPodCostsLittleHoweverMuchTheLinksChange() throws Exception {
        node.process(PID, Orders.POD, POD_NAMESPACE);
        refusesAfterTheGrace("NO_HOST_PEER");
        int looks = node.looks;
        for (int i = 0; i < 100; i++) {
            node.changed = true;
            clock.advance(Duration.ofMillis(1));
            loop.doWork();
        }
        assertThat(node.looks - looks).isLessThanOrEqualTo(3);
    }

    @Test
    void saysWhyPacketsWereMissed() throws Exception {
        podAppears();
        pass(3);
        begin();
        assertThat(events().getFirst().details())
                .containsEntry("missedBeforeArm", "3")
                .containsEntry("missedBecause", "the pod ran before its capture was commanded");
    }

    @Test
    void saysThatPacketsPassedBeforeThePodsFirstProcess() throws Exception {
        loop.start(start(), Orders.warrant());
        loop.doWork();
        podAppears();
        pass(2);
        clock.advance(PodCapture.LOOK_ARMED);
        loop.doWork();
        assertThat(events().getFirst().details().get("missedBecause")).contains("first process");
    }

    @Test
    void anotherWorkerNamesTheSessionItGoesOnFrom() throws Exception {
        podAppears();
        begin();
        SessionId before = log.sessions().getFirst();
        // The first one is killed: it closes nothing. Only what it remembered on the node is left.
        CaptureLoop next = loop();
        next.start(start(), Orders.warrant());
        next.doWork();
        assertThat(log.opened().getLast().previousSession()).isEqualTo(before);
        assertThat(events().getLast().details()).containsEntry("previousSession", before.toString());
    }

    private void refusesAfterTheGrace(String why) throws Exception {
        begin();
        assertThat(actions()).isEmpty();
        clock.advance(PodCapture.UNPROVEN_GRACE);
        loop.doWork();
        assertThat(actions()).containsExactly(CustodyAction.CAPTURE_REFUSED);
        assertThat(events().getFirst().text()).contains(why);
        assertThat(node.opened).isZero();
        clock.advance(PodCapture.UNPROVEN_GRACE);
        loop.doWork();
        assertThat(actions()).hasSize(1);
    }

    private Command.Start start() {
        return Orders.start(Orders.warrant(), Orders.NOW.plusSeconds(30));
    }

    @Test
    void packetsTravelInEnvelopesIfTheWarrantNamesADeliveryKey() throws Exception {
        Warrant warrant = Orders.warrant().deliveredTo(DeliveryKeys.publicHalf(Recorded.DELIVERY));
        podAppears();
        loop.start(Orders.start(warrant, clock.instant().plusSeconds(60)), warrant);
        loop.doWork();
        pass(100);
        loop.doWork();
        clock.advance(Duration.ofSeconds(1));
        loop.doWork();
        pass(1);
        loop.endAll(StopReason.WARRANT_ENDED);
        assertThat(log.packets()).hasSize(101);
        assertThat(log.opened().getFirst().contentKey()).isNotNull();
        List<Long> numbers = new ArrayList<>();
        for (int i = 0; i < log.values.size(); i++) {
            boolean packets = log.events.get(i) instanceof PacketEvent.Batch;
            assertThat(EnvelopeCodec.isEnvelope(log.values.get(i))).isEqualTo(packets);
            if (packets) {
                EnvelopeCodec.Envelope envelope = EnvelopeCodec.read(log.values.get(i));
                assertThat(envelope.number()).isEqualTo(i);
                numbers.add(envelope.number());
            }
        }
        assertThat(numbers).hasSizeGreaterThan(2).doesNotHaveDuplicates();
        assertThat(last().endReason()).isEqualTo(StopReason.WARRANT_ENDED);
    }

    @Test
    void packetsTravelAsTheyAreIfItNamesNone() throws Exception {
        podAppears();
        begin();
        pass(3);
        loop.endAll(StopReason.WARRANT_ENDED);
        assertThat(log.opened().getFirst().contentKey()).isNull();
        assertThat(log.values).isNotEmpty().noneMatch(EnvelopeCodec::isEnvelope);
    }

    @Test
    void eachSessionHasAContentKeyOfItsOwn() throws Exception {
        Warrant warrant = Orders.warrant().deliveredTo(DeliveryKeys.publicHalf(Recorded.DELIVERY));
        for (int life = 0; life < 2; life++) {
            CaptureLoop other = loop();
            if (life == 0) {
                podAppears();
            }
            other.start(Orders.start(warrant, clock.instant().plusSeconds(60)), warrant);
            other.doWork();
            other.endAll(StopReason.WORKER_SHUTDOWN);
        }
        assertThat(log.opened()).hasSize(2);
        assertThat(log.opened()).extracting(SessionOpened::contentKey).doesNotHaveDuplicates();
    }

    @Test
    void keepsHeadersOnlyWhereTheWarrantGrantsNoMore() throws Exception {
        Warrant headers = Orders.warrant(1, Warrant.Scope.HEADERS, null);
        podAppears();
        loop.start(Orders.start(headers, start().leaseUntil()), headers);
        loop.doWork();
        node.pass(LINK, Direction.FROM_POD, nanos(clock.instant()), httpRequest());
        node.pass(LINK, Direction.TO_POD, nanos(clock.instant()), Arrays.copyOf(httpRequest(), HTTP_HEADERS));
        loop.endAll(StopReason.WARRANT_ENDED);

        assertThat(log.opened().getFirst().headersOnly()).isTrue();
        Packet cut = log.packets().getFirst();
        assertThat(cut.data()).isEqualTo(ByteBuffer.wrap(Arrays.copyOf(httpRequest(), HTTP_HEADERS)));
        assertThat(cut.originalLength()).isEqualTo(httpRequest().length);
        assertThat(cut.flags()).isEqualTo(Packet.CUT_BY_SCOPE);
        Packet whole = log.packets().getLast();
        assertThat(whole.data().remaining()).isEqualTo(HTTP_HEADERS);
        assertThat(whole.flags()).isZero();
        assertThat(last().cutByScopeBytes()).isEqualTo(httpRequest().length - HTTP_HEADERS);
        assertThat(last().deliveredBytes()).isEqualTo(2 * HTTP_HEADERS);
        assertThat(last().truncated()).isZero();
        assertThat(last().unaccounted()).isZero();
        assertThat(log.values).noneMatch(value -> text(value).contains(CONTENT));
        assertThat(events().getFirst().details()).containsEntry("scope", "HEADERS");
        assertThat(events().getLast().details())
                .containsEntry("cutByScopeBytes", String.valueOf(httpRequest().length - HTTP_HEADERS));
    }

    @Test
    void keepsWholeFramesWhereTheWarrantGrantsContent() throws Exception {
        podAppears();
        begin();
        node.pass(LINK, Direction.FROM_POD, nanos(clock.instant()), httpRequest());
        loop.endAll(StopReason.WARRANT_ENDED);
        assertThat(log.opened().getFirst().headersOnly()).isFalse();
        assertThat(log.packets().getFirst().data()).isEqualTo(ByteBuffer.wrap(httpRequest()));
        assertThat(log.packets().getFirst().flags()).isZero();
        assertThat(last().cutByScopeBytes()).isZero();
    }

    @Test
    void countsWhatTheFilterRefusedAndStoresNothingOfIt() throws Exception {
        Warrant filtered = Orders.warrant(1, Warrant.Scope.CONTENT, "less " + FakeNode.FILTER_BYTES_MAX);
        podAppears();
        loop.start(Orders.start(filtered, start().leaseUntil()), filtered);
        loop.doWork();
        pass(3);
        node.pass(LINK, Direction.FROM_POD, nanos(clock.instant()), httpRequest());
        node.pass(LINK, Direction.TO_POD, nanos(clock.instant()), httpRequest());
        loop.endAll(StopReason.WARRANT_ENDED);
        assertThat(log.packets()).hasSize(3);
        assertThat(last().refusedByFilter()).isEqualTo(2);
        assertThat(last().unaccountedBehindFilter()).isZero();
        assertThat(last().interfaceExact()).isTrue();
        assertThat(events().getLast().details()).containsEntry("refusedByFilter", "2");
    }

    @Test
    void tellsCustodyHowManyPacketsFromOutsideTheWindowWereNotKept() throws Exception {
        podAppears();
        begin();
        pass(2);
        node.pass(LINK, Direction.FROM_POD, nanos(start().leaseUntil()), 60);
        node.pass(LINK, Direction.FROM_POD, nanos(Orders.warrant().notBefore()) - 1, 60);
        node.pass(LINK, Direction.FROM_POD, nanos(Orders.warrant().notAfter()), 60);
        loop.endAll(StopReason.WARRANT_ENDED);
        assertThat(log.packets()).hasSize(2);
        assertThat(events().getLast().details())
                .containsEntry("outsideWindow", "3")
                .containsEntry("outOfScopeDiscarded", "3")
                .containsEntry("notAddressedToPod", "0");
    }

    @Test
    void capturesNothingOfAnInterfaceThatChangesHandsWhileItsSocketIsOpened() throws Exception {
        podAppears();
        node.duringOpen = () -> node.set(LINK, true, POD_NAMESPACE + 9);
        begin();
        assertThat(node.opened).isEqualTo(1);
        assertThat(node.open()).isZero();
        assertThat(log.events).isEmpty();
    }

    /** A request over IPv4 and TCP, whose headers are as long as they can be without options. */
    private static byte[] httpRequest() {
        byte[] content = CONTENT.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(HTTP_HEADERS + content.length)
                .putShort(12, (short) 0x0800)
                .put(14, (byte) 0x45)
                .putShort(16, (short) (HTTP_HEADERS - 14 + content.length))
                .put(23, (byte) 6)
                .put(46, (byte) 0x50)
                .put(HTTP_HEADERS, content)
                .array();
    }

    private static String text(byte[] value) {
        return new String(value, StandardCharsets.ISO_8859_1);
    }

    private void podAppears() throws IOException {
        node.process(PID, Orders.POD, POD_NAMESPACE);
        node.pair(LINK, POD_NAMESPACE);
    }

    private void begin() throws IOException {
        loop.start(start(), Orders.warrant());
        loop.doWork();
    }

    private void pass(int packets) {
        for (int i = 0; i < packets; i++) {
            node.pass(LINK, i % 2 == 0 ? Direction.FROM_POD : Direction.TO_POD, nanos(clock.instant()), 60);
        }
    }

    private Checkpoint last() {
        return log.checkpoints().getLast();
    }

    private List<CustodyAction> actions() throws WireException {
        return events().stream().map(CustodyEvent::action).toList();
    }

    private List<CustodyEvent> events() throws WireException {
        List<CustodyEvent> events = new ArrayList<>();
        for (var record : custody.history()) {
            events.add(CustodyCodec.decode(record.value()));
        }
        return events;
    }

    private static List<Long> sequence(int count) {
        List<Long> sequence = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            sequence.add(i);
        }
        return sequence;
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }

    private static final class ManualClock extends Clock {
        private Instant now = Orders.NOW;

        void set(Instant time) {
            now = time;
        }

        void advance(Duration by) {
            now = now.plus(by);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    /** A second warrant for the same pod. */
    private static final class OtherWarrant {
        static Warrant of(Warrant warrant) {
            return new Warrant(
                    new WarrantId(java.util.UUID.fromString("00000000-0000-0000-0000-000000000002")),
                    1,
                    warrant.authority(),
                    warrant.caseReference(),
                    warrant.target(),
                    warrant.notBefore(),
                    warrant.notAfter(),
                    warrant.scope(),
                    warrant.filter(),
                    warrant.deliveryAgency(),
                    warrant.retentionDays());
        }
    }
}
