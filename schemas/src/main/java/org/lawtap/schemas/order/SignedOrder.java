package org.lawtap.schemas.order;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * An order's exact bytes with the signatures over them, in the manner of DSSE v1: signed is
 *
 * <pre>
 *   "DSSEv1" SP LEN(payloadType) SP payloadType SP LEN(payload) SP payload
 * </pre>
 *
 * so that neither type nor bytes can be changed or confused. The bytes are never re-encoded.
 */
@SuppressWarnings("ArrayRecordComponent") // copied in and out, compared by content
public record SignedOrder(String payloadType, byte[] payload, List<OrderSignature> signatures) {
    /** A longer order is refused unread. */
    public static final int PAYLOAD_BYTES_MAX = 64 * 1024;

    /** More signatures than any order needs are refused unread: each costs a verification. */
    public static final int SIGNATURES_MAX = 16;

    public SignedOrder {
        payload = payload.clone();
        signatures = List.copyOf(signatures);
    }

    @Override
    public byte[] payload() {
        return payload.clone();
    }

    /** One signature, by the key of this id. */
    @SuppressWarnings("ArrayRecordComponent") // copied in and out, compared by content
    public record OrderSignature(String keyId, byte[] signature) {
        public OrderSignature {
            signature = signature.clone();
        }

        @Override
        public byte[] signature() {
            return signature.clone();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof OrderSignature that
                    && keyId.equals(that.keyId)
                    && Arrays.equals(signature, that.signature);
        }

        @Override
        public int hashCode() {
            return 31 * keyId.hashCode() + Arrays.hashCode(signature);
        }
    }

    /** The bytes that are signed. */
    byte[] preAuthenticationEncoding() {
        return preAuthenticationEncoding(payloadType, payload);
    }

    static byte[] preAuthenticationEncoding(String payloadType, byte[] payload) {
        byte[] type = payloadType.getBytes(StandardCharsets.UTF_8);
        byte[] head = ("DSSEv1 " + type.length + " " + payloadType + " " + payload.length + " ")
                .getBytes(StandardCharsets.UTF_8);
        byte[] all = Arrays.copyOf(head, head.length + payload.length);
        System.arraycopy(payload, 0, all, head.length, payload.length);
        return all;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SignedOrder that
                && payloadType.equals(that.payloadType)
                && Arrays.equals(payload, that.payload)
                && signatures.equals(that.signatures);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(payload) + signatures.hashCode();
    }
}
