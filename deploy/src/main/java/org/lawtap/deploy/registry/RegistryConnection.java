package org.lawtap.deploy.registry;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** The way to one registry. One thread at a time. */
final class RegistryConnection implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final int HTTP_UNAUTHORIZED = 401;
    private static final int HTTP_FORBIDDEN = 403;
    private static final String JSON = "application/vnd.schemaregistry.v1+json";

    private final HttpClient http;
    private final Optional<Credentials> credentials;

    /**
     * What it said.
     *
     * @param body missing where it is no JSON
     */
    record Answer(int status, JsonNode body) {
        private static final int HTTP_OK = 200;
        private static final int HTTP_REDIRECTION = 300;
        private static final int HTTP_NOT_FOUND = 404;

        boolean isGood() {
            return status >= HTTP_OK && status < HTTP_REDIRECTION;
        }

        /** Whether the registry has no such thing; a wrong address gives no number of an error. */
        boolean isNotFound() {
            return status == HTTP_NOT_FOUND && body.has("error_code");
        }

        @Override
        public String toString() {
            String message = body.path("message").asString(body.path("detail").asString(""));
            return "HTTP " + status + (message.isEmpty() ? "" : ", " + message);
        }
    }

    RegistryConnection(Optional<Credentials> credentials, Optional<SSLContext> trust) {
        this.credentials = credentials;
        HttpClient.Builder builder =
                HttpClient.newBuilder().connectTimeout(TIMEOUT).followRedirects(HttpClient.Redirect.NEVER);
        trust.ifPresent(builder::sslContext);
        this.http = builder.build();
    }

    Answer get(URI address) throws RegistryException, InterruptedException {
        return send(address, request(address).GET());
    }

    Answer put(URI address, JsonNode body) throws RegistryException, InterruptedException {
        return send(address, request(address).header("Content-Type", JSON).PUT(text(body)));
    }

    Answer post(URI address, JsonNode body) throws RegistryException, InterruptedException {
        return send(address, request(address).header("Content-Type", JSON).POST(text(body)));
    }

    Answer delete(URI address) throws RegistryException, InterruptedException {
        return send(address, request(address).DELETE());
    }

    /** @param headers names and values in turn */
    Answer postZip(URI address, byte[] zip, String... headers) throws RegistryException, InterruptedException {
        return send(
                address,
                request(address)
                        .header("Content-Type", "application/zip")
                        .headers(headers)
                        .POST(HttpRequest.BodyPublishers.ofByteArray(zip)));
    }

    private HttpRequest.Builder request(URI address) {
        HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(TIMEOUT);
        credentials.ifPresent(who -> request.header("Authorization", who.authorization()));
        return request;
    }

    private static HttpRequest.BodyPublisher text(JsonNode body) {
        return HttpRequest.BodyPublishers.ofString(body.toString());
    }

    private Answer send(URI address, HttpRequest.Builder request) throws RegistryException, InterruptedException {
        HttpResponse<byte[]> response;
        try {
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (SSLException e) {
            throw RegistryException.failed("no trusted connection to " + address + ": " + e.getMessage()
                    + "; --ca names the certificate of its authority");
        } catch (ConnectException e) {
            throw RegistryException.failed(address + " can't be reached: nothing answers there");
        } catch (IOException e) {
            throw RegistryException.failed(address + " can't be reached: "
                    + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage()));
        }
        Answer answer = new Answer(response.statusCode(), json(response.body()));
        if (answer.status() == HTTP_UNAUTHORIZED) {
            throw RegistryException.misconfigured(address + " wants to know who asks (" + answer
                    + "); --credentials names a file that says so"
                    + (credentials.isPresent() ? ", and the registry does not accept what is in this one" : ""));
        }
        if (answer.status() == HTTP_FORBIDDEN) {
            throw RegistryException.misconfigured(address + " is not allowed to whom --credentials names (" + answer
                    + "); pinned ids need an account that may import");
        }
        return answer;
    }

    private static JsonNode json(byte[] body) {
        try {
            return JsonMapper.shared().readTree(new String(body, StandardCharsets.UTF_8));
        } catch (JacksonException e) {
            return MissingNode.getInstance();
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
