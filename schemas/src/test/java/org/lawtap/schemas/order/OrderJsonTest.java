package org.lawtap.schemas.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OrderJsonTest {
    private static final String WARRANT = """
            {"version": 1, "id": "0b5a9a52-7a2e-4d0c-9a3e-111111111111", "generation": 1,
             "authority": "Court of Sample", "caseReference": "7 Gs 12/26",
             "target": {"cluster": "c1", "namespace": "shop", "labels": {"app": "nginx1", "tier": "web"}},
             "notBefore": "2026-11-23T11:00:00Z", "notAfter": "2026-11-24T12:00:00Z",
             "scope": "CONTENT", "filter": "tcp port 80", "deliveryAgency": "State Police", "retentionDays": 3650}
            """;
    private static final String REVOCATION = """
            {"version": 1, "id": "0b5a9a52-7a2e-4d0c-9a3e-111111111111", "generation": 2,
             "authority": "Court of Sample", "revokedAt": "2026-11-23T12:00:00Z", "reason": "the case was closed"}
            """;

    @Test
    void readsTheDocumentedFormOfAWarrant() {
        assertThat(read(WARRANT)).isEqualTo(SampleOrders.warrant());
    }

    @Test
    void readsTheDocumentedFormOfARevocation() {
        assertThat(OrderJson.read(Order.Revocation.PAYLOAD_TYPE, bytes(REVOCATION)))
                .isEqualTo(SampleOrders.revocation());
    }

    @Test
    void readsBackTheWarrantItWrote() {
        Warrant warrant = SampleOrders.warrant();
        assertThat(OrderJson.read(Warrant.PAYLOAD_TYPE, OrderJson.write(warrant)))
                .isEqualTo(warrant);
    }

    @Test
    void readsBackAWarrantWithoutAFilter() {
        Warrant with = SampleOrders.warrant();
        Warrant warrant = new Warrant(
                with.id(),
                with.generation(),
                with.authority(),
                with.caseReference(),
                with.target(),
                with.notBefore(),
                with.notAfter(),
                Warrant.Scope.HEADERS,
                null,
                with.deliveryAgency(),
                0);
        assertThat(OrderJson.readWarrant(OrderJson.write(warrant))).isEqualTo(warrant);
    }

    @Test
    void readsAndWritesTheDeliveryKey() {
        X25519Key key = DeliveryKeys.publicHalf(DeliveryKeys.generate());
        String json = WARRANT.replace("3650}", "3650, \"deliveryKey\": \"" + key.base64() + "\"}");
        assertThat(read(json)).isEqualTo(SampleOrders.warrant().deliveredTo(key));
        assertThat(OrderJson.readWarrant(OrderJson.write(SampleOrders.warrant().deliveredTo(key))))
                .isEqualTo(SampleOrders.warrant().deliveredTo(key));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\"",
                "1",
                "{}",
                "\"MCowBQYDK2VuAyEA\"",
                "\"MCowBQYDK2VuAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""
            })
    void refusesAnotherDeliveryKey(String value) {
        String json = WARRANT.replace("3650}", "3650, \"deliveryKey\": " + value + "}");
        assertThatIllegalArgumentException().isThrownBy(() -> read(json)).withMessageContaining("deliveryKey");
    }

    @Test
    void readsBackTheRevocationItWrote() {
        Order.Revocation revocation = SampleOrders.revocation();
        assertThat(OrderJson.read(Order.Revocation.PAYLOAD_TYPE, OrderJson.write(revocation)))
                .isEqualTo(revocation);
    }

    @Test
    void writesTheSameBytesForTheSameOrder() {
        assertThat(OrderJson.write(SampleOrders.warrant())).isEqualTo(OrderJson.write(SampleOrders.warrant()));
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "generation": 1,            | "generation": 1, "generation": 2,   | a duplicated key
            "tier": "web"               | "app": "web"                        | a duplicated label
            "version": 1,               | "version": 1, "note": "x",          | an unknown field
            "cluster": "c1",            | "cluster": "c1", "pod": "x",        | an unknown field of the target
            "authority": "Court of Sample",| ``                               | a missing field
            "authority": "Court of Sample"| "authority": null                 | a field that is null
            "Court of Sample"           | " "                                 | a blank authority
            "Court of Sample"           | "Court\\u001b[2J"                   | control characters
            {"app": "nginx1", "tier": "web"}| {}                              | empty labels
            {"app": "nginx1", "tier": "web"}| ["app"]                         | labels that are a list
            "nginx1"                    | "*"                                 | a wildcard label
            "nginx1"                    | 1                                   | a label that is a number
            "app":                      | "../app":                           | a label key with a path
            "2026-11-24T12:00:00Z"      | "2026-11-23T11:00:00Z"              | an end that is the start
            "2026-11-24T12:00:00Z"      | "2026-11-23T10:59:59Z"              | an end before the start
            "2026-11-24T12:00:00Z"      | "2026-11-24T12:00:00"               | a time without a zone
            "2026-11-24T12:00:00Z"      | "2026-11-24T12:00:00+01:00"         | a time with an offset
            "2026-11-24T12:00:00Z"      | "2026-02-30T12:00:00Z"              | a day that does not exist
            "2026-11-24T12:00:00Z"      | 1795521600                          | a time as a number
            0b5a9a52-7a2e-4d0c          | 0B5A9A52-7A2E-4D0C                  | an upper-case UUID
            0b5a9a52-7a2e-4d0c          | b5a9a52-7a2e-4d0c                   | a short UUID
            "shop"                      | "shоp"                              | a homoglyph in the namespace
            "shop"                      | "shop.example"                      | a namespace with a dot
            "2026-11-24T12:00:00Z"      | "2027-11-24T11:00:01Z"              | more than 366 days
            "2026-11-24T12:00:00Z"      | "+12026-11-24T12:00:00Z"            | a year of five digits
            "Court of Sample"           | "Court\u202e"                      | a character that turns the text round
            "app":                      | "a..b/app":                         | a label key of no domain
            "nginx1"                    | "ng\u0456nx1"                      | a homoglyph in a label
            "shop"                      | "../shop"                           | a path as namespace
            "version": 1                | "version": 2                        | version 2
            "version": 1                | "version": 1.0                      | a version that is no whole number
            "version": 1                | "version": "1"                      | a version that is text
            "generation": 1             | "generation": 0                     | generation 0
            "generation": 1             | "generation": 9223372036854775808   | a generation beyond 63 bits
            "CONTENT"                   | "EVERYTHING"                        | an unknown scope
            "CONTENT"                   | "content"                           | a scope in lower case
            "tcp port 80"               | ""                                  | an empty filter
            "tcp port 80"               | " "                                 | a blank filter
            "tcp port 80"               | 80                                  | a filter that is a number
            3650                        | -1                                  | negative retention
            3650                        | 36501                               | retention beyond a century
            3650                        | 99999999999                         | retention beyond an int
            """)
    void refuses(String before, String after, String what) {
        assertThat(WARRANT).contains(before);
        assertThatIllegalArgumentException().as(what).isThrownBy(() -> read(WARRANT.replace(before, after)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "x", "]", "null", "\u0000"})
    void refusesTextAfterTheOrder(String trailing) {
        assertThatIllegalArgumentException().isThrownBy(() -> read(WARRANT + trailing));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "null", "[]", "\"x\"", "{", "{\"version\": 1}"})
    void refusesWhatIsNoWarrant(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> read(text));
    }

    @Test
    void refusesARevocationReadAsAWarrant() {
        assertThatIllegalArgumentException().isThrownBy(() -> read(REVOCATION));
    }

    private static final String HOLD = """
            {"version": 1, "order": "HOLD", "id": "0b5a9a52-7a2e-4d0c-9a3e-111111111111", "generation": 2,
             "authority": "Court of Sample", "orderedAt": "2026-11-23T12:00:00Z", "reason": "an appeal is pending"}
            """;

    @Test
    void readsTheDocumentedFormOfAHold() {
        assertThat(OrderJson.read(Order.Hold.PAYLOAD_TYPE, bytes(HOLD))).isEqualTo(SampleOrders.hold(2));
    }

    @Test
    void readsBackOrdersOfRetentionAndTellsTheirTypes() {
        for (Order order : List.of(
                SampleOrders.hold(2),
                SampleOrders.release(3),
                SampleOrders.destruction(4),
                SampleOrders.warrant(),
                SampleOrders.revocation())) {
            byte[] bytes = OrderJson.write(order);
            assertThat(OrderJson.payloadType(bytes)).isEqualTo(order.payloadType());
            assertThat(OrderJson.read(order.payloadType(), bytes)).isEqualTo(order);
        }
    }

    /** Three orders have the same fields: each says which it is, so that nobody signs one for another. */
    @Test
    void refusesAnOrderOfRetentionReadAsAnother() {
        List<Order> orders = List.of(SampleOrders.hold(2), SampleOrders.release(2), SampleOrders.destruction(2));
        for (Order one : orders) {
            for (Order other : orders) {
                if (!one.equals(other)) {
                    assertThatIllegalArgumentException()
                            .isThrownBy(() -> OrderJson.read(one.payloadType(), OrderJson.write(other)));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "HOLD"                | "hold"
            "order": "HOLD",      | ``
            "generation": 2       | "generation": 0
            "reason"              | "because"
            "generation": 2       | "generation": 2, "note": "x"
            2026-11-23T12:00:00Z  | 2026-11-23T12:00:00
            "Court of Sample"     | ""
            """)
    void refusesAHoldWith(String before, String after) {
        String changed = HOLD.replace(before, after);
        assertThat(changed).isNotEqualTo(HOLD);
        assertThatIllegalArgumentException().isThrownBy(() -> OrderJson.read(Order.Hold.PAYLOAD_TYPE, bytes(changed)));
    }

    @Test
    void refusesAnUnknownPayloadType() {
        assertThatIllegalArgumentException().isThrownBy(() -> OrderJson.read("application/json", bytes(WARRANT)));
    }

    @Test
    void refusesBytesThatAreNotUtf8() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OrderJson.readWarrant(
                        WARRANT.replace("Sample", "S\u00e4mple").getBytes(StandardCharsets.ISO_8859_1)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"generation\": 2",
                "\"revokedAt\": \"2026-11-23T12:00:00Z\"",
                "\"reason\": \"the case was closed\""
            })
    void refusesARevocationThatLacksAField(String field) {
        String without = REVOCATION.replace(field, "\"version\": 1");
        assertThat(without).isNotEqualTo(REVOCATION);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OrderJson.read(Order.Revocation.PAYLOAD_TYPE, bytes(without)));
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', textBlock = """
            "generation": 2     | "generation": 0 | generation 0
            "Court of Sample"   | " "           | a blank authority
            "the case was closed" | "x\\u001b[2J" | control characters in the reason
            "the case was closed" | ""          | an empty reason
            """)
    void refusesARevocationWith(String before, String after, String what) {
        String changed = REVOCATION.replace(before, after);
        assertThatIllegalArgumentException()
                .as(what)
                .isThrownBy(() -> OrderJson.read(Order.Revocation.PAYLOAD_TYPE, bytes(changed)));
    }

    @Test
    void refusesAnOrderThatIsNotInUtf8() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OrderJson.readWarrant(WARRANT.getBytes(StandardCharsets.UTF_16LE)));
    }

    private static Warrant read(String json) {
        return OrderJson.readWarrant(bytes(json));
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }
}
