package org.lawtap.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class StrimziUsersTest {
    private static final Path COMPONENT = Path.of("kubernetes", "components", "strimzi-users", "users.yaml");

    @Test
    void theComponentGrantsWhatTheMatrixSaysAndNothingElse() throws Exception {
        String file = Files.readString(COMPONENT);
        assertThat(file.substring(file.indexOf("---\n")))
                .as("made anew by: ./lawtap topics grant --strimzi")
                .isEqualTo(StrimziUsers.yaml());
    }

    @Test
    void aUserHasItsRightsInStrimzisWords() {
        assertThat(StrimziUsers.yaml()).contains("""
                kind: KafkaUser
                metadata:
                  name: lawtap-sink
                  namespace: kafka
                  labels: {strimzi.io/cluster: kafka, app.kubernetes.io/part-of: lawtap}
                spec:
                  authentication: {type: tls}
                  authorization:
                    type: simple
                    acls:
                      - resource: {type: topic, name: lawtap.packets., patternType: prefix}
                        operations: [Read, Describe, DescribeConfigs]
                """);
    }
}
