package org.lawtap.worker.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.order.Warrant;

class AdmissionTest {
    private static final Instant LEASE = Orders.NOW.plusSeconds(30);
    private final Warrant warrant = Orders.warrant();
    private final Admission admission = new Admission(Orders.check(), Orders.CLUSTER, Orders.NODE);

    @Test
    void admitsADoublySignedWarrantForItsTarget() {
        assertThat(admission.check(Orders.start(warrant, LEASE), Orders.NOW))
                .isEqualTo(new Admission.Verdict.Admitted(warrant));
    }

    @Test
    void refusesOneSignature() {
        refuses(start(Orders.signedOnce(warrant)), "needs 2");
    }

    @Test
    void refusesNoSignature() {
        refuses(start(Orders.unsigned(warrant)), "needs 2");
    }

    @Test
    void refusesAChangedWarrant() {
        SignedOrder signed = Orders.signed(warrant);
        SignedOrder other = Orders.unsigned(Orders.warrant(2, Warrant.Scope.CONTENT, null));
        refuses(start(new SignedOrder(signed.payloadType(), other.payload(), signed.signatures())), "does not fit");
    }

    @Test
    void refusesAnEndedWarrantAtItsLastInstant() {
        assertThat(admission.check(Orders.start(warrant, LEASE), warrant.notAfter()))
                .isInstanceOf(Admission.Verdict.Refused.class);
    }

    @Test
    void admitsAWarrantBeforeItsWindowSoThatTheCaptureCanWaitForIt() {
        assertThat(admission.check(
                        Orders.start(warrant, LEASE), warrant.notBefore().minusSeconds(1)))
                .isInstanceOf(Admission.Verdict.Admitted.class);
    }

    @Test
    void refusesAPodWithOtherLabels() {
        refuses(start(Orders.REF, Map.of("app", "checkout"), false), "not of the warrant's target");
    }

    @Test
    void refusesAPodOfAnotherNamespace() {
        PodRef other = new PodRef(Orders.CLUSTER, new Namespace("other"), Orders.REF.name(), Orders.POD);
        refuses(start(other, Orders.LABELS, false), "not of the warrant's target");
    }

    @Test
    void refusesAPodOfAnotherCluster() {
        PodRef other = new PodRef(new ClusterId("c2"), Orders.REF.namespace(), Orders.REF.name(), Orders.POD);
        refuses(start(other, Orders.LABELS, false), "another cluster");
    }

    @Test
    void refusesAnotherNodesCommand() {
        Admission elsewhere = new Admission(Orders.check(), Orders.CLUSTER, new NodeName("n2"));
        assertThat(elsewhere.check(Orders.start(warrant, LEASE), Orders.NOW))
                .isInstanceOfSatisfying(
                        Admission.Verdict.Refused.class,
                        refused -> assertThat(refused.reason()).contains("another node"));
    }

    @Test
    void refusesTheHostsNetwork() {
        refuses(start(Orders.REF, Orders.LABELS, true), "HOST_NETWORK");
    }

    @Test
    void refusesHeadersOnlyUntilItIsBuilt() {
        refuses(Orders.start(Orders.warrant(1, Warrant.Scope.HEADERS, null), LEASE), "HEADERS");
    }

    @Test
    void refusesAFilterThatIsNone() {
        refuses(Orders.start(Orders.warrant(1, Warrant.Scope.CONTENT, "tcp port banana"), LEASE), "does not compile");
    }

    @Test
    void refusesAFilterThatMeansAnotherThingOnEachEngine() {
        refuses(Orders.start(Orders.warrant(1, Warrant.Scope.CONTENT, "not vlan 5"), LEASE), "depends on the engine");
    }

    @Test
    void refusesACommandForAnotherGenerationThanItCarries() {
        Command.Start sent = Orders.start(warrant, LEASE);
        CaptureKey other = new CaptureKey(warrant.id(), 2, Orders.POD);
        refuses(
                new Command.Start(
                        sent.node(),
                        sent.issuedAt(),
                        other,
                        sent.order(),
                        sent.pod(),
                        sent.labels(),
                        sent.hostNetwork(),
                        sent.leaseUntil()),
                "another warrant, generation or pod");
    }

    @Test
    void refusesAKeyThatTheTrustListDoesNotName() {
        SignedOrder once = Orders.signedOnce(warrant);
        refuses(start(OrderKeys.sign(once, OrderKeys.generate())), "not on the trust list");
    }

    @Test
    void refusesTheSamePersonTwice() {
        SignedOrder once = Orders.signedOnce(warrant);
        SignedOrder.OrderSignature judge = once.signatures().getFirst();
        refuses(start(new SignedOrder(once.payloadType(), once.payload(), List.of(judge, judge))), "needs 2");
    }

    @Test
    void refusesARevocationInTheWarrantsPlace() {
        Order.Revocation revocation = new Order.Revocation(Orders.ID, 1, "court", Orders.NOW, "over");
        refuses(start(Orders.signed(revocation)), "not a warrant");
    }

    private Command.Start start(SignedOrder order) {
        return Orders.start(warrant, order, Orders.REF, Orders.LABELS, false, LEASE);
    }

    private Command.Start start(PodRef pod, Map<String, String> labels, boolean hostNetwork) {
        return Orders.start(warrant, Orders.signed(warrant), pod, labels, hostNetwork, LEASE);
    }

    private void refuses(Command.Start start, String why) {
        assertThat(admission.check(start, Orders.NOW))
                .isInstanceOfSatisfying(
                        Admission.Verdict.Refused.class,
                        refused -> assertThat(refused.reason()).contains(why));
    }
}
