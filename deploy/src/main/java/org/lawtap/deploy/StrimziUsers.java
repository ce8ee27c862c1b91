package org.lawtap.deploy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.lawtap.schemas.topics.Access;

/**
 * What each role may do, as objects of Strimzi's API ({@code kafka.strimzi.io/v1}, KafkaUser), for clusters whose users its operator keeps:
 * it takes rights away that stand in no object. An analyst has none here, as each is let into one warrant.
 */
final class StrimziUsers {
    private StrimziUsers() {}

    /** The objects, as one YAML document each; first whoever makes topics, who is to be among the Kafka object's super users. */
    static String yaml() {
        StringBuilder yaml = new StringBuilder(user("topics"));
        for (Access.Role role : Access.Role.values()) {
            if (role != Access.Role.ANALYST) {
                append(role, yaml);
            }
        }
        return yaml.toString();
    }

    private static String user(String name) {
        return """
                ---
                apiVersion: kafka.strimzi.io/v1
                kind: KafkaUser
                metadata:
                  name: lawtap-%s
                  namespace: kafka
                  labels: {strimzi.io/cluster: kafka, app.kubernetes.io/part-of: lawtap}
                spec:
                  authentication: {type: tls}
                """.formatted(name);
    }

    private static void append(Access.Role role, StringBuilder yaml) {
        yaml.append(user(role.text()))
                .append("  authorization:\n")
                .append("    type: simple\n")
                .append("    acls:\n");
        Map<ResourcePattern, TreeSet<AclOperation>> rights = new LinkedHashMap<>();
        for (AclBinding binding : Access.of(role, role.principal())) {
            rights.computeIfAbsent(binding.pattern(), any -> new TreeSet<>())
                    .add(binding.entry().operation());
        }
        rights.forEach((pattern, operations) -> yaml.append("      - resource: ")
                .append(resource(pattern))
                .append("\n        operations: [")
                .append(operations.stream().map(StrimziUsers::camelCase).collect(Collectors.joining(", ")))
                .append("]\n"));
    }

    private static String resource(ResourcePattern pattern) {
        List<String> fields = new ArrayList<>();
        String type = camelCase(pattern.resourceType());
        fields.add("type: " + type.substring(0, 1).toLowerCase(Locale.ROOT) + type.substring(1));
        if (pattern.resourceType() != ResourceType.CLUSTER) {
            fields.add("name: " + pattern.name());
            fields.add("patternType: " + (pattern.patternType() == PatternType.PREFIXED ? "prefix" : "literal"));
        }
        return fields.stream().collect(Collectors.joining(", ", "{", "}"));
    }

    /** DESCRIBE_CONFIGS is DescribeConfigs there. */
    private static String camelCase(Enum<?> name) {
        return Stream.of(name.name().split("_", -1))
                .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
                .collect(Collectors.joining());
    }
}
