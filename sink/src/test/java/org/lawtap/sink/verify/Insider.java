package org.lawtap.sink.verify;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.chain.MerkleTree;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Mends all lists and hashes after a change, as one can who has the sink's keys. */
final class Insider {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private Insider() {}

    /** The changes, and with them statements, sums and seal that name the changed files. */
    static Map<String, byte @Nullable []> mend(Map<String, byte[]> original, Map<String, byte @Nullable []> changes) {
        Map<String, byte[]> all = new TreeMap<>(original);
        changes.forEach((name, bytes) -> all.put(name, bytes == null ? new byte[0] : bytes));
        Map<String, byte @Nullable []> mended = new LinkedHashMap<>(changes);
        String previous = null;
        for (int number = 1; number <= 2; number++) {
            String name = SampleEvidence.WARRANT + "-00000" + number + ".statement.json";
            ObjectNode statement = (ObjectNode) MAPPER.readTree(all.get(name));
            list(statement.path("files"), all);
            statement.put("previous", previous);
            put(name, statement, all, mended);
            previous = hash(all.getOrDefault(name, new byte[0]));
        }
        ObjectNode seal = (ObjectNode) MAPPER.readTree(all.get("seal.json"));
        list(seal.path("files"), all);
        put("seal.json", seal, all, mended);
        return mended;
    }

    private static void put(
            String name, ObjectNode json, Map<String, byte[]> all, Map<String, byte @Nullable []> mended) {
        byte[] bytes = MAPPER.writeValueAsString(json).getBytes(StandardCharsets.UTF_8);
        all.put(name, bytes);
        mended.put(name, bytes);
    }

    private static void list(JsonNode files, Map<String, byte[]> all) {
        for (JsonNode file : files) {
            byte[] bytes = all.getOrDefault(file.path("name").asString(), new byte[0]);
            ((ObjectNode) file).put("bytes", bytes.length).put("sha256", hash(bytes));
        }
    }

    private static String hash(byte[] bytes) {
        return HexFormat.of().formatHex(MerkleTree.sha256().digest(bytes));
    }
}
