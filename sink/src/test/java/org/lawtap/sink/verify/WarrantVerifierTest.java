package org.lawtap.sink.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lawtap.schemas.order.Warrant;

class WarrantVerifierTest {
    @TempDir
    Path root = Path.of("");

    @TempDir
    Path other = Path.of("");

    @Test
    void acceptsWhatTheSinkHasSealed() throws Exception {
        WarrantReport report = verify(SampleEvidence.write(root), false);
        assertThat(report.findings()).isEmpty();
        assertThat(report.checks()).allMatch(check -> check.state() == Check.State.OK);
        assertThat(report.sessions())
                .extracting(WarrantReport.SessionReport::packets)
                .containsExactly(5L, 6L);
        assertThat(report.notes())
                .containsExactly("1 records of the log could not be filed, and are left out: UNREADABLE");
    }

    @Test
    void acceptsAWarrantThatStillRunsIfItIsToldTo() throws Exception {
        SampleEvidence evidence = SampleEvidence.writeUnsealed(root);
        assertThat(verify(evidence, true).findings()).isEmpty();
        assertThat(codes(verify(evidence, false))).contains(FindingCode.SEAL_MISSING, FindingCode.FILE_MISSING);
    }

    @Test
    void aRemovedSealIsMissedAlsoWhereNoneIsNeeded() throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        Files.delete(evidence.directory().resolve("seal.json"));
        assertThat(codes(verify(evidence, true))).contains(FindingCode.SEAL_MISSING);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 4, 6, 8, 9, 10, 12})
    void aRecordThatIsTakenOutOfTheLogIsMissed(int record) throws Exception {
        WarrantReport report = verify(SampleEvidence.write(root, without(record), same()), false);
        boolean opening = record == 0 || record == 2;
        if (opening) {
            // Without its opening nothing of a session can be filed: the whole session is refused, and that is told.
            assertThat(report.notes()).anyMatch(note -> note.contains("UNKNOWN_SESSION"));
        } else {
            assertThat(codes(report)).contains(FindingCode.CHAIN_BROKEN);
            assertThat(report.findings()).allMatch(finding -> finding.session() != null);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {11, 13})
    void aSessionWithoutItsLastRecordIsSaidToBeCutOff(int record) throws Exception {
        WarrantReport report = verify(SampleEvidence.write(root, without(record), same()), false);
        assertThat(report.findings()).isEmpty();
        assertThat(report.notes()).anyMatch(note -> note.contains("was cut off"));
    }

    @Test
    void aRecordThatWasThereTwiceIsNotMissedOnce() throws Exception {
        assertThat(verify(SampleEvidence.write(root, without(3), same()), false).findings())
                .isEmpty();
    }

    @Test
    void twoRecordsOfASessionThatChangePlacesAreNoticed() throws Exception {
        UnaryOperator<List<SampleEvidence.Logged>> exchanged = log -> {
            List<SampleEvidence.Logged> changed = new ArrayList<>(log);
            changed.set(1, new SampleEvidence.Logged(1, log.get(3).value()));
            changed.set(3, new SampleEvidence.Logged(3, log.get(1).value()));
            return changed;
        };
        assertThat(codes(verify(SampleEvidence.write(root, exchanged, same()), false)))
                .contains(FindingCode.CHAIN_BROKEN);
    }

    @Test
    void aBitOfARecordInTheLogIsNoticed() throws Exception {
        UnaryOperator<List<SampleEvidence.Logged>> changed = log -> {
            byte[] value = log.get(1).value().clone();
            value[value.length - 10] ^= 1;
            List<SampleEvidence.Logged> with = new ArrayList<>(log);
            with.set(1, new SampleEvidence.Logged(1, value));
            return with;
        };
        WarrantReport report = verify(SampleEvidence.write(root, changed, same()), false);
        assertThat(report.findings())
                .anyMatch(finding -> finding.code() == FindingCode.CHAIN_BROKEN
                        && SampleEvidence.A.equals(finding.session())
                        && new Finding.Offsets(0, 6).equals(finding.records()));
    }

    @Test
    void whatAnotherNodeSignedIsNotTrusted() throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        Files.copy(
                SampleEvidence.write(other).keys().resolve("nodes/n1.pem"),
                evidence.keys().resolve("nodes/n2.pem"));
        Files.delete(evidence.keys().resolve("nodes/n1.pem"));
        assertThat(codes(verify(evidence, false))).containsOnly(FindingCode.KEY_UNKNOWN);
    }

    @Test
    void whatAnotherSinkSignedIsNotTrusted() throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        SampleEvidence foreign = SampleEvidence.write(other);
        for (String name : List.of("sink.pub.pem", "sink.crt.pem", "tsa.crt.pem")) {
            Files.write(
                    evidence.keys().resolve(name),
                    Files.readAllBytes(foreign.keys().resolve(name)));
        }
        assertThat(codes(verify(evidence, false)))
                .contains(
                        FindingCode.SEAL_INVALID,
                        FindingCode.CMS_INVALID,
                        FindingCode.TIMESTAMP_INVALID,
                        FindingCode.STATEMENT_INVALID);
    }

    @Test
    void aWarrantOfOtherApproversIsNotValid() throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        Files.write(
                evidence.keys().resolve("trust.json"),
                Files.readAllBytes(SampleEvidence.write(other).keys().resolve("trust.json")));
        assertThat(codes(verify(evidence, false))).containsOnly(FindingCode.ORDER_INVALID, FindingCode.OUTSIDE_WARRANT);
    }

    @Test
    void aWarrantOfOneApproverIsNotValid() throws Exception {
        assertThat(codes(verify(SampleEvidence.writeWithOneApprover(root), false)))
                .contains(FindingCode.ORDER_INVALID);
    }

    @Test
    void packetsFromAfterTheWarrantAreFound() throws Exception {
        UnaryOperator<Warrant> shorter = warrant -> new Warrant(
                warrant.id(),
                warrant.generation(),
                warrant.authority(),
                warrant.caseReference(),
                warrant.target(),
                warrant.notBefore(),
                SampleEvidence.BEGIN.plusSeconds(62),
                warrant.scope(),
                warrant.filter(),
                warrant.deliveryAgency(),
                warrant.retentionDays());
        WarrantReport report = verify(SampleEvidence.write(root, UnaryOperator.identity(), shorter), false);
        assertThat(codes(report)).containsOnly(FindingCode.OUTSIDE_WARRANT);
        assertThat(report.findings()).allMatch(finding -> SampleEvidence.B.equals(finding.session()));
    }

    @Test
    void keysThatAreNotThereFailWhatTheyWouldCheck() throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        for (String name : List.of("trust.json", "sink.crt.pem", "tsa.crt.pem", "nodes/n1.pem")) {
            Files.delete(evidence.keys().resolve(name));
        }
        assertThat(codes(verify(evidence, false)))
                .contains(
                        FindingCode.ORDER_INVALID,
                        FindingCode.CMS_INVALID,
                        FindingCode.TIMESTAMP_INVALID,
                        FindingCode.KEY_UNKNOWN);
    }

    @Test
    void findsEvidenceAndKeysBelowADirectory() throws Exception {
        SampleEvidence evidence = SampleEvidence.write(root);
        List<EvidenceDirectory> found = EvidenceDirectory.under(root);
        assertThat(found).containsExactly(new EvidenceDirectory(evidence.directory(), SampleEvidence.WARRANT));
        assertThat(EvidenceDirectory.keysBeside(root, found)).isEqualTo(Optional.of(evidence.keys()));
        assertThat(EvidenceDirectory.keysBeside(root.resolve("evidence"), found))
                .isEqualTo(Optional.of(evidence.keys()));
    }

    static WarrantReport verify(SampleEvidence evidence, boolean unsealed) throws Exception {
        return new WarrantVerifier(
                        new EvidenceDirectory(evidence.directory(), SampleEvidence.WARRANT),
                        TrustedKeys.read(evidence.keys()),
                        unsealed,
                        Progress.NONE)
                .verify();
    }

    private static List<FindingCode> codes(WarrantReport report) {
        return report.findings().stream().map(Finding::code).distinct().toList();
    }

    private static UnaryOperator<Warrant> same() {
        return UnaryOperator.identity();
    }

    private static UnaryOperator<List<SampleEvidence.Logged>> without(int record) {
        return log -> {
            List<SampleEvidence.Logged> rest = new ArrayList<>(log);
            rest.remove(record);
            return rest;
        };
    }
}
