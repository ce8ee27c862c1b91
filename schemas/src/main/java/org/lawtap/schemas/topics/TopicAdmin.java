package org.lawtap.schemas.topics;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.process.StartException;

/** Creates the topics of the catalogue, and says which are missing. */
public final class TopicAdmin {
    private static final int ANSWER_TIMEOUT_MS = 30_000;
    private static final int LOOKS_MAX = 20;
    private static final long LOOK_NS = 100_000_000L;

    /** What decides whether a record stays. */
    private static final Set<String> KEEPING = Set.of("cleanup.policy", "retention.ms", "retention.bytes");

    private static final String NEW_TOPICS = "new packet topics";

    private final Admin admin;
    private final short replication;

    /** @param replication copies of each new topic; 0 leaves it to the broker's default */
    public TopicAdmin(Admin admin, int replication) {
        this.admin = admin;
        this.replication = replication == 0 ? (short) -1 : (short) replication;
    }

    /** Creates those that do not exist. A topic that exists is left as it is. */
    public void create(Collection<Topic> topics) throws StartException {
        Map<String, String> safety = safety(prospect());
        try {
            for (Topic topic : topics) {
                try {
                    admin.createTopics(List.of(wanted(topic, safety)))
                            .all()
                            .get(ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS);
                } catch (ExecutionException e) {
                    if (!exists(e)) {
                        throw e;
                    }
                }
            }
        } catch (ExecutionException | TimeoutException e) {
            throw unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("interrupted while creating topics", e);
        }
    }

    /**
     * Begins to create topics, and to give those that are there the settings of the catalogue. Ends with the names of those that stand and
     * have them; the others failed, and may be asked for again.
     */
    public CompletionStage<Set<String>> ensure(Collection<Topic> topics) {
        return asked().thenCompose(prospect -> ensure(topics, safety(prospect)));
    }

    private CompletionStage<Set<String>> ensure(Collection<Topic> topics, Map<String, String> safety) {
        Set<String> made = ConcurrentHashMap.newKeySet();
        Set<String> there = ConcurrentHashMap.newKeySet();
        List<CompletableFuture<?>> answers = new ArrayList<>();
        admin.createTopics(topics.stream().map(topic -> wanted(topic, safety)).toList())
                .values()
                .forEach((name, answer) -> answers.add(
                        answer.toCompletionStage().toCompletableFuture().handle((done, failure) -> {
                            if (failure == null) {
                                made.add(name);
                            } else if (exists(failure)) {
                                there.add(name);
                            }
                            return name;
                        })));
        return CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]))
                .thenCompose(all -> mend(topics.stream()
                        .filter(topic -> there.contains(topic.name()))
                        .toList()))
                .thenApply(mended -> {
                    made.addAll(mended);
                    return made;
                });
    }

    /** Gives topics the settings of the catalogue where they have others; ends with their names, or with none. */
    private CompletionStage<Set<String>> mend(List<Topic> topics) {
        if (topics.isEmpty()) {
            return CompletableFuture.completedStage(Set.of());
        }
        Set<String> names = topics.stream().map(Topic::name).collect(Collectors.toSet());
        return admin.describeConfigs(topics.stream().map(TopicAdmin::resource).toList())
                .all()
                .toCompletionStage()
                .thenCompose(configs -> {
                    Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
                    for (Topic topic : topics) {
                        List<AlterConfigOp> its = changes(topic, configs.get(resource(topic)));
                        if (!its.isEmpty()) {
                            changes.put(resource(topic), its);
                        }
                    }
                    return changes.isEmpty()
                            ? CompletableFuture.completedStage(names)
                            : admin.incrementalAlterConfigs(changes)
                                    .all()
                                    .toCompletionStage()
                                    .thenApply(done -> names);
                })
                .exceptionally(failure -> Set.of());
    }

    private static List<AlterConfigOp> changes(Topic topic, @Nullable Config now) {
        List<AlterConfigOp> changes = new ArrayList<>();
        topic.config().forEach((name, value) -> {
            ConfigEntry entry = now == null ? null : now.get(name);
            if (entry == null || !value.equals(entry.value())) {
                changes.add(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET));
            }
        });
        return changes;
    }

    private static ConfigResource resource(Topic topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
    }

    private NewTopic wanted(Topic topic, Map<String, String> safety) {
        Map<String, String> config = new HashMap<>(topic.config());
        config.putAll(safety);
        return new NewTopic(topic.name(), topic.partitions(), replication).configs(config);
    }

    /**
     * How packet topics will be kept that are made from now on.
     *
     * @throws StartException where Kafka would make none
     */
    public KafkaState.OfTopic prospect() throws StartException {
        try {
            KafkaState.OfTopic bare = asked().toCompletableFuture().get(ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS);
            return safety(bare).isEmpty()
                    ? bare
                    : new KafkaState.OfTopic(NEW_TOPICS, bare.copies(), inSync(bare), false);
        } catch (ExecutionException | TimeoutException e) {
            if (e.getCause() instanceof InvalidReplicationFactorException) {
                throw new StartException(
                        "Kafka would make no new topic: " + e.getCause().getMessage(), e);
            }
            if (e.getCause() instanceof AuthorizationException) {
                throw new StartException(
                        "Kafka does not say how it would make a topic: "
                                + e.getCause().getMessage()
                                + "; that takes the rights to create and to describe configs of " + Topic.PACKETS_PREFIX
                                + "*",
                        e);
            }
            throw unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("interrupted while Kafka was asked about new topics", e);
        }
    }

    /**
     * Settings, besides those of the catalogue, of a topic that Kafka would make so: with three copies a record must stand on two brokers
     * before it is acknowledged, and only one that has all of them may lead. With fewer copies that would stop the topic when a broker
     * is away.
     */
    public static Map<String, String> safety(KafkaState.OfTopic prospect) {
        return prospect.copies() < KafkaState.COPIES_MIN
                ? Map.of()
                : Map.of(
                        KafkaSafety.MIN_IN_SYNC,
                        String.valueOf(inSync(prospect)),
                        KafkaSafety.UNCLEAN_ELECTION,
                        "false");
    }

    /** What the brokers ask for, if that is more. */
    private static int inSync(KafkaState.OfTopic prospect) {
        return Math.max(KafkaState.IN_SYNC_MIN, prospect.minInSync());
    }

    /** Lets Kafka say how it would make a topic, and makes none. */
    private CompletionStage<KafkaState.OfTopic> asked() {
        Topic some = Topic.packets(WarrantId.random());
        CreateTopicsResult dry =
                admin.createTopics(List.of(wanted(some, Map.of())), new CreateTopicsOptions().validateOnly(true));
        return dry.config(some.name())
                .toCompletionStage()
                .thenCombine(
                        dry.replicationFactor(some.name()).toCompletionStage(),
                        (config, copies) -> KafkaSafety.of(NEW_TOPICS, copies, config));
    }

    private static boolean exists(Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        return cause instanceof TopicExistsException;
    }

    /** @throws StartException naming the topics that do not exist, or have settings under which Kafka would lose what is in them */
    public void require(Collection<Topic> topics) throws StartException {
        try {
            List<String> missing = missing(topics);
            // A broker may not know yet what was just created.
            for (int look = 0; !missing.isEmpty() && look < LOOKS_MAX; look++) {
                LockSupport.parkNanos(LOOK_NS);
                missing = missing(topics);
            }
            if (!missing.isEmpty()) {
                throw new StartException("Kafka has no topic " + String.join(", ", missing)
                        + "; create lawtap's topics with: lawtap topics create");
            }
            List<String> unsafe = unsafe(topics);
            if (!unsafe.isEmpty()) {
                throw new StartException("Kafka would lose what is in its topics: " + String.join("; ", unsafe)
                        + ". Have an administrator set that with kafka-configs.sh --alter");
            }
        } catch (ExecutionException | TimeoutException e) {
            throw unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("interrupted while looking for topics", e);
        }
    }

    /** Settings by which Kafka would remove records, or keep but the last one of a key. */
    private List<String> unsafe(Collection<Topic> topics)
            throws ExecutionException, InterruptedException, TimeoutException {
        Map<ConfigResource, Config> configs = admin.describeConfigs(
                        topics.stream().map(TopicAdmin::resource).toList())
                .all()
                .get(ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        List<String> unsafe = new ArrayList<>();
        for (Topic topic : topics) {
            for (AlterConfigOp change : changes(topic, configs.get(resource(topic)))) {
                String name = change.configEntry().name();
                if (KEEPING.contains(name)) {
                    unsafe.add(topic.name() + " must have " + name + "="
                            + change.configEntry().value());
                }
            }
        }
        return unsafe;
    }

    private List<String> missing(Collection<Topic> topics)
            throws ExecutionException, InterruptedException, TimeoutException {
        Set<String> names = admin.listTopics().names().get(ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        return topics.stream()
                .map(Topic::name)
                .filter(name -> !names.contains(name))
                .toList();
    }

    static StartException unreachable(Exception e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        String message = "Kafka did not answer (" + cause.getClass().getSimpleName()
                + "); check LAWTAP_KAFKA_BOOTSTRAP_SERVERS and that the broker runs";
        return cause instanceof TimeoutException || cause instanceof RetriableException
                ? StartException.passing(message, e)
                : new StartException(message, e);
    }
}
