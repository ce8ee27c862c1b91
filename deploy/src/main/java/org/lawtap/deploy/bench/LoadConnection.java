package org.lawtap.deploy.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One client's connection to a {@link LoadApiServer}; owned by its thread. */
final class LoadConnection {
    private static final int FLUSH_BYTES = 60 << 10;
    private static final int CHANGES_AT_ONCE = 64;
    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final long BOOKMARK_INTERVAL_NANOS = 60 * SECOND_NANOS;
    /** The real server ends a watch without timeoutSeconds after 30 to 60 minutes. */
    private static final long WATCH_SECONDS_DEFAULT = 1800;

    private static final int OPCODE_MASK = 0x0F;
    private static final int OPCODE_CLOSE = 8;
    private static final int OPCODE_PING = 9;
    private static final int FINAL_PONG = 0x8A;
    private static final int LENGTH_MASK = 0x7F;
    private static final int LENGTH_16_BITS = 126;
    private static final int LENGTH_64_BITS = 127;

    private final LoadApiServer server;
    private final Faults faults;
    private final InputStream in;
    private final OutputStream out;

    LoadConnection(LoadApiServer server, Socket socket) throws IOException {
        this.server = server;
        this.faults = server.faults();
        socket.setTcpNoDelay(true);
        this.in = new BufferedInputStream(socket.getInputStream());
        this.out = socket.getOutputStream();
    }

    /** Answers requests until the client or the server closes. */
    void serve() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.read(in);
        while (request != null && !server.closed() && answer(request)) {
            request = HttpRequest.read(in);
        }
    }

    /** Returns whether the connection can take another request. */
    private boolean answer(HttpRequest request) throws IOException, InterruptedException {
        if (!request.method().equals("GET") || !request.path().equals(LoadApiServer.PODS)) {
            return status(404, "NotFound", "only GET " + LoadApiServer.PODS + " is served here");
        }
        if (request.query().containsKey("labelSelector") || request.query().containsKey("fieldSelector")) {
            return status(400, "BadRequest", "selectors are not served here");
        }
        int refusal = faults.takeRefusal();
        if (refusal != 0) {
            return status(refusal, refusal == 410 ? "Expired" : "Injected", "refused as the test told");
        }
        return request.flag("watch") ? watch(request) : list(request);
    }

    private boolean status(int code, String reason, String message) throws IOException {
        byte[] body = statusJson(code, reason, message).getBytes(StandardCharsets.UTF_8);
        String retry = code == 429 || code == 503 ? "Retry-After: 1\r\n" : "";
        head("HTTP/1.1 " + code + " " + reason + "\r\nContent-Type: application/json\r\n" + retry + "Content-Length: "
                + body.length + "\r\n\r\n");
        out.write(body);
        return true;
    }

    private static String statusJson(int code, String reason, String message) {
        return """
                {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"%s","reason":"%s","code":%d}\
                """.formatted(message, reason, code);
    }

    private boolean list(HttpRequest request) throws IOException {
        server.listed();
        String token = request.query().getOrDefault("continue", "");
        int dot = token.indexOf('.');
        int from = 0;
        LoadCluster.Snapshot snapshot;
        if (token.isEmpty()) {
            snapshot = server.snapshot();
        } else {
            LoadCluster.Snapshot begun = dot < 0 ? null : server.snapshot(Long.parseLong(token.substring(0, dot)));
            if (begun == null) {
                return status(
                        410,
                        "Expired",
                        "The provided continue parameter is too old to display a consistent list result.");
            }
            snapshot = begun;
            from = Integer.parseInt(token.substring(dot + 1));
        }
        boolean cached = request.query().getOrDefault("resourceVersion", "").equals("0");
        long limit = cached || request.number("limit", 0) <= 0 ? Integer.MAX_VALUE : request.number("limit", 0);
        list(snapshot, from, limit);
        return true;
    }

    private void list(LoadCluster.Snapshot snapshot, int from, long limit) throws IOException {
        List<@Nullable LoadPod> slots = snapshot.slots();
        int end = from;
        for (long found = 0; end < slots.size() && found < limit; end++) {
            found += slots.get(end) == null ? 0 : 1;
        }
        String more = end >= slots.size()
                ? ""
                : ",\"continue\":\"" + snapshot.version() + "." + end + "\",\"remainingItemCount\":"
                        + (slots.size() - end);
        boolean truncated = faults.takeTruncation();
        head("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        EventStream body = new EventStream.Chunked(out);
        Bytes part = body.begin()
                .ascii("{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\""
                        + snapshot.version() + "\"" + more + "},\"items\":[");
        String comma = "";
        for (int slot = from; slot < end; slot++) {
            LoadPod pod = slots.get(slot);
            if (pod != null) {
                part.ascii(comma);
                comma = ",";
                PodJson.write(pod, false, part);
                if (part.length() > FLUSH_BYTES) {
                    send(body, part);
                    part = body.begin();
                }
            }
        }
        part.ascii(truncated ? ",{\"metadata\":{\"na" : "]}");
        send(body, part);
        body.end();
    }

    private boolean watch(HttpRequest request) throws IOException, InterruptedException {
        server.watched();
        String key = request.headers().get("sec-websocket-key");
        EventStream body;
        if (key != null) {
            head(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                            + EventStream.WebSocket.accept(key) + "\r\n\r\n");
            EventStream.WebSocket messages = new EventStream.WebSocket(out);
            server.thread("load-websocket", () -> hear(messages));
            body = messages;
        } else {
            head("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
            body = new EventStream.Chunked(out);
        }
        boolean whole = follow(request, body);
        body.end();
        return key == null && whole;
    }

    /** Sends events until the watch's time is over; returns whether the stream ended between two of them. */
    private boolean follow(HttpRequest request, EventStream body) throws IOException, InterruptedException {
        long now = System.nanoTime();
        long end = now + request.number("timeoutSeconds", WATCH_SECONDS_DEFAULT) * SECOND_NANOS;
        boolean bookmarks = request.flag("allowWatchBookmarks");
        long nextBookmark = now + BOOKMARK_INTERVAL_NANOS;
        long version = request.number("resourceVersion", 0);
        if (version == 0 || request.flag("sendInitialEvents")) {
            version = initial(body, request.flag("sendInitialEvents") && bookmarks);
        }
        while (!server.closed() && (faults.hanging() || System.nanoTime() - end < 0)) {
            if (faults.hanging()) {
                server.cluster().await(Long.MAX_VALUE, SECOND_NANOS);
                continue;
            }
            switch (server.cluster().after(version, CHANGES_AT_ONCE)) {
                case LoadCluster.After.Gone gone -> {
                    Bytes part = body.begin().ascii("{\"type\":\"ERROR\",\"object\":");
                    part.ascii(statusJson(
                            410, "Expired", "too old resource version: " + version + " (" + gone.oldest() + ")"));
                    send(body, part.ascii("}\n"));
                    return true;
                }
                case LoadCluster.After.Changes found -> {
                    for (LoadCluster.Change change : found.changes()) {
                        if (!event(body, change)) {
                            return false;
                        }
                        version = change.pod().resourceVersion();
                    }
                }
            }
            if (bookmarks && System.nanoTime() - nextBookmark > 0) {
                bookmark(body, version, false);
                nextBookmark = System.nanoTime() + BOOKMARK_INTERVAL_NANOS;
            }
            long left = Math.min(end - System.nanoTime(), BOOKMARK_INTERVAL_NANOS);
            if (left > 0) {
                server.cluster().await(version, left);
            }
        }
        if (bookmarks) {
            bookmark(body, version, false);
        }
        return true;
    }

    private long initial(EventStream body, boolean mark) throws IOException {
        LoadCluster.Snapshot snapshot = server.cluster().snapshot();
        for (LoadPod pod : snapshot.slots()) {
            if (pod != null) {
                Bytes part = body.begin().ascii("{\"type\":\"ADDED\",\"object\":");
                PodJson.write(pod, true, part);
                send(body, part.ascii("}\n"));
            }
        }
        if (mark) {
            bookmark(body, snapshot.version(), true);
        }
        return snapshot.version();
    }

    /** Returns whether the whole event was sent. */
    private boolean event(EventStream body, LoadCluster.Change change) throws IOException {
        Bytes part =
                body.begin().ascii("{\"type\":\"").ascii(change.kind().name()).ascii("\",\"object\":");
        if (faults.takeTruncation()) {
            send(
                    body,
                    part.ascii(
                            "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"cut-off\",\"namespace\":\"te"));
            return false;
        }
        PodJson.write(change.pod(), true, part);
        server.sent(change, System.nanoTime());
        send(body, part.ascii("}\n"));
        return true;
    }

    private void bookmark(EventStream body, long version, boolean initialEnd) throws IOException {
        String annotations = initialEnd ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
        Bytes part = body.begin()
                .ascii("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":"
                        + "{\"resourceVersion\":\"" + version + "\",\"creationTimestamp\":null" + annotations
                        + "},\"spec\":{\"containers\":null},\"status\":{}}}\n");
        send(body, part);
    }

    /** What the client says on a WebSocket: pings are answered; its close, or its end, ends the connection. */
    private void hear(EventStream.WebSocket messages) {
        try {
            while (true) {
                int first = in.read();
                int second = in.read();
                if (first < 0 || second < 0) {
                    return;
                }
                int length = second & LENGTH_MASK;
                if (length == LENGTH_16_BITS) {
                    length = (in.read() << 8) | in.read();
                } else if (length == LENGTH_64_BITS) {
                    return; // no client of a watch says so much
                }
                byte[] mask = in.readNBytes(4);
                byte[] payload = in.readNBytes(length);
                for (int i = 0; i < payload.length; i++) {
                    payload[i] ^= mask[i % 4];
                }
                switch (first & OPCODE_MASK) {
                    case OPCODE_PING -> messages.control(FINAL_PONG, payload);
                    case OPCODE_CLOSE -> {
                        messages.end();
                        out.close();
                        return;
                    }
                    default -> {}
                }
            }
        } catch (IOException e) {
            // The client went away; the writer notices too.
        }
    }

    private void send(EventStream body, Bytes part) throws IOException {
        server.wrote(part.length());
        body.send();
    }

    private void head(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
    }
}
