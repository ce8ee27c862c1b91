package org.lawtap.schemas.topics;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One way in which Kafka may lose what it has acknowledged.
 *
 * @param subject the topic, or what else it is true of
 * @param value what was found
 */
public record KafkaFinding(Kind kind, String subject, String value) {
    /** More of one kind are counted, not named: a Kafka may have thousands of packet topics. */
    private static final int NAMED_MAX = 20;

    /** What is wrong, what it must be instead, and who can mend it how. */
    public enum Kind {
        /** A partition has so few copies that the loss of one or two brokers loses it. */
        REPLICATION(
                "copies",
                "3 or more",
                "add copies with kafka-reassign-partitions.sh; new topics get them by 'lawtap topics create --replication 3' and"
                        + " LAWTAP_TOPIC_REPLICATION=3"),
        /** A record is acknowledged that one broker alone has. */
        MIN_INSYNC(
                "min.insync.replicas",
                "2 or more",
                "kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --add-config min.insync.replicas=2"),
        /** A broker that lacks acknowledged records may become the leader, and the others then drop them, too. */
        UNCLEAN_ELECTION(
                "unclean.leader.election.enable",
                "false",
                "kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --add-config"
                        + " unclean.leader.election.enable=false"),
        /** A late write of an ended transaction may join the next one, or hold up every reader for ever. */
        TRANSACTION_VERSION(
                "transaction.version", "2 or more", "kafka-features.sh upgrade --feature transaction.version=2");

        private final String setting;
        private final String needed;
        private final String mend;

        Kind(String setting, String needed, String mend) {
            this.setting = setting;
            this.needed = needed;
            this.mend = mend;
        }

        /** As it is written in settings: {@code min-insync}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Findings as sentences, those together that differ in nothing but the topic. */
    public static List<String> sentences(Collection<KafkaFinding> findings) {
        List<String> sentences = new ArrayList<>();
        alike(findings)
                .forEach((first, subjects) -> sentences.add("%s: %s: %s=%s, must be %s; %s"
                        .formatted(
                                first.kind().text(),
                                some(subjects),
                                first.kind().setting,
                                first.value(),
                                first.kind().needed,
                                first.kind().mend)));
        return sentences;
    }

    /** What was found of each kind, for a record: {@code min-insync -> lawtap.custody: 1}. */
    public static Map<String, String> details(Collection<KafkaFinding> findings) {
        return alike(findings).entrySet().stream()
                .collect(Collectors.toMap(
                        group -> group.getKey().kind().text(),
                        group -> some(group.getValue()) + ": " + group.getKey().value(),
                        (one, other) -> one + "; " + other));
    }

    /** The topics of each kind and value, by the first finding of them without its topic. */
    private static Map<KafkaFinding, List<String>> alike(Collection<KafkaFinding> findings) {
        return findings.stream()
                .sorted(Comparator.comparing(KafkaFinding::kind))
                .collect(Collectors.groupingBy(
                        finding -> new KafkaFinding(finding.kind(), "", finding.value()),
                        LinkedHashMap::new,
                        Collectors.mapping(KafkaFinding::subject, Collectors.toList())));
    }

    private static String some(List<String> subjects) {
        String named = subjects.stream().limit(NAMED_MAX).collect(Collectors.joining(", "));
        int more = subjects.size() - NAMED_MAX;
        return more > 0 ? named + " and " + more + " more" : named;
    }
}
