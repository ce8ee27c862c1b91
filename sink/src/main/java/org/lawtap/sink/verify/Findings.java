package org.lawtap.sink.verify;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.SessionId;

/** What the checks of one warrant have found so far. Keeps a limited number of findings of each code and counts the others. */
final class Findings {
    private static final int OF_A_CODE_MAX = 200;
    private static final int NOTES_MAX = 1000;

    private final List<Finding> findings = new ArrayList<>();
    private final Map<FindingCode, Integer> found = new EnumMap<>(FindingCode.class);
    private final List<String> notes = new ArrayList<>();
    private final Map<Check, Long> counts = new EnumMap<>(Check.class);
    private final Map<Check, String> notDone = new EnumMap<>(Check.class);

    void add(FindingCode code, @Nullable String file, String text) {
        add(code, file, null, null, text);
    }

    void add(
            FindingCode code,
            @Nullable String file,
            @Nullable SessionId session,
            Finding.@Nullable Offsets records,
            String text) {
        if (found.merge(code, 1, Integer::sum) <= OF_A_CODE_MAX) {
            findings.add(new Finding(code, file, session, records, text));
        }
    }

    void note(String text) {
        if (notes.size() < NOTES_MAX) {
            notes.add(text);
        } else if (notes.size() == NOTES_MAX) {
            notes.add("more notes than " + NOTES_MAX + " are not shown");
        }
    }

    /** Adds to the number of things that a check has looked at. */
    void count(Check check, long more) {
        counts.merge(check, more, Long::sum);
    }

    /** Says that a check can't be done. */
    void notDone(Check check, String why) {
        notDone.put(check, why);
    }

    boolean none() {
        return found.isEmpty();
    }

    boolean has(FindingCode code) {
        return found.containsKey(code);
    }

    List<Finding> all() {
        List<Finding> all = new ArrayList<>(findings);
        found.forEach((code, number) -> {
            if (number > OF_A_CODE_MAX) {
                all.add(new Finding(
                        code,
                        null,
                        null,
                        null,
                        (number - OF_A_CODE_MAX) + " more findings of this kind are not shown"));
            }
        });
        return all;
    }

    List<String> notes() {
        return List.copyOf(notes);
    }

    List<Check.Result> results() {
        List<Check.Result> results = new ArrayList<>();
        for (Check check : Check.values()) {
            String why = notDone.get(check);
            boolean failed = check.codes().stream().anyMatch(found::containsKey);
            if (check == Check.DESTRUCTION && !failed && !counts.containsKey(check)) {
                continue;
            }
            Check.State state = failed ? Check.State.FAILED : why == null ? Check.State.OK : Check.State.NOT_DONE;
            results.add(new Check.Result(check, counts.getOrDefault(check, 0L), state, why == null ? "" : why));
        }
        return results;
    }
}
