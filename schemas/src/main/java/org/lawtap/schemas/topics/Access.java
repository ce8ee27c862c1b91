package org.lawtap.schemas.topics;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.lawtap.schemas.model.WarrantId;

/**
 * Who may do what in Kafka; everything else is refused. Nobody may delete records or topics, or change a topic's settings, but for the
 * deciding service's own stores.
 *
 * <pre>
 *   topic               watcher  warrants  capture-worker  sink  authority  analyst  auditor
 *   lawtap.pods         R W      R         -               -     R          -        -
 *   lawtap.warrants     -        R         -               R     R W        -        R
 *   lawtap.commands     -        W         R               -     -          -        R
 *   lawtap.packets.ID   -        create    W               R     -          R        -
 *   lawtap.custody      W        W         W               R W   R W        W        R
 *   lawtap.deadletters  -        W         -               -     -          -        R
 * </pre>
 */
public final class Access {
    /** Whose rights differ. */
    public enum Role {
        WATCHER,
        WARRANTS,
        CAPTURE_WORKER,
        SINK,
        /** Whoever hands in signed orders, with {@code lawtap warrant}. */
        AUTHORITY,
        /** Whoever reads what is captured; of one warrant, or of all. That he did stands in custody. */
        ANALYST,
        AUDITOR;

        /** As it is written: {@code capture-worker}. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** The principal of a certificate for this role, unless another is named. */
        public String principal() {
            return "User:CN=lawtap-" + text();
        }
    }

    /** Whoever uses a topic may see its settings, and refuses to start where they would lose something. */
    private static final Set<AclOperation> READ =
            EnumSet.of(AclOperation.READ, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS);

    private static final Set<AclOperation> WRITE =
            EnumSet.of(AclOperation.WRITE, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS);
    private static final Set<AclOperation> READ_AND_WRITE =
            EnumSet.of(AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS);
    private static final Set<AclOperation> ID = EnumSet.of(AclOperation.WRITE, AclOperation.DESCRIBE);
    private static final Set<AclOperation> GROUP = EnumSet.of(AclOperation.READ, AclOperation.DESCRIBE);

    /** A topic that is there already must be seen to be as it should; nobody may make it so but an administrator. */
    private static final Set<AclOperation> CREATE =
            EnumSet.of(AclOperation.CREATE, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS);

    /** Stores of the topology; what it has handed on to itself it deletes. */
    private static final Set<AclOperation> OWN = EnumSet.of(
            AclOperation.READ,
            AclOperation.WRITE,
            AclOperation.CREATE,
            AclOperation.DELETE,
            AclOperation.DESCRIBE,
            AclOperation.DESCRIBE_CONFIGS);

    private static final String ANY_HOST = "*";

    private Access() {}

    /** What a principal with this role may do. */
    public static List<AclBinding> of(Role role, String principal) {
        Grants to = new Grants(principal);
        switch (role) {
            case WATCHER -> {
                to.topic(Topic.PODS, READ_AND_WRITE);
                to.topic(Topic.CUSTODY, WRITE);
                to.prefix(ResourceType.TRANSACTIONAL_ID, "lawtap-watcher-", ID);
            }
            case WARRANTS -> {
                to.topic(Topic.PODS, READ);
                to.topic(Topic.WARRANTS, READ);
                to.topic(Topic.COMMANDS, WRITE);
                to.topic(Topic.CUSTODY, WRITE);
                to.topic(Topic.DEAD_LETTERS, WRITE);
                to.prefix(ResourceType.TOPIC, Topic.PACKETS_PREFIX, CREATE);
                to.prefix(ResourceType.TOPIC, "lawtap-warrants-", OWN);
                to.prefix(ResourceType.TRANSACTIONAL_ID, "lawtap-warrants-", ID);
                to.literal(ResourceType.GROUP, "lawtap-warrants", GROUP);
            }
            case CAPTURE_WORKER -> {
                to.topic(Topic.COMMANDS, READ);
                to.prefix(ResourceType.TOPIC, Topic.PACKETS_PREFIX, WRITE);
                to.topic(Topic.CUSTODY, WRITE);
            }
            case SINK -> {
                to.prefix(ResourceType.TOPIC, Topic.PACKETS_PREFIX, READ);
                to.topic(Topic.WARRANTS, READ);
                to.topic(Topic.CUSTODY, READ_AND_WRITE);
                to.literal(ResourceType.GROUP, "lawtap-sink", GROUP);
            }
            case AUTHORITY -> {
                to.topic(Topic.WARRANTS, READ_AND_WRITE);
                to.topic(Topic.CUSTODY, READ_AND_WRITE);
                to.topic(Topic.PODS, READ);
            }
            case ANALYST -> {
                to.prefix(ResourceType.TOPIC, Topic.PACKETS_PREFIX, READ);
                to.topic(Topic.CUSTODY, WRITE);
                to.prefix(ResourceType.GROUP, "analysis-", GROUP);
            }
            case AUDITOR -> {
                to.topic(Topic.WARRANTS, READ);
                to.topic(Topic.COMMANDS, READ);
                to.topic(Topic.CUSTODY, READ);
                to.topic(Topic.DEAD_LETTERS, READ);
                to.prefix(ResourceType.GROUP, "audit-", GROUP);
            }
        }
        return to.bindings;
    }

    /** What an analyst of one warrant may do, who sees no other. */
    public static List<AclBinding> ofWarrant(WarrantId warrant, String principal) {
        Grants to = new Grants(principal);
        to.topic(Topic.packets(warrant), READ);
        to.topic(Topic.CUSTODY, WRITE);
        to.prefix(ResourceType.GROUP, "analysis-", GROUP);
        return to.bindings;
    }

    private static final class Grants {
        private final String principal;
        private final List<AclBinding> bindings = new ArrayList<>();

        Grants(String principal) {
            this.principal = principal;
        }

        void topic(Topic topic, Set<AclOperation> operations) {
            literal(ResourceType.TOPIC, topic.name(), operations);
        }

        void literal(ResourceType type, String name, Set<AclOperation> operations) {
            add(new ResourcePattern(type, name, PatternType.LITERAL), operations);
        }

        void prefix(ResourceType type, String name, Set<AclOperation> operations) {
            add(new ResourcePattern(type, name, PatternType.PREFIXED), operations);
        }

        private void add(ResourcePattern pattern, Set<AclOperation> operations) {
            for (AclOperation operation : operations) {
                bindings.add(new AclBinding(
                        pattern, new AccessControlEntry(principal, ANY_HOST, operation, AclPermissionType.ALLOW)));
            }
        }
    }
}
