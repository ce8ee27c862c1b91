package org.lawtap.warrants.topology;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.order.OrderCheck;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.warrants.decision.Core;
import org.lawtap.warrants.decision.Decision;

/**
 * The topology.
 *
 * <pre>
 *   lawtap.pods ------> place-pods ----> [pods by namespace] ----.
 *                                                                  >-- decide --> lawtap.commands, lawtap.custody
 *   lawtap.warrants --> place-orders --> [orders by namespace] --'
 *
 *   what place-pods and place-orders can't read --> lawtap.deadletters, lawtap.custody
 * </pre>
 *
 * Every processor, store and inner topic has a name of its own: names that Kafka Streams makes up change with the topology, and a
 * store or topic by another name begins empty.
 */
public final class Topologies {
    /** Partitions of both inner topics: the n-th of both belong to one task, where one namespace's pods and orders meet. */
    private static final int PLACES = 8;

    private static final String PODS_PLACED = "pods-by-namespace";
    private static final String ORDERS_PLACED = "orders-by-namespace";

    private static final Serde<String> TEXT = Serdes.String();
    private static final Serde<byte[]> BYTES = Serdes.ByteArray();

    private Topologies() {}

    /** Builds it. @param lease how long a capture goes on without a renewal */
    public static Topology build(
            OrderCheck check,
            PacketTopics topics,
            Recency recency,
            Duration lease,
            Clock clock,
            DecidingCounts counts) {
        return build(Decision::decide, check, topics, recency, lease, clock, counts);
    }

    /** The same around this core, not counted. */
    public static Topology build(
            Core core, OrderCheck check, PacketTopics topics, Recency recency, Duration lease, Clock clock) {
        return build(core, check, topics, recency, lease, clock, DecidingCounts.NONE);
    }

    /** The names of the inner topics, in which pods and orders lie by namespace. */
    public static List<String> innerTopics(String application) {
        return Stream.of(PODS_PLACED, ORDERS_PLACED)
                .map(name -> application + "-" + name + "-repartition")
                .toList();
    }

    private static Topology build(
            Core core,
            OrderCheck check,
            PacketTopics topics,
            Recency recency,
            Duration lease,
            Clock clock,
            DecidingCounts counts) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(Places.ORDER_STORE), Serdes.String(), Serdes.String()));
        for (String store : new String[] {Decider.PODS, Decider.ORDERS, Decider.CAPTURES}) {
            builder.addStateStore(store(store));
        }

        KStream<String, Out> placedPods = builder.stream(
                        Topic.PODS.name(), Consumed.with(TEXT, BYTES).withName("read-pods"))
                .process(() -> new Places.PodPlace(clock, counts), Named.as("place-pods"));
        KStream<String, Out> placedOrders = builder.stream(
                        Topic.WARRANTS.name(), Consumed.with(TEXT, BYTES).withName("read-orders"))
                .process(
                        () -> new Places.OrderPlace(check, clock, counts),
                        Named.as("place-orders"),
                        Places.ORDER_STORE);

        KStream<String, In> pods = byNamespace(placedPods, "pods", PODS_PLACED)
                .mapValues(value -> new In.PodValue(value), Named.as("pods-in"));
        KStream<String, In> orders = byNamespace(placedOrders, "orders", ORDERS_PLACED)
                .mapValues(value -> new In.OrderValue(value), Named.as("orders-in"));
        KStream<String, Out> decided = pods.merge(orders, Named.as("pods-and-orders"))
                .process(
                        () -> new Decider(core, topics, recency, lease, clock, counts),
                        Named.as("decide"),
                        Decider.PODS,
                        Decider.ORDERS,
                        Decider.CAPTURES);

        values(decided, Out.ToNode.class, "commands")
                .to(
                        Topic.COMMANDS.name(),
                        Produced.with(TEXT, BYTES)
                                .withName("write-commands")
                                .withStreamPartitioner(new NodePartitioner()));
        values(placedPods, Out.Custody.class, "pods-custody")
                .merge(values(placedOrders, Out.Custody.class, "orders-custody"), Named.as("refusals"))
                .to(Topic.CUSTODY.name(), Produced.with(TEXT, BYTES).withName("write-refusals"));
        values(placedPods, Out.DeadLetter.class, "pods-dead")
                .merge(values(placedOrders, Out.DeadLetter.class, "orders-dead"), Named.as("dead-letters"))
                .to(Topic.DEAD_LETTERS.name(), Produced.with(TEXT, BYTES).withName("write-dead-letters"));
        values(decided, Out.Custody.class, "decided-custody")
                .to(Topic.CUSTODY.name(), Produced.with(TEXT, BYTES).withName("write-custody"));
        return builder.build();
    }

    private static KStream<String, byte[]> byNamespace(KStream<String, Out> placed, String name, String topic) {
        return values(placed, Out.Placed.class, name + "-placed")
                .repartition(Repartitioned.with(TEXT, BYTES).withName(topic).withNumberOfPartitions(PLACES));
    }

    private static KStream<String, byte[]> values(KStream<String, Out> stream, Class<? extends Out> type, String name) {
        return stream.filter((key, out) -> type.isInstance(out), Named.as("only-" + name))
                .mapValues(out -> out.value(), Named.as("value-of-" + name));
    }

    private static StoreBuilder<?> store(String name) {
        return Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), Serdes.String(), Serdes.ByteArray());
    }

    /** A node's commands go to the one partition that its worker reads. */
    private static final class NodePartitioner implements StreamPartitioner<String, byte[]> {
        @Override
        public Optional<Set<Integer>> partitions(String topic, String node, byte[] value, int partitions) {
            return Optional.of(Set.of(Topic.commandPartition(new NodeName(node), partitions)));
        }
    }
}
