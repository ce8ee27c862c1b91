package org.lawtap.sink.verify;

import java.io.IOException;
import java.security.PublicKey;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.Sha256;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.OrderKeys;
import org.lawtap.schemas.topics.Topic;

/** The statements of the capture files: their signatures, their chain, and what they say against the ledgers. */
final class StatementsCheck {
    private static final long BYTES_MAX = 64L << 20;

    private final WarrantId warrant;
    private final FilesCheck files;
    private final @Nullable PublicKey key;
    private final Signatures signatures;
    private final Findings findings;
    private final Map<Long, StatementFile> statements = new LinkedHashMap<>();

    /** @param key the sink's, or null if it is not known */
    StatementsCheck(
            WarrantId warrant, FilesCheck files, @Nullable PublicKey key, Signatures signatures, Findings findings) {
        this.signatures = signatures;
        this.warrant = warrant;
        this.files = files;
        this.key = key;
        this.findings = findings;
    }

    /** Reads the statements of the files with these numbers. */
    void read(long numbers) {
        for (long number = 1; number <= numbers; number++) {
            String name = files.name(number, "statement.json");
            if (files.has(name)) {
                try {
                    one(number, name);
                } catch (FormException e) {
                    tell(name, String.valueOf(e.getMessage()));
                } catch (IOException e) {
                    tell(name, "it can't be read: " + e.getMessage());
                }
            }
        }
    }

    /** Whether a file has its statement: it is complete. */
    boolean has(long number) {
        return files.has(files.name(number, "statement.json"));
    }

    @Nullable
    StatementFile of(long number) {
        return statements.get(number);
    }

    /** What a ledger accounts for against its statement. @param order of the sessions' descriptions */
    void against(long number, RecordsCheck.Accounted accounted, List<SessionId> order) {
        StatementFile statement = statements.get(number);
        if (statement == null) {
            return;
        }
        String name = files.name(number, "statement.json");
        if (accounted.from() >= 0 && statement.from() != accounted.from()) {
            tell(name, "it begins at record " + statement.from() + ", and the ledger at " + accounted.from());
        }
        if (statement.next() <= accounted.lastOffset()) {
            tell(
                    name,
                    "it ends before record " + statement.next() + ", and the ledger goes to " + accounted.lastOffset());
        }
        StatementFile after = statements.get(number + 1);
        if (after != null && after.from() < statement.next()) {
            tell(name, "it ends before record " + statement.next() + ", and the next one begins at " + after.from());
        }
        List<StatementFile.Held> held = order.stream()
                .filter(accounted.held()::containsKey)
                .map(id -> java.util.Objects.requireNonNull(accounted.held().get(id)))
                .toList();
        if (!held.equals(statement.sessions())) {
            tell(name, "the packets of its sessions are not those of the ledger");
        }
    }

    private void one(long number, String name) throws IOException, FormException {
        findings.count(Check.STATEMENTS, 1);
        byte[] bytes = java.util.Objects.requireNonNull(files.bytes(name, BYTES_MAX));
        signature(number, name, bytes);
        StatementFile statement = StatementFile.parse(bytes);
        if (!statement.warrant().equals(warrant)
                || statement.number() != number
                || !statement.topic().equals(Topic.packets(warrant).name())
                || !statement.files().stream()
                        .map(ListedFile::name)
                        .toList()
                        .equals(List.of(files.name(number, "pcapng"), files.name(number, "ledger")))) {
            throw new FormException("it is the statement of another file");
        }
        statements.put(number, statement);
        previous(number, name, statement);
        files.against(statement.files(), "the statement " + name);
    }

    private void signature(long number, String name, byte[] bytes) throws IOException, FormException {
        byte[] signature = files.bytes(files.name(number, "statement.sig"), 64);
        if (key == null) {
            tell(name, "its signature can't be checked: there is no sink.pub.pem");
        } else if (signature == null) {
            tell(name, "it has no signature");
        } else if (!signatures.signed(bytes, signature, key)) {
            tell(name, "its signature does not fit");
        }
    }

    private void previous(long number, String name, StatementFile statement) {
        if (key != null && !statement.signer().equals(OrderKeys.keyId(key))) {
            tell(name, "it names another signer");
        }
        Sha256 said = statement.previous();
        String before = number == 1 ? null : files.sha256(files.name(number - 1, "statement.json"));
        boolean fits = number == 1 ? said == null : said != null && (before == null || before.equals(said.hex()));
        if (!fits) {
            tell(name, "it does not name the statement before it");
        }
    }

    private void tell(String name, String text) {
        findings.add(FindingCode.STATEMENT_INVALID, name, text);
    }
}
