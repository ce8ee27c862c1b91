package org.lawtap.watcher;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lawtap.schemas.model.ClusterId;
import org.lawtap.schemas.model.Namespace;
import org.lawtap.schemas.model.NodeName;
import org.lawtap.schemas.model.Pod;
import org.lawtap.schemas.model.PodName;
import org.lawtap.schemas.model.PodRef;
import org.lawtap.schemas.model.PodUid;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The API server's JSON as our records. Of a pod only what decisions and evidence need is read: a field that we don't know can't
 * make a pod unreadable, and no page is ever in memory as a whole tree. Owned by one thread.
 */
final class PodJson {
    /** Words kept so that pods share them; a cluster repeats its labels, nodes and namespaces a thousand times. */
    private static final int WORDS_MAX = 50_000;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ClusterId cluster;
    private final Map<String, String> words = new HashMap<>();

    PodJson(ClusterId cluster) {
        this.cluster = cluster;
    }

    /** Reads a PodList. */
    PodApi.Page page(byte[] body) throws ApiException {
        List<PodApi.Item> items = new ArrayList<>();
        String resourceVersion = "";
        String next = "";
        try (JsonParser parser = JSON.createParser(body)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new ApiException(0, "a list of pods is no JSON object");
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (name.equals("metadata")) {
                    JsonNode metadata = parser.readValueAsTree();
                    resourceVersion = metadata.path("resourceVersion").stringValue("");
                    next = metadata.path("continue").stringValue("");
                } else if (name.equals("items") && value == JsonToken.START_ARRAY) {
                    while (parser.nextToken() != JsonToken.END_ARRAY) {
                        items.add(item(parser.<JsonNode>readValueAsTree()));
                    }
                } else {
                    parser.skipChildren();
                }
            }
        } catch (JacksonException e) {
            throw new ApiException(0, "a list of pods could not be read: " + e.getOriginalMessage());
        }
        if (resourceVersion.isEmpty()) {
            throw new ApiException(0, "a list of pods came without a resource version");
        }
        return new PodApi.Page(items, resourceVersion, next.isEmpty() ? null : next);
    }

    /** Reads one event of a watch. @param at when it arrived */
    PodApi.Signal signal(String text, Instant at) {
        JsonNode event;
        try {
            event = JSON.readTree(text);
        } catch (JacksonException e) {
            return new PodApi.Signal.Unreadable(e.getOriginalMessage());
        }
        JsonNode object = event.path("object");
        String resourceVersion = object.path("metadata").path("resourceVersion").stringValue("");
        String type = event.path("type").stringValue("");
        return switch (type) {
            case "ADDED", "MODIFIED" -> new PodApi.Signal.Changed(item(object), resourceVersion, at);
            case "DELETED" -> new PodApi.Signal.Deleted(item(object), resourceVersion, at);
            case "BOOKMARK" ->
                resourceVersion.isEmpty()
                        ? new PodApi.Signal.Unreadable("a bookmark without a resource version")
                        : new PodApi.Signal.Bookmark(resourceVersion);
            case "ERROR" -> new PodApi.Signal.Failed(failure(object));
            default -> new PodApi.Signal.Unreadable("an event of unknown type");
        };
    }

    /** Reads a Status, the body of a refusal. */
    static ApiException failure(int code, Duration retryAfter, byte @Nullable [] body) {
        String said = "";
        try {
            said = body == null
                    ? ""
                    : JSON.readTree(new String(body, StandardCharsets.UTF_8))
                            .path("message")
                            .stringValue("");
        } catch (JacksonException e) {
            // A proxy answers in its own words; the code says enough.
        }
        return new ApiException(code, retryAfter, "HTTP " + code + (said.isEmpty() ? "" : ": " + said));
    }

    private static ApiException failure(JsonNode status) {
        int code = status.path("code").asInt(0);
        int seconds = status.path("details").path("retryAfterSeconds").asInt(0);
        return new ApiException(
                code,
                Duration.ofSeconds(Math.max(0, seconds)),
                "status " + code + ": " + status.path("message").stringValue(""));
    }

    private PodApi.Item item(JsonNode object) {
        try {
            return new PodApi.Item.Read(pod(object));
        } catch (IllegalArgumentException | DateTimeException | JacksonException e) {
            // The message would quote names of pods; where it broke is enough for a log.
            return new PodApi.Item.Refused(uid(object), e.getClass().getSimpleName());
        }
    }

    private static Optional<PodUid> uid(JsonNode object) {
        try {
            return Optional.of(new PodUid(object.path("metadata").path("uid").stringValue("")));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private Pod pod(JsonNode object) {
        JsonNode metadata = object.path("metadata");
        JsonNode spec = object.path("spec");
        JsonNode status = object.path("status");
        PodRef ref = new PodRef(
                cluster,
                new Namespace(word(metadata.path("namespace").stringValue(""))),
                new PodName(metadata.path("name").stringValue("")),
                new PodUid(metadata.path("uid").stringValue("")));
        Map<String, String> labels = new HashMap<>();
        metadata.path("labels")
                .properties()
                .forEach(label ->
                        labels.put(word(label.getKey()), word(label.getValue().stringValue())));
        List<String> addresses = new ArrayList<>();
        status.path("podIPs").values().forEach(address -> {
            String ip = address.path("ip").stringValue("");
            if (!ip.isEmpty()) {
                addresses.add(ip);
            }
        });
        String node = spec.path("nodeName").stringValue("");
        String deletion = metadata.path("deletionTimestamp").stringValue("");
        return new Pod(
                ref,
                labels,
                node.isEmpty() ? null : new NodeName(word(node)),
                spec.path("hostNetwork").asBoolean(false),
                phase(status.path("phase").stringValue("Pending")),
                addresses,
                deletion.isEmpty() ? null : Instant.parse(deletion),
                metadata.path("resourceVersion").stringValue(""));
    }

    private static Pod.Phase phase(String phase) {
        return switch (phase) {
            case "Pending" -> Pod.Phase.PENDING;
            case "Running" -> Pod.Phase.RUNNING;
            case "Succeeded" -> Pod.Phase.SUCCEEDED;
            case "Failed" -> Pod.Phase.FAILED;
            default -> Pod.Phase.UNKNOWN;
        };
    }

    private String word(String text) {
        String known = words.get(text);
        if (known == null && words.size() < WORDS_MAX) {
            words.put(text, text);
        }
        return known == null ? text : known;
    }
}
