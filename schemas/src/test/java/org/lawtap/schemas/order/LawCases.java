package org.lawtap.schemas.order;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.WarrantId;

/**
 * The table of what is against the law. Command line, topology and sensor are each held to it by a test of their own: none of them may
 * rely on the one before.
 *
 * @param now the moment at which all rows are judged
 */
public record LawCases(Instant now) {
    public static final WarrantId ID = WarrantId.parse("0b5a9a52-7a2e-4d0c-9a3e-222222222222");
    public static final ClusterId CLUSTER = new ClusterId("c1");
    public static final Namespace NAMESPACE = new Namespace("shop");
    public static final Map<String, String> LABELS = Map.of("app", "nginx1");

    private static final Duration HOUR = Duration.ofHours(1);
    private static final int TOO_LONG_BYTES = 10 * 1024 * 1024;

    private static final KeyPair JUDGE = OrderKeys.generate();
    private static final KeyPair JUDGES_SECOND_KEY = OrderKeys.generate();
    private static final KeyPair PROSECUTOR = OrderKeys.generate();
    private static final KeyPair REVOKED = OrderKeys.generate();
    private static final KeyPair EXPIRED = OrderKeys.generate();
    private static final KeyPair ARCHIVIST = OrderKeys.generate();
    private static final KeyPair DEMO = OrderKeys.generate();
    private static final KeyPair[] STRANGERS = {OrderKeys.generate(), OrderKeys.generate()};

    /**
     * One row.
     *
     * @param earlier properly signed orders that came before, in their order
     * @param order what comes then; null: a record without a value
     * @param waits lawful, but not yet: it may be published, and nothing is captured
     * @param sentence what the refusal says, besides where it was said
     */
    public record LawCase(
            String name,
            List<SignedOrder> earlier,
            @Nullable SignedOrder order,
            boolean waits,
            String sentence) {
        public LawCase {
            earlier = List.copyOf(earlier);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** Whose signatures count: two judges' keys of one person, a prosecutor's, and some that do not count for a warrant now. */
    public TrustList trustList() {
        Set<TrustList.Role> every = Set.of(TrustList.Role.values());
        Set<TrustList.Role> archive = Set.of(TrustList.Role.RETENTION, TrustList.Role.REVOCATION);
        Instant from = now.minus(Duration.ofDays(100));
        Instant until = now.plus(Duration.ofDays(100));
        return new TrustList(List.of(
                new TrustList.Approver("judge", JUDGE.getPublic(), from, until, false),
                new TrustList.Approver("judge", JUDGES_SECOND_KEY.getPublic(), from, until, false),
                new TrustList.Approver("prosecutor", PROSECUTOR.getPublic(), from, until, false),
                new TrustList.Approver("clerk", REVOKED.getPublic(), from, until, false, every, now.minusSeconds(1)),
                new TrustList.Approver("retired judge", EXPIRED.getPublic(), from, now, false),
                new TrustList.Approver("archivist", ARCHIVIST.getPublic(), from, until, false, archive, null),
                new TrustList.Approver("demo judge", DEMO.getPublic(), from, until, true)));
    }

    /** The check that all hold to, outside the sandbox. */
    public OrderCheck check() {
        return new OrderCheck(trustList(), false);
    }

    /** What must not be refused: else a test that refuses everything would pass. */
    public SignedOrder lawful() {
        return signed(warrant(1, now.minus(HOUR), now.plus(HOUR)));
    }

    /** All rows. */
    public Stream<LawCase> all() {
        String start = now.minus(HOUR).toString();
        String end = now.plus(HOUR).toString();
        Warrant first = warrant(1, now.minus(HOUR), now.plus(HOUR));
        Warrant second = warrant(2, now.minus(HOUR), now.plus(HOUR));
        Warrant wider = warrant(2, now.minus(HOUR), now.plus(Duration.ofDays(30)));
        return Stream.of(
                row("expired", signed(warrant(1, now.minus(HOUR.multipliedBy(2)), now.minus(HOUR))), "it ended at"),
                row("at its very end", signed(warrant(1, now.minus(HOUR), now)), "it ended at"),
                new LawCase(
                        "not yet valid",
                        List.of(),
                        signed(warrant(1, now.plus(HOUR), now.plus(HOUR.multipliedBy(2)))),
                        true,
                        "begins at " + now.plus(HOUR)),
                row("no signature", by(first), "0 different approvers and needs 2"),
                row("one signature", by(first, JUDGE), "1 different approvers and needs 2"),
                row("one signature given twice", twice(by(first, JUDGE)), "1 different approvers"),
                row("the same person twice", by(first, JUDGE, JUDGES_SECOND_KEY), "1 different approvers"),
                row("a revoked key", by(first, JUDGE, REVOKED), "the key of clerk was revoked at"),
                row("a key after its time", by(first, JUDGE, EXPIRED), "the key of retired judge is not valid now"),
                row("a key outside its role", by(first, JUDGE, ARCHIVIST), "archivist has not the role WARRANT"),
                row("a demo key outside the sandbox", by(first, JUDGE, DEMO), "the key of demo judge is a demo key"),
                row("a foreign trust list", by(first, STRANGERS), "a key is not on the trust list"),
                row("a changed byte", changedByte(signed(first)), "does not fit the bytes"),
                row("an older generation after a newer one", List.of(signed(second)), signed(first), "generation 1 "),
                row("a wider amendment without signatures", List.of(signed(first)), by(wider), "needs 2"),
                row("a wider amendment with one signature", List.of(signed(first)), by(wider, JUDGE), "needs 2"),
                row(
                        "a wider amendment with the signatures of the warrant",
                        List.of(signed(first)),
                        new SignedOrder(
                                wider.payloadType(),
                                OrderJson.write(wider),
                                signed(first).signatures()),
                        "does not fit the bytes"),
                new LawCase("a tombstone", List.of(signed(first)), null, false, "without a value"),
                row("an empty object", signed("{}"), "version is missing"),
                row("a target of everything", with("{\n      \"app\" : \"nginx1\"\n    }", "{ }"), "every pod"),
                row("a homoglyph in the namespace", with("shop", "sh\u043ep"), "U+043E (CYRILLIC SMALL LETTER O)"),
                row("a homoglyph in a label", with("nginx1", "ng\u0456nx1"), "U+0456 (CYRILLIC SMALL LETTER"),
                row("a namespace that can't be", with("shop", "shop.example"), "namespace \"shop.example\" is not"),
                row("a warrant of 10 MB", signed(text(first) + " ".repeat(TOO_LONG_BYTES)), " bytes"),
                row("a start that is the end", with(end, start), "is not before notAfter"),
                row("an end in the year 9999", with(end, "9999-12-31T23:59:59Z"), "366 days at most"),
                row("an end after the year 9999", with(end, "+99999-12-31T23:59:59Z"), "notAfter is not a time"),
                row("a time without its zone", with(end, end.replace("Z", "")), "in UTC and end with Z"));
    }

    private static LawCase row(String name, SignedOrder order, String sentence) {
        return row(name, List.of(), order, sentence);
    }

    private static LawCase row(String name, List<SignedOrder> earlier, SignedOrder order, String sentence) {
        return new LawCase(name, earlier, order, false, sentence);
    }

    private static Warrant warrant(long generation, Instant notBefore, Instant notAfter) {
        return new Warrant(
                ID,
                generation,
                "Court of Sample",
                "7 Gs 12/26",
                new Target(CLUSTER, NAMESPACE, LABELS),
                notBefore,
                notAfter,
                Warrant.Scope.CONTENT,
                null,
                "State Police",
                30);
    }

    private static SignedOrder signed(Warrant warrant) {
        return by(warrant, JUDGE, PROSECUTOR);
    }

    private static SignedOrder by(Warrant warrant, KeyPair... keys) {
        return by(text(warrant), keys);
    }

    /** Two approvers signed exactly this: what is wrong with it is not its signatures. */
    private static SignedOrder signed(String payload) {
        return by(payload, JUDGE, PROSECUTOR);
    }

    private static SignedOrder by(String payload, KeyPair... keys) {
        SignedOrder order = new SignedOrder(Warrant.PAYLOAD_TYPE, payload.getBytes(StandardCharsets.UTF_8), List.of());
        for (KeyPair pair : keys) {
            order = OrderKeys.sign(order, pair);
        }
        return order;
    }

    /** A lawful warrant in which this text was replaced before it was signed. */
    private SignedOrder with(String before, String after) {
        String lawful = text(warrant(1, now.minus(HOUR), now.plus(HOUR)));
        if (!lawful.contains(before)) {
            throw new IllegalStateException("the sample has no " + before + ":\n" + lawful);
        }
        return signed(lawful.replace(before, after));
    }

    private static String text(Warrant warrant) {
        return new String(OrderJson.write(warrant), StandardCharsets.UTF_8);
    }

    private static SignedOrder twice(SignedOrder order) {
        SignedOrder.OrderSignature one = order.signatures().getFirst();
        return new SignedOrder(order.payloadType(), order.payload(), List.of(one, one));
    }

    /** The last digit of the case's reference, after it was signed. */
    private static SignedOrder changedByte(SignedOrder order) {
        byte[] payload = order.payload();
        byte[] place = "12/26".getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < payload.length - place.length; i++) {
            if (Arrays.equals(payload, i, i + place.length, place, 0, place.length)) {
                payload[i] ^= 1;
                return new SignedOrder(order.payloadType(), payload, order.signatures());
            }
        }
        throw new IllegalStateException("the sample has no reference to change");
    }
}
