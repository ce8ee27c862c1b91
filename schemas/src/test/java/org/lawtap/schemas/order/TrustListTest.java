package org.lawtap.schemas.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.lawtap.schemas.order.SampleOrders.NOW;
import static org.lawtap.schemas.order.SampleOrders.approver;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrustListTest {
    private final TrustList.Approver alice = approver("alice", OrderKeys.generate());
    private final TrustList.Approver demo =
            new TrustList.Approver("demo judge", OrderKeys.generate().getPublic(), NOW, NOW.plusNanos(1), true);

    @Test
    void readsBackTheListItWrote(@TempDir Path directory) throws IOException {
        Path file = Files.write(directory.resolve("trust.json"), new TrustList(List.of(alice, demo)).write());
        assertThat(TrustList.read(file).approvers()).containsExactly(alice, demo);
    }

    @Test
    void findsAnApproverByKeyId() {
        TrustList list = new TrustList(List.of(alice, demo));
        assertThat(list.find(demo.keyId())).isEqualTo(demo);
        assertThat(list.find("00")).isNull();
    }

    @Test
    void refusesAKeyListedTwice() {
        TrustList.Approver other =
                new TrustList.Approver("bob", alice.key(), alice.notBefore(), alice.notAfter(), false);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrustList(List.of(alice, other)))
                .withMessageContaining("bob is listed twice");
    }

    @Test
    void refusesAKeyThatIsNeverValid() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrustList.Approver("alice", alice.key(), NOW, NOW, false))
                .withMessageContaining("never valid");
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "demo" : false | "demo" : "no"           | a flag that is text
            "demo" : false | "demo" : false, "x" : 1 | an unknown field
            "approvers" :  | "x" : 1, "approvers" :  | an unknown field of the list
            "approvers" :  | "people" :              | no approvers
            "alice"        | ""                      | an empty name
            "alice"        | null                    | no name
            MCowBQ         | McowBQ                  | a key that is none
            MCowBQ         | *                       | a key that is not base64
            -              | x                       | a time that is none
            """)
    void refuses(String before, String after, String what) {
        String list = new String(new TrustList(List.of(alice)).write(), StandardCharsets.UTF_8);
        assertThat(list).contains(before);
        assertThatIllegalArgumentException()
                .as(what)
                .isThrownBy(() -> TrustList.parse(list.replace(before, after).getBytes(StandardCharsets.UTF_8)));
    }
}
