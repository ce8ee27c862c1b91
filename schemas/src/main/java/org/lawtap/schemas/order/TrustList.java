package org.lawtap.schemas.order;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whose signatures count: the approvers that the operator trusts, each with one Ed25519 key and the time it is valid for.
 * Every process that checks warrants has its own copy, given as a file; the log can't change it.
 *
 * <pre>
 * {"approvers": [{"name": "...", "publicKey": BASE64_SPKI, "notBefore": TIME, "notAfter": TIME, "demo": false,
 *                 "roles": ["WARRANT", "REVOCATION", "RETENTION"], "revokedAt": TIME}]}
 * </pre>
 *
 * {@code roles} may be left out: then the key may sign every order; {@code revokedAt} is there only when the key was revoked.
 */
public final class TrustList {
    private static final Set<Role> EVERY_ROLE = Set.of(Role.values());

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

    /** When the first of the keys that are valid at this time ends; empty if none is valid. */
    public Optional<Instant> nextEnd(Instant now) {
        return byKeyId.values().stream()
                .filter(approver -> !now.isBefore(approver.notBefore()) && now.isBefore(approver.notAfter()))
                .filter(approver -> approver.revokedAt() == null)
                .map(Approver::notAfter)
                .min(Comparator.naturalOrder());
    }

    /** What a key may sign. */
    public enum Role {
        /** Warrants and their amendments. */
        WARRANT,
        /** The end of a warrant before its time. */
        REVOCATION,
        /** What becomes of a warrant's evidence: hold, release, destruction. */
        RETENTION;

        /** The role that an order's signers need. */
        static Role of(Order order) {
            return switch (order) {
                case Warrant ignored -> WARRANT;
                case Order.Revocation ignored -> REVOCATION;
                case Order.OfRetention ignored -> RETENTION;
            };
        }
    }

    /**
     * One person or court chamber that may approve orders.
     *
     * @param name the person: two keys of one name are one approver
     * @param demo made by the sandbox, whose private key is no secret
     * @param roles what the key may sign
     * @param revokedAt from when on its signatures count no more, whenever they were made; null: not revoked
     */
    public record Approver(
            String name,
            PublicKey key,
            Instant notBefore,
            Instant notAfter,
            boolean demo,
            Set<Role> roles,
            @Nullable Instant revokedAt) {
        public Approver {
            Warrant.requireText("approver name", name);
            Warrant.require(notBefore.isBefore(notAfter), "trust list: the key of " + name + " is never valid");
            Warrant.require(!roles.isEmpty(), "trust list: the key of " + name + " has no role: it may sign nothing");
            roles = Set.copyOf(roles);
        }

        /** An approver whose key may sign every order. */
        public Approver(String name, PublicKey key, Instant notBefore, Instant notAfter, boolean demo) {
            this(name, key, notBefore, notAfter, demo, EVERY_ROLE, null);
        }

        /** The same approver, whose key is revoked from then on; one that was revoked before stays so. */
        public Approver revoked(Instant at) {
            Instant before = revokedAt;
            Instant from = before != null && before.isBefore(at) ? before : at;
            return new Approver(name, key, notBefore, notAfter, demo, roles, from);
        }

        /** SHA-256 of the key's SubjectPublicKeyInfo, lower-case hex. */
        public String keyId() {
            return OrderKeys.keyId(key);
        }

        /** Why a signature of this key does not count for the order at this time; empty if it does. */
        Optional<String> hindrance(Order order, Instant time) {
            Instant revoked = revokedAt;
            if (revoked != null && !time.isBefore(revoked)) {
                return Optional.of("the key of " + name + " was revoked at " + revoked);
            }
            if (time.isBefore(notBefore) || !time.isBefore(notAfter)) {
                return Optional.of("the key of " + name + " is not valid now");
            }
            Role role = Role.of(order);
            return roles.contains(role)
                    ? Optional.empty()
                    : Optional.of("the key of " + name + " has not the role " + role + " on the trust list");
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
                    approver.flag("demo"),
                    roles(approver),
                    approver.timeOrNull("revokedAt")));
            approver.noMore();
        }
        json.noMore();
        return new TrustList(approvers);
    }

    private static Set<Role> roles(Json approver) {
        if (!approver.has("roles")) {
            return EVERY_ROLE;
        }
        Set<Role> roles = EnumSet.noneOf(Role.class);
        for (JsonNode node : approver.array("roles")) {
            roles.add(role(node));
        }
        return roles;
    }

    private static Role role(JsonNode node) {
        for (Role role : Role.values()) {
            if (node.isString() && node.asString().equals(role.name())) {
                return role;
            }
        }
        throw new IllegalArgumentException("approver: a role must be WARRANT, REVOCATION or RETENTION");
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
            if (!approver.roles().equals(EVERY_ROLE)) {
                ArrayNode roles = entry.putArray("roles");
                approver.roles().stream().sorted().forEach(role -> roles.add(role.name()));
            }
            Instant revokedAt = approver.revokedAt();
            if (revokedAt != null) {
                entry.put("revokedAt", revokedAt.toString());
            }
        }
        return (Json.MAPPER.writeValueAsString(json) + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
