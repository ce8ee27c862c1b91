package org.lawtap.schemas.topics;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.lawtap.schemas.process.StartException;

/** Asks Kafka how it keeps topics. Needs the rights to describe them and their settings, and changes nothing. */
public final class KafkaSafety {
    static final String MIN_IN_SYNC = "min.insync.replicas";
    static final String UNCLEAN_ELECTION = "unclean.leader.election.enable";

    private static final String TRANSACTION_VERSION = "transaction.version";
    private static final int ANSWER_TIMEOUT_MS = 30_000;
    private static final int TOPICS_PER_REQUEST = 500;
    private static final int LOOKS_MAX = 20;
    private static final long LOOK_NS = 100_000_000L;

    private final Admin admin;

    public KafkaSafety(Admin admin) {
        this.admin = admin;
    }

    /**
     * How Kafka keeps these topics, which must be there, and those that are there with such names.
     *
     * @throws StartException where a topic is gone, or Kafka does not answer
     */
    public KafkaState state(Collection<Topic> topics, String... prefixes) throws StartException {
        try {
            TreeSet<String> names =
                    new TreeSet<>(topics.stream().map(Topic::name).toList());
            for (String name : admin.listTopics().names().get(ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                if (List.of(prefixes).stream().anyMatch(name::startsWith)) {
                    names.add(name);
                }
            }
            Map<String, KafkaState.OfTopic> known = described(names);
            List<String> missing = missing(topics, known);
            // A broker may not know yet what was just created.
            for (int look = 0; !missing.isEmpty() && look < LOOKS_MAX; look++) {
                LockSupport.parkNanos(LOOK_NS);
                known.putAll(described(missing));
                missing = missing(topics, known);
            }
            if (!missing.isEmpty()) {
                throw new StartException(
                        "Kafka does not describe its topic " + String.join(", ", missing) + "; is it being removed?");
            }
            return new KafkaState(
                    names.stream().filter(known::containsKey).map(known::get).toList(), transactionVersion());
        } catch (ExecutionException | TimeoutException e) {
            throw TopicAdmin.unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("interrupted while Kafka was asked how it keeps topics", e);
        }
    }

    /** What settings in force say of a topic. */
    static KafkaState.OfTopic of(String name, int copies, Config config) {
        return new KafkaState.OfTopic(
                name,
                copies,
                Integer.parseInt(config.get(MIN_IN_SYNC).value()),
                Boolean.parseBoolean(config.get(UNCLEAN_ELECTION).value()));
    }

    private static List<String> missing(Collection<Topic> topics, Map<String, KafkaState.OfTopic> known) {
        return topics.stream()
                .map(Topic::name)
                .filter(name -> !known.containsKey(name))
                .toList();
    }

    private Map<String, KafkaState.OfTopic> described(Collection<String> names)
            throws ExecutionException, InterruptedException, TimeoutException {
        Map<String, KafkaState.OfTopic> known = new HashMap<>();
        List<String> all = List.copyOf(names);
        for (int from = 0; from < all.size(); from += TOPICS_PER_REQUEST) {
            describe(all.subList(from, Math.min(all.size(), from + TOPICS_PER_REQUEST)), known);
        }
        return known;
    }

    /** One by one: a packet topic may be removed meanwhile. */
    private void describe(List<String> names, Map<String, KafkaState.OfTopic> known)
            throws ExecutionException, InterruptedException, TimeoutException {
        Map<String, KafkaFuture<TopicDescription>> descriptions =
                admin.describeTopics(names).topicNameValues();
        List<ConfigResource> resources = new ArrayList<>();
        names.forEach(name -> resources.add(new ConfigResource(ConfigResource.Type.TOPIC, name)));
        Map<ConfigResource, KafkaFuture<Config>> configs =
                admin.describeConfigs(resources).values();
        for (ConfigResource resource : resources) {
            String name = resource.name();
            try {
                TopicDescription description = answer(Objects.requireNonNull(descriptions.get(name)));
                Config config = answer(Objects.requireNonNull(configs.get(resource)));
                int copies = description.partitions().stream()
                        .mapToInt(partition -> partition.replicas().size())
                        .min()
                        .orElse(0);
                known.put(name, of(name, copies, config));
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw e;
                }
            }
        }
    }

    private int transactionVersion() throws ExecutionException, InterruptedException, TimeoutException {
        FinalizedVersionRange range = answer(admin.describeFeatures().featureMetadata())
                .finalizedFeatures()
                .get(TRANSACTION_VERSION);
        return range == null ? 0 : range.maxVersionLevel();
    }

    private static <T> T answer(KafkaFuture<T> future)
            throws ExecutionException, InterruptedException, TimeoutException {
        return future.get(ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }
}
