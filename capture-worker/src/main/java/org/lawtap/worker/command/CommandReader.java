package org.lawtap.worker.command;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CustodyAction;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.order.Warrant;
import org.lawtap.schemas.process.CustodyLog;
import org.lawtap.schemas.topics.Topic;
import org.lawtap.schemas.wire.CommandCodec;
import org.lawtap.schemas.wire.WireException;

/**
 * Reads the one partition that holds this node's commands: first everything up to its present end, of which only the result
 * counts, then each command as it comes. Owned by one thread.
 */
public final class CommandReader {
    private static final Duration POLL = Duration.ofMillis(100);

    private final Consumer<String, byte[]> consumer;
    private final TopicPartition partition;
    private final NodeName node;
    private final Admission admission;
    private final Duration leaseMax;
    private final CustodyLog custody;
    private final Clock clock;
    private final Handler handler;
    private final DesiredState desired = new DesiredState();
    private final Generations generations = new Generations();
    private final long pastEnd;
    private boolean live;

    /** Takes checked commands; called on the reader's thread. */
    public interface Handler {
        void start(Command.Start start, Warrant warrant);

        void renew(Command.Renew renew);

        void stop(Command.Stop stop);
    }

    /** @param leaseMax the longest lease that is granted, whatever a command says */
    public CommandReader(
            Consumer<String, byte[]> consumer,
            NodeName node,
            Admission admission,
            Duration leaseMax,
            CustodyLog custody,
            Clock clock,
            Handler handler) {
        this.consumer = consumer;
        this.node = node;
        this.admission = admission;
        this.leaseMax = leaseMax;
        this.custody = custody;
        this.clock = clock;
        this.handler = handler;
        int partitions = consumer.partitionsFor(Topic.COMMANDS.name()).size();
        this.partition = new TopicPartition(Topic.COMMANDS.name(), Topic.commandPartition(node, partitions));
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        this.pastEnd = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    }

    /** Whether all commands that there were at the start are read. */
    public boolean live() {
        return live;
    }

    /** Reads what is there, waiting a little. */
    public void poll() {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
            Command command = decode(record);
            if (command != null && command.node().equals(node)) {
                if (record.offset() < pastEnd) {
                    desired.fold(command);
                    generations.fold(command);
                } else {
                    goLive();
                    handle(command);
                }
            }
        }
        if (!live && consumer.position(partition) >= pastEnd) {
            goLive();
        }
    }

    private void goLive() {
        if (!live) {
            live = true;
            generations.goLive(admission::approves, clock.instant());
            takeDesired();
        }
    }

    private void takeDesired() {
        desired.take(clock.instant()).forEach(this::handle);
    }

    private void handle(Command command) {
        switch (command) {
            case Command.Start start -> {
                switch (admission.check(start, clock.instant())) {
                    case Admission.Verdict.Admitted admitted -> {
                        Optional<String> older = generations.refuse(start.capture());
                        if (older.isPresent()) {
                            refuse(start, older.get());
                        } else {
                            handler.start(start, admitted.warrant());
                        }
                    }
                    case Admission.Verdict.Refused refused -> refuse(start, refused.reason());
                }
            }
            case Command.Renew renew -> {
                // It may concern a capture whose lease had run out before this reader was here.
                desired.fold(renew);
                takeDesired();
                handler.renew(renew);
            }
            case Command.Stop stop -> {
                desired.fold(stop);
                generations.stopped(stop);
                handler.stop(stop);
            }
        }
    }

    private void refuse(Command.Start start, String reason) {
        custody.record(
                CustodyAction.CAPTURE_REFUSED,
                start.capture().warrant(),
                null,
                start.capture().pod(),
                "capture refused: " + reason,
                Map.of("node", node.value(), "reason", reason));
    }

    /**
     * A lease is this worker's to grant: whoever could write one command must go on writing them, or the capture ends. Also what was
     * granted long ago does not live again with a worker that starts now.
     */
    private Command bounded(Command command) {
        Instant now = clock.instant();
        Instant from = command.issuedAt().isBefore(now) ? command.issuedAt() : now;
        Instant latest = from.plus(leaseMax);
        return switch (command) {
            case Command.Start start -> start.leaseUntil().isAfter(latest) ? start.until(latest) : start;
            case Command.Renew renew -> renew.leaseUntil().isAfter(latest) ? renew.until(latest) : renew;
            case Command.Stop stop -> stop;
        };
    }

    private @Nullable Command decode(ConsumerRecord<String, byte[]> record) {
        try {
            if (record.value() == null) {
                throw new WireException("a record without a value", new NullPointerException());
            }
            return bounded(CommandCodec.decode(record.value()));
        } catch (WireException e) {
            custody.record(
                    CustodyAction.RECORD_REFUSED,
                    null,
                    null,
                    null,
                    record.topic() + "-" + record.partition() + "@" + record.offset() + " is set aside: "
                            + e.getMessage(),
                    Map.of("node", node.value()));
            return null;
        }
    }
}
