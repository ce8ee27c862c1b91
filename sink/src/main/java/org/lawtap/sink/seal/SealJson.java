package org.lawtap.sink.seal;

import java.util.Base64;
import org.lawtap.schemas.order.SignedOrder;
import org.lawtap.sink.evidence.FileDigest;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON as statements and seals are written in: fields in the order in which they are put, indented, a newline at the end. */
public final class SealJson {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final JsonMapper LINES = JsonMapper.builder().build();

    private SealJson() {}

    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    public static String text(ObjectNode json) {
        return MAPPER.writeValueAsString(json) + "\n";
    }

    /** On one line. */
    static String line(ObjectNode json) {
        return LINES.writeValueAsString(json) + "\n";
    }

    public static void add(ArrayNode list, FileDigest file) {
        ObjectNode json = list.addObject();
        json.put("name", file.name());
        json.put("bytes", file.bytes());
        json.put("sha256", file.sha256());
    }

    /** Writes a signed order with its place in the log. */
    public static void put(ObjectNode json, WarrantOrders.Accepted accepted) {
        json.put("payloadType", accepted.signed().payloadType());
        json.put("payload", Base64.getEncoder().encodeToString(accepted.signed().payload()));
        ArrayNode signatures = json.putArray("signatures");
        for (SignedOrder.OrderSignature signature : accepted.signed().signatures()) {
            ObjectNode one = signatures.addObject();
            one.put("keyId", signature.keyId());
            one.put("signature", Base64.getEncoder().encodeToString(signature.signature()));
        }
        json.put("offset", accepted.offset());
    }
}
