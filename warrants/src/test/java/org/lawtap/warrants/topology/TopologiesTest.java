package org.lawtap.warrants.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.schemas.wire.PodCodec;
import org.lawtap.schemas.wire.WireException;

class TopologiesTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final Duration WINDOW = Duration.ofHours(1);
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Duration TICK = Duration.ofMillis(500);
    private static final ClusterId CLUSTER = new ClusterId("c1");
    private static final NodeName N1 = new NodeName("n1");
    private static final NodeName N2 = new NodeName("n2");
    private static final WarrantId WARRANT = WarrantId.parse("00000000-0000-4000-8000-000000000001");

    private final ManualClock clock = new ManualClock(NOW);
    private final KeyPair alice = OrderKeys.generate();
    private final KeyPair bob = OrderKeys.generate();
    private final Set<WarrantId> topicsNotReady = new HashSet<>();
    private final Set<WarrantId> topicsAskedFor = new HashSet<>();
    private final Topology topology = Topologies.build(
            new OrderCheck(new TrustList(List.of(approver("alice", alice), approver("bob", bob))), false),
            warrant -> {
                topicsAskedFor.add(warrant);
                return !topicsNotReady.contains(warrant);
            },
            now -> true,
            LEASE,
            clock,
            DecidingCounts.NONE);
    private final TopologyTestDriver driver = new TopologyTestDriver(topology, properties(), NOW);
    private final TestInputTopic<String, byte[]> pods =
            driver.createInputTopic(Topic.PODS.name(), new StringSerializer(), new ByteArraySerializer());
    private final TestInputTopic<String, byte[]> warrants =
            driver.createInputTopic(Topic.WARRANTS.name(), new StringSerializer(), new ByteArraySerializer());
    private final TestOutputTopic<String, byte[]> commands =
            driver.createOutputTopic(Topic.COMMANDS.name(), new StringDeserializer(), new ByteArrayDeserializer());
    private final TestOutputTopic<String, byte[]> custody =
            driver.createOutputTopic(Topic.CUSTODY.name(), new StringDeserializer(), new ByteArrayDeserializer());
    private final TestOutputTopic<String, byte[]> deadLetters =
            driver.createOutputTopic(Topic.DEAD_LETTERS.name(), new StringDeserializer(), new ByteArrayDeserializer());

    @AfterEach
    void close() {
        driver.close();
    }

    @Test
    void startsWhenThePodComesAfterTheWarrant() throws WireException {
        SignedOrder signed = send(warrant(1, "shop", NOW, NOW.plus(WINDOW)));
        Pod pod = pod("uid-1", N1);
        send(pod);
        assertThat(commands())
                .containsExactly(new Command.Start(
                        N1, NOW, capture(1, "uid-1"), signed, pod.ref(), pod.labels(), false, NOW.plus(LEASE)));
    }

    @Test
    void startsWhenTheWarrantComesAfterThePods() throws WireException {
        send(pod("uid-1", N1));
        send(pod("uid-2", N2));
        assertThat(commands()).isEmpty();
        send(warrant(1, "shop", NOW, NOW.plus(WINDOW)));
        assertThat(commands())
                .extracting(Command::node, TopologiesTest::what)
                .containsExactly(tuple(N1, "START uid-1 1"), tuple(N2, "START uid-2 1"));
    }

    @Test
    void keysCommandsByTheirNode() {
        send(warrant(1, "shop", NOW, NOW.plus(WINDOW)));
        send(pod("uid-1", N2));
        assertThat(commands.readKeyValue().key).isEqualTo("n2");
    }

    @Test
    void recordsAnAcceptedWarrantAndEachCommand() throws WireException {
        send(warrant(1, "shop", NOW, NOW.plus(WINDOW)));
        send(pod("uid-1", N1));
        List<CustodyEvent> events = custody();
        assertThat(events)
                .extracting(CustodyEvent::action)
                .containsExactly(CustodyAction.WARRANT_ACCEPTED, CustodyAction.CAPTURE_COMMANDED);
        assertThat(events.getFirst().details()).containsEntry("approvers", "alice, bob");
        assertThat(events.getLast().pod()).isEqualTo(new PodUid("uid-1"));
        assertThat(events.getLast().warrant()).isEqualTo(WARRANT);
    }

    @Test
    void startsAGenerationThatBeginsBeforeTheNextLookAtTheClock() throws WireException {
        send(pod("uid-1", N1));
        send(warrant(1, "shop", NOW, NOW.plus(WINDOW)));
        tickAfter(TICK);
        commands();
        Instant begin = clock.instant().plus(TICK.dividedBy(2));
        send(warrant(2, "shop", begin, begin.plus(WINDOW)));
        tickAfter(TICK);
        assertThat(commands())
                .extracting(TopologiesTest::what)
                .containsExactly("STOP uid-1 1 WARRANT_AMENDED", "START uid-1 2");
    }

    @Test
    void saysNothingTwiceWhenAPodIsSaidAgain() throws WireException {
        send(warrant(1, "shop", NOW, NOW.plus(WINDOW)));
        send(pod("uid-1", N1));
        commands();
        send(pod("uid-1", N1));
        assertThat(commands()).isEmpty();
    }

    @Test
    void refusesAWarrantThatIsSignedOnce() throws WireException {
        send(pod("uid-1", N1));
        Warrant warrant = warrant(1, "shop", NOW, NOW.plus(WINDOW));
        warrants.pipeInput(WARRANT.toString(), OrderCodec.encode(sign(warrant, alice)));
        assertThat(actions()).containsExactly(CustodyAction.WARRANT_REFUSED);
        assertThat(commands()).isEmpty();
    }

    @Test
    void refusesAWarrantUnderAnotherKey() throws WireException {
        send(pod("uid-1", N1));
        Warrant warrant = warrant(1, "shop", NOW, NOW.plus(WINDOW));
        warrants.pipeInput(WarrantId.random().toString(), OrderCodec.encode(sign(warrant, alice, bob)));
        assertThat(actions()).containsExactly(CustodyAction.WARRANT_REFUSED);
        assertThat(commands()).isEmpty();
    }

    @Test
    void setsAPoisonedPodRecordAsideAndGoesOn() throws WireException {
        send(warrant(1, "shop", NOW, NOW.plus(WINDOW)));
        custody();
        pods.pipeInput("c1/uid-1", new byte[] {0, 0, 0, 0, 1, 77});
        pods.pipeInput("c1/uid-1", new byte[0]);
        assertThat(actions()).containsExactly(CustodyAction.RECORD_REFUSED, CustodyAction.RECORD_REFUSED);
        send(pod("uid-1", N1));
        assertThat(whats()).containsExactly("START uid-1 1");
    }

    @Test
    void aPodThatIsDroppedFromTheTopicIsPassedOverQuietly() throws WireException {
        running();
        pods.pipeInput("c1/uid-9", (byte[]) null);
        assertThat(actions()).isEmpty();
        assertThat(commands()).isEmpty();
    }

    @Test
    void setsAPoisonedOrderAsideAndGoesOn() throws WireException {
        send(pod("uid-1", N1));
        warrants.pipeInput(WARRANT.toString(), new byte[] {0, 0, 0, 0, 2, 77});
        warrants.pipeInput(WARRANT.toString(), "text".getBytes(StandardCharsets.UTF_8));
        assertThat(actions()).containsExactly(CustodyAction.RECORD_REFUSED, CustodyAction.RECORD_REFUSED);
        send(warrant(1, "shop", NOW, NOW.plus(WINDOW)));
        assertThat(whats()).containsExactly("START uid-1 1");
    }

    @Test
    void aTombstoneOfAWarrantIsSetAsideAndCapturesGoOn() throws WireException {
        running();
        warrants.pipeInput(WARRANT.toString(), (byte[]) null);
        assertThat(actions()).containsExactly(CustodyAction.RECORD_REFUSED);
        assertThat(commands()).isEmpty();
        tickAfter(LEASE);
        assertThat(whats()).containsExactly("RENEW uid-1");
    }

    @Test
    void aRecordSetAsideIsADeadLetterThatSaysWhereItStoodAndWhy() {
        byte[] poison = "text".getBytes(StandardCharsets.UTF_8);
        warrants.pipeInput("some key", poison);
        TestRecord<String, byte[]> letter = deadLetters.readRecord();
        assertThat(letter.key()).isEqualTo("some key");
        assertThat(letter.value()).isEqualTo(poison);
        assertThat(header(letter, "lawtap.from")).isEqualTo("lawtap.warrants-0@0");
        assertThat(header(letter, "lawtap.why")).contains("no schema id in front");
        assertThat(header(letter, "lawtap.bytes")).isEqualTo("4");
        assertThat(deadLetters.isEmpty()).isTrue();
    }

    @Test
    void aRecordTooLongForWhatWouldBeMadeOfItIsCutAndSetAside() throws WireException {
        byte[] whole = PodCodec.encode(new PodEvent.Present(true, pod("uid-1", N1), PodEvent.Source.WATCH, NOW));
        pods.pipeInput("k".repeat(5000), Arrays.copyOf(whole, 2_000_000));
        TestRecord<String, byte[]> letter = deadLetters.readRecord();
        assertThat(letter.key()).hasSize(300);
        assertThat(letter.value()).hasSize(1 << 20);
        assertThat(header(letter, "lawtap.bytes")).isEqualTo("2000000");
        assertThat(custody().getFirst().text()).contains("a value of 2000000 bytes; at most 1572864 are taken");
    }

    /** Any byte of any record may be wrong: it is read, or set aside, and the next one counts. */
    @Test
    void noRecordStopsTheOthers() throws WireException {
        Random random = new Random(6);
        byte[] pod = PodCodec.encode(new PodEvent.Present(true, pod("uid-9", N1), PodEvent.Source.WATCH, NOW));
        byte[] order = OrderCodec.encode(sign(warrant(1, "shop", NOW, NOW.plus(WINDOW)), alice, bob));
        for (int i = 0; i < 2000; i++) {
            pods.pipeInput("c1/uid-9", damaged(pod, random));
            warrants.pipeInput(WARRANT.toString(), damaged(order, random));
        }
        assertThat(deadLetters.readValuesToList()).hasSizeGreaterThan(1000);
        commands();
        send(pod("uid-1", N1));
        send(warrant(2, "shop", NOW, NOW.plus(WINDOW)));
        assertThat(whats()).contains("START uid-1 2");
    }

    @Test
    void severalWarrantsOnOnePodStayApart() throws WireException {
        WarrantId other = WarrantId.parse("00000000-0000-4000-8000-000000000002");
        send(pod("uid-1", N1));
        SignedOrder one = send(warrant(1, "shop", NOW, NOW.plus(WINDOW)));
        SignedOrder two = send(of(other, warrant(1, "shop", NOW, NOW.plus(WINDOW.multipliedBy(2)))));
        List<Command> started = commands();
        assertThat(started)
                .extracting(command -> ((Command.Start) command).order())
                .containsExactly(one, two);
        custody();
        revoke(1, alice);
        assertThat(commands())
                .containsExactly(new Command.Stop(N1, NOW, capture(1, "uid-1"), StopReason.WARRANT_REVOKED));
        tickAfter(TICK);
        assertThat(commands())
                .containsExactly(new Command.Renew(
                        N1, clock.instant(), List.of(new CaptureKey(other, 1, new PodUid("uid-1"))), leaseEnd()));
        assertThat(custody()).extracting(CustodyEvent::warrant).containsOnly(WARRANT);
    }

    @Test
    void aPodThatIsGoneNeverReturns() throws WireException {
        running();
        send(gone("uid-1"));
        commands();
        send(pod("uid-1", N1));
        send(gone("uid-1"));
        send(warrant(2, "shop", NOW, NOW.plus(WINDOW)));
        tickAfter(TICK);
        assertThat(commands()).isEmpty();
    }

    @Test
    void aPodThatIsGoneIsForgottenAfterAWhile() {
        send(pod("uid-2", N1));
        send(gone("uid-1"));
        tickAfter(Decider.GONE_KEPT.minus(TICK));
        assertThat(podsKept()).isEqualTo(2);
        tickAfter(TICK);
        assertThat(podsKept()).isEqualTo(1);
    }

    @Test
    void whatWasNotRenewedForALeaseIsCommandedAnew() throws WireException {
        running();
        tickAfter(TICK);
        commands();
        tickAfter(LEASE.minusMillis(1));
        assertThat(whats()).containsExactly("RENEW uid-1");
        tickAfter(LEASE);
        Pod pod = pod("uid-1", N1);
        Instant now = clock.instant();
        assertThat(commands())
                .containsExactly(new Command.Start(
                        N1,
                        now,
                        capture(1, "uid-1"),
                        sign(warrant(1, "shop", NOW, NOW.plus(WINDOW)), alice, bob),
                        pod.ref(),
                        pod.labels(),
                        false,
                        now.plus(LEASE)));
        tickAfter(LEASE.dividedBy(3));
        assertThat(whats()).containsExactly("RENEW uid-1");
    }

    /** As when its state is lost, and it reads all orders again: there may be evidence. */
    @Test
    void whatIsOverWhenItIsFirstHeardOfCanStillBeHeldAndDestroyed() throws WireException {
        send(warrant(1, "shop", NOW.minus(WINDOW), NOW));
        retain(new Order.Hold(WARRANT, 2, "Court", NOW, "appeal"), alice, bob);
        assertThat(actions()).containsExactly(CustodyAction.WARRANT_REFUSED, CustodyAction.WARRANT_HELD);
    }

    @Test
    void asksForNoPacketTopicOfAWarrantThatIsOver() throws WireException {
        send(warrant(1, "shop", NOW.minus(WINDOW), NOW));
        send(pod("uid-1", N1));
        tickAfter(TICK);
        assertThat(topicsAskedFor).isEmpty();
        assertThat(actions()).containsExactly(CustodyAction.WARRANT_REFUSED);
    }

    @Test
    void aRecordSetAsideNamesItsOffset() throws WireException {
        warrants.pipeInput(WARRANT.toString(), (byte[]) null);
        assertThat(custody().getFirst().text()).contains("lawtap.warrants-0@0");
    }

    @Test
    void aRevocationStopsTheCaptures() throws WireException {
        running();
        revoke(1, alice);
        assertThat(whats()).containsExactly("STOP uid-1 1 WARRANT_REVOKED");
        assertThat(actions()).containsExactlyInAnyOrder(CustodyAction.WARRANT_REVOKED, CustodyAction.CAPTURE_STOPPED);
    }

    @Test
    void nothingStartsAfterARevocation() throws WireException {
        running();
        revoke(2, alice);
        commands();
        send(pod("uid-2", N1));
        send(warrant(2, "shop", NOW, NOW.plus(WINDOW)));
        tickAfter(TICK);
        assertThat(commands()).isEmpty();
    }

    @Test
    void refusesARevocationWithoutATrustedSignature() throws WireException {
        running();
        revoke(2, OrderKeys.generate());
        assertThat(commands()).isEmpty();
        assertThat(actions()).containsExactly(CustodyAction.WARRANT_REFUSED);
    }

    @Test
    void refusesARevocationOfAnUnknownWarrant() throws WireException {
        revoke(1, alice);
        assertThat(actions()).containsExactly(CustodyAction.WARRANT_REFUSED);
    }

    @Test
    void ordersOfRetentionAreToldAndStopNothing() throws WireException {
        running();
        retain(new Order.Hold(WARRANT, 2, "Court", NOW, "appeal"), alice, bob);
        retain(new Order.Hold(WARRANT, 3, "Court", NOW, "appeal"), alice, bob);
        retain(new Order.Release(WARRANT, 3, "Court", NOW, "over"), alice, bob);
        retain(new Order.Release(WARRANT, 3, "Court", NOW, "over"), alice, bob);
        retain(new Order.Destruction(WARRANT, 4, "Court", NOW, "law"), alice, bob);
        assertThat(actions())
                .containsExactly(
                        CustodyAction.WARRANT_HELD,
                        CustodyAction.WARRANT_REFUSED,
                        CustodyAction.WARRANT_RELEASED,
                        CustodyAction.WARRANT_REFUSED,
                        CustodyAction.WARRANT_REFUSED);
        assertThat(commands()).isEmpty();
        tickAfter(LEASE.dividedBy(3).plus(TICK));
        assertThat(whats()).contains("RENEW uid-1");
    }

    @Test
    void ordersOfRetentionNeedTwoApproversAndAWarrant() throws WireException {
        retain(new Order.Hold(WARRANT, 1, "Court", NOW, "appeal"), alice, bob);
        assertThat(custody().getFirst().text()).contains("unknown warrant");
        running();
        retain(new Order.Hold(WARRANT, 2, "Court", NOW, "appeal"), alice);
        assertThat(actions()).containsExactly(CustodyAction.WARRANT_REFUSED);
    }

    @Test
    void acceptsADestructionWhenItsTimeHasComeAndNoWarrantAfterIt() throws WireException {
        running();
        clock.advance(WINDOW.plus(Duration.ofHours(23)));
        retain(new Order.Destruction(WARRANT, 2, "Court", NOW, "law"), alice, bob);
        assertThat(custody().getLast().text()).contains("must be kept until 2026-11-24T13:00:00Z");
        clock.advance(Duration.ofHours(1));
        retain(new Order.Destruction(WARRANT, 3, "Court", NOW, "law"), alice, bob);
        assertThat(actions()).containsExactly(CustodyAction.DESTRUCTION_ORDERED);
        send(warrant(4, "shop", clock.instant(), clock.instant().plus(WINDOW)));
        assertThat(actions()).containsExactly(CustodyAction.WARRANT_REFUSED);
    }

    @Test
    void refusesAnOlderGenerationAfterANewerOne() throws WireException {
        send(pod("uid-1", N1));
        send(warrant(2, "shop", NOW, NOW.plus(WINDOW)));
        commands();
        custody();
        send(warrant(1, "shop", NOW, NOW.plus(WINDOW)));
        revoke(1, alice);
        assertThat(actions()).containsExactly(CustodyAction.WARRANT_REFUSED, CustodyAction.WARRANT_REFUSED);
        assertThat(commands()).isEmpty();
    }

    @Test
    void anAmendedWarrantStopsAndStartsAgain() throws WireException {
        running();
        send(warrant(2, "shop", NOW, NOW.plus(WINDOW)));
        assertThat(whats()).containsExactly("STOP uid-1 1 WARRANT_AMENDED", "START uid-1 2");
    }

    @Test
    void aWarrantAmendedIntoAnotherNamespaceStopsTheCapturesOfTheOldOne() throws WireException {
        send(pod("uid-2", N2, "bank", Pod.Phase.RUNNING));
        running();
        send(warrant(2, "bank", NOW, NOW.plus(WINDOW)));
        assertThat(whats()).containsExactlyInAnyOrder("STOP uid-1 1 WARRANT_AMENDED", "START uid-2 2");
    }

    @Test
    void aWarrantAmendedIntoAnotherNamespaceStopsAtItsEndThere() throws WireException {
        send(pod("uid-2", N2, "bank", Pod.Phase.RUNNING));
        send(pod("uid-3", N2, "zoo", Pod.Phase.RUNNING));
        running();
        send(warrant(2, "zoo", NOW, NOW.plus(WINDOW)));
        tickAfter(TICK);
        commands();
        tickAfter(WINDOW);
        assertThat(whats()).contains("STOP uid-3 2 WARRANT_ENDED");
        send(warrant(3, "bank", NOW, NOW.plus(WINDOW).plus(WINDOW)));
        tickAfter(TICK);
        assertThat(whats()).contains("START uid-2 3");
        tickAfter(WINDOW);
        assertThat(whats()).contains("STOP uid-2 3 WARRANT_ENDED");
    }

    @Test
    void aWarrantAmendedIntoAnotherNamespaceEndsOnceInCustody() throws WireException {
        running();
        tickAfter(TICK);
        send(warrant(2, "bank", NOW, NOW.plus(WINDOW)));
        tickAfter(TICK);
        custody();
        tickAfter(WINDOW);
        tickAfter(TICK);
        assertThat(actions()).containsOnlyOnce(CustodyAction.WARRANT_ENDED);
    }

    @Test
    void aRevokedWarrantThatHadMovedStaysQuiet() throws WireException {
        running();
        send(warrant(2, "zoo", NOW, NOW.plus(WINDOW)));
        tickAfter(TICK);
        revoke(3, alice);
        custody();
        commands();
        tickAfter(WINDOW);
        tickAfter(TICK);
        assertThat(actions()).isEmpty();
        assertThat(commands()).isEmpty();
    }

    @Test
    void startsWhenTheWindowOpens() throws WireException {
        send(pod("uid-1", N1));
        send(warrant(1, "shop", NOW.plus(WINDOW), NOW.plus(WINDOW.multipliedBy(2))));
        tickAfter(TICK);
        assertThat(commands()).isEmpty();
        tickAfter(WINDOW);
        assertThat(whats()).contains("START uid-1 1");
    }

    @Test
    void stopsWhenTheWindowClosesAndSaysSoOnce() throws WireException {
        running();
        tickAfter(TICK);
        commands();
        tickAfter(WINDOW);
        assertThat(whats()).containsExactly("STOP uid-1 1 WARRANT_ENDED");
        tickAfter(TICK);
        tickAfter(TICK);
        assertThat(commands()).isEmpty();
        assertThat(actions()).containsExactlyInAnyOrder(CustodyAction.WARRANT_ENDED, CustodyAction.CAPTURE_STOPPED);
    }

    @Test
    void aWarrantAmendedToBeginLaterHasNotEnded() throws WireException {
        running();
        tickAfter(TICK);
        send(warrant(2, "shop", NOW.plus(WINDOW), NOW.plus(WINDOW.multipliedBy(2))));
        tickAfter(TICK);
        assertThat(actions()).contains(CustodyAction.CAPTURE_STOPPED).doesNotContain(CustodyAction.WARRANT_ENDED);
    }

    @Test
    void waitsForThePacketTopic() throws WireException {
        topicsNotReady.add(WARRANT);
        send(pod("uid-1", N1));
        send(warrant(1, "shop", NOW, NOW.plus(WINDOW)));
        tickAfter(TICK);
        assertThat(commands()).isEmpty();
        topicsNotReady.clear();
        tickAfter(TICK);
        assertThat(whats()).contains("START uid-1 1");
    }

    @Test
    void anAmendmentThatIsOverWhenItComesEndsTheCaptures() throws WireException {
        running();
        tickAfter(TICK);
        commands();
        send(warrant(2, "shop", NOW.minus(WINDOW), clock.instant()));
        assertThat(whats()).containsExactly("STOP uid-1 1 WARRANT_AMENDED");
        assertThat(custody().getFirst().text()).isEqualTo("warrant amended, approved by alice, bob");
    }

    @Test
    void renewsAThirdOfALeaseAfterTheLastRenewal() throws WireException {
        send(pod("uid-2", N1));
        running();
        tickAfter(TICK);
        assertThat(commands())
                .containsExactly(new Command.Renew(
                        N1, clock.instant(), List.of(capture(1, "uid-1"), capture(1, "uid-2")), leaseEnd()));
        Duration third = LEASE.dividedBy(3);
        tickAfter(third.minus(TICK));
        assertThat(commands()).isEmpty();
        tickAfter(TICK);
        assertThat(whats()).containsExactly("RENEW uid-1 uid-2");
        tickAfter(third);
        assertThat(whats()).containsExactly("RENEW uid-1 uid-2");
    }

    @Test
    void renewsEachNodeApart() throws WireException {
        send(pod("uid-2", N2));
        running();
        tickAfter(TICK);
        assertThat(commands()).extracting(Command::node).containsExactlyInAnyOrder(N1, N2);
    }

    @Test
    void doesNotRenewWhatWasStopped() throws WireException {
        running();
        revoke(2, alice);
        commands();
        tickAfter(LEASE);
        assertThat(commands()).isEmpty();
    }

    @Test
    void stopsWhenThePodIsGone() throws WireException {
        running();
        send(gone("uid-1"));
        assertThat(whats()).containsExactly("STOP uid-1 1 POD_GONE");
    }

    @Test
    void stopsWhenThePodHasEnded() throws WireException {
        running();
        send(pod("uid-1", N1, "shop", Pod.Phase.SUCCEEDED));
        assertThat(whats()).containsExactly("STOP uid-1 1 POD_ENDED");
    }

    @Test
    void stopsOnTheOldNodeWhenThePodMoved() throws WireException {
        running();
        send(pod("uid-1", N2));
        List<Command> moved = commands();
        assertThat(moved).extracting(Command::node).containsExactly(N1, N2);
        assertThat(moved).extracting(TopologiesTest::what).containsExactly("STOP uid-1 1 POD_MOVED", "START uid-1 1");
    }

    @Test
    void aNamespaceWhoseNameBeginsAlikeIsAnotherPlace() throws WireException {
        send(pod("uid-2", N1, "shop-2", Pod.Phase.RUNNING));
        send(pod("uid-3", N1, "sho", Pod.Phase.RUNNING));
        send(warrant(1, "shop", NOW, NOW.plus(WINDOW)));
        assertThat(commands()).isEmpty();
    }

    @Test
    void aUidThatBeginsAlikeIsAnotherPod() throws WireException {
        send(pod("uid-11", N1));
        running();
        commands();
        send(pod("uid-1", N1, "shop", Pod.Phase.FAILED));
        assertThat(whats()).containsExactly("STOP uid-1 1 POD_ENDED");
    }

    @Test
    void aListMarkDecidesNothing() throws WireException {
        running();
        pods.pipeInput("c1/", PodCodec.encode(new PodEvent.Listed(CLUSTER, 0, PodEvent.Source.RELIST, NOW)));
        assertThat(commands()).isEmpty();
        assertThat(actions()).isEmpty();
    }

    /** A change of names here loses the state of a running installation: it needs a word in the changelog. */
    @Test
    void theTopologyIsPinned() throws IOException {
        try (InputStream golden = Objects.requireNonNull(getClass().getResourceAsStream("topology.txt"))) {
            assertThat(topology.describe().toString().strip())
                    .isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8).strip());
        }
    }

    /** One pod of the target, captured; nothing left to read. */
    private void running() throws WireException {
        send(pod("uid-1", N1));
        send(warrant(1, "shop", NOW, NOW.plus(WINDOW)));
        assertThat(whats()).contains("START uid-1 1");
        custody();
    }

    private void tickAfter(Duration time) {
        clock.advance(time);
        driver.advanceWallClockTime(time);
    }

    private Instant leaseEnd() {
        return clock.instant().plus(LEASE);
    }

    private SignedOrder send(Warrant warrant) {
        SignedOrder signed = sign(warrant, alice, bob);
        warrants.pipeInput(warrant.id().toString(), OrderCodec.encode(signed));
        return signed;
    }

    private void revoke(long generation, KeyPair by) {
        Order.Revocation revocation = new Order.Revocation(WARRANT, generation, "Court", NOW, "closed");
        warrants.pipeInput(WARRANT.toString(), OrderCodec.encode(sign(revocation, by)));
    }

    private void retain(Order.OfRetention order, KeyPair... by) {
        warrants.pipeInput(WARRANT.toString(), OrderCodec.encode(sign(order, by)), clock.instant());
    }

    private void send(Pod pod) {
        send(new PodEvent.Present(true, pod, PodEvent.Source.WATCH, NOW));
    }

    private void send(PodEvent event) {
        pods.pipeInput(event.key(), PodCodec.encode(event));
    }

    private static PodEvent gone(String uid) {
        return new PodEvent.Gone(pod(uid, N1), PodEvent.Source.WATCH, NOW);
    }

    private int podsKept() {
        int count = 0;
        try (KeyValueIterator<String, byte[]> all =
                driver.<String, byte[]>getKeyValueStore(Decider.PODS).all()) {
            for (; all.hasNext(); all.next()) {
                count++;
            }
        }
        return count;
    }

    private static byte[] damaged(byte[] whole, Random random) {
        byte[] bytes = Arrays.copyOf(whole, random.nextInt(4) == 0 ? random.nextInt(whole.length) : whole.length);
        for (int i = 0; i <= random.nextInt(3) && bytes.length > 0; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        return bytes;
    }

    private static String header(TestRecord<String, byte[]> record, String name) {
        return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    private static Warrant of(WarrantId id, Warrant like) {
        return new Warrant(
                id,
                like.generation(),
                like.authority(),
                like.caseReference(),
                like.target(),
                like.notBefore(),
                like.notAfter(),
                like.scope(),
                like.filter(),
                like.deliveryAgency(),
                like.retentionDays());
    }

    private List<Command> commands() throws WireException {
        List<Command> read = new ArrayList<>();
        for (byte[] value : commands.readValuesToList()) {
            read.add(CommandCodec.decode(value));
        }
        return read;
    }

    private List<String> whats() throws WireException {
        return commands().stream().map(TopologiesTest::what).toList();
    }

    private List<CustodyEvent> custody() throws WireException {
        List<CustodyEvent> read = new ArrayList<>();
        for (byte[] value : custody.readValuesToList()) {
            read.add(CustodyCodec.decode(value));
        }
        return read;
    }

    private List<CustodyAction> actions() throws WireException {
        return custody().stream().map(CustodyEvent::action).toList();
    }

    private static String what(Command command) {
        return switch (command) {
            case Command.Start start -> "START " + what(start.capture());
            case Command.Stop stop -> "STOP " + what(stop.capture()) + " " + stop.reason();
            case Command.Renew renew ->
                "RENEW "
                        + String.join(
                                " ",
                                renew.captures().stream()
                                        .map(capture -> capture.pod().value())
                                        .toList());
        };
    }

    private static String what(CaptureKey capture) {
        return capture.pod() + " " + capture.generation();
    }

    private static CaptureKey capture(long generation, String uid) {
        return new CaptureKey(WARRANT, generation, new PodUid(uid));
    }

    private static SignedOrder sign(Order order, KeyPair... keys) {
        SignedOrder signed = new SignedOrder(order.payloadType(), OrderJson.write(order), List.of());
        for (KeyPair pair : keys) {
            signed = OrderKeys.sign(signed, pair);
        }
        return signed;
    }

    private static Warrant warrant(long generation, String namespace, Instant notBefore, Instant notAfter) {
        return new Warrant(
                WARRANT,
                generation,
                "Court",
                "case",
                new Target(CLUSTER, new Namespace(namespace), Map.of("app", "nginx1")),
                notBefore,
                notAfter,
                Warrant.Scope.CONTENT,
                null,
                "Police",
                1);
    }

    private static Pod pod(String uid, NodeName node) {
        return pod(uid, node, "shop", Pod.Phase.RUNNING);
    }

    private static Pod pod(String uid, @Nullable NodeName node, String namespace, Pod.Phase phase) {
        PodRef ref = new PodRef(CLUSTER, new Namespace(namespace), new PodName("web-" + uid), new PodUid(uid));
        return new Pod(ref, Map.of("app", "nginx1"), node, false, phase, List.of(), null, "1");
    }

    private static TrustList.Approver approver(String name, KeyPair keys) {
        return new TrustList.Approver(name, keys.getPublic(), NOW.minusSeconds(1), NOW.plusSeconds(10_000_000), false);
    }

    private static Properties properties() {
        Properties properties = new Properties();
        properties.put("application.id", "lawtap-warrants");
        properties.put("bootstrap.servers", "none:1");
        return properties;
    }
}
