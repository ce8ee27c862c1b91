package org.lawtap.schemas.wire;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.avro.CaptureKeyRecord;
import org.lawtap.schemas.avro.CommandRecord;
import org.lawtap.schemas.avro.PodIdentity;
import org.lawtap.schemas.avro.RenewCommand;
import org.lawtap.schemas.avro.StartCommand;
import org.lawtap.schemas.avro.StopCommand;
import org.lawtap.schemas.command.Command;
import org.lawtap.schemas.model.CaptureKey;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import org.lawtap.schemas.model.StopReason;
import org.lawtap.schemas.model.WarrantId;
import org.lawtap.schemas.order.Order;
import org.lawtap.schemas.order.OrderJson;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.topics.SchemaId;

/** Values of {@code lawtap.commands}. Times are kept to the microsecond. */
public final class CommandCodec {
    private static final Frame<CommandRecord> FRAME = new Frame<>(SchemaId.COMMANDS, CommandRecord.class);

    private CommandCodec() {}

    public static byte[] encode(Command command) {
        Object body = switch (command) {
            case Command.Start start ->
                new StartCommand(
                        OrderCodec.avro(start.order()),
                        new PodIdentity(
                                start.pod().cluster().value(),
                                start.pod().namespace().value(),
                                start.pod().name().value(),
                                start.pod().uid().value(),
                                start.labels(),
                                start.hostNetwork()),
                        micros(start.leaseUntil()));
            case Command.Stop stop ->
                new StopCommand(key(stop.capture()), stop.reason().name());
            case Command.Renew renew ->
                new RenewCommand(
                        renew.captures().stream().map(CommandCodec::key).toList(), micros(renew.leaseUntil()));
        };
        return FRAME.encode(new CommandRecord(command.node().value(), micros(command.issuedAt()), body));
    }

    public static Command decode(byte @Nullable [] value) throws WireException {
        CommandRecord avro = FRAME.decode(value);
        try {
            NodeName node = new NodeName(avro.getNode());
            return switch (avro.getBody()) {
                case StartCommand start -> start(node, avro.getIssuedAt(), start);
                case StopCommand stop ->
                    new Command.Stop(
                            node, avro.getIssuedAt(), key(stop.getCapture()), StopReason.valueOf(stop.getReason()));
                case RenewCommand renew ->
                    new Command.Renew(
                            node,
                            avro.getIssuedAt(),
                            renew.getCaptures().stream().map(CommandCodec::key).toList(),
                            renew.getLeaseUntil());
                default -> throw new IllegalArgumentException("unknown body");
            };
        } catch (IllegalArgumentException e) {
            throw new WireException("command: " + e.getMessage(), e);
        }
    }

    private static Command.Start start(NodeName node, Instant issuedAt, StartCommand avro) {
        SignedOrder order = OrderCodec.order(avro.getWarrant());
        if (order.payload().length > SignedOrder.PAYLOAD_BYTES_MAX) {
            throw new IllegalArgumentException("the order is longer than " + SignedOrder.PAYLOAD_BYTES_MAX + " bytes");
        }
        Order read = OrderJson.read(order.payloadType(), order.payload());
        PodIdentity pod = avro.getPod();
        PodRef ref = new PodRef(
                new ClusterId(pod.getCluster()),
                new Namespace(pod.getNamespace()),
                new PodName(pod.getName()),
                new PodUid(pod.getUid()));
        return new Command.Start(
                node,
                issuedAt,
                new CaptureKey(read.id(), read.generation(), ref.uid()),
                order,
                ref,
                pod.getLabels(),
                pod.getHostNetwork(),
                avro.getLeaseUntil());
    }

    private static CaptureKeyRecord key(CaptureKey key) {
        return new CaptureKeyRecord(
                key.warrant().value(), key.generation(), key.pod().value());
    }

    private static CaptureKey key(CaptureKeyRecord avro) {
        return new CaptureKey(new WarrantId(avro.getWarrantId()), avro.getGeneration(), new PodUid(avro.getPodUid()));
    }

    private static Instant micros(Instant time) {
        return time.truncatedTo(ChronoUnit.MICROS);
    }
}
