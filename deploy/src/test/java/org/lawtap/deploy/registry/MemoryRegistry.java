package org.lawtap.deploy.registry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A registry in memory with those of Confluent's rules that importing touches: an id comes from the request only in the mode IMPORT, which a
 * subject with versions enters by force alone; an id has one schema for ever; settings of a subject that has none are not found.
 */
final class MemoryRegistry implements AutoCloseable {
    private static final String READWRITE = "READWRITE";

    private final HttpServer server;
    private final String scheme;
    private final Map<Integer, String> schemas = new TreeMap<>();
    private final Map<String, TreeMap<Integer, Integer>> subjects = new TreeMap<>();
    private final Map<String, String> modes = new TreeMap<>();
    private final Map<String, String> compatibilities = new TreeMap<>();
    private @Nullable String authorization;
    private Fault fault = Fault.NONE;
    private int writes;

    /** What is wrong with it. */
    enum Fault {
        NONE,
        /** It passes over the ids of requests. */
        IDS_PASSED_OVER,
        /** It takes no version. */
        FULL,
        /** It gives another schema back than it took. */
        FORGETFUL
    }

    private record Reply(int status, String body) {}

    private MemoryRegistry(HttpServer server, String scheme) {
        this.server = server;
        this.scheme = scheme;
        server.createContext("/", this::handle);
        server.start();
    }

    static MemoryRegistry start() throws IOException {
        return new MemoryRegistry(HttpServer.create(loopback(), 0), "http");
    }

    static MemoryRegistry start(SSLContext tls) throws IOException {
        HttpsServer server = HttpsServer.create(loopback(), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        return new MemoryRegistry(server, "https");
    }

    private static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    String url() {
        return scheme + "://127.0.0.1:" + server.getAddress().getPort();
    }

    /** From now on it answers only who sends this. */
    void demand(String header) {
        authorization = header;
    }

    void breakWith(Fault broken) {
        fault = broken;
    }

    synchronized void put(String subject, int id, String schema) {
        schemas.put(id, schema);
        TreeMap<Integer, Integer> versions = subjects.computeIfAbsent(subject, any -> new TreeMap<>());
        versions.put(versions.isEmpty() ? 1 : versions.lastKey() + 1, id);
    }

    synchronized void setMode(String subject, String mode) {
        modes.put(subject, mode);
    }

    /** The ids of a subject's versions, in order. */
    synchronized List<Integer> ids(String subject) {
        return List.copyOf(subjects.getOrDefault(subject, new TreeMap<>()).values());
    }

    synchronized Map<String, String> modes() {
        return Map.copyOf(modes);
    }

    synchronized Map<String, String> compatibilities() {
        return Map.copyOf(compatibilities);
    }

    /** How many requests asked for a change. */
    synchronized int writes() {
        return writes;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            JsonNode request = JsonMapper.shared().readTree(exchange.getRequestBody());
            Reply reply = authorization != null
                            && !authorization.equals(
                                    exchange.getRequestHeaders().getFirst("Authorization"))
                    ? error(401, 40101, "Unauthorized")
                    : answer(
                            exchange.getRequestMethod()
                                    + exchange.getRequestURI().getPath(),
                            "force=true".equals(exchange.getRequestURI().getQuery()),
                            request);
            byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(reply.status(), body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private synchronized Reply answer(String what, boolean force, JsonNode request) {
        String[] parts = what.split("/", -1);
        String last = parts[parts.length - 1];
        return switch (what.replaceFirst("/(config|mode|subjects|ids)/[^/]+", "/$1/X")) {
            case "GET/subjects" -> new Reply(200, JsonMapper.shared().writeValueAsString(subjects.keySet()));
            case "GET/schemas/ids/X" -> schema(Integer.parseInt(last));
            case "POST/subjects/X" -> lookUp(last, request.path("schema").asString());
            case "GET/subjects/X/versions" ->
                subjects.containsKey(parts[2])
                        ? new Reply(
                                200,
                                subjects.get(parts[2]).keySet().stream()
                                        .map(String::valueOf)
                                        .collect(Collectors.joining(",", "[", "]")))
                        : error(404, 40401, "Subject not found.");
            case "POST/subjects/X/versions" -> add(parts[2], request);
            case "GET/config/X" -> setting(compatibilities, last, "compatibilityLevel", 40408);
            case "PUT/config/X" -> {
                writes++;
                compatibilities.put(last, request.path("compatibility").asString());
                yield new Reply(200, request.toString());
            }
            case "GET/mode/X" -> setting(modes, last, "mode", 40409);
            case "PUT/mode/X" -> {
                writes++;
                String mode = request.path("mode").asString();
                if (mode.equals("IMPORT") && !force && subjects.containsKey(last)) {
                    yield error(422, 42205, "Cannot import since found existing subjects");
                }
                modes.put(last, mode);
                yield new Reply(200, request.toString());
            }
            case "DELETE/mode/X" -> {
                writes++;
                String before = modes.remove(last);
                yield before == null ? error(404, 40409, "no mode") : new Reply(200, "{\"mode\":\"" + before + "\"}");
            }
            default -> new Reply(404, "not here");
        };
    }

    private Reply schema(int id) {
        String schema = schemas.get(id);
        if (schema == null) {
            return error(404, 40403, "Schema " + id + " not found");
        }
        String given = fault == Fault.FORGETFUL ? "\"string\"" : schema;
        return new Reply(200, Registry.json().put("schema", given).toString());
    }

    private Reply lookUp(String subject, String schema) {
        Map<Integer, Integer> versions = subjects.get(subject);
        if (versions == null) {
            return error(404, 40401, "Subject not found.");
        }
        return versions.values().stream()
                .filter(id -> same(schema, Objects.requireNonNull(schemas.get(id))))
                .findFirst()
                .map(id -> new Reply(200, Registry.json().put("id", id).toString()))
                .orElseGet(() -> error(404, 40403, "Schema not found"));
    }

    private Reply add(String subject, JsonNode request) {
        writes++;
        if (fault == Fault.FULL) {
            return error(500, 50001, "the backend is full");
        }
        String schema = request.path("schema").asString();
        if (!request.has("id") || fault == Fault.IDS_PASSED_OVER) {
            int next = schemas.keySet().stream().reduce(0, Math::max) + 1;
            put(subject, next, schema);
            return new Reply(200, "{\"id\":" + next + "}");
        }
        if (!modes.getOrDefault(subject, READWRITE).equals("IMPORT")) {
            return error(422, 42205, "Subject " + subject + " is not in import mode");
        }
        int id = request.path("id").asInt();
        String known = schemas.get(id);
        if (known != null && !same(schema, known)) {
            return error(422, 42205, "Overwrite new schema with id " + id + " is not permitted.");
        }
        schemas.put(id, schema);
        subjects.computeIfAbsent(subject, any -> new TreeMap<>())
                .put(request.path("version").asInt(), id);
        return new Reply(200, "{\"id\":" + id + "}");
    }

    private static Reply setting(Map<String, String> settings, String subject, String field, int notFound) {
        return Optional.ofNullable(settings.get(subject))
                .map(value -> new Reply(200, Registry.json().put(field, value).toString()))
                .orElseGet(() -> error(404, notFound, "not configured"));
    }

    private static Reply error(int status, int code, String message) {
        return new Reply(
                status,
                Registry.json().put("error_code", code).put("message", message).toString());
    }

    private static boolean same(String one, String other) {
        return new Schema.Parser().parse(one).equals(new Schema.Parser().parse(other));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
