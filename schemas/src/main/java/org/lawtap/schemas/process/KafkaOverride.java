package org.lawtap.schemas.process;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.lawtap.schemas.topics.KafkaFinding;
import org.lawtap.schemas.topics.KafkaFinding.Kind;

/**
 * With what a service starts although it is not safe.
 *
 * @param kinds none: with nothing
 */
public record KafkaOverride(Set<Kind> kinds) {
    /** Nothing is overridden. */
    public static final KafkaOverride NONE = new KafkaOverride(Set.of());

    private static final String NAME = "LAWTAP_KAFKA_UNSAFE";

    public KafkaOverride {
        kinds = Set.copyOf(kinds);
    }

    /** Reads the setting that every service has. */
    public static KafkaOverride declare(Settings settings) {
        return settings.optional(
                NAME,
                "",
                "Start although Kafka may lose what it keeps, in these ways: " + texts(EnumSet.allOf(Kind.class))
                        + ", with commas between; each start so is recorded in lawtap.custody. For trials",
                NONE,
                KafkaOverride::parse);
    }

    /** @throws IllegalArgumentException naming what no kind is */
    static KafkaOverride parse(String text) {
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        List<String> unknown = new ArrayList<>();
        for (String each : text.split(",", -1)) {
            String wanted = each.strip();
            Arrays.stream(Kind.values())
                    .filter(kind -> kind.text().equals(wanted))
                    .findFirst()
                    .ifPresentOrElse(kinds::add, () -> unknown.add(wanted));
        }
        if (!text.isBlank() && !unknown.isEmpty()) {
            throw new IllegalArgumentException("there is no '" + String.join("', '", unknown) + "'; there are "
                    + texts(EnumSet.allOf(Kind.class)) + ", with commas between");
        }
        return new KafkaOverride(kinds);
    }

    /** As the setting's value. */
    public String text() {
        return texts(kinds);
    }

    /**
     * Those findings that are overridden.
     *
     * @throws StartException naming the others, how they are mended, and the override that is missing
     */
    public List<KafkaFinding> judge(List<KafkaFinding> findings) throws StartException {
        List<KafkaFinding> refused = findings.stream()
                .filter(finding -> !kinds.contains(finding.kind()))
                .toList();
        if (!refused.isEmpty()) {
            throw new StartException("Kafka may lose what it has acknowledged:\n  "
                    + String.join("\n  ", KafkaFinding.sentences(refused))
                    + "\nHave an administrator mend that. To start all the same, which is recorded in lawtap.custody, set "
                    + setting(findings));
        }
        return List.copyOf(findings);
    }

    /** How findings are overridden: the setting and its value. */
    static String setting(Collection<KafkaFinding> findings) {
        return NAME + "=" + texts(kinds(findings));
    }

    private static Set<Kind> kinds(Collection<KafkaFinding> findings) {
        return findings.stream().map(KafkaFinding::kind).collect(Collectors.toSet());
    }

    private static String texts(Set<Kind> kinds) {
        return kinds.stream().sorted().map(Kind::text).collect(Collectors.joining(","));
    }
}
