package org.lawtap.warrants.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.lawtap.schemas.order.SampleOrders.ID;
import static org.lawtap.schemas.order.SampleOrders.NOW;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.order.SampleOrders;
import org.lawtap.schemas.order.TrustList;
import org.lawtap.schemas.order.Warrant;

class AmendTest {
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
    private final Warrant warrant = SampleOrders.warrant();

    @BeforeEach
    void activated() {
        log.hold(SampleOrders.sign(warrant, judge, prosecutor));
    }

    @Test
    void draftsTheNextGenerationWithWhatIsChanged() throws IOException {
        assertThat(amend("--not-after", "2026-11-25T12:00:00Z")).isZero();
        Warrant amended = amended();
        assertThat(amended.generation()).isEqualTo(2);
        assertThat(amended.notAfter()).isEqualTo(NOW.plusSeconds(2 * 86_400));
        assertThat(amended.target()).isEqualTo(warrant.target());
        assertThat(amended.filter()).isEqualTo(warrant.filter());
        assertThat(log.sent).isEmpty();
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "--not-after, 2026-11-25T12:00:00Z, notAfter",
        "--not-before, 2026-11-23T10:59:59Z, notBefore",
        "--namespace, bank, cluster/namespace",
        "--cluster, c2, cluster/namespace",
        "--label, app=nginx1, labels",
        "--filter, tcp, filter",
        "--agency, Other Police, deliveryAgency",
        "--retention-days, 3651, retentionDays",
    })
    void tellsAWideningClearly(String option, String value, String field) {
        assertThat(amend(option, value)).isZero();
        assertThat(lawtap.out()).contains("this amendment is WIDER than generation 1", "WIDER  " + field + ":");
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "--not-after, 2026-11-24T11:00:00Z",
        "--not-before, 2026-11-23T12:00:00Z",
        "--scope, HEADERS",
        "--retention-days, 30",
        "--authority, Higher Court",
        "--case, 8 Gs 12/26",
    })
    void tellsThatAnAmendmentIsNotWider(String option, String value) {
        assertThat(amend(option, value)).isZero();
        assertThat(lawtap.out()).contains("is not wider than generation 1").doesNotContain("WIDER");
    }

    @Test
    void oneMoreLabelIsNarrower() throws IOException {
        assertThat(amend("--label", "app=nginx1", "--label", "tier=web", "--label", "zone=a"))
                .isZero();
        assertThat(lawtap.out()).contains("is not wider");
        assertThat(amended().target().labels()).hasSize(3);
    }

    @Test
    void aFilterThatGoesIsWiderAndOneThatComesIsNot() throws IOException {
        assertThat(amend("--no-filter")).isZero();
        assertThat(lawtap.out()).contains("WIDER  filter: tcp port 80 -> none");
        Path without = directory.resolve("without.json");
        Files.move(directory.resolve("w2.json"), without);
        assertThat(lawtap.run("amend", without.toString(), "--filter", "udp", "--out", file()))
                .isZero();
        assertThat(lawtap.out()).contains("is not wider than generation 2");
        assertThat(amended().generation()).isEqualTo(3);
    }

    @Test
    void refusesAnAmendmentOfNothing() {
        assertThat(amend()).isEqualTo(1);
        assertThat(lawtap.err()).contains("nothing is changed");
        assertThat(amend("--authority", warrant.authority())).isEqualTo(1);
    }

    @Test
    void refusesAWarrantThatTheLogDoesNotHave() {
        assertThat(lawtap.run("amend", "0b5a9a52-7a2e-4d0c-9a3e-999999999999", "--scope", "HEADERS", "--out", file()))
                .isEqualTo(1);
        assertThat(lawtap.err()).contains("no properly signed warrant has the id");
    }

    @Test
    void tellsThatARevokedWarrantComesBack() throws IOException {
        log.hold(SampleOrders.sign(SampleOrders.revocation(), judge));
        assertThat(amend("--not-after", "2026-11-25T12:00:00Z", "--output", "json"))
                .isZero();
        assertThat(lawtap.json().path("revoked").asBoolean()).isTrue();
        assertThat(lawtap.json().path("wider").asBoolean()).isTrue();
        assertThat(lawtap.json().path("changes").get(0).path("field").asString())
                .isEqualTo("notAfter");
        assertThat(amended().generation()).isEqualTo(3);
    }

    @Test
    void isApprovedAndActivatedAnewAndTellsTheWideningThereToo() throws IOException {
        amend("--not-after", "2026-11-25T12:00:00Z");
        assertThat(lawtap.run("activate", file())).isEqualTo(1);
        assertThat(lawtap.err()).contains("nobody has approved");
        EnvelopeFile.write(directory.resolve("w2.json.dsse.json"), SampleOrders.sign(amended(), judge, prosecutor));
        assertThat(lawtap.run("activate", file())).isZero();
        assertThat(lawtap.out()).contains("WIDER  notAfter:", "generation 2 published");
        assertThat(lawtap.run("activate", file())).isEqualTo(1);
        assertThat(lawtap.err()).contains("generation 2 is not newer than 2");
        assertThat(log.sent).hasSize(1);
    }

    private int amend(String... options) {
        List<String> arguments = new ArrayList<>(List.of("amend", ID.toString(), "--out", file()));
        arguments.addAll(List.of(options));
        return lawtap.run(arguments.toArray(String[]::new));
    }

    private String file() {
        return directory.resolve("w2.json").toString();
    }

    private Warrant amended() throws IOException {
        return OrderJson.readWarrant(Files.readAllBytes(directory.resolve("w2.json")));
    }
}
