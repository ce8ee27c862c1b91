package org.lawtap.deploy.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The head of an HTTP/1.1 request (RFC 9112). It has no body: what is served here is only read.
 *
 * @param query its parameters, decoded
 * @param headers by their names in lower case
 */
record HttpRequest(String method, String path, Map<String, String> query, Map<String, String> headers) {
    private static final int HEAD_BYTES_MAX = 32 << 10;

    HttpRequest {
        query = Map.copyOf(query);
        headers = Map.copyOf(headers);
    }

    /** Reads the next one; null when the client has closed. */
    static @Nullable HttpRequest read(InputStream in) throws IOException {
        String first = line(in);
        if (first == null) {
            return null;
        }
        String[] words = first.split(" ", -1);
        if (words.length != 3) {
            throw new IOException("no HTTP request: " + first);
        }
        Map<String, String> headers = new HashMap<>();
        for (String line = line(in); line != null && !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
        }
        int mark = words[1].indexOf('?');
        String path = mark < 0 ? words[1] : words[1].substring(0, mark);
        Map<String, String> query = new HashMap<>();
        if (mark >= 0) {
            for (String pair : words[1].substring(mark + 1).split("&", -1)) {
                int equals = pair.indexOf('=');
                if (equals > 0) {
                    query.put(pair.substring(0, equals), decoded(pair.substring(equals + 1)));
                }
            }
        }
        return new HttpRequest(words[0], path, query, headers);
    }

    boolean flag(String name) {
        String value = query.getOrDefault(name, "false");
        return value.equals("true") || value.equals("1");
    }

    /** A number of the query, or what stands for a missing or malformed one. */
    long number(String name, long otherwise) {
        try {
            return Long.parseLong(query.getOrDefault(name, ""));
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static @Nullable String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next >= 0; next = in.read()) {
            if (next == '\n') {
                return line.toString();
            }
            if (line.length() > HEAD_BYTES_MAX) {
                throw new IOException("a header line is longer than " + HEAD_BYTES_MAX + " bytes");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return null;
    }
}
