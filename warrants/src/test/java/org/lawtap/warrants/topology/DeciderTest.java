package org.lawtap.warrants.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.MockProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodEvent;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Target;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.schemas.wire.CustodyCodec;
import org.lawtap.schemas.wire.OrderCodec;
import org.lawtap.schemas.wire.PodCodec;
import org.lawtap.schemas.wire.WireException;
import org.lawtap.warrants.decision.Decision;

/** A decider that begins with the stores that an earlier one left, as after a restart, a failure or a move to another replica. */
class DeciderTest {
    private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Duration WINDOW = Duration.ofMinutes(10);
    private static final String PLACE = "c1/shop";
    private static final WarrantId WARRANT = WarrantId.parse("00000000-0000-4000-8000-000000000001");
    private static final KeyPair KEYS = OrderKeys.generate();

    private final ManualClock clock = new ManualClock(NOW);
    private final MockProcessorContext<String, Out> context = new MockProcessorContext<>();
    private final List<KeyValueStore<String, byte[]>> stores = new ArrayList<>();
    private boolean recent = true;
    private Decider decider = decider();

    @BeforeEach
    void begin() {
        for (String name : List.of(Decider.PODS, Decider.ORDERS, Decider.CAPTURES)) {
            KeyValueStore<String, byte[]> store = Stores.keyValueStoreBuilder(
                            Stores.inMemoryKeyValueStore(name), Serdes.String(), Serdes.ByteArray())
                    .withLoggingDisabled()
                    .build();
            store.init(context.getStateStoreContext(), store);
            context.addStateStore(store);
            stores.add(store);
        }
        decider.init(context);
        decider.tick(clock.instant());
    }

    @Test
    void renewsWhatItsPredecessorCommanded() throws WireException {
        running();
        clock.advance(LEASE.minusMillis(1));
        restart();
        assertThat(said()).containsExactly("RENEW uid-1");
    }

    @Test
    void keepsTheTimesOfRenewalsOfItsPredecessor() throws WireException {
        running();
        clock.advance(LEASE.dividedBy(3).minusMillis(1));
        restart();
        assertThat(said()).isEmpty();
        clock.advance(Duration.ofMillis(1));
        decider.tick(clock.instant());
        assertThat(said()).containsExactly("RENEW uid-1");
    }

    @Test
    void commandsAnewWhenItsPredecessorWasSilentForALease() throws WireException {
        running();
        clock.advance(LEASE);
        restart();
        assertThat(said()).containsExactly("START uid-1 1");
    }

    @Test
    void commandsNothingAnewThatIsNotWantedAnyMore() throws WireException {
        running();
        clock.advance(WINDOW);
        restart();
        assertThat(said()).containsExactly("WARRANT_ENDED", "STOP uid-1 1 WARRANT_ENDED", "CAPTURE_STOPPED");
    }

    @Test
    void tellsTheEndOfAWarrantOnceInAllLives() throws WireException {
        order(warrant(1, NOW.plus(WINDOW)));
        clock.advance(WINDOW);
        restart();
        assertThat(said()).containsExactly("WARRANT_ENDED");
        restart();
        assertThat(said()).isEmpty();
    }

    @Test
    void anAmendedWarrantEndsAnew() throws WireException {
        order(warrant(1, NOW.plus(WINDOW)));
        clock.advance(WINDOW);
        restart();
        order(warrant(2, NOW.plus(WINDOW.multipliedBy(2))));
        said();
        clock.advance(WINDOW);
        restart();
        assertThat(said()).containsExactly("WARRANT_ENDED");
    }

    @Test
    void remembersARevocation() throws WireException {
        running();
        order(new Order.Revocation(WARRANT, 1, "Court", NOW, "closed"));
        said();
        restart();
        pod(present("uid-2"));
        assertThat(said()).isEmpty();
    }

    @Test
    void remembersWhichPodsAreGone() throws WireException {
        running();
        pod(new PodEvent.Gone(podOf("uid-1"), PodEvent.Source.WATCH, NOW));
        said();
        restart();
        pod(present("uid-1"));
        assertThat(said()).isEmpty();
        clock.advance(Decider.GONE_KEPT);
        decider.tick(clock.instant());
        assertThat(stores.getFirst().get(PLACE + "|uid-1")).isNull();
    }

    @Test
    void beginsNothingWhileItIsBehind() throws WireException {
        recent = false;
        order(warrant(1, NOW.plus(WINDOW)));
        pod(present("uid-1"));
        decider.tick(clock.instant());
        assertThat(said()).isEmpty();
        recent = true;
        decider.tick(clock.instant());
        assertThat(said()).containsExactly("START uid-1 1");
    }

    @Test
    void forgetsNoPodThatCameWhileItWasBehindBetweenTwoTicks() throws WireException {
        running();
        decider.tick(clock.instant());
        recent = false;
        pod(present("uid-2"));
        recent = true;
        assertThat(said()).isEmpty();
        decider.tick(clock.instant());
        assertThat(said()).containsExactly("START uid-2 1");
    }

    @Test
    void endsWhatMustEndWhileItIsBehind() throws WireException {
        running();
        recent = false;
        pod(new PodEvent.Gone(podOf("uid-1"), PodEvent.Source.WATCH, NOW));
        assertThat(said()).containsExactly("STOP uid-1 1 POD_GONE", "CAPTURE_STOPPED");
        clock.advance(WINDOW);
        decider.tick(clock.instant());
        assertThat(said()).containsExactly("WARRANT_ENDED");
    }

    @Test
    void renewsNothingWhileItIsBehind() throws WireException {
        running();
        recent = false;
        clock.advance(LEASE.dividedBy(2));
        decider.tick(clock.instant());
        assertThat(said()).isEmpty();
        recent = true;
        decider.tick(clock.instant());
        assertThat(said()).containsExactly("RENEW uid-1");
    }

    /** The label that made the pod a target went while nobody decided; the stores don't know it yet. */
    @Test
    void commandsNothingAnewWhileItIsBehind() throws WireException {
        running();
        clock.advance(LEASE);
        recent = false;
        restart();
        assertThat(said()).isEmpty();
        pod(new PodEvent.Gone(podOf("uid-1"), PodEvent.Source.WATCH, NOW));
        assertThat(said()).containsExactly("STOP uid-1 1 POD_GONE", "CAPTURE_STOPPED");
        recent = true;
        decider.tick(clock.instant());
        assertThat(said()).isEmpty();
    }

    /** What an aborted transaction had said was said to nobody. */
    @Test
    void saysAgainWhatWasAborted() throws WireException {
        running();
        decider.tick(clock.instant());
        byte[] capture = stores.getLast().get(PLACE + "|uid-1|" + WARRANT);
        clock.advance(WINDOW);
        decider.tick(clock.instant());
        List<String> once = said();
        assertThat(once).contains("STOP uid-1 1 WARRANT_ENDED");
        stores.getLast().put(PLACE + "|uid-1|" + WARRANT, capture);
        stores.get(1).delete(PLACE + "|" + WARRANT + "/end-told");
        decider.init(context);
        decider.tick(clock.instant());
        assertThat(said()).isEqualTo(once);
    }

    private void running() throws WireException {
        order(warrant(1, NOW.plus(WINDOW)));
        pod(present("uid-1"));
        assertThat(said()).contains("START uid-1 1");
    }

    private void restart() {
        decider = decider();
        decider.init(context);
        decider.tick(clock.instant());
    }

    private Decider decider() {
        return new Decider(Decision::decide, warrant -> true, now -> recent, LEASE, clock, DecidingCounts.NONE);
    }

    private void pod(PodEvent event) {
        decider.process(new Record<>(PLACE, new In.PodValue(PodCodec.encode(event)), 0));
    }

    private void order(Order order) {
        SignedOrder signed =
                OrderKeys.sign(new SignedOrder(order.payloadType(), OrderJson.write(order), List.of()), KEYS);
        decider.process(new Record<>(PLACE, new In.OrderValue(OrderCodec.encode(signed)), 0));
    }

    /** What was said since the last call: commands, and custody's actions. */
    private List<String> said() throws WireException {
        List<String> said = new ArrayList<>();
        for (MockProcessorContext.CapturedForward<? extends String, ? extends Out> forward : context.forwarded()) {
            Out value = forward.record().value();
            switch (value) {
                case Out.ToNode command -> said.add(what(CommandCodec.decode(command.value())));
                case Out.Custody custody -> {
                    CustodyAction action = CustodyCodec.decode(custody.value()).action();
                    if (action != CustodyAction.CAPTURE_COMMANDED) {
                        said.add(action.name());
                    }
                }
                case Out.Placed ignored -> throw new AssertionError("placed again");
                case Out.DeadLetter ignored -> throw new AssertionError("set aside");
            }
        }
        context.resetForwards();
        return said;
    }

    private static String what(Command command) {
        return switch (command) {
            case Command.Start start ->
                "START " + start.capture().pod() + " " + start.capture().generation();
            case Command.Stop stop ->
                "STOP " + stop.capture().pod() + " " + stop.capture().generation() + " " + stop.reason();
            case Command.Renew renew -> "RENEW " + renew.captures().getFirst().pod();
        };
    }

    private static PodEvent present(String uid) {
        return new PodEvent.Present(true, podOf(uid), PodEvent.Source.WATCH, NOW);
    }

    private static Pod podOf(String uid) {
        PodRef ref = new PodRef(new ClusterId("c1"), new Namespace("shop"), new PodName("web-" + uid), new PodUid(uid));
        return new Pod(ref, Map.of("app", "web"), new NodeName("n1"), false, Pod.Phase.RUNNING, List.of(), null, "1");
    }

    private static Warrant warrant(long generation, Instant notAfter) {
        return new Warrant(
                WARRANT,
                generation,
                "Court",
                "case",
                new Target(new ClusterId("c1"), new Namespace("shop"), Map.of("app", "web")),
                NOW,
                notAfter,
                Warrant.Scope.CONTENT,
                null,
                "Police",
                1);
    }
}
