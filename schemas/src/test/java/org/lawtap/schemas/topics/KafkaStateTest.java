package org.lawtap.schemas.topics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.topics.KafkaFinding.Kind;
import org.lawtap.schemas.topics.KafkaState.OfTopic;

class KafkaStateTest {
    private static final OfTopic GOOD = new OfTopic("lawtap.pods", 3, 2, false);

    @Test
    void findsNothingWhereTwoOfThreeMustHaveARecord() {
        assertThat(new KafkaState(List.of(GOOD, new OfTopic("lawtap.custody", 5, 4, false)), 2).findings())
                .isEmpty();
    }

    @Test
    void findsFewCopies() {
        assertThat(of(new OfTopic("lawtap.custody", 2, 2, false)))
                .containsExactly(new KafkaFinding(Kind.REPLICATION, "lawtap.custody", "2"));
    }

    @Test
    void findsAcknowledgementByOneBroker() {
        assertThat(of(new OfTopic("lawtap.custody", 3, 1, false)))
                .containsExactly(new KafkaFinding(Kind.MIN_INSYNC, "lawtap.custody", "1"));
    }

    @Test
    void findsUncleanElection() {
        assertThat(of(new OfTopic("lawtap.custody", 3, 2, true)))
                .containsExactly(new KafkaFinding(Kind.UNCLEAN_ELECTION, "lawtap.custody", "true"));
    }

    @Test
    void findsAnOldTransactionVersionOnceForTheCluster() {
        assertThat(new KafkaState(List.of(GOOD, GOOD), 1).findings())
                .containsExactly(new KafkaFinding(Kind.TRANSACTION_VERSION, "the cluster", "1"));
    }

    @Test
    void findsEverythingOfEachTopic() {
        assertThat(new KafkaState(List.of(GOOD), 0)
                        .with(new OfTopic("new packet topics", 1, 1, true))
                        .findings())
                .extracting(KafkaFinding::kind)
                .containsExactly(Kind.REPLICATION, Kind.MIN_INSYNC, Kind.UNCLEAN_ELECTION, Kind.TRANSACTION_VERSION);
    }

    @Test
    void saysWhatWasFoundAndWhatMustBeTopicsOfOneKindTogether() {
        List<KafkaFinding> findings = new ArrayList<>();
        findings.addAll(of(new OfTopic("lawtap.custody", 1, 1, false)));
        findings.addAll(of(new OfTopic("lawtap.warrants", 2, 1, false)));
        assertThat(KafkaFinding.sentences(findings))
                .containsExactly(
                        "replication: lawtap.custody: copies=1, must be 3 or more; add copies with"
                                + " kafka-reassign-partitions.sh; new topics get them by 'lawtap topics create --replication 3'"
                                + " and LAWTAP_TOPIC_REPLICATION=3",
                        "replication: lawtap.warrants: copies=2, must be 3 or more; add copies with"
                                + " kafka-reassign-partitions.sh; new topics get them by 'lawtap topics create --replication 3'"
                                + " and LAWTAP_TOPIC_REPLICATION=3",
                        "min-insync: lawtap.custody, lawtap.warrants: min.insync.replicas=1, must be 2 or more;"
                                + " kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --add-config"
                                + " min.insync.replicas=2");
        assertThat(KafkaFinding.details(findings))
                .isEqualTo(Map.of(
                        "replication", "lawtap.custody: 1; lawtap.warrants: 2",
                        "min-insync", "lawtap.custody, lawtap.warrants: 1"));
    }

    @Test
    void countsTopicsThatAreTooManyToName() {
        List<KafkaFinding> findings = IntStream.range(0, 2000)
                .mapToObj(i -> new KafkaFinding(Kind.REPLICATION, "t" + i, "1"))
                .toList();
        assertThat(KafkaFinding.details(findings).get("replication")).endsWith("t18, t19 and 1980 more: 1");
    }

    @Test
    void aNewTopicWithThreeCopiesIsMadeSafeAndOneWithFewerIsLeftAlone() {
        assertThat(TopicAdmin.safety(new OfTopic("new", 3, 1, true)))
                .isEqualTo(Map.of("min.insync.replicas", "2", "unclean.leader.election.enable", "false"));
        assertThat(TopicAdmin.safety(new OfTopic("new", 5, 4, false)))
                .as("what the brokers ask for is not lowered")
                .containsEntry("min.insync.replicas", "4");
        assertThat(TopicAdmin.safety(new OfTopic("new", 2, 1, true))).isEmpty();
    }

    private static List<KafkaFinding> of(OfTopic topic) {
        return new KafkaState(List.of(GOOD, topic), 2).findings();
    }
}
