package org.lawtap.watcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lawtap.watcher.PodApi.Signal;

/** The real HTTP client against a server that answers as it is told, once each. */
class KubernetesPodApiTest {
    private static final String EMPTY = "{\"items\":[],\"metadata\":{\"resourceVersion\":\"9\"}}";

    private final Deque<Answer> answers = new ArrayDeque<>();
    private final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
    private final Semaphore woken = new Semaphore(0);
    private HttpServer server;
    private KubernetesPodApi api;

    private record Answer(int code, String body, @Nullable String retryAfter) {}

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                asked.add(exchange.getRequestURI().toString());
                Answer answer;
                synchronized (answers) {
                    answer = answers.removeFirst();
                }
                if (answer.retryAfter() != null) {
                    exchange.getResponseHeaders().set("Retry-After", answer.retryAfter());
                }
                byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(answer.code(), body.length == 0 ? -1 : body.length);
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(body);
                }
            }
        });
        server.start();
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                .build();
        api = new KubernetesPodApi(FakeCluster.CLUSTER, config, Clock.systemUTC(), woken::release);
    }

    @AfterEach
    void close() {
        api.close();
        server.stop(0);
    }

    @Test
    void asksForPagesWithoutAResourceVersion() throws ApiException {
        answer(200, EMPTY, null);
        answer(200, EMPTY, null);
        api.page(null);
        api.page("a+b/c=");
        assertThat(asked).containsExactly("/api/v1/pods?limit=500", "/api/v1/pods?limit=500&continue=a%2Bb%2Fc%3D");
    }

    @Test
    void tellsWhatTheServerRefused() {
        answer(410, "{\"kind\":\"Status\",\"code\":410,\"message\":\"continue expired\"}", null);
        ApiException gone = refused();
        assertThat(gone.gone()).isTrue();
        assertThat(gone).hasMessageContaining("continue expired");
    }

    @Test
    void retriesNothingByItselfAndPassesOnRetryAfter() {
        for (int code : new int[] {429, 503}) {
            answer(code, "", "7");
            ApiException busy = refused();
            assertThat(busy.code()).isEqualTo(code);
            assertThat(busy.retryAfter()).isEqualTo(Duration.ofSeconds(7));
        }
        assertThat(asked).hasSize(2);
    }

    @Test
    void anAnswerThatIsCutOffIsAFailureNotAList() {
        answer(200, "{\"items\":[{\"metadata\":", null);
        assertThat(refused().code()).isZero();
    }

    @Test
    void aServerThatIsNotThereIsAFailure() {
        server.stop(0);
        assertThat(refused().code()).isZero();
    }

    @Test
    void goesOnWithANewClientAfterRenewal() throws ApiException {
        answer(401, "", null);
        assertThat(refused().unauthorized()).isTrue();
        api.renew();
        answer(200, EMPTY, null);
        assertThat(api.page(null).resourceVersion()).isEqualTo("9");
    }

    @Test
    void aRefusedWatchIsASignalWithItsCode() throws InterruptedException {
        for (int code : new int[] {410, 429}) {
            answer(code, "", "3");
            PodApi.Watch watch = api.watch("12", Duration.ofSeconds(30));
            assertThat(woken.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
            assertThat(watch.poll()).isInstanceOfSatisfying(Signal.Failed.class, failed -> {
                assertThat(failed.failure().code()).isEqualTo(code);
                assertThat(failed.failure().retryAfter()).isEqualTo(Duration.ofSeconds(3));
            });
            assertThat(watch.poll()).isNull();
            watch.close();
        }
        assertThat(List.copyOf(asked))
                .allMatch(
                        "/api/v1/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=30&resourceVersion=12"
                                ::equals);
    }

    private void answer(int code, String body, @Nullable String retryAfter) {
        synchronized (answers) {
            answers.add(new Answer(code, body, retryAfter));
        }
    }

    private ApiException refused() {
        return catchThrowableOfType(ApiException.class, () -> api.page(null));
    }
}
