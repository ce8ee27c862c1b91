package org.lawtap.sink.verify;

import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.topics.Topic;

/**
 * All checks of one warrant's directory, one after the other; what one of them finds does not keep the others from being done.
 * It needs the directory and public keys, and nothing else.
 */
public final class WarrantVerifier {
    private static final long SEAL_BYTES_MAX = 256L << 20;
    private static final long SIGNATURE_BYTES_MAX = 1L << 20;

    private final Path directory;
    private final WarrantId warrant;
    private final TrustedKeys keys;
    private final boolean unsealed;
    private final Signatures signatures;
    private final Progress progress;
    private final Findings findings = new Findings();
    private final FilesCheck files;
    private @Nullable Instant stampedAt;

    /** @param unsealed a warrant that still runs is accepted */
    public WarrantVerifier(EvidenceDirectory evidence, TrustedKeys keys, boolean unsealed, Progress progress) {
        this(evidence, keys, unsealed, Signatures.real(), progress);
    }

    WarrantVerifier(
            EvidenceDirectory evidence, TrustedKeys keys, boolean unsealed, Signatures signatures, Progress progress) {
        this.directory = evidence.directory();
        this.warrant = evidence.warrant();
        this.keys = keys;
        this.unsealed = unsealed;
        this.signatures = signatures;
        this.progress = progress;
        this.files = new FilesCheck(directory, warrant, findings);
    }

    /** Does all checks. @throws IOException if the directory itself can't be read */
    public WarrantReport verify() throws IOException {
        files.read(keys.directory().toAbsolutePath().normalize(), progress);
        SealFile seal = seal();
        Orders orders = seal == null ? null : Orders.check(seal, warrant, keys.approvers(), signatures, findings);
        if (orders == null) {
            findings.notDone(Check.ORDERS, "the orders stand in the seal, and there is none that can be read");
        }
        files.destroyed(new DestructionCheck(files, warrant, keys, signatures, findings).check(seal, orders));
        long numbers = files.numbers(seal);
        StatementsCheck statements = new StatementsCheck(warrant, files, keys.sink(), signatures, findings);
        if (seal != null) {
            files.against(seal.files(), "the seal");
        }
        statements.read(numbers);
        boolean live = unsealed && seal == null && numbers > 0 && !statements.has(numbers);
        files.completeness(numbers, live ? numbers : 0, seal);
        RecordsCheck records = records(numbers, live, orders, statements);
        List<WarrantReport.SessionReport> sessions =
                records.sessions().stream().map(SessionCheck::report).toList();
        if (seal != null) {
            against(seal, statements.of(numbers), sessions, records, numbers);
        }
        return new WarrantReport(
                warrant,
                directory,
                orders == null ? List.of() : orders.approved(),
                seal == null ? null : new WarrantReport.Sealed(seal.sealedAt(), seal.endedAt(), seal.endedBecause()),
                stampedAt,
                findings.all(),
                findings.notes(),
                findings.results(),
                sessions,
                files.all());
    }

    private RecordsCheck records(long numbers, boolean live, @Nullable Orders orders, StatementsCheck statements)
            throws IOException {
        RecordsCheck records =
                new RecordsCheck(warrant, keys, orders, unsealed && orders == null, signatures, findings, progress);
        List<Path> ledgers = new ArrayList<>();
        progress.begin("checking records", captureBytes());
        try (CaptureComparison comparison = new CaptureComparison()) {
            for (long number = 1; number <= numbers; number++) {
                Path ledger = files.path(files.name(number, "ledger"));
                RecordsCheck.Pair pair = new RecordsCheck.Pair(
                        number, files.path(files.name(number, "pcapng")), ledger, live && number == numbers);
                if (ledger != null) {
                    ledgers.add(ledger);
                }
                try {
                    RecordsCheck.Accounted accounted = records.check(pair, number < numbers, comparison);
                    if (accounted != null) {
                        List<SessionId> order = records.sessions().stream()
                                .map(SessionCheck::id)
                                .toList();
                        statements.against(number, accounted, order);
                    }
                } catch (IOException e) {
                    findings.add(FindingCode.FORM, files.name(number, "ledger"), "it can't be read: " + e.getMessage());
                }
            }
        }
        records.end(ledgers);
        records.refused()
                .forEach((why, number) ->
                        findings.note(number + " records of the log could not be filed, and are left out: " + why));
        return records;
    }

    private long captureBytes() {
        return files.all().stream()
                .filter(file -> file.name().endsWith(".pcapng"))
                .mapToLong(WarrantReport.FileReport::bytes)
                .sum();
    }

    private void against(
            SealFile seal,
            @Nullable StatementFile last,
            List<WarrantReport.SessionReport> sessions,
            RecordsCheck records,
            long numbers) {
        long refused =
                records.refused().values().stream().mapToLong(Long::longValue).sum();
        new SealNumbers(seal, findings)
                .check(sessions, new SealNumbers.Counted(numbers, records.records(), refused, records.repeated()));
        if (seal.next() < records.nextOffset() || (last != null && last.next() != seal.next())) {
            findings.add(
                    FindingCode.ACCOUNT_WRONG,
                    FilesCheck.SEAL,
                    "the seal ends before record " + seal.next() + " of the log, and the files do not");
        }
    }

    private @Nullable SealFile seal() throws IOException {
        if (!files.has(FilesCheck.SEAL)) {
            if (!unsealed || files.anyOfASeal()) {
                findings.add(
                        FindingCode.SEAL_MISSING,
                        FilesCheck.SEAL,
                        "there is no seal: the warrant still runs, or the seal was removed");
            }
            for (Check check : List.of(Check.SEAL, Check.CMS, Check.TIMESTAMP)) {
                findings.notDone(check, "there is no seal");
            }
            return null;
        }
        byte[] bytes;
        try {
            bytes = files.bytes(FilesCheck.SEAL, SEAL_BYTES_MAX);
        } catch (FormException e) {
            findings.add(FindingCode.SEAL_INVALID, FilesCheck.SEAL, String.valueOf(e.getMessage()));
            return null;
        }
        if (bytes == null) {
            return null;
        }
        signature(bytes);
        cms(bytes);
        SealFile seal = parsed(bytes);
        if (seal == null || seal.timestampAuthority() != null || files.has(FilesCheck.SEAL_TIMESTAMP)) {
            timestamp(bytes);
        } else {
            findings.notDone(Check.TIMESTAMP, "the seal says that no timestamp authority was asked");
        }
        return seal;
    }

    private @Nullable SealFile parsed(byte[] bytes) {
        try {
            SealFile seal = SealFile.parse(bytes);
            if (!seal.warrant().equals(warrant)
                    || !seal.topic().equals(Topic.packets(warrant).name())) {
                throw new FormException("it is the seal of another warrant");
            }
            PublicKey key = keys.sink();
            if (key != null && !seal.signer().equals(OrderKeys.keyId(key))) {
                findings.add(FindingCode.SEAL_INVALID, FilesCheck.SEAL, "it names another signer");
            }
            return seal;
        } catch (FormException e) {
            findings.add(FindingCode.SEAL_INVALID, FilesCheck.SEAL, String.valueOf(e.getMessage()));
            return null;
        }
    }

    private void signature(byte[] seal) throws IOException {
        findings.count(Check.SEAL, 1);
        PublicKey key = keys.sink();
        try {
            byte[] signature = files.bytes(FilesCheck.SEAL_SIGNATURE, 64);
            if (key == null) {
                throw new FormException("it can't be checked: there is no sink.pub.pem");
            }
            if (signature == null) {
                throw new FormException("there is none");
            }
            if (!signatures.signed(seal, signature, key)) {
                throw new FormException("it does not fit seal.json");
            }
        } catch (FormException e) {
            findings.add(FindingCode.SEAL_INVALID, FilesCheck.SEAL_SIGNATURE, String.valueOf(e.getMessage()));
        }
    }

    private void cms(byte[] seal) throws IOException {
        findings.count(Check.CMS, 1);
        try {
            byte[] signature = files.bytes(FilesCheck.SEAL_CMS, SIGNATURE_BYTES_MAX);
            if (signature == null) {
                throw new FormException("there is none");
            }
            if (keys.sinkCertificates().isEmpty()) {
                throw new FormException("it can't be checked: there is no sink.crt.pem");
            }
            signatures.cms(seal, signature, keys.sinkCertificates());
        } catch (FormException e) {
            findings.add(FindingCode.CMS_INVALID, FilesCheck.SEAL_CMS, String.valueOf(e.getMessage()));
        }
    }

    private void timestamp(byte[] seal) throws IOException {
        findings.count(Check.TIMESTAMP, 1);
        try {
            byte[] response = files.bytes(FilesCheck.SEAL_TIMESTAMP, SIGNATURE_BYTES_MAX);
            if (response == null) {
                throw new FormException("there is none");
            }
            if (keys.timestampCertificates().isEmpty()) {
                throw new FormException("it can't be checked: there is no tsa.crt.pem");
            }
            stampedAt = signatures.stamped(seal, response, keys.timestampCertificates());
        } catch (FormException e) {
            findings.add(FindingCode.TIMESTAMP_INVALID, FilesCheck.SEAL_TIMESTAMP, String.valueOf(e.getMessage()));
        }
    }
}
