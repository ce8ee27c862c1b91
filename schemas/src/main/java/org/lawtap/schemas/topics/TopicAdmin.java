package org.lawtap.schemas.topics;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicExistsException;
import org.lawtap.schemas.process.StartException;

/** Creates the topics of the catalogue, and says which are missing. */
public final class TopicAdmin {
    private static final int ANSWER_TIMEOUT_MS = 30_000;
    private static final int LOOKS_MAX = 20;
    private static final long LOOK_NS = 100_000_000L;

    private final Admin admin;
    private final short replication;

    /** @param replication copies of each new topic; 0 leaves it to the broker's default */
    public TopicAdmin(Admin admin, int replication) {
        this.admin = admin;
        this.replication = replication == 0 ? (short) -1 : (short) replication;
    }

    /** Creates those that do not exist. A topic that exists is left as it is. */
    public void create(Collection<Topic> topics) throws StartException {
        try {
            for (Topic topic : topics) {
                try {
                    begin(topic).get(ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS);
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof TopicExistsException)) {
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

    /** Begins to create one topic; fails with TopicExistsException if it is there. */
    public KafkaFuture<Void> begin(Topic topic) {
        NewTopic wanted = new NewTopic(topic.name(), topic.partitions(), replication).configs(topic.config());
        return admin.createTopics(List.of(wanted)).all();
    }

    /** @throws StartException naming the topics that do not exist */
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
        } catch (ExecutionException | TimeoutException e) {
            throw unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StartException("interrupted while looking for topics", e);
        }
    }

    private List<String> missing(Collection<Topic> topics)
            throws ExecutionException, InterruptedException, TimeoutException {
        Set<String> names = admin.listTopics().names().get(ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        return topics.stream()
                .map(Topic::name)
                .filter(name -> !names.contains(name))
                .toList();
    }

    private static StartException unreachable(Exception e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return new StartException(
                "Kafka did not answer (" + cause.getClass().getSimpleName()
                        + "); check LAWTAP_KAFKA_BOOTSTRAP_SERVERS and that the broker runs",
                e);
    }
}
