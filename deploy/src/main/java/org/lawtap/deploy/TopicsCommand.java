package org.lawtap.deploy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.KafkaClients;
import org.lawtap.schemas.process.KafkaSettings;
import org.lawtap.schemas.process.ServiceMain;
import org.lawtap.schemas.process.Settings;
import org.lawtap.schemas.process.StartException;
import org.lawtap.schemas.topics.Access;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.topics.TopicAdmin;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What an administrator of Kafka does for lawtap: topics and rights. Both may be done again. */
@Command(
        name = "topics",
        description = "Create lawtap's base topics, and grant each part what it may do with them.",
        subcommands = {TopicsCommand.Create.class, TopicsCommand.Grant.class})
final class TopicsCommand {
    @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
    boolean help;

    private static KafkaClients kafka() throws StartException {
        Settings settings = new Settings(System.getenv());
        KafkaSettings kafka = KafkaSettings.declare(settings);
        settings.check();
        return new KafkaClients(kafka, "lawtap-topics");
    }

    private static int failed(StartException e) {
        System.err.println("lawtap topics: " + e.getMessage());
        return ServiceMain.EXIT_CONFIG;
    }

    @Command(name = "create", description = "Create lawtap's base topics; those that exist are left as they are.")
    static final class Create implements Callable<Integer> {
        @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
        boolean help;

        @Option(
                names = "--replication",
                defaultValue = "0",
                description = "Copies of each topic; 0 is the broker's default.")
        int replication;

        @Override
        public Integer call() {
            try (Admin admin = kafka().admin()) {
                new TopicAdmin(admin, replication).create(Topic.BASE);
                Topic.BASE.forEach(topic -> System.out.println(topic.name()));
                return 0;
            } catch (StartException e) {
                return failed(e);
            }
        }
    }

    @Command(
            name = "grant",
            description = "Grant each role what it may do in Kafka, and nothing else (ACLs).",
            footer = {
                "",
                "Roles: watcher, warrants, capture-worker, sink, authority, analyst, auditor. A role's",
                "principal is User:CN=lawtap-ROLE unless another is named. An analyst is granted one",
                "warrant at a time, by --warrant; all of them only where --principal names one.",
                "The broker needs an authorizer, and allow.everyone.if.no.acl.found=false."
            })
    static final class Grant implements Callable<Integer> {
        private static final int ANSWER_TIMEOUT_MS = 30_000;

        @Option(names = "--help", usageHelp = true, description = "Show this help and exit.")
        boolean help;

        @Option(
                names = "--principal",
                paramLabel = "ROLE=PRINCIPAL",
                description = "Whose certificate a role has, for instance sink=User:CN=evidence,O=Police.")
        Map<String, String> principals = new LinkedHashMap<>();

        @Option(
                names = "--warrant",
                paramLabel = "ID",
                description = "Grant the analyst this warrant's packets, and nothing to anybody else.")
        @Nullable
        String warrant;

        @Option(names = "--dry-run", description = "Print what would be granted, and ask no Kafka.")
        boolean dryRun;

        @Option(
                names = "--strimzi",
                description =
                        "Print the rights of all roles but the analyst's as Strimzi's KafkaUser objects, and ask no Kafka.")
        boolean strimzi;

        @Override
        public Integer call() {
            if (strimzi) {
                if (!principals.isEmpty() || warrant != null) {
                    System.err.println(
                            "lawtap topics grant: --strimzi takes no --principal and no --warrant: Strimzi names a"
                                    + " principal by its object, User:CN=lawtap-ROLE");
                    return CommandLine.ExitCode.USAGE;
                }
                System.out.print(StrimziUsers.yaml());
                return 0;
            }
            List<AclBinding> wanted;
            try {
                wanted = wanted();
            } catch (IllegalArgumentException e) {
                System.err.println("lawtap topics grant: " + e.getMessage());
                return CommandLine.ExitCode.USAGE;
            }
            if (!dryRun) {
                try (Admin admin = kafka().admin()) {
                    create(admin, wanted);
                } catch (StartException e) {
                    return failed(e);
                }
            }
            print(wanted);
            return 0;
        }

        private List<AclBinding> wanted() {
            Map<Access.Role, String> named = new LinkedHashMap<>();
            for (Map.Entry<String, String> entry : principals.entrySet()) {
                if (!entry.getValue().startsWith("User:")) {
                    throw new IllegalArgumentException(
                            "a principal begins with User:, for instance User:CN=lawtap-sink; not " + entry.getValue());
                }
                named.put(role(entry.getKey()), entry.getValue());
            }
            if (warrant != null) {
                return Access.ofWarrant(
                        WarrantId.parse(warrant),
                        named.getOrDefault(Access.Role.ANALYST, Access.Role.ANALYST.principal()));
            }
            List<AclBinding> all = new ArrayList<>();
            for (Access.Role role : Access.Role.values()) {
                String principal = named.getOrDefault(role, role == Access.Role.ANALYST ? null : role.principal());
                if (principal != null) {
                    all.addAll(Access.of(role, principal));
                }
            }
            return all;
        }

        private static Access.Role role(String text) {
            for (Access.Role role : Access.Role.values()) {
                if (role.text().equals(text)) {
                    return role;
                }
            }
            throw new IllegalArgumentException("there is no role " + text + "; lawtap topics grant --help names them");
        }

        private static void create(Admin admin, List<AclBinding> wanted) throws StartException {
            try {
                admin.createAcls(wanted).all().get(ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                throw new StartException(
                        e.getCause() instanceof SecurityDisabledException
                                ? "this Kafka has no authorizer: whoever reaches it may do everything; set"
                                        + " authorizer.class.name at the brokers"
                                : "Kafka did not grant it: " + e.getCause(),
                        e);
            } catch (TimeoutException e) {
                throw new StartException(
                        "Kafka did not answer; check LAWTAP_KAFKA_BOOTSTRAP_SERVERS and"
                                + " LAWTAP_KAFKA_CLIENT_PROPERTIES",
                        e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StartException("interrupted while granting", e);
            }
        }

        /** A line for each principal and resource. */
        private static void print(List<AclBinding> bindings) {
            Map<String, TreeSet<String>> lines = new TreeMap<>();
            for (AclBinding binding : bindings) {
                String line = binding.entry().principal() + "  "
                        + binding.pattern().resourceType().toString().toLowerCase(Locale.ROOT) + " "
                        + binding.pattern().name()
                        + (binding.pattern().patternType() == org.apache.kafka.common.resource.PatternType.PREFIXED
                                ? "*"
                                : "");
                lines.computeIfAbsent(line, any -> new TreeSet<>())
                        .add(binding.entry().operation().toString());
            }
            lines.forEach((line, operations) -> System.out.println(line + "  " + String.join(" ", operations)));
        }
    }
}
