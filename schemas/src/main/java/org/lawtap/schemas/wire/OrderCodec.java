package org.lawtap.schemas.wire;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.avro.OrderSignature;
import org.lawtap.schemas.avro.SignedWarrant;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.schemas.topics.SchemaId;

/** Values of {@code lawtap.warrants}. */
public final class OrderCodec {
    private static final Frame<SignedWarrant> FRAME = new Frame<>(SchemaId.WARRANTS, SignedWarrant.class);

    private OrderCodec() {}

    public static byte[] encode(SignedOrder order) {
        return FRAME.encode(avro(order));
    }

    public static SignedOrder decode(byte @Nullable [] value) throws WireException {
        return order(FRAME.decode(value));
    }

    static SignedWarrant avro(SignedOrder order) {
        return new SignedWarrant(
                order.payloadType(),
                ByteBuffer.wrap(order.payload()),
                order.signatures().stream()
                        .map(signature -> new OrderSignature(signature.keyId(), ByteBuffer.wrap(signature.signature())))
                        .toList());
    }

    static SignedOrder order(SignedWarrant avro) {
        return new SignedOrder(
                avro.getPayloadType(),
                bytes(avro.getPayload()),
                avro.getSignatures().stream()
                        .map(signature ->
                                new SignedOrder.OrderSignature(signature.getKeyId(), bytes(signature.getSignature())))
                        .toList());
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
