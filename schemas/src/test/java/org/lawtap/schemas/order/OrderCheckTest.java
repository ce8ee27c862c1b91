package org.lawtap.schemas.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.lawtap.schemas.order.SampleOrders.NOW;
import static org.lawtap.schemas.order.SampleOrders.approver;

import java.security.KeyPair;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class OrderCheckTest {
    private final KeyPair alice = OrderKeys.generate();
    private final KeyPair aliceSecondKey = OrderKeys.generate();
    private final KeyPair bob = OrderKeys.generate();
    private final KeyPair stranger = OrderKeys.generate();
    private final OrderCheck check = new OrderCheck(
            new TrustList(List.of(approver("alice", alice), approver("alice", aliceSecondKey), approver("bob", bob))),
            false);
    private final Warrant warrant = SampleOrders.warrant();

    @Test
    void approvesAWarrantOfTwoApprovers() {
        assertThat(check.check(SampleOrders.sign(warrant, alice, bob), NOW))
                .isEqualTo(new OrderCheck.Verdict.Approved(warrant, List.of("alice", "bob")));
    }

    @Test
    void refusesAWarrantWithoutSignatures() {
        assertThat(refusal(SampleOrders.sign(warrant))).contains("0 different approvers and needs 2");
    }

    @Test
    void refusesAWarrantOfOneApprover() {
        assertThat(refusal(SampleOrders.sign(warrant, alice))).contains("1 different approvers and needs 2");
    }

    @Test
    void countsOnePersonWithTwoKeysOnce() {
        assertThat(refusal(SampleOrders.sign(warrant, alice, aliceSecondKey))).contains("1 different approvers");
    }

    @Test
    void countsOneSignatureGivenTwiceOnce() {
        SignedOrder once = SampleOrders.sign(warrant, alice);
        List<SignedOrder.OrderSignature> twice =
                List.of(once.signatures().getFirst(), once.signatures().getFirst());
        assertThat(refusal(new SignedOrder(once.payloadType(), once.payload(), twice)))
                .contains("1 different approvers");
    }

    @Test
    void doesNotCountAnUnknownKey() {
        assertThat(refusal(SampleOrders.sign(warrant, alice, stranger))).contains("a key is not on the trust list");
    }

    @Test
    void doesNotCountASignatureUnderSomeoneElsesKeyId() {
        SignedOrder signed = SampleOrders.sign(warrant, alice, stranger);
        List<SignedOrder.OrderSignature> forged = List.of(
                signed.signatures().get(0),
                new SignedOrder.OrderSignature(
                        OrderKeys.keyId(bob.getPublic()),
                        signed.signatures().get(1).signature()));
        assertThat(refusal(new SignedOrder(signed.payloadType(), signed.payload(), forged)))
                .contains("the signature of bob does not fit the bytes");
    }

    @Test
    void aForeignSignatureDoesNotSpoilTwoGoodOnes() {
        assertThat(check.check(SampleOrders.sign(warrant, stranger, alice, bob), NOW))
                .isInstanceOf(OrderCheck.Verdict.Approved.class);
    }

    @Test
    void doesNotCountAKeyBeforeItsTimeOrFromItsEnd() {
        TrustList list = new TrustList(List.of(
                approver("alice", alice),
                new TrustList.Approver("bob", bob.getPublic(), NOW, NOW.plusSeconds(10), false)));
        OrderCheck narrow = new OrderCheck(list, false);
        SignedOrder signed = SampleOrders.sign(warrant, alice, bob);
        assertThat(narrow.check(signed, NOW.minusNanos(1))).isInstanceOf(OrderCheck.Verdict.Refused.class);
        assertThat(narrow.check(signed, NOW)).isInstanceOf(OrderCheck.Verdict.Approved.class);
        assertThat(narrow.check(signed, NOW.plusSeconds(10).minusNanos(1)))
                .isInstanceOf(OrderCheck.Verdict.Approved.class);
        assertThat(refusal(narrow, signed, NOW.plusSeconds(10))).contains("the key of bob is not valid now");
    }

    @Test
    void refusesDemoKeysOutsideTheSandbox() {
        SignedOrder signed = SampleOrders.sign(warrant, alice, bob);
        assertThat(refusal(new OrderCheck(demoList(), false), signed, NOW)).contains("the key of bob is a demo key");
    }

    @Test
    void countsDemoKeysInTheSandbox() {
        SignedOrder signed = SampleOrders.sign(warrant, alice, bob);
        assertThat(new OrderCheck(demoList(), true).check(signed, NOW)).isInstanceOf(OrderCheck.Verdict.Approved.class);
    }

    @Test
    void refusesAnOrderWithOneByteChanged() {
        SignedOrder signed = SampleOrders.sign(warrant, alice, bob);
        byte[] payload = signed.payload();
        byte[] changed = Arrays.copyOf(payload, payload.length + 1);
        changed[payload.length] = ' ';
        assertThat(refusal(new SignedOrder(signed.payloadType(), changed, signed.signatures())))
                .contains("the signature of alice does not fit the bytes")
                .contains("the signature of bob does not fit the bytes");
    }

    @Test
    void bindsTheSignatureToThePayloadType() {
        SignedOrder signed = SampleOrders.sign(SampleOrders.revocation(), alice, bob);
        assertThat(check.check(signed, NOW)).isInstanceOf(OrderCheck.Verdict.Approved.class);
        SignedOrder asWarrant = new SignedOrder(Warrant.PAYLOAD_TYPE, signed.payload(), signed.signatures());
        assertThat(check.check(asWarrant, NOW)).isInstanceOf(OrderCheck.Verdict.Refused.class);
        SignedOrder typed = new SignedOrder(
                Order.Revocation.PAYLOAD_TYPE,
                signed.payload(),
                OrderKeys.sign(asWarrant, alice).signatures());
        assertThat(refusal(new SignedOrder(
                        typed.payloadType(),
                        typed.payload(),
                        List.of(typed.signatures().getLast()))))
                .contains("does not fit the bytes");
    }

    @Test
    void refusesAnUnknownPayloadType() {
        SignedOrder signed = SampleOrders.sign(warrant, alice, bob);
        assertThat(refusal(new SignedOrder("text/plain", signed.payload(), signed.signatures())))
                .contains("unknown payload type");
    }

    @Test
    void refusesATooLongPayloadUnread() {
        byte[] payload = new byte[SignedOrder.PAYLOAD_BYTES_MAX + 1];
        assertThat(refusal(new SignedOrder(Warrant.PAYLOAD_TYPE, payload, List.of())))
                .contains("longer than 65536 bytes");
    }

    @Test
    void refusesTooManySignaturesUnread() {
        SignedOrder signed = SampleOrders.sign(warrant, alice, bob);
        List<SignedOrder.OrderSignature> many = Collections.nCopies(
                SignedOrder.SIGNATURES_MAX + 1, signed.signatures().getFirst());
        assertThat(refusal(new SignedOrder(signed.payloadType(), signed.payload(), many)))
                .contains("more than 16 signatures");
    }

    @Test
    void approvesARevocationOfOneApprover() {
        assertThat(check.check(SampleOrders.sign(SampleOrders.revocation(), bob), NOW))
                .isEqualTo(new OrderCheck.Verdict.Approved(SampleOrders.revocation(), List.of("bob")));
    }

    @Test
    void whatBecomesOfEvidenceNeedsTwoApprovers() {
        for (Order order : List.of(SampleOrders.hold(2), SampleOrders.release(2), SampleOrders.destruction(2))) {
            assertThat(refusal(SampleOrders.sign(order, bob))).contains("1 different approvers and needs 2");
            assertThat(check.check(SampleOrders.sign(order, alice, bob), NOW))
                    .isEqualTo(new OrderCheck.Verdict.Approved(order, List.of("alice", "bob")));
        }
    }

    @Test
    void refusesARevocationOfAStranger() {
        assertThat(refusal(SampleOrders.sign(SampleOrders.revocation(), stranger)))
                .contains("0 different approvers and needs 1");
    }

    private TrustList demoList() {
        return new TrustList(List.of(
                approver("alice", alice),
                new TrustList.Approver("bob", bob.getPublic(), Instant.EPOCH, NOW.plusSeconds(1), true)));
    }

    private String refusal(SignedOrder signed) {
        return refusal(check, signed, NOW);
    }

    private static String refusal(OrderCheck by, SignedOrder signed, Instant now) {
        return switch (by.check(signed, now)) {
            case OrderCheck.Verdict.Refused refused -> refused.reason();
            case OrderCheck.Verdict.Approved approved -> throw new AssertionError("was approved: " + approved);
        };
    }
}
