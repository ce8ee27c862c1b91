package org.lawtap.schemas.order;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whose signatures count: the approvers that the operator trusts, each with one Ed25519 key and the time it is valid for.
 * Every process that checks warrants has its own copy, given as a file; the log can't change it.
 *
 * <pre>
 * {"approvers": [{"name": "...", "publicKey": BASE64_SPKI, "notBefore": TIME, "notAfter": TIME, "demo": false}]}
 * </pre>
 */
public final class TrustList {
    private final Map<String, Approver> byKeyId;

    /** @throws IllegalArgumentException if a key is listed twice */
    public TrustList(List<Approver> approvers) {
        Map<String, Approver> map = new LinkedHashMap<>();
        for (Approver approver : approvers) {
            if (map.put(approver.keyId(), approver) != null) {
                throw new IllegalArgumentException("trust list: the key of " + approver.name() + " is listed twice");
            }
        }
        this.byKeyId = map;
    }

    /**
     * One person or court chamber that may approve orders.
     *
     * @param name the person: two keys of one name are one approver
     * @param demo made by the sandbox, whose private key is no secret
     */
    public record Approver(String name, PublicKey key, Instant notBefore, Instant notAfter, boolean demo) {
        public Approver {
            Warrant.requireText("approver name", name);
            Warrant.require(notBefore.isBefore(notAfter), "trust list: the key of " + name + " is never valid");
        }

        /** SHA-256 of the key's SubjectPublicKeyInfo, lower-case hex. */
        public String keyId() {
            return OrderKeys.keyId(key);
        }

        boolean validAt(Instant time) {
            return !time.isBefore(notBefore) && time.isBefore(notAfter);
        }
    }

    /** All approvers, in the order of the file. */
    public List<Approver> approvers() {
        return List.copyOf(byKeyId.values());
    }

    @Nullable
    Approver find(String keyId) {
        return byKeyId.get(keyId);
    }

    /** Reads a trust list. @throws IllegalArgumentException naming the first mistake */
    public static TrustList read(Path file) throws IOException {
        return parse(Files.readAllBytes(file));
    }

    static TrustList parse(byte[] bytes) {
        Json json = Json.parse("trust list", bytes);
        List<Approver> approvers = new ArrayList<>();
        for (JsonNode node : json.array("approvers")) {
            Json approver = Json.of("approver", node);
            approvers.add(new Approver(
                    approver.text("name"),
                    OrderKeys.publicKey(Base64.getDecoder().decode(approver.text("publicKey"))),
                    approver.time("notBefore"),
                    approver.time("notAfter"),
                    approver.flag("demo")));
            approver.noMore();
        }
        json.noMore();
        return new TrustList(approvers);
    }

    /** The file's bytes. */
    public byte[] write() {
        ObjectNode json = Json.MAPPER.createObjectNode();
        ArrayNode list = json.putArray("approvers");
        for (Approver approver : byKeyId.values()) {
            ObjectNode entry = list.addObject();
            entry.put("name", approver.name());
            entry.put(
                    "publicKey",
                    Base64.getEncoder().encodeToString(approver.key().getEncoded()));
            entry.put("notBefore", approver.notBefore().toString());
            entry.put("notAfter", approver.notAfter().toString());
            entry.put("demo", approver.demo());
        }
        return (Json.MAPPER.writeValueAsString(json) + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
