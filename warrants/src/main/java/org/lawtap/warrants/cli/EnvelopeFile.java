package org.lawtap.warrants.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.lawtap.schemas.order.SignedOrder;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An order with its signatures as a file, in DSSE v1's JSON form, so that other tools can check it.
 *
 * <pre>
 * {"payloadType": "...", "payload": BASE64, "signatures": [{"keyid": HEX, "sig": BASE64}]}
 * </pre>
 */
final class EnvelopeFile {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private EnvelopeFile() {}

    static void write(Path file, SignedOrder order) throws IOException {
        ObjectNode json = MAPPER.createObjectNode();
        json.put("payloadType", order.payloadType());
        json.put("payload", Base64.getEncoder().encodeToString(order.payload()));
        ArrayNode signatures = json.putArray("signatures");
        for (SignedOrder.OrderSignature signature : order.signatures()) {
            signatures
                    .addObject()
                    .put("keyid", signature.keyId())
                    .put("sig", Base64.getEncoder().encodeToString(signature.signature()));
        }
        Path part = file.resolveSibling(file.getFileName() + ".part");
        Files.write(part, (MAPPER.writeValueAsString(json) + "\n").getBytes(StandardCharsets.UTF_8));
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Reads an envelope. @throws IllegalArgumentException if the file is none */
    static SignedOrder read(Path file) throws IOException {
        if (Files.size(file) > 4L * SignedOrder.PAYLOAD_BYTES_MAX) {
            throw new IllegalArgumentException(
                    file + " is too large: an order has " + SignedOrder.PAYLOAD_BYTES_MAX + " bytes at most");
        }
        try {
            JsonNode json = MAPPER.readTree(Files.readAllBytes(file));
            List<SignedOrder.OrderSignature> signatures = new ArrayList<>();
            for (JsonNode signature : json.path("signatures")) {
                signatures.add(new SignedOrder.OrderSignature(
                        signature.path("keyid").asString(), base64(signature.path("sig"))));
            }
            if (!json.path("payloadType").isString()) {
                throw new IllegalArgumentException(file + " is not an order's envelope: payloadType is missing");
            }
            return new SignedOrder(json.path("payloadType").asString(), base64(json.path("payload")), signatures);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(file + " is not an order's envelope: not valid JSON", e);
        }
    }

    private static byte[] base64(JsonNode node) {
        if (!node.isString()) {
            throw new IllegalArgumentException("the envelope lacks a base64 field");
        }
        return Base64.getDecoder().decode(node.asString());
    }
}
