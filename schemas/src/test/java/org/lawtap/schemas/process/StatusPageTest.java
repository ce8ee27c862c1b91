package org.lawtap.schemas.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StatusPageTest {
    private final State state = new State();
    private StatusPage page;

    private static final class State implements StatusPage.Health {
        private volatile List<String> notLive = List.of();
        private volatile List<String> notReady = List.of();

        @Override
        public List<String> notLive() {
            return notLive;
        }

        @Override
        public List<String> notReady() {
            return notReady;
        }
    }

    @BeforeEach
    void start() throws StartException {
        page = StatusPage.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), state, () -> "lawtap_test 1\n");
    }

    @AfterEach
    void close() {
        page.close();
    }

    @Test
    void saysOkWhenAllIsWell() throws Exception {
        assertThat(get("/livez")).isEqualTo("200 ok\n");
        assertThat(get("/readyz")).isEqualTo("200 ok\n");
    }

    @Test
    void saysWhyItIsNotWell() throws Exception {
        state.notLive = List.of("stuck");
        state.notReady = List.of("stuck", "no list yet");
        assertThat(get("/livez")).isEqualTo("503 stuck\n");
        assertThat(get("/readyz")).isEqualTo("503 stuck\nno list yet\n");
    }

    @Test
    void hasStartedOnceItWasReady() throws Exception {
        state.notReady = List.of("no list yet");
        assertThat(get("/startupz")).isEqualTo("503 no list yet\n");
        state.notReady = List.of();
        assertThat(get("/startupz")).isEqualTo("200 ok\n");
        state.notReady = List.of("silent");
        assertThat(get("/startupz")).isEqualTo("200 ok\n");
        assertThat(get("/readyz")).isEqualTo("503 silent\n");
    }

    @Test
    void servesTheMetrics() throws Exception {
        assertThat(get("/metrics")).isEqualTo("200 lawtap_test 1\n");
        assertThat(get("/")).startsWith("404");
    }

    @Test
    void takesNothingButGet() throws Exception {
        assertThat(send("/livez", "POST")).startsWith("405");
    }

    @Test
    void anAddressThatIsTakenStopsTheStart() {
        assertThatExceptionOfType(StartException.class)
                .isThrownBy(() -> StatusPage.start(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), page.port()), state, () -> ""))
                .withMessageContaining("LAWTAP_HTTP_LISTEN");
    }

    @Test
    void readsItsSetting() {
        assertThat(address("off")).isEmpty();
        assertThat(address("0.0.0.0:80")).contains(new InetSocketAddress("0.0.0.0", 80));
        assertThat(address("[::1]:80"))
                .hasValueSatisfying(
                        v6 -> assertThat(v6.getAddress().isLoopbackAddress()).isTrue());
    }

    @Test
    void refusesWhatIsNoAddress() {
        for (String wrong : List.of("9440", ":9440", "host:", "host:x", "host:70000")) {
            Settings settings = new Settings(Map.of("LAWTAP_HTTP_LISTEN", wrong));
            StatusPage.declare(settings, "off");
            assertThatExceptionOfType(StartException.class).isThrownBy(settings::check);
        }
    }

    private static Optional<InetSocketAddress> address(String text) {
        return StatusPage.declare(new Settings(Map.of("LAWTAP_HTTP_LISTEN", text)), "off");
    }

    private String get(String path) throws IOException, InterruptedException {
        return send(path, "GET");
    }

    private String send(String path, String method) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + page.port() + path))
                            .method(method, HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return response.statusCode() + " " + response.body();
        }
    }
}
