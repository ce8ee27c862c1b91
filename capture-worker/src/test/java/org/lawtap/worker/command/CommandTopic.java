package org.lawtap.worker.command;

import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.lawtap.schemas.topics.Topic;

/** {@code lawtap.commands} as a Kafka of the tests has it. */
final class CommandTopic {
    private static final int PARTITIONS = 16;

    /** That of the node that the tests' commands are for. */
    static final TopicPartition PARTITION =
            new TopicPartition(Topic.COMMANDS.name(), Topic.commandPartition(Orders.NODE, PARTITIONS));

    private CommandTopic() {}

    static void describeTo(MockConsumer<String, byte[]> consumer) {
        Node broker = new Node(0, "k", 9092);
        consumer.updatePartitions(
                Topic.COMMANDS.name(),
                IntStream.range(0, PARTITIONS)
                        .mapToObj(i -> new PartitionInfo(
                                Topic.COMMANDS.name(), i, broker, new Node[] {broker}, new Node[] {broker}))
                        .toList());
    }
}
