package org.lawtap.warrants.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.lawtap.schemas.order.SampleOrders.ID;
import static org.lawtap.schemas.order.SampleOrders.NOW;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.CustodyEvent;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SampleOrders;
import org.lawtap.schemas.order.TrustList;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

class WarrantCommandTest {
    @TempDir
    Path directory = Path.of("");

    private final KeyPair judge = OrderKeys.generate();
    private final KeyPair prosecutor = OrderKeys.generate();
    private final FakeOrderLog log = new FakeOrderLog(
            new OrderCheck(
                    new TrustList(List.of(
                            SampleOrders.approver("judge", judge), SampleOrders.approver("prosecutor", prosecutor))),
                    false),
            NOW);
    private final Terminal lawtap = new Terminal(log, NOW);

    static Set<String> subcommands() {
        return new CommandLine(new WarrantCommand(
                        new FakeOrderLog(new OrderCheck(new TrustList(List.of()), false), NOW), Clock.systemUTC()))
                .getSubcommands()
                .keySet();
    }

    @Test
    void helpsWithItself() {
        assertThat(lawtap.run("--help")).isZero();
        assertThat(lawtap.out()).contains(subcommands());
    }

    @ParameterizedTest
    @MethodSource("subcommands")
    void helpsWithEachSubcommand(String name) {
        assertThat(lawtap.run(name, "--help")).isZero();
        assertThat(lawtap.out()).contains("Usage: warrant " + name, "--output");
    }

    @Test
    void refusesAnotherFormOfOutput() {
        assertThat(lawtap.run("list", "--output", "xml")).isEqualTo(2);
        assertThat(lawtap.err()).contains("--output must be text or json");
    }

    @Test
    void listsWarrantsAsTheyStand() {
        log.hold(SampleOrders.sign(SampleOrders.warrant(), judge, prosecutor));
        log.hold(SampleOrders.sign(SampleOrders.hold(2), judge, prosecutor));
        assertThat(lawtap.run("list")).isZero();
        assertThat(lawtap.out())
                .contains(ID + "  generation 1  active")
                .contains("approved by judge, prosecutor  HELD");
        assertThat(lawtap.run("list", "--output", "json")).isZero();
        JsonNode one = lawtap.json().path("warrants").get(0);
        assertThat(one.path("warrant").asString()).isEqualTo(ID.toString());
        assertThat(one.path("state").asString()).isEqualTo("active");
        assertThat(one.path("approvers").size()).isEqualTo(2);
        assertThat(one.path("held").asBoolean()).isTrue();
        assertThat(one.path("revokedAt").isNull()).isTrue();
    }

    @Test
    void listsARevokedWarrantAsRevoked() {
        log.hold(SampleOrders.sign(SampleOrders.warrant(), judge, prosecutor));
        log.hold(SampleOrders.sign(SampleOrders.revocation(), judge));
        lawtap.run("list");
        assertThat(lawtap.out()).contains("revoked").contains("REVOKED at " + NOW);
        lawtap.run("list", "--output", "json");
        assertThat(lawtap.json().path("warrants").get(0).path("state").asString())
                .isEqualTo("revoked");
    }

    @Test
    void showsTheExactBytesAndTheirFields() {
        log.hold(SampleOrders.sign(SampleOrders.warrant(), judge, prosecutor));
        assertThat(lawtap.run("show", ID.toString())).isZero();
        assertThat(lawtap.out()).contains("\"caseReference\" : \"7 Gs 12/26\"", "signed by key ");
        assertThat(lawtap.run("show", ID.toString(), "--output", "json")).isZero();
        assertThat(lawtap.json().path("order").path("caseReference").asString()).isEqualTo("7 Gs 12/26");
        assertThat(lawtap.json().path("signatures").size()).isEqualTo(2);
    }

    @Test
    void tellsCapturesToAProgram() {
        log.custody.add(new CustodyEvent(
                UUID.randomUUID(),
                NOW,
                "capture-worker@n1",
                CustodyAction.CAPTURE_REFUSED,
                ID,
                null,
                new PodUid("uid-1"),
                "capture refused",
                Map.of("node", "n1", "reason", "HOST_NETWORK")));
        assertThat(lawtap.run("captures", ID.toString(), "--output", "json")).isZero();
        JsonNode one = lawtap.json().path("captures").get(0);
        assertThat(one.path("state").asString()).isEqualTo("REFUSED");
        assertThat(one.path("why").asString()).isEqualTo("HOST_NETWORK");
    }

    @Test
    void trustsAKeyForItsRolesUntilItIsRevoked() throws IOException {
        lawtap.run("keygen", "--name", "judge", "--dir", directory.toString());
        String key = directory.resolve("judge.pub.pem").toString();
        String list = directory.resolve("trust.json").toString();
        assertThat(lawtap.run("trust", "--list", list, "--name", "Judge A", "--key", key, "--role", "REVOCATION"))
                .isZero();
        TrustList.Approver added = TrustList.read(Path.of(list)).approvers().getFirst();
        assertThat(added.roles()).containsExactly(TrustList.Role.REVOCATION);
        assertThat(added.revokedAt()).isNull();
        assertThat(lawtap.run("trust", "--list", list, "--key", key, "--revoke", "--output", "json"))
                .isZero();
        assertThat(lawtap.json().path("approvers").get(0).path("revokedAt").asString())
                .isEqualTo(NOW.toString());
        assertThat(TrustList.read(Path.of(list)).approvers().getFirst().revokedAt())
                .isEqualTo(NOW);
    }

    @Test
    void revokesNoKeyThatTheListDoesNotHave() throws IOException {
        lawtap.run("keygen", "--name", "judge", "--dir", directory.toString());
        Path list = directory.resolve("trust.json");
        Files.write(list, new TrustList(List.of(SampleOrders.approver("other", prosecutor))).write());
        assertThat(lawtap.run(
                        "trust",
                        "--list",
                        list.toString(),
                        "--key",
                        directory.resolve("judge.pub.pem").toString(),
                        "--revoke"))
                .isEqualTo(1);
        assertThat(lawtap.err()).contains("does not list the key");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-12-01T00:00:00", "2026-12-01T00:00:00+01:00", "2026-12-01"})
    void refusesATimeWithoutItsZone(String time) {
        assertThat(lawtap.run("draft", "--out", directory.resolve("w.json").toString(), "--not-after", time))
                .isEqualTo(2);
        assertThat(lawtap.err()).contains("--not-after", "must be in UTC and end with Z");
    }
}
