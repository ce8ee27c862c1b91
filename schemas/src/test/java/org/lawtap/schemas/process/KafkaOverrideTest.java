package org.lawtap.schemas.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.lawtap.schemas.topics.KafkaFinding;
import org.lawtap.schemas.topics.KafkaFinding.Kind;

class KafkaOverrideTest {
    private static final KafkaFinding COPIES = new KafkaFinding(Kind.REPLICATION, "lawtap.custody", "1");
    private static final KafkaFinding ELECTION = new KafkaFinding(Kind.UNCLEAN_ELECTION, "lawtap.custody", "true");

    @Test
    void overridesNothingUnlessItIsSet() throws StartException {
        assertThat(read(Map.of())).isEqualTo(KafkaOverride.NONE);
    }

    @Test
    void readsKindsWithCommasBetween() throws StartException {
        KafkaOverride override = read(Map.of("LAWTAP_KAFKA_UNSAFE", "transaction-version, replication"));
        assertThat(override.kinds()).isEqualTo(Set.of(Kind.REPLICATION, Kind.TRANSACTION_VERSION));
        assertThat(override.text()).isEqualTo("replication,transaction-version");
    }

    @Test
    void refusesAnUnknownKind() {
        for (String value : new String[] {"replication,retention", "all", "replication,"}) {
            assertThatExceptionOfType(StartException.class)
                    .isThrownBy(() -> read(Map.of("LAWTAP_KAFKA_UNSAFE", value)))
                    .withMessageContaining("LAWTAP_KAFKA_UNSAFE=" + value + ": there is no '"
                            + value.substring(value.indexOf(',') + 1)
                            + "'; there are replication,min-insync,unclean-election,transaction-version");
        }
    }

    @Test
    void letsASafeKafkaPassWhateverIsSet() throws StartException {
        assertThat(KafkaOverride.NONE.judge(List.of())).isEmpty();
        assertThat(new KafkaOverride(Set.of(Kind.REPLICATION)).judge(List.of())).isEmpty();
    }

    @Test
    void letsPassWhatItNames() throws StartException {
        assertThat(new KafkaOverride(Set.of(Kind.REPLICATION, Kind.UNCLEAN_ELECTION)).judge(List.of(COPIES, ELECTION)))
                .containsExactly(COPIES, ELECTION);
    }

    @Test
    void refusesWhatItDoesNotNameAndSaysWhichOverrideWouldDo() {
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> new KafkaOverride(Set.of(Kind.REPLICATION)).judge(List.of(COPIES, ELECTION)))
                .withMessage("""
                        Kafka may lose what it has acknowledged:
                          unclean-election: lawtap.custody: unclean.leader.election.enable=true, must be false;\
                         kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --add-config\
                         unclean.leader.election.enable=false
                        Have an administrator mend that. To start all the same, which is recorded in lawtap.custody, set\
                         LAWTAP_KAFKA_UNSAFE=replication,unclean-election""");
    }

    private static KafkaOverride read(Map<String, String> environment) throws StartException {
        Settings settings = new Settings(environment);
        KafkaOverride override = KafkaOverride.declare(settings);
        settings.check();
        return override;
    }
}
