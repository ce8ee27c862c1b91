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
import java.util.Set;
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
    void readsBackRolesAndARevocation() {
        TrustList.Approver archivist = new TrustList.Approver(
                "archivist",
                OrderKeys.generate().getPublic(),
                NOW,
                NOW.plusSeconds(9),
                false,
                Set.of(TrustList.Role.RETENTION, TrustList.Role.REVOCATION),
                NOW.plusSeconds(5));
        TrustList list = TrustList.parse(new TrustList(List.of(alice, archivist)).write());
        assertThat(list.approvers()).containsExactly(alice, archivist);
        assertThat(new String(list.write(), StandardCharsets.UTF_8)).containsOnlyOnce("roles");
    }

    @Test
    void aKeyCountsUntilItIsRevokedAndNeverLonger() {
        TrustList.Approver revoked = alice.revoked(NOW);
        assertThat(revoked.hindrance(SampleOrders.warrant(), NOW.minusNanos(1))).isEmpty();
        assertThat(revoked.hindrance(SampleOrders.warrant(), NOW).orElseThrow()).contains("was revoked at " + NOW);
        assertThat(revoked.revoked(NOW.plusSeconds(1)).revokedAt()).isEqualTo(NOW);
        assertThat(revoked.revoked(NOW.minusSeconds(1)).revokedAt()).isEqualTo(NOW.minusSeconds(1));
    }

    @Test
    void aKeyCountsForTheOrdersOfItsRolesOnly() {
        TrustList.Approver archivist = new TrustList.Approver(
                "archivist", alice.key(), NOW, NOW.plusSeconds(9), false, Set.of(TrustList.Role.RETENTION), null);
        assertThat(archivist.hindrance(SampleOrders.hold(2), NOW)).isEmpty();
        assertThat(archivist.hindrance(SampleOrders.revocation(), NOW).orElseThrow())
                .contains("has not the role REVOCATION");
        assertThat(archivist.hindrance(SampleOrders.warrant(), NOW).orElseThrow())
                .contains("has not the role WARRANT");
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
            "demo" : false | "demo" : false, "roles" : []         | no role
            "demo" : false | "demo" : false, "roles" : ["ROOT"]   | an unknown role
            "demo" : false | "demo" : false, "roles" : "WARRANT"  | roles that are no list
            "demo" : false | "demo" : false, "revokedAt" : "soon" | a revocation without a time
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
