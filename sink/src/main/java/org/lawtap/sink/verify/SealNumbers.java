package org.lawtap.sink.verify;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.Checkpoint;
import org.lawtap.schemas.model.SessionId;
import org.lawtap.schemas.model.SessionOpened;

/** What the seal says of sessions and totals against what the files say. */
final class SealNumbers {
    private static final long NS_PER_S = 1_000_000_000L;

    private final SealFile seal;
    private final Findings findings;

    SealNumbers(SealFile seal, Findings findings) {
        this.seal = seal;
        this.findings = findings;
    }

    /** Counts of the whole log. */
    record Counted(long files, long records, long refused, long repeated) {}

    void check(List<WarrantReport.SessionReport> sessions, Counted counted) {
        List<SessionId> found =
                sessions.stream().map(WarrantReport.SessionReport::session).toList();
        for (WarrantReport.SessionReport session : sessions) {
            SealFile.SealedSession sealed = seal.sessions().get(session.session());
            if (sealed == null) {
                tell(session.session(), "the seal does not know it");
            } else {
                List<String> wrong = differences(session, sealed);
                if (!wrong.isEmpty()) {
                    tell(session.session(), "the seal says otherwise: " + String.join(", ", wrong));
                }
            }
        }
        for (SessionId id : seal.sessions().keySet()) {
            if (!found.contains(id)) {
                tell(id, "the seal knows it, and no file has it");
            }
        }
        totals(sessions, counted);
    }

    /** The numbers of a session by their names in the seal. */
    static Map<String, Long> numbers(WarrantReport.SessionReport session) {
        Map<String, Long> numbers = new LinkedHashMap<>();
        Checkpoint last = session.last();
        SessionOpened opened = session.opened();
        numbers.put("packets", session.packets());
        numbers.put("missing", session.missing());
        numbers.put("delivered", last == null ? 0 : last.delivered());
        numbers.put("deliveredBytes", last == null ? 0 : last.deliveredBytes());
        numbers.put("kernelDrop", last == null ? 0 : last.kernelDrop());
        numbers.put("userDrop", last == null ? 0 : last.userDrop());
        numbers.put("outOfScopeDiscarded", last == null ? 0 : last.outOfScopeDiscarded());
        numbers.put("unseenByTap", last == null ? 0 : last.unseenByTap());
        numbers.put("unseenByInterface", last == null ? 0 : last.unseenByInterface());
        numbers.put("truncated", last == null ? 0 : last.truncated());
        numbers.put("truncatedBytes", last == null ? 0 : last.truncatedBytes());
        numbers.put("cutByScopeBytes", last == null ? 0 : last.cutByScopeBytes());
        numbers.put("missedBeforeArm", opened == null ? 0 : opened.missedBeforeArm());
        numbers.put("unaccounted", last == null ? 0 : last.unaccounted());
        return numbers;
    }

    private static List<String> differences(WarrantReport.SessionReport session, SealFile.SealedSession sealed) {
        List<String> wrong = new ArrayList<>();
        numbers(session).forEach((name, value) -> {
            if (!value.equals(sealed.numbers().get(name))) {
                wrong.add(name + " " + sealed.numbers().get(name) + " instead of " + value);
            }
        });
        Checkpoint last = session.last();
        boolean ended = last != null && last.endReason() != null;
        differ(wrong, "interfaceExact", sealed.interfaceExact(), last != null && last.interfaceExact());
        differ(wrong, "endedAt", sealed.endedAt(), ended && last != null ? time(last.atNs()) : null);
        differ(
                wrong,
                "endReason",
                sealed.texts().get("endReason"),
                ended && last != null ? String.valueOf(last.endReason()) : null);
        SessionOpened opened = session.opened();
        if (opened != null) {
            differ(wrong, "generation", sealed.generation(), opened.generation());
            differ(wrong, "openedAt", sealed.openedAt(), time(opened.openedAtNs()));
            differ(
                    wrong,
                    "pod",
                    sealed.texts().get("pod"),
                    opened.pod().namespace() + "/" + opened.pod().name());
            differ(
                    wrong,
                    "podUid",
                    sealed.texts().get("podUid"),
                    opened.pod().uid().value());
            differ(wrong, "node", sealed.texts().get("node"), opened.node().value());
            differ(wrong, "interface", sealed.texts().get("interface"), opened.interfaceName());
            differ(wrong, "podInterface", sealed.texts().get("podInterface"), opened.podInterfaceName());
            SessionId previous = opened.previousSession();
            differ(
                    wrong,
                    "previousSession",
                    sealed.texts().get("previousSession"),
                    previous == null ? null : previous.toString());
        }
        return wrong;
    }

    private static void differ(List<String> wrong, String name, @Nullable Object sealed, @Nullable Object found) {
        if (!Objects.equals(sealed, found)) {
            wrong.add(name + " " + sealed + " instead of " + found);
        }
    }

    private void totals(List<WarrantReport.SessionReport> sessions, Counted counted) {
        Map<String, Long> found = new LinkedHashMap<>();
        found.put("files", counted.files());
        found.put("records", counted.records());
        found.put("refused", counted.refused());
        found.put("repeated", counted.repeated());
        found.put("sessions", (long) sessions.size());
        found.put("cutOff", sessions.stream().filter(SealNumbers::cutOff).count());
        for (String name : SealFile.NUMBERS) {
            found.put(
                    name,
                    sessions.stream()
                            .mapToLong(session ->
                                    Objects.requireNonNull(numbers(session).get(name)))
                            .sum());
        }
        List<String> wrong = new ArrayList<>();
        found.forEach((name, value) -> {
            if (!value.equals(seal.totals().get(name))) {
                wrong.add(name + " " + seal.totals().get(name) + " instead of " + value);
            }
        });
        if (!wrong.isEmpty()) {
            findings.add(
                    FindingCode.ACCOUNT_WRONG,
                    FilesCheck.SEAL,
                    "the seal's totals are not those of the files: " + String.join(", ", wrong));
        }
    }

    private static boolean cutOff(WarrantReport.SessionReport session) {
        Checkpoint last = session.last();
        return last == null || last.endReason() == null;
    }

    private void tell(SessionId session, String text) {
        findings.add(FindingCode.ACCOUNT_WRONG, FilesCheck.SEAL, session, null, text);
    }

    static Instant time(long ns) {
        return Instant.ofEpochSecond(Math.floorDiv(ns, NS_PER_S), Math.floorMod(ns, NS_PER_S));
    }
}
