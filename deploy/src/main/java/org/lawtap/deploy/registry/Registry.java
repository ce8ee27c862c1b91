package org.lawtap.deploy.registry;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What a registry holds, by Confluent's API, which all of them have. */
final class Registry {
    /** Each schema reads and is read by every earlier one of its subject. */
    static final String COMPATIBILITY = "FULL_TRANSITIVE";

    private final RegistryConnection connection;
    private final URI api;

    private Registry(RegistryConnection connection, URI api) {
        this.connection = connection;
        this.api = api;
    }

    /** @param api Confluent's itself, or where another registry has it, without a slash at the end */
    static Registry at(URI api, RegistryConnection connection) throws RegistryException, InterruptedException {
        Registry registry = new Registry(connection, api);
        RegistryConnection.Answer answer = connection.get(registry.path("/subjects"));
        if (!answer.isGood() || !answer.body().isArray()) {
            throw RegistryException.failed("at " + api + " is no schema registry with Confluent's API (" + answer
                    + "); Apicurio has it at /apis/ccompat/v7");
        }
        return registry;
    }

    /** The text of the schema with this number. */
    Optional<String> schema(int id) throws RegistryException, InterruptedException {
        URI address = path("/schemas/ids/" + id);
        RegistryConnection.Answer answer = connection.get(address);
        return answer.isNotFound()
                ? Optional.empty()
                : Optional.of(good(address, answer).path("schema").asString(""));
    }

    /** The number that the subject has this schema under; empty where it has not. */
    OptionalInt id(PinnedSchema schema) throws RegistryException, InterruptedException {
        URI address = path("/subjects/" + schema.subject());
        RegistryConnection.Answer answer = connection.post(address, json().put("schema", schema.text()));
        return answer.isNotFound()
                ? OptionalInt.empty()
                : OptionalInt.of(good(address, answer).path("id").asInt(0));
    }

    /** The numbers of the subject's versions. */
    List<Integer> versions(String subject) throws RegistryException, InterruptedException {
        URI address = path("/subjects/" + subject + "/versions");
        RegistryConnection.Answer answer = connection.get(address);
        List<Integer> versions = new ArrayList<>();
        if (!answer.isNotFound()) {
            good(address, answer).forEach(version -> versions.add(version.asInt(0)));
        }
        return versions;
    }

    /** Adds a version. Returns the schema's number. */
    int add(PinnedSchema schema, ObjectNode wanted) throws RegistryException, InterruptedException {
        URI address = path("/subjects/" + schema.subject() + "/versions");
        return good(address, connection.post(address, wanted.put("schema", schema.text())))
                .path("id")
                .asInt(0);
    }

    /** What the subject alone is set to; empty where it follows the whole registry. */
    Optional<String> compatibility(String subject) throws RegistryException, InterruptedException {
        return setting("/config/" + subject, "compatibilityLevel");
    }

    void setCompatibility(String subject) throws RegistryException, InterruptedException {
        put("/config/" + subject, json().put("compatibility", COMPATIBILITY));
    }

    /** What the subject alone is set to; empty where it follows the whole registry. */
    Optional<String> mode(String subject) throws RegistryException, InterruptedException {
        return setting("/mode/" + subject, "mode");
    }

    /** @param force also where the subject has versions */
    void setMode(String subject, String mode, boolean force) throws RegistryException, InterruptedException {
        put("/mode/" + subject + (force ? "?force=true" : ""), json().put("mode", mode));
    }

    void unsetMode(String subject) throws RegistryException, InterruptedException {
        URI address = path("/mode/" + subject);
        good(address, connection.delete(address));
    }

    static ObjectNode json() {
        return JsonMapper.shared().createObjectNode();
    }

    private Optional<String> setting(String path, String field) throws RegistryException, InterruptedException {
        URI address = path(path);
        RegistryConnection.Answer answer = connection.get(address);
        return answer.isNotFound()
                ? Optional.empty()
                : Optional.of(good(address, answer).path(field).asString(""));
    }

    private void put(String path, ObjectNode body) throws RegistryException, InterruptedException {
        URI address = path(path);
        good(address, connection.put(address, body));
    }

    private URI path(String path) {
        return URI.create(api + path);
    }

    private static JsonNode good(URI address, RegistryConnection.Answer answer) throws RegistryException {
        if (!answer.isGood()) {
            throw RegistryException.failed(address + " refused: " + answer);
        }
        return answer.body();
    }
}
